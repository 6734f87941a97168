"""The mutation score: what is killed, what survives and why, and that the same run gives the same report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.mutation import CasesFailError, mutants, mutate
from engine.pack import Pack, load_pack, parse_pack
from engine.pack.model import Case
from engine.pack.problems import Place, Problems
from engine.pack.source import implicit_signals
from engine.pack.typed import Checker
from tests.generators.packs import inputs, packs

Tiny = Callable[[str], Pack]
ROOT = Path(__file__).resolve().parents[3]


def test_cases_at_both_sides_of_a_limit_kill_every_mutant(tiny: Tiny, full_cases: str) -> None:
    report = mutate(tiny(full_cases))

    assert [str(one.mutant) for one in report.survivors] == []
    assert report.score == 1
    assert report.killed == len(report.results) == report.possible


def test_the_mutants_of_the_tiny_pack_are_these(tiny: Tiny, full_cases: str) -> None:
    found = [(one.id, one.operator, one.change) for one in mutants(tiny(full_cases).typed)]

    assert sorted(found) == [
        ("GO", "comparison", "x »<=« limit becomes <"),
        ("GO", "deleted", "the rule is taken out"),
        ("GO", "if_missing", "a missing value skips the rule"),
        ("GO", "verdict", "verdict approve becomes reject"),
        ("GO", "verdict", "verdict approve becomes review"),
        ("STOP", "comparison", "x »>« limit becomes >="),
        ("STOP", "deleted", "the rule is taken out"),
        ("STOP", "if_missing", "a missing value skips the rule"),
        ("STOP", "verdict", "verdict review becomes approve"),
        ("STOP", "verdict", "verdict review becomes reject"),
        ("limit", "threshold", "10 becomes 11"),
        ("limit", "threshold", "10 becomes 9"),
        ("tiny", "on_missing", "on_missing review becomes reject"),
    ]


def test_without_a_case_at_the_limit_its_mutants_survive(tiny: Tiny) -> None:
    cases = (
        "- {case: Five, as_of: 2026-11-20, signals: {x: 5}, expect: {verdict: approve, fired: [GO]}}\n"
        "- {case: Fifty, as_of: 2026-11-20, signals: {x: 50}, expect: {verdict: review, fired: [STOP]}}\n"
    )
    report = mutate(tiny(cases))

    assert {(one.mutant.id, one.mutant.operator) for one in report.survivors} == {
        ("GO", "comparison"),
        ("GO", "if_missing"),
        ("STOP", "comparison"),
        ("STOP", "if_missing"),
        ("limit", "threshold"),
        ("tiny", "on_missing"),
    }
    assert report.score == pytest.approx(6 / 13)


def test_a_deleted_rule_is_not_killed_by_its_name_alone(tiny: Tiny) -> None:
    cases = "- {case: Five, as_of: 2026-11-20, signals: {x: 5}, expect: {verdict: approve, not_fired: [STOP]}}\n"
    survived = {(one.mutant.id, one.mutant.operator) for one in mutate(tiny(cases)).survivors}

    assert ("STOP", "deleted") in survived


def test_a_killed_mutant_names_the_case_that_noticed_it(tiny: Tiny, full_cases: str) -> None:
    result = next(one for one in mutate(tiny(full_cases)).results if one.mutant.change == "10 becomes 9")

    assert (result.outcome, result.case) == ("killed", "Ten will do")


def test_cases_that_fail_already_are_refused(tiny: Tiny) -> None:
    wrong = "- {case: Five, as_of: 2026-11-20, signals: {x: 5}, expect: {verdict: reject}}\n"
    with pytest.raises(CasesFailError, match=r"cases/a\.yaml:1: the case fails before anything is changed: Five"):
        mutate(tiny(wrong))


def test_a_pack_without_cases_has_no_score(tiny: Tiny) -> None:
    with pytest.raises(CasesFailError, match="no case"):
        mutate(tiny("[]\n"))


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another(tiny: Tiny, full_cases: str) -> None:
    pack = tiny(full_cases)
    first, again, other = (mutate(pack, sample=4, seed=seed) for seed in (1, 1, 2))

    assert [one.to_dict() for one in first.results] == [one.to_dict() for one in again.results]
    assert [one.mutant.key for one in first.results] != [one.mutant.key for one in other.results]
    assert len(first.results) == 4
    assert first.possible == 13
    assert "a sample of 4 of 13" in first.lines()[-1]


def test_a_sample_of_nothing_is_refused(tiny: Tiny, full_cases: str) -> None:
    with pytest.raises(ValueError, match="at least one"):
        mutate(tiny(full_cases), sample=0)


def test_progress_counts_every_mutant_to_the_end(tiny: Tiny, full_cases: str) -> None:
    seen: list[tuple[int, int]] = []
    mutate(tiny(full_cases), progress=lambda done, total: seen.append((done, total)))

    assert seen == [(number, 13) for number in range(1, 14)]


def test_an_invariant_that_is_widened_is_killed_by_an_approved_case() -> None:
    text = """\
pack: guarded
title: Guarded
version: "1"
on_missing: review
signals: {x: {type: number}, hit: {type: boolean}}
verdict: {rules: [{id: GO, if: "not(hit)", verdict: approve, reason: "No hit"}]}
invariants: [{id: NEVER, text: "A hit is never approved", never: 'verdict = "approve" and hit'}]
"""
    cases = "- {case: Clear, as_of: 2026-11-20, signals: {hit: false, x: 1}, expect: {verdict: approve}}\n"
    report = mutate(parse_pack({"pack.yaml": text, "cases/a.yaml": cases}))
    found = {one.mutant.change: one.outcome for one in report.results if one.mutant.kind == "invariant"}

    assert found == {
        '»verdict = "approve" and «hit loses it': "survived",  # no case has a hit
        'verdict = "approve"» and hit« loses it': "killed",
    }


def test_a_case_that_breaks_an_invariant_kills_the_rule_that_let_it() -> None:
    text = """\
pack: guarded
title: Guarded
version: "1"
on_missing: review
signals: {x: {type: number}}
decisions: {clear: {expression: "x < 5 and x != 3"}}
verdict:
  rules:
    - {id: GO, if: "clear or x = 3", verdict: approve, reason: "Fine"}
invariants: [{id: NEVER, text: "Three is not clear", never: "clear and x = 3"}]
"""
    cases = "- {case: Three, as_of: 2026-11-20, signals: {x: 3}, expect: {verdict: approve}}\n"
    report = mutate(parse_pack({"pack.yaml": text, "cases/a.yaml": cases}))
    killed = {one.mutant.change: one.key for one in report.results if one.mutant.id == "clear" and one.key}

    assert killed["x < 5 and x »!=« 3 becomes ="] == "invariant"


def test_the_shares_add_up_to_the_score(tiny: Tiny) -> None:
    cases = "- {case: Five, as_of: 2026-11-20, signals: {x: 5}, expect: {verdict: approve, fired: [GO]}}\n"
    report = mutate(tiny(cases))

    for by in ("id", "operator"):
        shares = report.shares(by)
        assert sum(share.killed for share in shares) == report.killed
        assert sum(share.total for share in shares) == report.killed + len(report.survivors)
        assert [share.ratio for share in shares] == sorted(share.ratio for share in shares)


def test_survivors_are_told_with_file_and_line(tiny: Tiny) -> None:
    cases = "- {case: Five, as_of: 2026-11-20, signals: {x: 5}, expect: {verdict: approve, fired: [GO]}}\n"
    lines = mutate(tiny(cases)).lines()

    assert "pack.yaml:10: STOP: x »>« limit becomes >= (survived)" in lines


def test_no_mutant_changes_the_pack_it_was_made_from(tiny: Tiny, full_cases: str) -> None:
    pack = tiny(full_cases)
    before = pack.digest
    for one in mutants(pack.typed):
        one.build()

    assert parse_pack_digest(pack) == before


def parse_pack_digest(pack: Pack) -> str:
    return Pack(pack.typed).digest


def test_a_sample_of_the_auto_loan_pack_is_nearly_all_killed() -> None:
    report = mutate(load_pack(ROOT / "rules" / "auto_loan_in"), sample=80, seed=7)

    assert report.score >= 0.9, "\n".join(report.lines())


@settings(max_examples=25)
@given(st.data())
def test_every_mutant_of_any_pack_is_killed_survives_or_is_set_aside(data: st.DataObject) -> None:
    drawn = data.draw(packs())
    signals, as_of = data.draw(inputs())
    expect = {"verdict": drawn.decide(signals, as_of).verdict.value}
    case = Case("Drawn", as_of, signals, expect, Place("cases/a.yaml"), {})
    source = replace(drawn.source, cases=(case,))
    pack = Pack(Checker(source, {**source.signals, **implicit_signals(source)}, Problems(10)).check())
    report = mutate(pack, sample=12)

    outcomes = {"killed", "survived", "same", "not_loading", "equivalent"}
    assert {one.outcome for one in report.results} <= outcomes
    assert sum(report.to_dict()[one] for one in outcomes) == len(report.results)
    assert 0 <= report.score <= 1


def test_every_part_of_a_pack_has_its_mutants() -> None:
    text = """\
pack: parts
title: Parts
version: "1"
on_missing: review
sources: {law: {title: The law}}
parameters: {strict: {values: [{from: 2025-01-01, value: true, source: law}]}}
signals: {x: {type: number}, y: {type: number}}
decisions:
  even: {expression: "x + 1"}
  worth:
    hit_policy: PRIORITY
    inputs: {sum: x + y, one: x}
    outputs: {ok: {type: boolean, values: [true, false], default: false}, n: {type: number, values: [1, 2], default: 1}, one: {type: number, values: [7]}}
    rules:
      - {id: A, if: {sum: "> 1"}, then: {ok: true, n: 1, one: 7}, if_missing: skip}
      - {id: B, if: {one: "> 1"}, then: {ok: false, n: 2, one: 7}}
verdict:
  rules:
    - {id: GO, if: "even > 0 and strict", verdict: approve, reason: fine}
invariants: [{id: NEVER, text: Never, never: 'verdict = "approve" and even < 0'}]
"""
    cases = "- {case: One, as_of: 2026-11-20, signals: {x: 1, y: 1}, expect: {verdict: approve, fired: [A]}}\n"
    report = mutate(parse_pack({"pack.yaml": text, "cases/a.yaml": cases}))
    changes = {one.mutant.change for one in report.results}

    assert "column sum: x »+« y becomes -" in changes
    assert "True becomes False" in changes
    assert "ok: true becomes false" in changes
    assert "n: 2 becomes 1" in changes
    assert "False comes before True" in changes
    assert "a missing value leaves the rule undecided" in changes
