"""Patterns against nested loops: an evaluator that shares nothing with the engine but FEEL itself.

It tries every choice of different facts, evaluates the whole condition on each, and counts what is true and what is not
false. The engine must say the same of every pattern: joins, alternatives, counts, absences, chains, unknown fields.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.feel import Binding, Environment, compile_expression, compile_unary_tests
from engine.feel.runtime import GLOBALS
from engine.feel.runtime.loops import Warnings
from engine.feel.types import BOOLEAN, DATE, NUMBER, STRING, FeelType, context_of
from engine.pack import Pack, parse_pack
from tests.engine.patterns.sample import HEAD, TODAY

FACT = context_of({"n": NUMBER, "m": NUMBER, "k": STRING, "b": BOOLEAN, "d": DATE})
SCALARS: dict[str, FeelType] = {
    "s.k": STRING,
    "s.n": NUMBER,
    "s.b": BOOLEAN,
    "as_of": DATE,
    "limit": NUMBER,
    "word": STRING,
    "patterns.p0": BOOLEAN,
    "patterns.p1": BOOLEAN,
    "patterns.p2": BOOLEAN,
    "patterns.p3": BOOLEAN,
}


@dataclass
class Drawn:
    """A pattern as it was drawn: what must be there and what must not, apart."""

    id: str
    over: dict[str, str]
    there: list[str]
    absent: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    count: str | None = None
    when: str | None = None

    def text(self) -> str:
        """The inside of its YAML mapping."""
        parts = [f"id: {self.id}", f"sets: {{patterns.{self.id.lower()}: true}}"]
        parts += [f"over: {{{', '.join(f'{k}: {v}' for k, v in self.over.items())}}}"] if self.over else []
        parts += [f"absent: {{{', '.join(f'{k}: {v}' for k, v in self.absent.items())}}}"] if self.absent else []
        condition = " and ".join(f"({one})" for one in [*self.there, *self.gone])
        parts += [f"if: '{condition}'"] if condition else []
        parts += [f"count: '{self.count}'"] if self.count else []
        parts += [f"when: '{self.when}'"] if self.when else []
        return ", ".join(parts)


# -- the second opinion


@cache
def _compiled(text: str, variables: tuple[str, ...], *, cell: bool = False) -> Any:
    bindings = {name: Binding(kind, f"_v[{name!r}]") for name, kind in SCALARS.items()}
    bindings |= {name: Binding(FACT, f"_v[{name!r}]") for name in variables}
    environment = Environment(bindings, unknowns=True)
    made = (
        compile_unary_tests(text, environment, Binding(NUMBER, "_v['?']"))
        if cell
        else compile_expression(text, environment)
    )
    assert not made.problems, (text, made.problems)
    return eval(f"lambda _v, _w: {made.source}", {**GLOBALS, **made.constants})


def _feel(text: str, values: Mapping[str, Any], variables: tuple[str, ...] = (), *, cell: bool = False) -> Any:
    found = _compiled(text, variables, cell=cell)(values, Warnings())
    return found if isinstance(found, bool) else None


def _and(items: Iterator[bool | None]) -> bool | None:
    found = list(items)
    return False if False in found else None if None in found else True


def _or(items: Iterator[bool | None]) -> bool | None:
    found = list(items)
    return True if True in found else None if None in found else False


def _choices(
    variables: Mapping[str, str], lists: Mapping[str, Any], taken: tuple[Any, ...]
) -> Iterator[dict[str, Any]]:
    """Every way to give the variables different facts, none of them taken."""
    for chosen in itertools.product(*(lists[name] for name in variables.values())):
        everybody = [id(one) for one in (*chosen, *taken)]
        if len(set(everybody)) == len(everybody):
            yield dict(zip(variables, chosen, strict=True))


def opinion(drawn: list[Drawn], lists: Mapping[str, Any], scalars: Mapping[str, Any]) -> dict[str, bool | None]:
    """What the patterns say of these facts."""
    values: dict[str, Any] = dict(scalars)
    found: dict[str, bool | None] = {}
    for one in drawn:
        fits: list[bool | None] = []
        variables = (*one.over, *one.absent)
        for choice in _choices(one.over, lists, ()):
            there = _and(_feel(text, values | choice, variables) for text in one.there)
            gone = _or(
                _and(_feel(text, values | choice | further, variables) for text in one.gone)
                for further in (_choices(one.absent, lists, tuple(choice.values())) if one.absent else ())
            )
            fits.append(_and(iter([there, None if gone is None else not gone])))
        sure, possible = fits.count(True), len(fits) - fits.count(False)
        counts = {_feel(one.count or ">= 1", values | {"?": n}, cell=True) for n in range(sure, possible + 1)}
        answer = counts.pop() if len(counts) == 1 else None
        applies = _feel(one.when, values) if one.when else True
        found[one.id] = values[f"patterns.{one.id.lower()}"] = _and(iter([answer, applies]))
    return found


# -- drawing patterns and facts

_TESTS = (
    "{x}.n <= 1",
    '{x}.k = "p"',
    "{x}.b",
    "not({x}.b)",
    "{x}.n in [1..2]",
    '{x}.k in ("p", "q")',
    '{x}.d >= as_of - duration("P1D")',
    "{x}.n < limit",
    "{x}.k != word",
    "{x}.k = s.k",
    "{x}.n + 1 > s.n",
    "{x}.n != null",
    "{x}.m < {x}.n",
    "{x}.b or {x}.n > 1",
    "years and months duration({x}.d, as_of).years >= 0",
)
_JOINS = (
    "{x}.n < {y}.n",
    "{x}.n <= {y}.m",
    "{x}.m >= {y}.n",
    "{x}.n > {y}.n",
    "{x}.n = {y}.n",
    "{x}.n != {y}.m",
    "{x}.k = {y}.k",
    "{x}.k != {y}.k",
    "{x}.k < {y}.k",
    "{x}.b = {y}.b",
    "{x}.b != {y}.b",
    "{x}.d <= {y}.d",
    "{x}.d = {y}.d",
    "{x}.n + 1 <= {y}.n",
    "{x}.n between {y}.n and {y}.m",
    "{x}.n between 1 and {y}.m",
    "{y}.k = lower case({x}.k)",
    "{x}.n - s.n < {y}.n",
)
_COUNTS = (">= 2", "> 1", "= 0", "0", "< 2", "[1..2]", "2", ">= limit", "not(1)", "1, 3", ">= s.n")


@st.composite
def _part(draw: Any, first: list[str], others: list[str], depth: int = 1) -> str:
    """A condition that reads a variable of `first`, and perhaps of `others`."""
    if depth and draw(st.integers(0, 3)) == 0:
        left, right = draw(_part(first, others, depth - 1)), draw(_part(first, others, depth - 1))
        shape = draw(
            st.sampled_from(("({0}) or ({1})", "({0}) and ({1})", "not(({0}) and ({1}))", "not(({0}) or ({1}))"))
        )
        return str(shape.format(left, right))
    x = draw(st.sampled_from(first))
    rest = [name for name in others if name != x]
    if rest and draw(st.integers(0, 2)):
        y = draw(st.sampled_from(rest))
        return str(draw(st.sampled_from(_JOINS)).format(x=x, y=y))
    return str(draw(st.sampled_from(_TESTS)).format(x=x))


@st.composite
def _pattern(draw: Any, number: int) -> Drawn:
    lists = st.sampled_from(("a", "b"))
    over = {name: draw(lists) for name in "xyz"[: draw(st.integers(0, 3))]}
    absent = {"w": draw(lists)} if not over or (len(over) < 3 and draw(st.integers(0, 2)) == 0) else {}
    found = Drawn(f"P{number}", over, [], absent)
    if over:
        found.there = draw(st.lists(_part(list(over), list(over)), min_size=0 if absent else 1, max_size=3))
    if absent:
        # What must be absent mentions the absent fact in each of its alternatives.
        found.gone = draw(st.lists(_part(["w"], list(over)), max_size=2))
    if over and draw(st.integers(0, 2)) == 0:
        found.count = draw(st.sampled_from(_COUNTS))
    guards = ["s.b", "s.n >= limit", 's.k = "p" or s.b', *(f"patterns.p{n}" for n in range(number))]
    guards += [f"not(patterns.p{n})" for n in range(number)]
    if draw(st.integers(0, 2)) == 0:
        found.when = draw(st.sampled_from(guards))
    return found


_FACT = st.fixed_dictionaries(
    {
        "n": st.integers(0, 2) | st.none(),
        "m": st.integers(0, 3),
        "k": st.sampled_from(["p", "q", "P", None]),
        "b": st.sampled_from([True, False, None]),
        "d": st.sampled_from([TODAY, TODAY - timedelta(days=1), date(2020, 2, 29), None]),
    }
)
_FACTS = st.lists(_FACT, max_size=4)
_SITUATION = st.tuples(
    _FACTS,
    _FACTS,
    st.sampled_from(["p", "q", None]),
    st.sampled_from([0, 1, 2, None]),
    st.sampled_from([True, False, None]),
    st.sampled_from([TODAY, TODAY, date(2025, 1, 1)]),
)


@st.composite
def _packs(draw: Any) -> list[Drawn]:
    return [draw(_pattern(number)) for number in range(draw(st.integers(1, 4)))]


def _pack(drawn: list[Drawn]) -> Pack:
    return parse_pack({"pack.yaml": HEAD + "".join(f"  - {{{one.text()}}}\n" for one in drawn)})


@given(_packs(), st.lists(_SITUATION, min_size=12, max_size=12))
@settings(max_examples=250, deadline=None)
def test_every_pattern_says_what_nested_loops_say(drawn: list[Drawn], situations: list[Any]) -> None:
    pack = _pack(drawn)
    for a, b, k, n, flag, day in situations:
        signals = {"facts.a": a, "facts.b": b, "s.k": k, "s.n": n, "s.b": flag}
        run = pack.decide({name: value for name, value in signals.items() if value is not None}, day).run
        in_force = day >= date(2026, 1, 1)
        scalars = {"s.k": k, "s.n": n, "s.b": flag, "as_of": day}
        scalars |= {"limit": 2 if in_force else None, "word": "p" if in_force else None}
        expected = opinion(drawn, {"a": a, "b": b}, scalars)
        assert dict(zip(expected, run.patterns, strict=True)) == expected, (signals, day)
        assert not [warning for warning in run.warnings if warning[1].startswith("pattern")]


_KNOWN = st.fixed_dictionaries(
    {
        "n": st.integers(0, 2),
        "m": st.integers(0, 3),
        "k": st.sampled_from(["p", "q", "P"]),
        "b": st.booleans(),
        "d": st.sampled_from([TODAY, TODAY - timedelta(days=1), date(2020, 2, 29)]),
    }
)


def _filled(data: st.DataObject, facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same facts with a value drawn for every unknown field."""
    drawn = data.draw(st.lists(_KNOWN, min_size=len(facts), max_size=len(facts)))
    return [
        {name: other[name] if value is None else value for name, value in one.items()}
        for one, other in zip(facts, drawn, strict=True)
    ]


@given(_packs(), _SITUATION, st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_said_of_unknown_facts_is_said_of_all_that_they_may_be(
    drawn: list[Drawn], situation: Any, data: st.DataObject
) -> None:
    # Whether a value is there is the one thing that may be asked of an unknown one.
    assume(not any("null" in text for one in drawn for text in (*one.there, *one.gone)))
    pack = _pack(drawn)
    a, b, k, n, flag, day = situation
    lists = {"facts.a": a, "facts.b": b}
    missing = data.draw(st.sampled_from([(), ("facts.a",), ("facts.b",), ("facts.a", "facts.b")]))
    scalars = {name: value for name, value in (("s.k", k), ("s.n", n), ("s.b", flag)) if value is not None}
    said = pack.decide({**{name: lists[name] for name in lists if name not in missing}, **scalars}, day).run.patterns
    for _ in range(4):
        known = {name: data.draw(_FACTS) if name in missing else facts for name, facts in lists.items()}
        full = {name: _filled(data, facts) for name, facts in known.items()}
        full |= {"s.k": k or data.draw(st.sampled_from("pq")), "s.n": data.draw(st.integers(0, 2)) if n is None else n}
        full |= {"s.b": data.draw(st.booleans()) if flag is None else flag}
        for before, after in zip(said, pack.decide(full, day).run.patterns, strict=True):
            assert before is None or before is after
