"""Patterns in packs: what fires, what is unknown, what an author may write, and what is refused with a remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.pack import Pack, PackProblem
from engine.pack.diff import diff_packs

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
        ([_doc(1), _doc(2), _doc(1, None)], "undecided"),
        ([_doc(2, None), _doc(2), _doc(2, "B")], "not_fired"),
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
    ("condition", "documents", "fired"),
    [
        ("a.ordinal = 1 or b.ordinal = 9", [_doc(1), _doc(2)], True),
        ("(a.ordinal = 1 or b.name_key = a.name_key) and b.ordinal = 3", [_doc(2), _doc(3)], True),
        ("not(a.ordinal = b.ordinal or a.name_key = b.name_key)", [_doc(1), _doc(1, "B")], False),
        ("not(a.ordinal = b.ordinal or a.name_key = b.name_key)", [_doc(1), _doc(2, "B")], True),
        ("a.ordinal + 1 = b.ordinal", [_doc(1), _doc(3), _doc(4)], True),
        ("a.ordinal between 1 and b.ordinal - 5", [_doc(1), _doc(5)], False),
        ("lower case(a.name_key) = b.name_key and a.ordinal in [1..3]", [_doc(2, "ASHA"), _doc(9, "asha")], True),
        ("a.name_key < b.name_key", [_doc(1), _doc(2, "B")], True),
        ("a.weight = a.ordinal and b.ordinal != a.ordinal", [_doc(1, weight=1), _doc(2)], True),
        ('get value({q: a.ok}, "q") and b.ordinal = 2', [_doc(1, ok=True), _doc(2)], True),
        ('get value({q: a.name_key}, "q") and b.ordinal = 2', [_doc(1, ok=True), _doc(2)], False),
        ("a.born = null and b.born != null", [_doc(1), _doc(2, born="1990-01-01")], True),
    ],
)
def test_a_condition_may_use_all_of_feel_within_a_fact(
    build: Build, condition: str, documents: list[dict[str, Any]], fired: bool
) -> None:
    assert ("P" in _run(_pack(build, condition), documents).fired) is fired


@pytest.mark.parametrize(
    ("condition", "part"),
    [
        ("a.nope = 1 and b.ok", "nope"),
        ("a.ordinal = b.name_key", "string"),
        ('a.ordinal = "x" and b.ok', "string"),
        ("a.ordinal + b.ordinal = 3", "mixes variables"),
        ("contains(a.name_key, b.name_key)", "meet outside a comparison"),
        ("a.ordinal in [1..b.ordinal]", "meet outside a comparison"),
        ("a.ok < b.ok", ""),
        ("window = 30 and a.ok", "names no fact"),
        ("a.ordinal", "not true or false"),
        ("a.ordinal and b.ok", "number"),
        ("a.ordinal <", ""),
        ("points = 1 and a.ok", "decision points"),
        ("patterns.p and a.ok", "reads patterns.p"),
        (" and ".join(f"(a.ordinal = b.ordinal or a.weight = b.weight + {n})" for n in range(5)), "16 ways"),
        (" and ".join(f"a.ordinal < b.ordinal + {n}" for n in range(17)), "16 comparisons"),
        (" and ".join(f"a.ordinal != b.ordinal + {n}" for n in range(16)), "hold"),
    ],
)
def test_what_cannot_be_joined_is_refused_with_its_place_and_a_remedy(
    refused: Callable[..., tuple[PackProblem, ...]], condition: str, part: str
) -> None:
    pattern = f"  - {{id: P, over: {{a: document, b: document}}, if: '{condition}', sets: {{patterns.p: true}}}}\n"
    problems = refused(BODY + pattern + 'decisions: {points: {expression: "1"}}\n', VERDICT)
    assert any(part in problem.message and problem.line == 13 and problem.remedy for problem in problems), problems


# Sixteen alternatives that look at a fact through five values each: more than durable_rules reads of one.
_MANY = " or ".join(f"({' and '.join(f'b.days_ago = a.ordinal + {5 * n + m}' for m in range(5))})" for n in range(16))


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
        ("{id: P, sets: {patterns.p: true}}", "missing_key"),
        ("{id: P, over: {a: document}, sets: {patterns.p: true}}", "missing_key"),
        ("{id: P, absent: {a: document}, count: '> 1', sets: {patterns.p: true}}", "missing_key"),
        ("{id: P, absent: {a: document, b: prior}, sets: {patterns.p: true}}", "limit"),
        ("{id: P, absent: {}, sets: {patterns.p: true}}", "limit"),
        ("{id: P, over: {}, if: 'true', sets: {patterns.p: true}}", "limit"),
        ("{id: P, over: {a: document}, absent: {a: prior}, if: 'a.ok', sets: {patterns.p: true}}", "duplicate"),
        ("{id: P, over: {window: document}, if: 'window.ok', sets: {patterns.p: true}}", "duplicate"),
        ("{id: P, over: {facts: document}, if: 'facts.ok', sets: {patterns.p: true}}", "duplicate"),
        ("{id: P, over: {a: document}, if: 'a.ok', when: 'window', sets: {patterns.p: true}}", "type_clash"),
        ("{id: P, over: {a: document}, if: 'a.ok', when: 'nope', sets: {patterns.p: true}}", "feel"),
        ("{id: P, over: {a: document}, if: 'a.ok', when: '1 <', sets: {patterns.p: true}}", "feel"),
        (
            "{id: P, over: {a: document}, absent: {b: prior}, if: 'a.ok and ("
            + _MANY
            + ")', sets: {patterns.p: true}}",
            "limit",
        ),
        ("{id: P, over: {a: document}, if: 'a.ok', when: 'patterns.p', sets: {patterns.p: true}}", "cycle"),
        ("{id: P, over: {a: document}, if: 'a.ok', count: '\"x\"', sets: {patterns.p: true}}", "feel"),
        (
            "{id: P, over: {a: document}, absent: {d: document}, if: 'a.ok or d.ok', sets: {patterns.p: true}}",
            "pattern",
        ),
    ],
)
def test_a_pattern_says_what_it_must(refused: Callable[..., tuple[PackProblem, ...]], pattern: str, code: str) -> None:
    assert code in {problem.code for problem in refused(BODY + f"  - {pattern}\n", VERDICT)}


COUNT = "over: {a: prior}, if: 'a.days_ago <= window', count: '>= 2'"


def _one(build: Build, inside: str, *more: str) -> Pack:
    lines = [f"  - {{id: P, {inside}, sets: {{patterns.p: true}}}}", *(f"  - {{{one}}}" for one in more)]
    return build(BODY + "\n".join(lines) + "\n", VERDICT)


def _prior(*days: int | None, **more: Any) -> list[dict[str, Any]]:
    return [{"days_ago": one, **more} for one in days]


@pytest.mark.parametrize(
    ("prior", "state"),
    [
        (_prior(), "not_fired"),
        (_prior(1), "not_fired"),
        (_prior(1, 30), "fired"),
        (_prior(1, 31), "not_fired"),
        (_prior(1, None), "undecided"),
        (_prior(1, 2, None), "fired"),
        (_prior(31, None), "not_fired"),
        (_prior(None, None), "undecided"),
    ],
)
def test_a_count_lies_between_what_surely_fits_and_what_may(
    build: Build, prior: list[dict[str, Any]], state: str
) -> None:
    assert "P" in _run(_one(build, COUNT), prior=prior).rules(state)


def test_a_count_of_a_missing_list_is_unknown(build: Build) -> None:
    decision = _one(build, COUNT).decide({"facts.document": []}, date(2026, 11, 20))
    assert "P" in decision.rules("undecided")
    assert decision.verdict == "review"


@pytest.mark.parametrize(
    ("documents", "state"),
    [
        ([], "fired"),
        ([_doc(1, "B")], "fired"),
        ([_doc(1, "A")], "not_fired"),
        ([_doc(1, None)], "undecided"),
        ([_doc(1, None), _doc(2, "A")], "not_fired"),
    ],
)
def test_absence_is_sure_only_where_no_fact_may_fit(build: Build, documents: list[dict[str, Any]], state: str) -> None:
    pack = _one(build, "absent: {d: document}, if: 'd.name_key = \"A\"'")
    assert "P" in _run(pack, documents).rules(state)
    assert "P" in pack.decide({"facts.prior": []}, date(2026, 11, 20)).rules("undecided")


def test_a_fact_may_lack_another_of_its_own_list(build: Build) -> None:
    pack = _one(
        build, "over: {a: prior}, absent: {b: prior}, if: 'a.status = \"rejected\" and b.days_ago < a.days_ago'"
    )
    assert "P" in _run(pack, prior=_prior(3, status="rejected") + _prior(5, status="approved")).fired
    assert "P" not in _run(pack, prior=_prior(3, status="rejected") + _prior(2, status="approved")).fired


def test_patterns_conclude_from_one_another_whatever_their_order(build: Build) -> None:
    last = "id: FIRST, over: {a: document}, if: 'a.ok', sets: {patterns.first: true}"
    pack = _one(build, "over: {a: prior}, if: 'a.days_ago < 9', when: 'not(patterns.first)'", last)
    assert "P" in _run(pack, [_doc(1, ok=False)], _prior(1)).fired
    assert "P" in _run(pack, [_doc(1, ok=True)], _prior(1)).rules("not_fired")
    unknown = _run(pack, [_doc(1, ok=None)], _prior(1))
    assert unknown.rules("undecided")[:2] == ("P", "FIRST")
    missing = pack.decide({"facts.prior": _prior(1)}, date(2026, 11, 20))
    assert ("facts.document", "P", "not_provided") in [(one.signal, one.rule, one.reason) for one in missing.unknowns]


def test_conclusions_that_wait_for_each_other_are_refused(refused: Callable[..., tuple[PackProblem, ...]]) -> None:
    patterns = (
        "  - {id: P, over: {a: document}, if: a.ok, when: patterns.q, sets: {patterns.p: true}}\n"
        "  - {id: Q, absent: {a: document}, when: not(patterns.p), sets: {patterns.q: true}}\n"
    )
    (problem,) = refused(BODY + patterns, VERDICT)
    assert (problem.code, problem.line) == ("cycle", 13)
    assert "P, Q" in problem.message


def test_what_is_written_of_a_pattern_is_part_of_the_digest_and_of_the_difference(build: Build) -> None:
    texts = (
        COUNT,
        COUNT.replace("2", "3"),
        COUNT + ", when: 'true'",
        COUNT.replace("'>= 2'", "'>= 2', absent: {b: document}"),
        "absent: {b: document}",
        "absent: {a: document}",
    )
    packs = [_one(build, text) for text in texts]
    assert len({pack.digest for pack in packs}) == len(texts)
    (change,) = diff_packs(packs[0], packs[1])
    assert (change.kind, change.id, change.change) == ("rule", "P", "changed")
    assert _one(build, "absent: {b: document}, if: true").digest == packs[4].digest


def test_a_failure_of_feel_in_a_condition_is_a_warning_of_that_pattern_and_floors(build: Build) -> None:
    decision = _run(_one(build, "over: {a: document}, if: '1 / a.ordinal > 5'"), [_doc(0)])
    assert [one.rule for one in decision.warnings] == ["P"]
    assert ("P" in decision.rules("undecided"), decision.verdict) == (True, "review")
