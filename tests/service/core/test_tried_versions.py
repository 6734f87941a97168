"""Deciding with a version that is named, replaying by another one, and outcomes: kept apart, told as what they are."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from service import audit, decisions, packs
from service.decisions import DecisionRequest, decide_with_version, record_outcome, replay
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.identity.actor import system

pytestmark = pytest.mark.stack


@pytest.fixture
def draft(active_version, analyst, stricter) -> dict:
    """A stricter draft beside the live version."""
    return packs.create_draft(analyst, "tiny", files=stricter)


@pytest.fixture
def attempt(analyst, signals):
    """Try a version on the clean signals with changes."""

    def make(version: str, key: str | None = None, actor=None, **changes):
        request = DecisionRequest("tiny", "TRY-1", signals | changes, date(2026, 11, 20), key or uuid.uuid4().hex)
        return decide_with_version(actor or analyst, request, version)

    return make


def test_a_draft_decides_as_it_stands_and_the_answer_is_a_test_that_counts_nowhere(
    draft, attempt, analyst, tenant, sql
) -> None:
    told = attempt(draft["id"], score=45).body
    assert (told["test"], told["verdict"], told["case"]) == (True, "review", None)
    assert told["version"] == {"id": draft["id"], "status": "draft"}
    assert len(told["pack"]["digest"]) == 64
    assert told["trace"]
    for table in ("decision", '"case"', "outbox", "idempotency_key"):
        assert sql(f"SELECT count(*) FROM {table}") == [(0,)]
    assert decisions.listing(analyst).items == []
    assert decisions.get(analyst, told["id"]) == told
    (entry,) = audit.entries(system(tenant), subject=told["id"]).items
    assert (entry["action"], entry["content"]["status"]) == ("decision.tried", "draft")


def test_a_saved_draft_decides_by_its_new_content(draft, attempt, analyst, files) -> None:
    first = attempt(draft["id"], score=45).body
    saved = packs.update_draft(analyst, draft["id"], files, draft["row_version"])
    second = attempt(saved["id"], score=45).body
    assert (first["verdict"], second["verdict"]) == ("review", "approve")
    assert first["pack"]["digest"] != second["pack"]["digest"]


def test_two_drafts_of_the_same_content_answer_under_their_own_ids(draft, attempt, analyst, stricter) -> None:
    other = packs.create_draft(analyst, "tiny", files=stricter)
    first, second = attempt(draft["id"]).body, attempt(other["id"]).body
    assert (first["version"]["id"], second["version"]["id"]) == (draft["id"], other["id"])
    assert first["digest"] == second["digest"]


def test_a_key_of_a_test_brings_its_answer_again_and_no_other(draft, attempt, active_version) -> None:
    first = attempt(draft["id"], "k")
    again = attempt(draft["id"], "k")
    assert (again.raw, again.replayed) == (first.raw, True)
    for act in (lambda: attempt(draft["id"], "k", score=1), lambda: attempt(active_version, "k")):
        with pytest.raises(Conflict, match="another body"):
            act()


def test_a_test_needs_its_permission_a_version_of_the_pack_and_files_that_compile(
    draft, attempt, analyst, originator, files
) -> None:
    with pytest.raises(Forbidden):
        attempt(draft["id"], actor=originator)
    with pytest.raises(NotFound):
        attempt("pkv_unheard_of")
    with pytest.raises(Invalid):
        attempt(draft["id"], score="high")
    broken = packs.update_draft(analyst, draft["id"], {"pack.yaml": "pack: ["}, draft["row_version"])
    with pytest.raises(Invalid, match="does not compile"):
        attempt(broken["id"])


def test_signals_and_answers_of_tests_rest_sealed(draft, attempt, sql) -> None:
    attempt(draft["id"])
    (row,) = sql("SELECT signals, answer FROM tryout")
    assert b"Asha" not in row[0]
    assert b"SCORE" not in row[1]


def test_a_decision_replayed_by_the_version_that_made_it_has_the_same_digest(ask, active_version, analyst) -> None:
    made = ask(score=45).body
    for version in (None, active_version):
        told = replay(analyst, made["id"], version)
        assert (told["same"], told["same_content"], told["digest_again"]) == (True, True, made["digest"])
        assert (told["rules_added"], told["rules_removed"]) == ([], [])


def test_a_decision_replayed_by_another_version_says_what_would_differ(ask, draft, analyst, tenant) -> None:
    made = ask(score=45).body
    told = replay(analyst, made["id"], draft["id"])
    assert (told["same"], told["same_content"]) == (False, False)
    assert (told["verdict"], told["verdict_again"]) == ("approve", "review")
    assert told["rules_added"] == ["LOW", "SCORE_LOW"]
    assert told["rules_removed"] == ["CLEAR"]
    assert told["version_again"] == {"id": draft["id"], "status": "draft"}
    (entry,) = audit.entries(system(tenant), subject=made["id"], action="decision.replayed").items
    assert entry["content"]["pack"] == told["pack_again"]["digest"]


def test_replaying_by_a_version_needs_to_read_packs(ask, draft, originator) -> None:
    made = ask().body
    assert replay(originator, made["id"])["same"] is True
    with pytest.raises(Forbidden):
        replay(originator, made["id"], draft["id"])


def test_an_outcome_told_twice_is_kept_once_and_a_new_one_is_added(ask, originator, analyst, tenant, sql) -> None:
    made = ask().body
    first = record_outcome(originator, made["id"], "good", "repayment", "Asha paid")
    assert record_outcome(originator, made["id"], "good", "repayment")["id"] == first["id"]
    record_outcome(originator, made["id"], "bad", "repayment")
    record_outcome(originator, made["id"], "good", "fraud_desk")
    kept = [(one["source"], one["outcome"]) for one in decisions.outcomes_of(analyst, made["id"])]
    assert kept == [("fraud_desk", "good"), ("repayment", "bad"), ("repayment", "good")]
    assert all(row[0] is None or b"Asha" not in row[0] for row in sql("SELECT note FROM decision_outcome"))
    assert len(audit.entries(system(tenant), subject=made["id"], action="decision.outcome").items) == 3


def test_an_outcome_needs_a_decision_a_word_and_a_source(ask, originator, analyst) -> None:
    made = ask().body
    for outcome, source in (("fine", "repayment"), ("good", "Two Words"), ("good", "")):
        with pytest.raises(Invalid):
            record_outcome(originator, made["id"], outcome, source)
    with pytest.raises(NotFound):
        record_outcome(originator, "dec_unheard_of", "good", "repayment")
    with pytest.raises(Forbidden):
        record_outcome(analyst, made["id"], "good", "repayment")
