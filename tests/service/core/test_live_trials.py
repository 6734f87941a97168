"""Candidates on live traffic: a shadow without effect, a challenger for its share, figures that add up, failures that are nobody's."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pack import Pack
from service import audit, packs
from service.decisions import challenging, record_outcome
from service.decisions.challenging import falls_to
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.identity.actor import system
from service.trials import comparing, figures, running

pytestmark = pytest.mark.stack


@pytest.fixture
def candidate(active_version, approved, stricter) -> dict:
    """A stricter version, approved, that is not live."""
    return approved(stricter)


@pytest.fixture
def everybody(monkeypatch) -> None:
    """Every reference falls to the challenger."""
    monkeypatch.setattr(challenging, "falls_to", lambda *_: True)


def told(actor, candidate: dict, tenant: str) -> dict:
    """The figures of the candidate's newest trial, after a worker's round."""
    comparing.compare(tenant)
    return figures.figures(actor, candidate["id"], running.listing(actor, candidate["id"])[0]["id"])


@given(reference=st.text(min_size=1, max_size=40), percent=st.integers(1, 50))
def test_a_reference_falls_to_the_same_side_always_and_a_greater_share_keeps_those_it_had(reference, percent) -> None:
    assert falls_to("d", percent, reference) == falls_to("d", percent, reference)
    if falls_to("d", percent, reference):
        assert falls_to("d", percent + 1, reference)


def test_about_the_share_that_was_asked_for_falls_to_the_challenger() -> None:
    references = [f"LOAN-{number}" for number in range(20_000)]
    for percent in (1, 10, 50):
        share = sum(falls_to("0123", percent, one) for one in references) / len(references)
        assert abs(share - percent / 100) < 0.01
    assert not any(falls_to("0123", 0, one) for one in references)


def test_a_shadow_decides_beside_the_live_version_without_effect(
    candidate, ask, approver, analyst, tenant, sql
) -> None:
    running.shadow(approver, candidate["id"], "before it goes live")
    answers = [ask(reference=f"L-{score}", score=score).body for score in (80, 45, 10)]
    assert [answer["verdict"] for answer in answers] == ["approve", "approve", "review"]
    assert {answer["pack"]["digest"] for answer in answers} == {packs.active(tenant, "tiny").digest}
    before = figures.figures(analyst, candidate["id"], running.listing(analyst, candidate["id"])[0]["id"])
    assert (before["compared"], before["pending"]) == (0, 3)
    after = told(analyst, candidate, tenant)
    assert (after["compared"], after["agree"], after["differ"], after["pending"], after["failed"]) == (3, 2, 1, 0, 0)
    assert after["verdicts"] == {"approve": {"approve": 1, "review": 1}, "review": {"review": 1}}
    assert after["differing"][0]["reference"] == "L-45"
    assert "SCORE_LOW" in after["differing"][0]["rules"]
    assert sql("SELECT count(*) FROM decision") == [(3,)]
    assert sql('SELECT count(*) FROM "case"') == [(1,)]


def test_a_decision_is_compared_once_however_many_workers_look(candidate, ask, approver, analyst, tenant) -> None:
    running.shadow(approver, candidate["id"])
    ask()
    assert comparing.compare(tenant) == 1
    assert comparing.compare(tenant) == 0


def test_a_killed_comparison_is_taken_over_and_the_dead_one_writes_nothing(
    candidate, ask, approver, analyst, tenant, sql
) -> None:
    from service.tables import utc_now

    running.shadow(approver, candidate["id"])
    ask()
    dead = comparing._claim(tenant, utc_now())
    assert comparing.compare(tenant) == 0
    sql("UPDATE trial_result SET lease_until = lease_until - interval '1 hour'")
    assert comparing.compare(tenant) == 1
    assert comparing._end(tenant, dead) == 0


def test_a_shadow_that_refuses_or_breaks_is_recorded_and_never_raised(
    active_version, approved, files, ask, approver, analyst, tenant, monkeypatch
) -> None:
    narrower = files | {"pack.yaml": files["pack.yaml"].replace("range: [0, 100]", "range: [0, 60]")}
    narrower["cases/tiny.yaml"] = files["cases/tiny.yaml"].replace("score: 80", "score: 60")
    version = approved(narrower)
    running.shadow(approver, version["id"])
    assert ask(score=80).body["verdict"] == "approve"
    after = told(analyst, version, tenant)
    assert (after["failed"], after["compared"]) == (1, 0)
    assert after["errors"] == [{"error": "it refuses the signals score", "count": 1}]
    ask(score=50)

    def broken(*_: object) -> None:
        raise RuntimeError("Asha Rao")

    monkeypatch.setattr(Pack, "decide", broken)
    after = told(analyst, version, tenant)
    assert {"error": "it broke off (RuntimeError)", "count": 1} in after["errors"]


def test_a_challenger_answers_for_its_references_and_who_decided_is_on_record(
    candidate, ask, approver, analyst, tenant, everybody, sql
) -> None:
    trial = running.challenge(approver, candidate["id"], 10, "a careful start")
    answer = ask(reference="L-1", score=45).body
    assert (answer["verdict"], answer["pack"]["digest"]) == ("review", candidate["digest"])
    assert sql("SELECT pack_digest FROM decision") == [(candidate["digest"],)]
    (entry,) = audit.entries(system(tenant), subject=answer["id"], action="decision.made").items
    assert (entry["content"]["trial"], entry["content"]["fallback"]) == (trial["id"], None)
    after = told(analyst, candidate, tenant)
    assert after["verdicts"] == {"approve": {"review": 1}}
    assert after["arms"]["challenger"]["verdicts"]["review"] == 1
    assert after["differing"][0]["arm"] == "challenger"


def test_the_same_reference_meets_the_same_side_again(candidate, ask, approver) -> None:
    running.challenge(approver, candidate["id"], 50)
    for number in range(12):
        reference = f"LOAN-{number}"
        expected = candidate["digest"] if falls_to(candidate["digest"], 50, reference) else None
        seen = {ask(reference=reference, score=45).body["pack"]["digest"] for _ in range(2)}
        assert len(seen) == 1
        assert (seen == {candidate["digest"]}) == (expected is not None)


def test_where_the_challenger_fails_the_champion_decides_and_the_event_is_recorded(
    active_version, approved, files, ask, approver, analyst, tenant, everybody
) -> None:
    narrower = files | {"pack.yaml": files["pack.yaml"].replace("range: [0, 100]", "range: [0, 60]")}
    narrower["cases/tiny.yaml"] = files["cases/tiny.yaml"].replace("score: 80", "score: 60")
    version = approved(narrower)
    running.challenge(approver, version["id"], 50)
    answer = ask(score=80).body
    assert (answer["verdict"], answer["pack"]["digest"]) == ("approve", packs.active(tenant, "tiny").digest)
    assert told(analyst, version, tenant)["fallbacks"] == 1
    (entry,) = audit.entries(system(tenant), subject=answer["id"], action="decision.made").items
    assert entry["content"]["fallback"] == "SignalError"


def test_signals_that_the_champion_refuses_too_are_the_callers_fault(candidate, ask, approver, everybody) -> None:
    running.challenge(approver, candidate["id"], 50)
    with pytest.raises(Invalid):
        ask(score="high")


def test_stopping_acts_at_once_and_the_figures_stay(candidate, ask, approver, analyst, tenant, everybody) -> None:
    running.challenge(approver, candidate["id"], 50)
    assert ask(score=45).body["verdict"] == "review"
    (trial,) = running.stop(approver, candidate["id"], "too strict")
    assert (trial["running"], trial["end_note"]) == (False, "too strict")
    assert ask(score=45).body["verdict"] == "approve"
    assert told(analyst, candidate, tenant)["compared"] == 1
    with pytest.raises(Conflict, match="no trial"):
        running.stop(approver, candidate["id"])


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (lambda who, candidate, live: packs.activate(who, candidate), "another version became active"),
        (lambda who, candidate, live: packs.retire(who, live, "no successor"), "the active version was retired"),
        (lambda who, candidate, live: packs.retire(who, candidate, "not wanted"), "the candidate was retired"),
    ],
)
def test_a_trial_ends_by_itself_when_its_champion_or_its_candidate_changes(
    candidate, approver, analyst, active_version, tenant, end, why
) -> None:
    trial = running.shadow(approver, candidate["id"])
    end(approver, candidate["id"], active_version)
    (told,) = running.listing(analyst, candidate["id"])
    assert (told["running"], told["end_note"]) == (False, why)
    assert audit.entries(system(tenant), subject=trial["id"], action="trial.ended").items


def test_only_an_approved_version_is_tried_and_only_one_of_a_kind_at_a_time(
    candidate, approved, files, analyst, approver, active_version
) -> None:
    draft = packs.create_draft(analyst, "tiny", files=files)
    for version in (draft["id"], active_version):
        with pytest.raises(Conflict):
            running.shadow(approver, version)
    running.shadow(approver, candidate["id"])
    other = approved(packs.set_parameter(files, "low_score_under", date(2025, 1, 1), 60, "policy"))
    with pytest.raises(Conflict, match="another trial"):
        running.shadow(approver, other["id"])
    assert running.challenge(approver, other["id"], 5)["mode"] == "challenger"
    with pytest.raises(Forbidden):
        running.shadow(analyst, other["id"])
    for percent in (0, 51):
        with pytest.raises(Invalid):
            running.challenge(approver, other["id"], percent)


def test_a_version_is_not_tried_where_nothing_is_live(candidate, approver, active_version) -> None:
    packs.retire(approver, active_version, "no successor")
    with pytest.raises(Conflict, match="no version of the pack is active"):
        running.shadow(approver, candidate["id"])


def test_the_database_itself_bounds_a_trial(candidate, approver, tenant, sql, active_version) -> None:
    trial = running.challenge(approver, candidate["id"], 5)
    with pytest.raises(psycopg.errors.RaiseException, match="only ends, once"):
        sql("UPDATE trial SET percent = 50 WHERE id = %s", trial["id"])
    insert = (
        "INSERT INTO trial (tenant_id, id, pack_id, mode, percent, version_id, digest, champion_id, champion_digest, note,"
        " started_by, started_at, end_note) VALUES (%s, 'trl_x', 'tiny', %s, %s, %s, %s, %s, 'x', '', 'me', now(), '')"
    )
    live = packs.active(tenant, "tiny").digest
    with pytest.raises(psycopg.errors.RaiseException, match="only an approved version"):
        sql(insert, tenant, "shadow", None, active_version, live, active_version)
    with pytest.raises(psycopg.errors.CheckViolation, match="bounded_percent"):
        sql(insert, tenant, "challenger", 90, candidate["id"], candidate["digest"], active_version)


def test_both_sides_are_compared_by_what_became_of_their_decisions(
    candidate, ask, approver, analyst, originator, tenant, everybody, monkeypatch
) -> None:
    running.challenge(approver, candidate["id"], 50)
    approved_by_challenger = ask(score=80).body
    monkeypatch.setattr(challenging, "falls_to", lambda *_: False)
    approved_by_champion = [ask(score=45).body for _ in range(2)]
    record_outcome(originator, approved_by_challenger["id"], "good", "repayment")
    record_outcome(originator, approved_by_champion[0]["id"], "bad", "repayment")
    record_outcome(originator, approved_by_champion[1]["id"], "good", "repayment")
    after = told(analyst, candidate, tenant)
    assert after["arms"]["challenger"]["bad_rate"] == 0.0
    assert after["arms"]["champion"]["bad_rate"] == 0.5
    would_not_have = next(one for one in after["outcomes"] if one["candidate_verdict"] == "review")
    assert (would_not_have["champion_verdict"], would_not_have["good"], would_not_have["bad"]) == ("approve", 1, 1)


def test_another_tenant_sees_no_trial(candidate, approver) -> None:
    trial = running.shadow(approver, candidate["id"])
    stranger = system("somebody_else")
    assert running.listing(stranger, candidate["id"]) == []
    with pytest.raises(NotFound):
        figures.figures(stranger, candidate["id"], trial["id"])
