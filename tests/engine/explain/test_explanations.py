"""Explanations: near misses, counterfactuals that were run, reasons in sentences, and what the applicant may read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.explain import Counterfactual, Explanation, explain, for_applicant
from engine.pack import Pack, SignalError, Verdict
from engine.signal import Missing, Reason, Signal
from tests.generators.packs import inputs, packs

TODAY = date(2026, 11, 20)
REVEALING = re.compile(
    r"sanction|screen|watch ?list|\blists?\b|politic|\bpep\b|expos|risk|suspici|fraud|misus|terror|launder|categor|"
    r"deceas|\bdead\b|\bdied\b|fake|fatf|countr|nationalit|alert|flag|hit\b|points|score of|high|medium|due diligence|"
    r"[0-9]|report to",
    re.IGNORECASE,
)


def plain(signals: Mapping[str, object]) -> dict[str, Any]:
    """Signals without those that are missing."""
    found = {}
    for name, value in signals.items():
        inner = value.value if isinstance(value, Signal) else value
        if not isinstance(inner, Missing) and inner is not None:
            found[name] = inner
    return found


def check_counterfactual(pack: Pack, signals: Mapping[str, object], as_of: date, one: Counterfactual) -> None:
    """Each does what it says, and without any one of its changes does not."""
    changes = {change.signal: change.after for change in one.changes}
    assert pack.decide({**signals, **changes}, as_of).verdict is one.verdict
    for name in changes:
        rest = {key: value for key, value in changes.items() if key != name}
        assert pack.decide({**signals, **rest}, as_of).verdict is not one.verdict, name


def summary(found: list[Counterfactual] | tuple[Counterfactual, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(one.verdict.value, {change.signal: change.after for change in one.changes}) for one in found]


# -- counterfactuals


def test_the_smallest_change_is_the_limit_itself(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "face.match_score": 0.41}, TODAY)

    assert summary(found.to_approve) == [("approve", {"face.match_score": Decimal("0.60")})]
    assert found.to_approve_smallest
    assert found.complete


def test_a_computed_value_is_brought_to_its_limit(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "loan.instalment": 30000}, TODAY)

    assert summary(found.to_approve) == [
        ("approve", {"loan.instalment": 25000}),
        ("approve", {"applicant.income": 60000}),
    ] or summary(found.to_approve) == [
        ("approve", {"applicant.income": 60000}),
        ("approve", {"loan.instalment": 25000}),
    ]


def test_two_findings_need_two_changes(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "face.match_score": 0.41, "pan.status": "N"}, TODAY)

    assert summary(found.to_approve) == [("approve", {"face.match_score": Decimal("0.60"), "pan.status": "E"})]


def test_farther_away_an_approval_is_found_step_by_step(small: Pack, clean: dict[str, object]) -> None:
    signals = {**clean, "face.match_score": 0.41, "pan.status": "N", "loan.instalment": 30000}
    found = explain(small, signals, TODAY)

    assert len(found.to_approve) == 1
    assert {change.signal for change in found.to_approve[0].changes} >= {"face.match_score", "pan.status"}
    assert not found.to_approve_smallest
    check_counterfactual(small, signals, TODAY, found.to_approve[0])


def test_what_is_missing_may_be_supplied(small: Pack, clean: dict[str, object]) -> None:
    del clean["screening.hit"], clean["pan.status"]
    found = explain(small, clean, TODAY)

    assert summary(found.to_approve) == [("approve", {"pan.status": "E", "screening.hit": False})]
    assert {change.how for change in found.to_approve[0].changes} == {"supplied"}


def test_who_a_person_is_does_not_change(small: Pack, clean: dict[str, object]) -> None:
    for change in ({"screening.hit": True}, {"applicant.date_of_birth": "2010-01-01"}):
        found = explain(small, {**clean, **change}, TODAY)
        assert found.to_approve == ()
        assert not {"screening.hit", "applicant.date_of_birth"} & set(found.changeable)


def test_the_caller_may_say_what_is_changeable(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "screening.hit": True}, TODAY, changeable=["screening.hit"])

    assert summary(found.to_approve) == [("approve", {"screening.hit": False})]
    assert explain(small, {**clean, "face.match_score": 0.41}, TODAY, changeable=[]).to_approve == ()


def test_an_approval_has_changes_that_would_end_it(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, clean, TODAY)

    assert found.to_approve == ()
    assert ("review", {"pan.status": "N"}) in summary(found.changes)
    assert all(one.verdict is not Verdict.APPROVE for one in found.changes)


def test_every_counterfactual_of_every_case_does_what_it_says(auto_loan: Pack) -> None:
    shown = 0
    for case in auto_loan.source.cases[::14]:
        found = explain(auto_loan, case.signals, case.as_of)
        for one in {*found.changes, *found.to_approve}:
            check_counterfactual(auto_loan, case.signals, case.as_of, one)
            shown += 1
    assert shown > 20


@settings(max_examples=25)
@given(st.data())
def test_counterfactuals_of_any_pack_do_what_they_say(data: st.DataObject) -> None:
    pack = data.draw(packs())
    signals, as_of = data.draw(inputs())
    found = explain(pack, signals, as_of, limit=600)

    for one in {*found.changes, *found.to_approve}:
        check_counterfactual(pack, signals, as_of, one)
    assert found.decisions_made <= 600
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.lines()


def test_the_bound_is_kept_and_said(auto_loan: Pack) -> None:
    case = auto_loan.source.cases[0]
    found = explain(auto_loan, case.signals, case.as_of, limit=100)

    assert found.decisions_made == 100
    assert not found.complete
    assert "The search ended at its limit of 100 decisions; there may be nearer changes." in found.lines()
    assert found.to_dict()["search"]["complete"] is False


def test_the_same_question_has_the_same_answer(auto_loan: Pack) -> None:
    case = auto_loan.source.cases[4]
    reordered = dict(reversed(list(case.signals.items())))

    first, again = (explain(auto_loan, signals, case.as_of).to_dict() for signals in (case.signals, reordered))
    assert first == again


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"depth": 9}, {"limit": 0}, {"changeable": ["nobody"]}])
def test_bounds_and_names_out_of_range_are_refused(
    small: Pack, clean: dict[str, object], wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"depth is|no signal"):
        explain(small, clean, TODAY, **wrong)


def test_signals_that_the_pack_refuses_are_refused(small: Pack) -> None:
    with pytest.raises(SignalError):
        explain(small, {"face.match_score": "high"}, TODAY)


# -- near misses


def test_a_near_miss_names_the_rule_the_gap_and_the_limit(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "face.match_score": 0.62}, TODAY)
    near = next(one for one in found.near_misses if one.rule == "FACE_DIFFERS")

    assert (near.change.signal, near.change.after, near.change.gap) == (
        "face.match_score",
        Decimal("0.59"),
        Decimal("0.03"),
    )
    assert near.because == ("face.match_score is 0.62, at least 0.60 (match_min, law, since 2025-01-01)",)


def test_what_is_far_is_no_near_miss(small: Pack, clean: dict[str, object]) -> None:
    assert [one for one in explain(small, clean, TODAY).near_misses if one.rule == "FACE_DIFFERS"] == []
    wide = explain(small, clean, TODAY, near=0.5).near_misses
    assert [one.rule for one in wide if one.change.signal == "face.match_score"][:1] == ["FACE_DIFFERS"]


def test_near_misses_stand_in_the_order_of_nearness(auto_loan: Pack) -> None:
    for case in auto_loan.source.cases[::40]:
        near = explain(auto_loan, case.signals, case.as_of).near_misses
        gaps = [one.change.distance for one in near if one.change.near]
        assert gaps == sorted(gaps)


def test_a_near_miss_fires_after_its_change_and_not_before(auto_loan: Pack) -> None:
    for case in auto_loan.source.cases[::30]:
        before = set(auto_loan.decide(case.signals, case.as_of).fired)
        for one in explain(auto_loan, case.signals, case.as_of).near_misses:
            after = auto_loan.decide({**case.signals, one.change.signal: one.change.after}, case.as_of)
            assert one.rule not in before
            assert one.rule in after.fired


def test_personal_values_are_masked(small: Pack, clean: dict[str, object]) -> None:
    found = explain(
        small, {**clean, "applicant.date_of_birth": "2008-11-19"}, TODAY, changeable=["applicant.date_of_birth"]
    )
    text = json.dumps(found.to_dict()) + "\n".join(found.lines())

    assert "2008" not in text
    assert any(one.change.signal == "applicant.date_of_birth" for one in found.near_misses)
    assert "(personal data)" in text


def test_no_explanation_of_the_auto_loan_pack_carries_personal_data(auto_loan: Pack) -> None:
    for case in auto_loan.source.cases[::25]:
        found = explain(auto_loan, case.signals, case.as_of)
        text = (json.dumps(found.to_dict()) + "\n".join(found.lines())).lower()
        assert [word for word in ("asha", "verma", "1990-08", "azzpv4321k", "hill road", "6789") if word in text] == []


# -- sentences


def sentence(found: Explanation, rule: str) -> str:
    return str(next(one for one in found.sentences if one.rule == rule))


def test_a_reason_names_value_limit_parameter_source_and_date(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "face.match_score": 0.41}, TODAY)

    assert sentence(found, "FACE_DIFFERS") == (
        "The faces differ: face.match_score is 0.41, under 0.60 (match_min, law, since 2025-01-01) [The law, Section 1]"
    )


def test_a_condition_is_taken_apart_down_to_what_fails(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "face.match_score": 0.41, "pan.status": "X"}, TODAY)

    assert sentence(found, "OPEN") == (
        "Something is open: face.match_score is 0.41, under 0.60 (match_min, law, since 2025-01-01); "
        'pan.status is "X", other than "E" [The law, Section 1]'
    )


def test_what_is_not_known_is_said(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "pan.status": Missing(Reason.TIMED_OUT)}, TODAY)

    assert "pan.status is not known" in sentence(found, "CLEAR")


def test_a_decision_that_is_no_approval_says_what_an_approval_lacks(auto_loan: Pack) -> None:
    for case in auto_loan.source.cases[::21]:
        found = explain(auto_loan, case.signals, case.as_of)
        lacking = [one for one in found.sentences if one.text == "An automatic approval was not earned"]
        if found.decision.verdict is Verdict.APPROVE:
            assert lacking == []
        else:
            assert all(one.because for one in lacking)
            assert lacking or "CLEAR_LOW_RISK" in found.decision.fired


# -- the applicant


def test_the_applicant_reads_the_words_of_the_rules_and_what_to_do(small: Pack, clean: dict[str, object]) -> None:
    found = explain(small, {**clean, "face.match_score": 0.41, "loan.instalment": 30000}, TODAY).applicant

    assert set(found.reasons) == {
        "Your selfie did not match your document",
        "The instalment is too large for your income",
    }
    assert set(found.can_do) == {"Send again: selfie", "Look again at: income", "Look again at: loan instalment"}


def test_an_approved_applicant_is_told_nothing(small: Pack, clean: dict[str, object]) -> None:
    assert explain(small, clean, TODAY).applicant.to_dict() == {"reasons": [], "can_do": []}


def test_a_listed_applicant_reads_the_same_as_one_whose_pan_is_unknown(small: Pack, clean: dict[str, object]) -> None:
    listed = explain(small, {**clean, "screening.hit": True}, TODAY).applicant
    unknown = explain(small, {**clean, "pan.status": "N"}, TODAY).applicant

    assert listed == unknown
    assert listed.can_do == ()


def test_a_finding_of_screening_changes_nothing_that_the_applicant_reads(small: Pack, clean: dict[str, object]) -> None:
    for change in ({"face.match_score": 0.41}, {"loan.instalment": 30000}):
        without = explain(small, {**clean, **change}, TODAY).applicant
        with_hit = explain(small, {**clean, **change, "screening.hit": True}, TODAY).applicant
        assert with_hit == without


def test_no_text_for_an_applicant_reveals_a_finding_a_limit_or_a_value(auto_loan: Pack) -> None:
    read = set()
    for case in auto_loan.source.cases:
        found = for_applicant(auto_loan, auto_loan.decide(case.signals, case.as_of))
        read |= {*found.reasons, *found.can_do}

    assert len(read) > 30
    assert sorted(text for text in read if REVEALING.search(text)) == []
