"""Patterns on durable_rules: what fires, what is unknown, what cannot be expressed, and that sessions leave nothing."""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import parse_expression
from engine.pack import Pack, PackProblem
from engine.pack.model import SignalSpec
from engine.pack.pattern_terms import Term, terms_of
from engine.pack.patterns import PatternEngine, PatternRule
from engine.pack.problems import Place

Build = Callable[..., Pack]

BODY = """\
signals:
  facts.document: {type: list, fields: {ordinal: number, name_key: string, born: date, ok: boolean, weight: number}}
  facts.prior: {type: list, fields: {status: string, days_ago: number}}
parameters:
  window: {values: [{from: 2026-01-01, value: 30, source: law}]}
patterns:
"""
VERDICT = """\
verdict:
  rules:
    - {id: OK, if: "true", verdict: approve, reason: fine}
    - {id: HIT, if: "patterns.p", verdict: review, reason: hit, cite: [law]}
"""


def _pack(build: Build, condition: str, over: str = "{a: document, b: document}", more: str = "") -> Pack:
    pattern = (
        f"  - {{id: P, over: {over}, if: '{condition}', sets: {{patterns.p: true}}, reason: r, cite: [law]{more}}}\n"
    )
    return build(BODY + pattern, VERDICT)


def _doc(ordinal: int, name: str | None = "A", **more: Any) -> dict[str, Any]:
    return {"ordinal": ordinal, "name_key": name, **more}


def _run(pack: Pack, documents: Any = (), prior: Any = (), day: date = date(2026, 11, 20)) -> Any:
    return pack.decide({"facts.document": list(documents), "facts.prior": list(prior)}, day)


DIFFER = "a.ordinal < b.ordinal and a.name_key != b.name_key"


@pytest.mark.parametrize(
    ("documents", "state"),
    [
        ([], "not_fired"),
        ([_doc(1)], "not_fired"),
        ([_doc(1), _doc(2)], "not_fired"),
        ([_doc(1), _doc(2, "B")], "fired"),
        ([_doc(2, "B"), _doc(1)], "fired"),
        ([_doc(1), _doc(2), _doc(3, "B")], "fired"),
        ([_doc(1), _doc(2, None)], "undecided"),
        ([_doc(1), _doc(2, "B"), _doc(3, None)], "fired"),
        ([_doc(1, None)], "not_fired"),
    ],
)
def test_two_documents_with_different_names(build: Build, documents: list[dict[str, Any]], state: str) -> None:
    decision = _run(_pack(build, DIFFER), documents)
    assert "P" in decision.rules(state)
    assert decision.verdict == ("approve" if state == "not_fired" else "review")
    assert ("HIT" in decision.fired) is (state == "fired")


def test_a_missing_list_leaves_the_pattern_undecided(build: Build) -> None:
    decision = _pack(build, DIFFER).decide({}, date(2026, 11, 20))
    assert decision.rules("undecided") == ("P", "HIT")
    assert ("facts.document", "P", "not_provided") in [(one.signal, one.rule, one.reason) for one in decision.unknowns]
    assert decision.verdict == "review"


def test_a_pattern_may_be_skipped_where_it_cannot_be_decided(build: Build) -> None:
    decision = _pack(build, DIFFER, more=", if_missing: skip").decide({"facts.prior": []}, date(2026, 11, 20))
    assert (decision.verdict, decision.rules("skipped"), decision.rules("not_fired")) == ("approve", ("P",), ("HIT",))


@pytest.mark.parametrize(
    ("condition", "documents", "fired"),
    [
        ("a.ordinal < b.ordinal and a.born = b.born", [_doc(1, born="1990-01-01"), _doc(2, born="1990-01-01")], True),
        ("a.ordinal < b.ordinal and a.born = b.born", [_doc(1, born="1990-01-01"), _doc(2, born="1990-01-02")], False),
        ("a.born < b.born", [_doc(1, born="1990-01-01"), _doc(2, born="1990-01-02")], True),
        ("a.ok != b.ok", [_doc(1, ok=True), _doc(2, ok=False)], True),
        ("a.ok != b.ok", [_doc(1, ok=True), _doc(2, ok=True)], False),
        ('a.name_key = "A" and b.name_key = "B"', [_doc(1), _doc(2, "B")], True),
        ('a.name_key = "A" and b.name_key = "B"', [_doc(1), _doc(2, "C")], False),
        ("a.weight = b.weight", [_doc(1, weight=Decimal("0.10")), _doc(2, weight=0.1)], True),
        ("a.weight < b.weight", [_doc(1, weight=0.1), _doc(2, weight=0.2)], True),
        ("0.15 < a.weight and b.weight <= 0.15", [_doc(1, weight=0.1), _doc(2, weight=0.2)], True),
        ("a.weight > -1 and b.weight >= a.weight", [_doc(1, weight=2), _doc(2, weight=2)], True),
        ("a.name_key = b.name_key", [_doc(1)], False),  # a fact is never its own pair
        ('a.name_key = "it\\"s"', [_doc(1, 'it"s'), _doc(2)], True),
    ],
)
def test_comparisons_of_all_kinds(build: Build, condition: str, documents: list[dict[str, Any]], fired: bool) -> None:
    decision = _run(_pack(build, condition.replace("'", "''")), documents)
    assert ("P" in decision.fired) is fired
    assert not decision.rules("undecided")


def test_a_parameter_is_the_one_in_force_and_unknown_before(build: Build) -> None:
    pack = _pack(build, 'a.status = "rejected" and a.days_ago <= window', "{a: prior}")
    assert "P" in _run(pack, prior=[{"status": "rejected", "days_ago": 30}]).fired
    assert "P" in _run(pack, prior=[{"status": "rejected", "days_ago": 31}]).rules("not_fired")
    before = _run(pack, prior=[{"status": "rejected", "days_ago": 1}], day=date(2025, 12, 31))
    assert "P" in before.rules("undecided")
    assert before.verdict == "review"


def test_patterns_over_two_lists_and_several_patterns_on_one_signal(build: Build) -> None:
    more = """\
  - {id: P, over: {a: document, b: prior}, if: 'a.ordinal = b.days_ago', sets: {patterns.p: true}}
  - {id: Q, over: {a: facts.prior}, if: 'a.days_ago > 99', sets: {patterns.p: true, patterns.q: true}}
"""
    pack = build(BODY + more, VERDICT)
    assert _run(pack, [_doc(7)], [{"days_ago": 7}]).fired == ("P", "OK", "HIT")
    assert _run(pack, [_doc(7)], [{"days_ago": 100}]).fired == ("Q", "OK", "HIT")
    assert _run(pack, [_doc(7)], [{"days_ago": 8}]).fired == ("OK",)


@pytest.mark.parametrize(
    ("condition", "part"),
    [
        ("a.ordinal = 1 or b.ordinal = 2", "conjunction of comparisons"),
        ("not(a.ok)", "conjunction of comparisons"),
        ("a.nope = 1", "has no field nope"),
        ("a.ordinal = b.name_key", "different kinds"),
        ('a.ordinal = "x"', "another kind"),
        ("a.ordinal = a.weight", "same fact"),
        ("a.name_key < b.name_key", "strings are ordered"),
        ("a.ordinal = b.ordinal + 1", "an expression"),
        ("1 = 1", "names no fact"),
        ("a.ordinal = 0.12345678901234567890123", "another kind"),
        ("a.ordinal <", ""),
    ],
)
def test_what_durable_rules_cannot_say_is_refused_with_a_remedy(
    refused: Callable[..., tuple[PackProblem, ...]], condition: str, part: str
) -> None:
    pattern = f"  - {{id: P, over: {{a: document, b: document}}, if: '{condition}', sets: {{patterns.p: true}}}}\n"
    problems = refused(BODY + pattern, VERDICT)
    assert any(part in problem.message and problem.line == 13 for problem in problems), problems


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("{id: P, over: {a: nope}, if: 'a.x = 1', sets: {patterns.p: true}}", "unknown_signal"),
        ("{id: P, over: {a: document}, if: 'a.ok = true', sets: {patterns.p: false}}", "wrong_kind"),
        ("{id: P, over: {a: document}, if: 'a.ok = true', sets: {other: true}}", "name"),
        ("{id: P, over: {a: document}, if: 'a.ok = true', sets: [x]}", "wrong_kind"),
        ("{id: P, over: {a: document}, if: 'a.ok = true', sets: {patterns.p: true}, reason: r}", "uncited"),
        ("{id: P, over: {a: document}, if: 'a.ok = true', sets: {patterns.p: true}, if_missing: {a: 1}}", "wrong_kind"),
        (
            "{id: P, over: {a: document, b: document, c: document, d: document}, if: 'a.ok = true', sets: {patterns.p: true}}",
            "limit",
        ),
    ],
)
def test_a_pattern_says_what_it_must(refused: Callable[..., tuple[PackProblem, ...]], pattern: str, code: str) -> None:
    assert code in {problem.code for problem in refused(BODY + f"  - {pattern}\n", VERDICT)}


SPEC = SignalSpec(
    "facts.document",
    "list",
    Place("f"),
    fields={"n": SignalSpec("n", "number", Place("f")), "k": SignalSpec("k", "string", Place("f"))},
)


def _engine(*conditions: str, variables: tuple[str, ...] = ("a", "b")) -> PatternEngine:
    over = dict.fromkeys(variables, SPEC)
    rules = [
        PatternRule(
            f"P{n}",
            tuple((name, 0) for name in variables),
            terms_of(parse_expression(text, over, ["n", "k"]), over, {}),
        )
        for n, text in enumerate(conditions)
    ]
    return PatternEngine(rules)


def _holds(conditions: str, facts: list[dict[str, Any]], variables: tuple[str, ...]) -> bool:
    """The same condition by brute force: some assignment of different facts satisfies it."""
    code = (
        conditions.replace("a.n", "a['n']").replace("a.k", "a['k']").replace("b.n", "b['n']").replace("b.k", "b['k']")
    )
    code = code.replace("c.n", "c['n']").replace("c.k", "c['k']").replace(" = ", " == ")
    return any(
        eval(code, dict(zip(variables, chosen, strict=True)))
        for chosen in itertools.permutations(facts, len(variables))
    )


_PAIR = (
    "a.n < b.n and a.k != b.k",
    "a.k = b.k",
    "a.n >= b.n and a.k = b.k",
    'a.n = 2 and b.k = "x"',
    "b.n > a.n",
    "a.n != b.n",
)
_ENGINE = _engine(*_PAIR)
_TRIPLE = "a.n < b.n and b.n < c.n and a.k = c.k"
_THREE = _engine(_TRIPLE, variables=("a", "b", "c"))


@given(st.lists(st.fixed_dictionaries({"n": st.integers(0, 3), "k": st.sampled_from("xyz")}), max_size=5))
def test_the_engine_answers_as_brute_force_does(facts: list[dict[str, Any]]) -> None:
    answers, error = _ENGINE.run([facts])
    assert error is None
    assert answers == tuple(_holds(text, facts, ("a", "b")) for text in _PAIR)
    assert _THREE.run([facts])[0] == (_holds(_TRIPLE, facts, ("a", "b", "c")),)


@given(
    st.lists(
        st.fixed_dictionaries({"n": st.none() | st.integers(0, 2), "k": st.none() | st.sampled_from("xy")}), max_size=3
    )
)
def test_an_unknown_field_never_becomes_a_firm_answer(facts: list[dict[str, Any]]) -> None:
    answers, _ = _ENGINE.run([facts])
    fields = [(fact, name) for fact in facts for name in ("n", "k") if fact[name] is None]
    for values in itertools.product(*[(range(3) if name == "n" else "xy") for _, name in fields]):
        filled = [dict(fact) for fact in facts]
        for (fact, name), value in zip(fields, values, strict=True):
            filled[next(i for i, one in enumerate(facts) if one is fact)][name] = value
        for text, answer in zip(_PAIR, answers, strict=True):
            assert answer is None or answer is _holds(text, filled, ("a", "b"))


def test_two_thousand_sessions_leave_nothing_behind() -> None:
    engine = _engine("a.n < b.n and a.k != b.k")
    for number in range(2_000):
        assert engine.run([[{"n": number, "k": "x"}, {"n": number + 1, "k": "y"}]])[0] == (True,)
        assert engine.run([[{"n": number, "k": "x"}, {"n": number + 1, "k": "x"}]])[0] == (False,)
    assert len(engine._memo) <= 4_096


def test_engines_that_are_dropped_give_their_place_back() -> None:
    for _ in range(200):
        assert _engine("a.n < b.n").run([[{"n": 1, "k": "x"}, {"n": 2, "k": "x"}]])[0] == (True,)
    gc.collect()
    assert _engine("a.n < b.n").run([[{"n": 1, "k": "x"}, {"n": 1, "k": "x"}]])[0] == (False,)


def test_threads_share_an_engine() -> None:
    engine = _engine("a.n < b.n and a.k != b.k")
    wrong: list[int] = []

    def work(offset: int) -> None:
        for number in range(300):
            n = offset * 1000 + number
            hit = engine.run([[{"n": n, "k": "x"}, {"n": n + 1, "k": "y"}]])[0]
            miss = engine.run([[{"n": n, "k": "x"}, {"n": n + 1, "k": "x"}]])[0]
            if (hit, miss) != ((True,), (False,)):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_failure_of_the_native_engine_is_unknown_and_reported(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: PatternEngine, facts: object) -> frozenset[int]:
        raise ValueError("the facts were refused")

    pack = _pack(build, DIFFER)
    _run(pack)
    monkeypatch.setattr(PatternEngine, "_session", fail)
    decision = _run(pack, [_doc(1), _doc(2, "B")])
    assert [(one.code, one.rule) for one in decision.warnings] == [("pattern_failed", "patterns")]
    assert "P" in decision.rules("undecided")
    assert decision.verdict == "review"


def test_a_number_the_native_engine_cannot_order_exactly_is_unknown() -> None:
    engine = _engine("a.n < b.n")
    facts = [{"n": Decimal("0.12345678901234567890123"), "k": "x"}, {"n": 2**60, "k": "x"}]
    assert engine.run([facts])[0] == (None,)
    assert Term("a", "n", "=", None, 1).other is None
