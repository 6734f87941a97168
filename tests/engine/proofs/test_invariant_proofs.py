"""Proved, refuted, undecided: what is proved holds, what is refuted was run, and a limit proves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.pack import Pack, check_pack, parse_pack, read_folder, run_cases
from engine.proofs import Proof, prove_invariants
from engine.proofs.encoding import Encoding
from engine.proofs.search import Budget, Search
from tests.generators.packs import inputs, packs

RULES = Path(__file__).parents[3] / "rules"


def _one(pack: Pack, **options: Any) -> Proof:
    (proof,) = prove_invariants(pack, **options)
    return proof


@pytest.mark.parametrize(
    ("body", "verdict", "never"),
    [
        ("", "{rules: [{id: OK, if: not(hit), verdict: approve, reason: r}]}", 'verdict = "approve" and hit'),
        # A missing signal leaves the rule undecided, and the floor keeps the approval away.
        (
            "",
            "{rules: [{id: OK, if: 'true', verdict: approve, reason: r}, {id: NO, if: hit, verdict: review, reason: r, cite: [law]}]}",
            'verdict = "approve" and hit = null',
        ),
        # Both spans of the parameter, and the time before it has a value.
        ("", "{rules: [{id: OK, if: x >= edge, verdict: approve, reason: r}]}", 'verdict = "approve" and x < 5'),
        (
            "",
            "{rules: [{id: OK, if: x >= edge, verdict: approve, reason: r}]}",
            'verdict = "approve" and as_of < date("2025-01-01")',
        ),
        # Ages: whole years against the moved date, leap days included.
        (
            "decisions: {age: {expression: 'years and months duration(born, as_of).years'}}\n",
            "{rules: [{id: OK, if: age >= 18, verdict: approve, reason: r}]}",
            'verdict = "approve" and born > as_of - duration("P18Y")',
        ),
        # A ratio with a threshold, rounded twice, never lets through what lies clearly over it.
        (
            "decisions: {ratio: {expression: 'x / y * 100'}}\n",
            "{rules: [{id: OK, if: y > 0 and ratio <= 90, verdict: approve, reason: r}]}",
            'verdict = "approve" and x > y * 0.91',
        ),
        # A quotient by what may be zero warns, and the warning floors.
        (
            "decisions: {ratio: {expression: x / y}}\n",
            "{rules: [{id: OK, if: 'true', verdict: approve, reason: r}]}",
            'verdict = "approve" and y = 0 and x != null',
        ),
        # What is not translated is left free: equal texts are still equal.
        (
            "",
            "{rules: [{id: OK, if: 'matches(name, \"a.*\")', verdict: approve, reason: r}]}",
            'verdict = "approve" and not(matches(name, "a.*"))',
        ),
        (
            "",
            "{rules: [{id: OK, if: count(facts.item) = 0, verdict: approve, reason: r}]}",
            'verdict = "approve" and count(facts.item) > 0',
        ),
        (
            "decisions: {t: {hit_policy: COLLECT SUM, inputs: {s: share}, outputs: {points: {type: number, default: 0}}, rules: [{id: LOW, if: {s: '< 0.6'}, then: {points: 40}}]}}\n",
            "{score: t, rules: [{id: OK, if: t = 0, verdict: approve, reason: r}]}",
            'verdict = "approve" and (share < 0.6 or share = null)',
        ),
    ],
)
def test_what_holds_of_every_input_is_proved(pack_of: Callable[..., Pack], body: str, verdict: str, never: str) -> None:
    proof = _one(pack_of(body, f"verdict: {verdict}\n", never))
    assert (proof.status, proof.reason) == ("proved", "")
    assert proof.case_yaml() == ""


@pytest.mark.parametrize(
    ("body", "verdict", "never"),
    [
        ("", "{rules: [{id: OK, if: x > 1, verdict: approve, reason: r}]}", 'verdict = "approve" and hit'),
        # An off-by-one border, found at the border.
        ("", "{rules: [{id: OK, if: x >= 18, verdict: approve, reason: r}]}", 'verdict = "approve" and x <= 18'),
        # Only before the second value of the parameter.
        ("", "{rules: [{id: OK, if: x >= edge, verdict: approve, reason: r}]}", 'verdict = "approve" and x < 6.5'),
        # Only with a value missing.
        (
            "",
            "{rules: [{id: OK, if: 'true', verdict: approve, reason: r}, {id: NO, if: hit, verdict: review, reason: r, cite: [law], if_missing: skip}]}",
            'verdict = "approve" and hit = null',
        ),
        (
            "decisions: {age: {expression: 'years and months duration(born, as_of).years'}}\n",
            "{rules: [{id: OK, if: age >= 17, verdict: approve, reason: r}]}",
            'verdict = "approve" and born > as_of - duration("P18Y")',
        ),
        (
            "decisions: {ratio: {expression: 'x / y * 100'}}\n",
            "{rules: [{id: OK, if: y > 0 and ratio <= 95, verdict: approve, reason: r}]}",
            'verdict = "approve" and x > y * 0.91',
        ),
        ("", '{rules: [{id: OK, if: name > "M", verdict: approve, reason: r}]}', 'verdict = "approve" and name < "P"'),
        (
            "decisions: {d: {expression: floor(x / 3)}}\n",
            "{rules: [{id: OK, if: d = 2, verdict: approve, reason: r}]}",
            'verdict = "approve" and x > 8',
        ),
        ("", "{rules: [{id: OK, if: x = y, verdict: reject, reason: r, cite: [law]}]}", 'verdict = "reject"'),
        (
            (
                "routes: [{id: R, queue: q, priority: 1, due: 1h, role: r}]\n"
                "patterns: [{id: PAIR, over: {a: item, b: item}, if: 'a.weight < b.weight and a.kind = b.kind', sets: {patterns.pair: true}}]\n"
            ),
            "{rules: [{id: OK, if: patterns.pair, verdict: approve, reason: r}]}",
            'verdict = "approve"',
        ),
    ],
)
def test_what_fails_on_some_input_is_refuted_by_one_that_was_run(
    pack_of: Callable[..., Pack], body: str, verdict: str, never: str
) -> None:
    pack = pack_of(body, f"verdict: {verdict}\n", never)
    proof = _one(pack)
    assert proof.status == "refuted"
    assert proof.signals is not None
    assert proof.as_of is not None
    assert pack.broken_invariants(pack.decide(proof.signals, proof.as_of)) == ("I0",)


def test_a_counterexample_holds_no_signal_that_it_does_not_need(pack_of: Callable[..., Pack]) -> None:
    verdict = "verdict: {rules: [{id: OK, if: 'x > 3 or hit', verdict: approve, reason: r}, {id: NO, if: y < 0, verdict: review, reason: r, cite: [law], if_missing: skip}]}\n"
    proof = _one(pack_of("", verdict, 'verdict = "approve" and hit'))
    assert dict(proof.signals or {}) == {"hit": True}


def test_a_counterexample_takes_the_values_of_a_case_where_it_can(pack_of: Callable[..., Pack]) -> None:
    verdict = "verdict: {rules: [{id: OK, if: 'x > 3 and y > 5', verdict: approve, reason: r}]}\n"
    cases = "- {case: c, as_of: 2026-05-04, signals: {x: 77, y: 88, hit: false}, expect: {verdict: approve}}\n"
    proof = _one(pack_of("", verdict, 'verdict = "approve" and hit', cases=cases))
    assert dict(proof.signals or {}) == {"x": 77, "y": 88, "hit": True}
    assert proof.as_of == date(2026, 5, 4)


def test_a_counterexample_prints_a_case_file_that_reproduces_it(pack_of: Callable[..., Pack]) -> None:
    verdict = 'verdict: {rules: [{id: OK, if: \'x > 0.5 and name != "a \\"b\\"" and born < until and hit and count(facts.item) >= 0\', verdict: approve, reason: r}]}\n'
    never = 'verdict = "approve"'
    proof = _one(pack_of("", verdict, never))
    again = pack_of("", verdict, never, cases=proof.case_yaml())
    (result,) = run_cases(again)
    assert result.passed, result.differences
    assert result.decision is not None
    assert again.broken_invariants(result.decision) == ("I0",)


def test_a_limit_that_is_reached_proves_nothing(pack_of: Callable[..., Pack]) -> None:
    verdict = "verdict: {rules: [{id: OK, if: x * y = 7 and x * x * y > 50 and x * y * y * x < 49, verdict: approve, reason: r}]}\n"
    proof = _one(pack_of("", verdict, 'verdict = "approve"'), limit_ms=1)
    assert proof.status == "undecided"
    assert "limit" in proof.reason
    assert not proof.proved


def test_what_cannot_be_settled_is_undecided_and_fails_the_check(pack_of: Callable[..., Pack]) -> None:
    text = "verdict: {rules: [{id: OK, if: 'modulo(x, 7) = 3 and modulo(x, 11) = 5', verdict: approve, reason: r}]}\n"
    proof = _one(pack_of("", text, 'verdict = "approve"'))
    assert proof.status == "undecided"
    assert "could not be ruled out" in proof.reason


def test_progress_is_told_after_each_invariant(pack_of: Callable[..., Pack]) -> None:
    told: list[tuple[int, int]] = []
    pack = pack_of("", "verdict: {rules: [{id: OK, if: hit, verdict: approve, reason: r}]}\n", "hit", "x > y")
    proofs = prove_invariants(pack, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    assert [proof.status for proof in proofs] == ["refuted", "refuted"]
    assert json.dumps([proof.to_dict() for proof in proofs])


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(packs(), st.lists(inputs(), min_size=4, max_size=4))
def test_no_run_breaks_what_was_proved_and_every_refutation_runs(
    pack: Pack, ins: list[tuple[dict[str, Any], date]]
) -> None:
    for proof in prove_invariants(pack, limit_ms=2_000):
        if proof.status == "refuted":
            assert proof.invariant in pack.broken_invariants(pack.decide(proof.signals or {}, proof.as_of or date.min))
        if proof.proved:
            for signals, as_of in ins:
                assert proof.invariant not in pack.broken_invariants(pack.decide(signals, as_of))


# -- planted bugs in the real pack

PLANTED = {
    "the sanctions rule and what repeats it deleted": (
        [
            ("not(screening.sanctions_hit) and screening.sanctions_score", "screening.sanctions_score"),
            ("      if: screening.sanctions_hit\n      verdict", "      if: false\n      verdict"),
            ('{sanctions: "true"}\n      then: {points: 100}', '{sanctions: "true"}\n      then: {points: 0}'),
        ],
        "NO_SANCTIONED_APPROVAL",
    ),
    "the face minimum written as a number": (
        [("face.match_score >= face_match_min and", "face.match_score >= 0.5 and")],
        "FACE_FINDINGS_STOP",
    ),
    "an age that is not asked": ([("age >= age_min and", "")], "LOAN_FINDINGS_STOP"),
    "a burden that is not asked": ([("and foir <= foir_max", "")], "LOAN_FINDINGS_STOP"),
    "a loan to value of the wrong parameter": ([("ltv <= ltv_max_new)", "ltv <= 95)")], "LOAN_FINDINGS_STOP"),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_bug_planted_in_the_auto_loan_pack_is_refuted_with_a_case(bug: str) -> None:
    swaps, invariant = PLANTED[bug]
    files = {
        name: text.decode() if isinstance(text, bytes) else text
        for name, text in read_folder(RULES / "auto_loan_in").items()
    }
    for before, after in swaps:
        assert any(before in text for text in files.values()), before
        files = {name: text.replace(before, after) for name, text in files.items()}
    pack = parse_pack(files)
    proofs = {proof.invariant: proof for proof in prove_invariants(pack)}
    proof = proofs[invariant]
    assert proof.status == "refuted"
    (result,) = run_cases(
        parse_pack(
            {**{k: v for k, v in files.items() if not k.startswith("cases/")}, "cases/x.yaml": proof.case_yaml()}
        )
    )
    assert result.passed, result.differences


@pytest.mark.parametrize("folder", sorted(path.name for path in RULES.iterdir() if (path / "pack.yaml").exists()))
def test_every_pack_of_the_house_is_proved(folder: str) -> None:
    report = check_pack(RULES / folder)
    assert report.proofs is not None
    assert [str(proof) for proof in report.unproved] == []


def test_facts_are_made_for_patterns_over_several_lists(pack_of: Callable[..., Pack]) -> None:
    body = (
        "routes: [{id: R, queue: q, priority: 1, due: 1h, role: r}]\n"
        "patterns: [{id: HEAVY, over: {a: item}, if: 'a.weight > edge', sets: {patterns.heavy: true}},"
        " {id: LIGHT, over: {a: item, b: item}, if: 'a.weight < 0 and b.weight < a.weight', sets: {patterns.light: true}, if_missing: skip}]\n"
    )
    verdict = "verdict: {rules: [{id: OK, if: patterns.heavy and not(patterns.light), verdict: approve, reason: r}]}\n"
    pack = pack_of(body, verdict, 'verdict = "approve" and x > 3', 'verdict = "approve" and patterns.light')
    proofs = prove_invariants(pack)
    assert [proof.status for proof in proofs] == ["refuted", "proved"]
    assert proofs[0].signals is not None
    assert len(proofs[0].signals["facts.item"]) == 1  # type: ignore[arg-type]


def test_a_table_too_large_to_be_translated_may_be_worth_anything(pack_of: Callable[..., Pack]) -> None:
    rows = ", ".join(f"{{id: R{n}, if: {{x: '[{n}..{n + 1})'}}, then: {{o: {n % 3}}}}}" for n in range(1_001))
    body = f"decisions: {{t: {{inputs: {{x: x}}, outputs: {{o: {{type: number, default: 0}}}}, rules: [{rows}]}}}}\n"
    verdict = "verdict: {rules: [{id: OK, if: t > 1, verdict: approve, reason: r}]}\n"
    held, open_ = prove_invariants(
        pack_of(body, verdict, 'verdict = "approve" and t <= 1', 'verdict = "approve" and t > 2')
    )
    assert (held.status, open_.status) == ("proved", "undecided")
    assert "too large to be translated: t" in open_.reason


def test_an_invariant_about_the_reported_words_and_routes_is_asked_of_them(pack_of: Callable[..., Pack]) -> None:
    body = "decisions: {d: {expression: 'if x > 3 then \"big\" else \"small\"'}, e: {expression: 'sqrt(x)'}}\n"
    verdict = "verdict: {category: d, rules: [{id: OK, if: 'e > 1', verdict: approve, reason: r}]}\n"
    pack = pack_of(body, verdict, 'verdict = "approve" and d = "tiny"', 'verdict = "approve" and d = null')
    assert [proof.status for proof in prove_invariants(pack)] == ["proved", "proved"]


def test_two_encodings_in_two_threads_do_not_meet(pack_of: Callable[..., Pack]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    pack = pack_of(
        "", "verdict: {rules: [{id: OK, if: x > y, verdict: approve, reason: r}]}\n", 'verdict = "approve" and y >= x'
    )
    with ThreadPoolExecutor(4) as pool:
        proofs = list(pool.map(lambda _: prove_invariants(pack)[0].status, range(8)))
    assert proofs == ["proved"] * 8


def test_a_spent_budget_asks_nothing(pack_of: Callable[..., Pack]) -> None:
    search = Search(Encoding(pack_of("", "verdict: {rules: [{id: OK, if: hit, verdict: approve, reason: r}]}\n")))
    answer = search.find(search.encoding.ending.approve, lambda _: True, Budget(0))
    assert answer.status == "undecided"
