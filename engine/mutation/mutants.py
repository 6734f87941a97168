"""The mutants of a pack: the same pack with one small fault in it, made from its records.

Every number of law and policy is moved by one unit, every condition, cell, outcome, verdict, default, route and treatment
of missing values is changed once in each way that an author's slip could, and rows are taken out or change places where
order counts. Nothing is written as YAML and nothing is decided here; a mutant's pack is made when it is asked for.
Invariants are only widened: a narrower one forbids less, which no right case could show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from engine.mutation.tables import described, table_mutants, toggled
from engine.mutation.texts import edits, unit_steps, widenings
from engine.pack.canonical import to_json
from engine.pack.model import (
    Constant,
    DatedValue,
    Decision,
    Expr,
    PackSource,
    Parameter,
    Route,
    Scorecard,
    Table,
    VerdictRule,
)
from engine.pack.problems import Place
from engine.pack.typed import Typed
from engine.pack.verdict import Verdict

PARAMETER, RULE, DECISION, ROUTE, INVARIANT, PACK = "parameter", "rule", "decision", "route", "invariant", "pack"
_HIGHEST_DATE_SHIFT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `kind` and `id` name what carries it; `operator` is the kind of fault; `change` says it in words.

    `deletes` is the rule that the fault takes away: that a case names it as not fired is then no finding.
    """

    kind: str
    id: str
    operator: str
    change: str
    place: Place
    build: Callable[[], PackSource]
    deletes: str | None = None

    @property
    def key(self) -> str:
        """A name that is the same in every run: for sampling and for sorting."""
        return (
            f"{self.place.file}:{self.place.line:06d}:{self.place.column:04d}:{self.id}:{self.operator}:{self.change}"
        )

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line}: {self.id}: {self.change}"


def mutants(typed: Typed) -> list[Mutant]:
    """Every mutant of a checked pack, in the order of the files. Those that do not load are among them."""
    source = typed.source
    found = [
        *_parameters(source),
        *_decisions(typed),
        *_verdict_rules(source),
        *_routes(source),
        *_patterns(source),
        *_invariants(source),
        *_floor(source),
    ]
    return sorted(found, key=lambda one: one.key)


# -- parameters


def _parameters(source: PackSource) -> Iterator[Mutant]:
    for parameter in source.parameters.values():
        for number, dated in enumerate(parameter.values):
            for operator, change, other in _values(dated, first=number == 0):
                yield Mutant(
                    PARAMETER,
                    parameter.id,
                    operator,
                    change,
                    dated.place,
                    _with_value(source, parameter, number, other),
                )


def _values(dated: DatedValue, *, first: bool) -> Iterator[tuple[str, str, DatedValue]]:
    value = dated.value
    for other in _other_constants(value):
        yield "threshold", f"{_shown(value)} becomes {_shown(other)}", replace(dated, value=other)
    if isinstance(value, tuple) and len(value) > 1:
        for place, member in enumerate(value):
            rest = value[:place] + value[place + 1 :]
            yield "member", f"{_shown(member)} is left out", replace(dated, value=rest)
    if not first:  # the first date of a value is the beginning of what the pack knows, a later one is a change of law
        for days in (1, -1):
            start = dated.start + days * _HIGHEST_DATE_SHIFT
            yield "date", f"in force from {start} instead of {dated.start}", replace(dated, start=start)


def _other_constants(value: Constant) -> tuple[Constant, ...]:
    if isinstance(value, bool):
        return (not value,)
    return unit_steps(value) if isinstance(value, int | Decimal) else ()


def _with_value(source: PackSource, parameter: Parameter, number: int, value: DatedValue) -> Callable[[], PackSource]:
    values = tuple(value if place == number else one for place, one in enumerate(parameter.values))
    changed = {**source.parameters, parameter.id: replace(parameter, values=values)}
    return partial(replace, source, parameters=changed)


# -- decisions


def _decisions(typed: Typed) -> Iterator[Mutant]:
    for one in typed.decisions:
        decision = one.source
        logic = decision.logic
        build = partial(_with_logic, typed.source, decision)
        if isinstance(logic, Expr):
            for operator, change, other, place in _texts(logic):
                yield Mutant(DECISION, decision.id, operator, change, place, partial(build, other))
        else:
            members = {column.name: _words(column.compiled.type.values) for column in one.columns}
            for fault in table_mutants(logic, members):
                kind, name = (RULE, fault.rule) if fault.rule else (DECISION, decision.id)
                at = fault.place or decision.place
                yield Mutant(kind, name, fault.operator, fault.change, at, partial(build, fault.logic), fault.deletes)


def _words(values: Sequence[object] | None) -> tuple[str, ...]:
    return tuple(value for value in values or () if isinstance(value, str))


def _with_logic(source: PackSource, decision: Decision, logic: Expr | Table | Scorecard) -> PackSource:
    return replace(source, decisions={**source.decisions, decision.id: replace(decision, logic=logic)})


def _texts(text: Expr, *, widen: bool = False) -> Iterator[tuple[str, str, Expr, Place]]:
    for edit in widenings(text.text) if widen else edits(text.text):
        change = described(text.text, edit.start, edit.before, edit.after)
        yield edit.kind, change, Expr(edit.text, None, text.place), text.place


# -- what decides and where it leads


def _verdict_rules(source: PackSource) -> Iterator[Mutant]:
    rules = source.verdict.rules
    for number, rule in enumerate(rules):

        def build(other: VerdictRule | None, number: int = number) -> Callable[[], PackSource]:
            changed = (*rules[:number], *(() if other is None else (other,)), *rules[number + 1 :])
            return partial(replace, source, verdict=replace(source.verdict, rules=changed))

        for operator, change, other, place in _texts(rule.condition):
            yield Mutant(RULE, rule.id, operator, change, place, build(replace(rule, condition=other)))
        for verdict in Verdict:
            if verdict is not rule.verdict and not (
                verdict is Verdict.APPROVE and isinstance(rule.if_missing, Mapping)
            ):
                change = f"verdict {rule.verdict.value} becomes {verdict.value}"
                yield Mutant(RULE, rule.id, "verdict", change, rule.place, build(replace(rule, verdict=verdict)))
        change, missing = toggled(rule.if_missing)
        yield Mutant(RULE, rule.id, "if_missing", change, rule.place, build(replace(rule, if_missing=missing)))
        if len(rules) > 1:
            yield Mutant(RULE, rule.id, "deleted", "the rule is taken out", rule.place, build(None), rule.id)


def _routes(source: PackSource) -> Iterator[Mutant]:
    routes = source.routes

    def build(*changed: Route) -> Callable[[], PackSource]:
        return partial(replace, source, routes=changed)

    for number, route in enumerate(routes):
        rest = (routes[:number], routes[number + 1 :])
        if route.condition is not None:
            for operator, change, other, place in _texts(route.condition):
                yield Mutant(
                    ROUTE, route.id, operator, change, place,
                    build(*rest[0], replace(route, condition=other), *rest[1]),
                )  # fmt: skip
            yield Mutant(ROUTE, route.id, "deleted", "the route is taken out", route.place, build(*rest[0], *rest[1]))
        if number + 1 < len(routes) and routes[number + 1].condition is not None:
            swapped = (*routes[:number], routes[number + 1], route, *routes[number + 2 :])
            change = f"{routes[number + 1].id} comes before {route.id}"
            yield Mutant(ROUTE, route.id, "order", change, route.place, build(*swapped))


def _patterns(source: PackSource) -> Iterator[Mutant]:
    for number, pattern in enumerate(source.patterns):
        before, after = source.patterns[:number], source.patterns[number + 1 :]
        faults = [
            (operator, change, replace(pattern, condition=other))
            for operator, change, other, _ in _texts(pattern.condition)
        ]
        change = (
            "a missing value leaves the pattern undecided" if pattern.skips else "a missing value skips the pattern"
        )
        faults.append(("if_missing", change, replace(pattern, skips=not pattern.skips)))
        for operator, change, changed in faults:
            build = partial(replace, source, patterns=(*before, changed, *after))
            yield Mutant(RULE, pattern.id, operator, change, pattern.place, build)


def _invariants(source: PackSource) -> Iterator[Mutant]:
    """Each mutant holds the one widened invariant alone: its decisions are those of the pack."""
    for invariant in source.invariants:
        for operator, change, other, place in _texts(invariant.never, widen=True):
            build = partial(replace, source, invariants=(replace(invariant, never=other),))
            yield Mutant(INVARIANT, invariant.id, operator, change, place, build)


def _floor(source: PackSource) -> Iterator[Mutant]:
    other = Verdict.REJECT if source.on_missing is Verdict.REVIEW else Verdict.REVIEW
    change = f"on_missing {source.on_missing.value} becomes {other.value}"
    yield Mutant(PACK, source.id, "on_missing", change, Place("pack.yaml"), partial(replace, source, on_missing=other))


def _shown(value: Constant) -> str:
    return str(value) if isinstance(value, Decimal) else str(to_json(value))
