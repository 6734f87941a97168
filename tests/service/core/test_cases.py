"""Cases: one winner, four eyes, reasons and notes, deadlines; held by the database where the law asks."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from service import audit, cases
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.identity.actor import Permission, system
from service.tables import Application

pytestmark = pytest.mark.stack
NOTE = "Seen the original document at the branch."


@pytest.fixture
def opened(ask):
    """A standard case and how to make more; returns its id."""

    def make(**changes) -> str:
        return ask(**({"score": 10} | changes)).body["case"]["id"]

    return make


@pytest.fixture
def edd(opened):
    """A four-eyes case for the approval manager."""
    return opened(score=80, listed=True)


def approve(actor, case_id, version, **changes):
    facts = {"outcome": "approve", "reason_code": "documents_agree", "note": "", "version": version} | changes
    return cases.decide(actor, case_id, **facts)


def test_two_officers_claim_and_one_wins(opened, person) -> None:
    case_id, officers, start = opened(), [person("verification_officer") for _ in range(6)], threading.Barrier(6)

    def take(officer) -> bool:
        start.wait()
        try:
            return cases.claim(officer, case_id)["status"] == "claimed"
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(take, officers)) == 1
    with pytest.raises(Conflict, match="another officer has taken"):
        cases.claim(person("verification_officer"), case_id)


def test_claiming_next_gives_each_officer_another_case_by_urgency(opened, person, manager) -> None:
    made = [opened() for _ in range(6)]
    urgent = opened(score=80, listed=True)
    assert cases.claim_next(manager)["id"] == urgent
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda _: cases.claim_next(person("verification_officer"))["id"], range(6)))
    assert sorted(taken) == sorted(made)
    with pytest.raises(NotFound):
        cases.claim_next(person("verification_officer"))


def test_claim_next_keeps_to_the_queue_and_to_the_roles(opened, edd, officer, manager) -> None:
    with pytest.raises(NotFound):
        cases.claim_next(officer)
    standard = opened()
    with pytest.raises(NotFound):
        cases.claim_next(manager, queue="nowhere")
    assert cases.claim_next(manager, queue="kyc_review")["id"] == standard


def test_a_case_of_another_role_is_refused_in_words(edd, officer) -> None:
    with pytest.raises(Forbidden, match="approval_manager"):
        cases.claim(officer, edd)


def test_keys_and_readers_work_no_cases(opened, originator, auditor, tenant) -> None:
    case_id = opened()
    for actor in (originator, auditor, system(tenant)):
        with pytest.raises(Forbidden):
            cases.claim(actor, case_id)


def test_a_case_is_decided_by_its_holder_with_a_reason_and_closes(opened, officer, sql) -> None:
    case_id = opened()
    held = cases.claim(officer, case_id)
    closed = approve(officer, case_id, held["version"])
    assert (closed["status"], closed["outcome"], closed["decided_by"]) == ("closed", "approve", officer.id)
    assert [line["kind"] for line in reversed(closed["timeline"])] == ["opened", "claimed", "closed"]
    assert sql("SELECT count(*) FROM outbox WHERE topic = 'case.closed'") == [(1,)]
    assert [entry["action"] for entry in audit.entries(system(officer.tenant), subject=case_id).items] == [
        "case.closed",
        "case.claimed",
    ]
    with pytest.raises(Conflict, match="closed"):
        approve(officer, case_id, closed["version"])


def test_who_does_not_hold_the_case_cannot_decide_it(opened, officer, person) -> None:
    case_id = opened()
    with pytest.raises(Conflict, match="claim"):
        approve(officer, case_id, 1)
    held = cases.claim(officer, case_id)
    with pytest.raises(Conflict, match="claim"):
        approve(person("verification_officer"), case_id, held["version"])


def test_a_stale_version_is_refused(opened, officer) -> None:
    case_id = opened()
    held = cases.claim(officer, case_id)
    with pytest.raises(Conflict, match="changed since"):
        approve(officer, case_id, held["version"] - 1)


@pytest.mark.parametrize(
    "facts",
    [
        {"outcome": "maybe"},
        {"reason_code": "because"},
        {"outcome": "decline", "reason_code": "documents_agree", "note": NOTE},
        {"outcome": "decline", "reason_code": "outside_policy", "note": "too short"},
        {"outcome": "decline", "reason_code": "outside_policy", "note": " " * 30},
        {"note": "x" * 1001},
        {"note": "\ud800 broken characters here"},
    ],
)
def test_an_outcome_without_its_reason_or_note_is_refused(opened, officer, facts) -> None:
    case_id = opened()
    held = cases.claim(officer, case_id)
    with pytest.raises(Invalid):
        approve(officer, case_id, held["version"], **facts)
    assert cases.get(officer, case_id)["status"] == "claimed"


def test_an_approval_against_a_rejecting_verdict_needs_a_note(opened, officer) -> None:
    case_id = opened(forged=True, score=80)
    held = cases.claim(officer, case_id)
    with pytest.raises(Invalid):
        approve(officer, case_id, held["version"])
    closed = approve(officer, case_id, held["version"], note=NOTE)
    assert closed["timeline"][0]["data"]["override"] is True


def test_whoever_decided_a_four_eyes_case_cannot_be_its_second_pair(edd, manager, person, sql) -> None:
    held = cases.claim(manager, edd)
    waiting = approve(manager, edd, held["version"])
    assert (waiting["status"], waiting["closed_at"]) == ("second", None)
    with pytest.raises(Forbidden, match="second pair"):
        cases.second(manager, edd, agree=True, note="", version=waiting["version"])
    other = person("approval_manager", name="Second Manager")
    closed = cases.second(other, edd, agree=True, note="", version=waiting["version"])
    assert (closed["status"], closed["decided_by"], closed["second_by"]) == ("closed", manager.id, other.id)
    assert closed["second_by_name"] == "Second Manager"


def test_the_database_itself_refuses_the_same_person_twice_and_a_close_without_a_second(edd, manager, sql) -> None:
    held = cases.claim(manager, edd)
    approve(manager, edd, held["version"])
    with pytest.raises(psycopg.errors.CheckViolation, match="second_is_another"):
        sql('UPDATE "case" SET second_by = decided_by WHERE id = %s', edd)
    with pytest.raises(psycopg.errors.CheckViolation, match="four_eyes_needs_second"):
        sql("UPDATE \"case\" SET status = 'closed' WHERE id = %s", edd)


def test_the_database_refuses_a_closed_case_that_nobody_decided(opened, sql) -> None:
    case_id = opened()
    with pytest.raises(psycopg.errors.CheckViolation, match="closed_is_decided"):
        sql("UPDATE \"case\" SET status = 'closed' WHERE id = %s", case_id)


def test_the_second_pair_may_send_the_case_back_with_a_reason(edd, manager, person) -> None:
    held = cases.claim(manager, edd)
    waiting = approve(manager, edd, held["version"])
    other = person("approval_manager")
    with pytest.raises(Invalid):
        cases.second(other, edd, agree=False, note="no", version=waiting["version"])
    back = cases.second(other, edd, agree=False, note="Source of funds is not on file.", version=waiting["version"])
    assert (back["status"], back["assignee"]["id"], back["outcome"], back["decided_by"]) == (
        "claimed",
        manager.id,
        None,
        None,
    )
    assert approve(manager, edd, back["version"], note=NOTE)["status"] == "second"


def test_an_officer_is_no_second_pair_of_eyes(edd, manager, officer) -> None:
    held = cases.claim(manager, edd)
    waiting = approve(manager, edd, held["version"])
    with pytest.raises(Forbidden):
        cases.second(officer, edd, agree=True, note="", version=waiting["version"])


def test_release_gives_the_case_back_and_only_its_holder_or_a_manager_may(opened, officer, person, manager) -> None:
    case_id = opened()
    cases.claim(officer, case_id)
    with pytest.raises(Conflict):
        cases.release(person("verification_officer"), case_id)
    assert cases.release(officer, case_id)["status"] == "open"
    cases.claim(officer, case_id)
    assert cases.release(manager, case_id)["assignee"] is None


def test_assigning_hands_the_case_to_a_person_who_may_work_it(opened, edd, officer, manager, analyst) -> None:
    case_id = opened()
    assert cases.assign(manager, case_id, officer.id)["assignee"] == {"id": officer.id, "name": "Omar Officer"}
    with pytest.raises(Forbidden):
        cases.assign(manager, case_id, analyst.id)
    with pytest.raises(Forbidden):
        cases.assign(manager, edd, officer.id)
    with pytest.raises(Forbidden):
        cases.assign(officer, case_id, officer.id)
    with pytest.raises(NotFound):
        cases.assign(manager, case_id, "per_nobody")


def test_escalation_moves_the_case_to_another_queue_for_a_manager(opened, officer, manager) -> None:
    case_id = opened()
    cases.claim(officer, case_id)
    with pytest.raises(Invalid):
        cases.escalate(officer, case_id, "edd", "")
    with pytest.raises(Invalid):
        cases.escalate(officer, case_id, "no such queue!", "why")
    moved = cases.escalate(officer, case_id, "edd", "A politically exposed relative.")
    assert (moved["queue"], moved["role"], moved["status"]) == ("edd", "approval_manager", "open")
    with pytest.raises(Forbidden):
        cases.claim(officer, case_id)
    assert cases.claim_next(manager, queue="edd")["id"] == case_id


def test_a_case_waits_for_information_and_goes_on_with_its_holder(opened, officer, person) -> None:
    case_id = opened()
    cases.claim(officer, case_id)
    waiting = cases.request_information(officer, case_id, "A clearer PAN card", "The photograph is blurred")
    assert waiting["status"] == "waiting"
    with pytest.raises(Conflict):
        cases.claim(person("verification_officer"), case_id)
    assert cases.claim(officer, case_id)["status"] == "claimed"


def test_notes_are_sealed_and_shown_to_who_may_see_personal_data(opened, officer, auditor, stack) -> None:
    case_id = opened()
    cases.note(officer, case_id, "Spoke with Zubeida on the telephone.")
    assert cases.get(officer, case_id)["timeline"][0]["note"] == "Spoke with Zubeida on the telephone."
    assert cases.get(auditor, case_id)["timeline"][0]["note"] == "•••"
    with psycopg.connect(stack.owner_url) as connection:
        for table in ("case_event", "audit_entry", "outbox"):
            assert "Zubeida" not in repr(connection.execute(f"SELECT * FROM {table}").fetchall())


def test_the_case_page_shows_signals_and_masks_them_for_who_may_not_see_them(opened, officer, auditor) -> None:
    case_id = opened()
    whole = {signal["name"]: signal for signal in cases.get(officer, case_id)["signals"]}
    assert whole["applicant.pan"]["value"] == "ABCPR1234K"
    page = cases.get(auditor, case_id)
    part = {signal["name"]: signal for signal in page["signals"]}
    assert (part["applicant.pan"]["value"], part["applicant.pan"]["masked"]) == ("ABCPR••••K", True)
    assert part["applicant.date_of_birth"]["value"] == "1990-••-••"
    assert part["score"]["value"] == 10
    assert "Asha" not in json.dumps(page)


def test_the_case_page_says_why_it_is_here_and_what_one_may_do(opened, officer, manager) -> None:
    case_id = opened()
    page = cases.get(officer, case_id)
    assert page["decision"]["reasons"][0]["text"] in {"Too many points", "The score is low"}
    assert page["may"] == {
        "claim": True,
        "release": False,
        "decide": False,
        "escalate": False,
        "request_information": False,
        "assign": False,
        "second": False,
    }
    assert {code["code"] for code in page["reason_codes"]["approve"]} >= {"documents_agree"}
    assert cases.claim(officer, case_id)["may"]["decide"] is True
    assert cases.get(manager, case_id)["may"]["assign"] is True


def test_closing_a_case_settles_its_application_and_tells_only_customer_safe_words(
    tenant, application, officer, active_version, sql
) -> None:
    from datetime import date

    from service import decisions, outbox
    from service.keys import keyring
    from service.packs import active
    from service.values import unseal

    pack = active(tenant, "tiny")
    made = pack.pack.decide({"score": 10, "listed": False, "forged": True}, date(2026, 11, 20))
    with unit(tenant) as session:
        body = decisions.record(
            session, actor=system(tenant), pack=pack, decision=made, reference="APP-1", application=application,
            models={}, lists={}, signals={"score": 10, "listed": False, "forged": True},
        )  # fmt: skip
    case_id = body["case"]["id"]
    held = cases.claim(officer, case_id)
    assert held["application"]["declared"]["name"] == "Asha Rao"
    assert cases.listing(officer).items[0]["applicant_name"] == "Asha Rao"
    cases.decide(officer, case_id, "decline", "documents_unacceptable", NOTE, held["version"])
    with unit(tenant) as session:
        settled = session.get(Application, application.id)
    assert (settled.status, settled.version) == ("rejected", 2)
    assert settled.decided_at is not None
    ((payload,),) = sql("SELECT payload FROM outbox WHERE topic = 'case.closed'")
    told = unseal(keyring(), payload, tenant=tenant, field=outbox.PAYLOAD)
    assert told["customer_reasons"] == ["We cannot accept the document", "Your score is low"]
    assert (told["application_id"], told["outcome"]) == (application.id, "decline")


def test_lists_are_by_urgency_with_filters_and_pages(opened, edd, officer, auditor) -> None:
    made = [opened() for _ in range(4)]
    first = cases.listing(auditor, limit=2)
    rest = cases.listing(auditor, after=first.next, limit=10)
    assert [item["id"] for item in first.items + rest.items] == [edd, *made]
    assert (rest.next, first.items[0]["applicant_name"]) == (None, None)
    cases.claim(officer, made[0])
    assert [item["id"] for item in cases.listing(officer, mine=True).items] == [made[0]]
    assert [item["id"] for item in cases.listing(officer, queue="edd").items] == [edd]
    assert len(cases.listing(officer, status="open").items) == 4
    with pytest.raises(Invalid):
        cases.listing(officer, after="nonsense")


def test_queues_count_what_waits_and_what_is_late(opened, edd, officer, sql) -> None:
    case_id = opened()
    cases.claim(officer, opened())
    sql("UPDATE \"case\" SET due_at = now() - interval '1 hour' WHERE id = %s", case_id)
    told = {queue["queue"]: queue for queue in cases.queues(officer)}
    assert (told["kyc_review"]["open"], told["kyc_review"]["claimed"], told["kyc_review"]["late"]) == (1, 1, 1)
    assert (told["kyc_review"]["mine"], told["edd"]["open"]) == (1, 1)
    assert cases.get(officer, case_id)["late"] is True


def test_no_open_case_is_in_no_queue(opened, edd, officer) -> None:
    opened()
    assert sum(queue["open"] for queue in cases.queues(officer)) == len(cases.listing(officer, status="open").items)


def test_another_tenants_case_is_not_found(opened, tenant) -> None:
    from service.identity.actor import Actor

    case_id = opened()
    stranger = Actor("somebody_else", "per_x", "X", frozenset(Permission), ("approval_manager",))
    for act in (cases.get, cases.claim, cases.release):
        with pytest.raises(NotFound):
            act(stranger, case_id)
    assert cases.listing(stranger).items == []
    assert cases.queues(stranger) == []
