"""When a version takes effect: once, at its instant, audited, in place of the one before; and the way back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from service import audit, packs
from service.decisions import DecisionRequest, decide
from service.errors import Conflict, Forbidden, Invalid
from service.identity.actor import system
from service.packs.scheduling import activate_due
from service.sweeper import sweep
from service.tables import utc_now

pytestmark = pytest.mark.stack
SOON = timedelta(hours=1)


@pytest.fixture
def scheduled(active_version, approved, stricter, approver) -> dict:
    """A stricter version, scheduled for an hour from now."""
    return packs.schedule(approver, approved(stricter)["id"], utc_now() + SOON)


@pytest.fixture
def pass_time(sql):
    """Let an hour and a little pass for every scheduled version."""
    return lambda: sql(
        "UPDATE pack_version SET effective_from = effective_from - interval '61 minutes' WHERE status = 'scheduled'"
    )


def statuses(actor) -> list[str]:
    return [one["status"] for one in reversed(packs.versions(actor, "tiny"))]


def test_a_scheduled_version_does_not_decide_before_its_instant(
    scheduled, ask, analyst, tenant, active_version
) -> None:
    assert activate_due(tenant, utc_now()) == 0
    assert ask(score=45).body["verdict"] == "approve"
    assert packs.active(tenant, "tiny").id == active_version
    assert statuses(analyst) == ["active", "scheduled"]


def test_the_sweeper_activates_what_is_due_exactly_once_and_retires_the_one_before(
    scheduled, analyst, approver, tenant, pass_time
) -> None:
    pass_time()
    assert sweep(tenants=[tenant]).activated == 1
    assert sweep(tenants=[tenant]).activated == 0
    assert statuses(analyst) == ["retired", "active"]
    entries = audit.entries(system(tenant), subject=scheduled["id"], action="pack.activated").items
    assert [entry["actor"] for entry in entries] == ["system:scheduler"]
    assert entries[0]["content"]["scheduled_by"] == approver.id


def test_from_its_instant_on_no_decision_is_made_by_the_version_before_even_without_a_worker(
    scheduled, ask, pass_time
) -> None:
    pass_time()
    after = ask(score=45).body
    assert (after["verdict"], after["pack"]["digest"]) == ("review", scheduled["digest"])


def test_however_many_ask_at_the_instant_there_is_one_activation(
    scheduled, originator, signals, pass_time, tenant
) -> None:
    pass_time()
    start = threading.Barrier(6)

    def go(number: int) -> str:
        start.wait()
        request = DecisionRequest("tiny", f"R-{number}", signals | {"score": 45}, None, f"key-{number}")
        return decide(originator, request).body["pack"]["digest"]

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(go, range(6))) == {scheduled["digest"]}
    assert len(audit.entries(system(tenant), subject=scheduled["id"], action="pack.activated").items) == 1


def test_versions_that_are_due_together_take_effect_in_the_order_of_their_instants(
    scheduled, approved, files, approver, analyst, pass_time, tenant
) -> None:
    from datetime import date

    later = approved(packs.set_parameter(files, "low_score_under", date(2025, 1, 1), 60, "policy"))
    packs.schedule(approver, later["id"], utc_now() + SOON - timedelta(minutes=5))
    pass_time()
    assert activate_due(tenant, utc_now()) == 2
    assert statuses(analyst) == ["retired", "active", "retired"]


def test_two_versions_are_not_scheduled_for_the_same_instant(scheduled, approved, files, approver, sql) -> None:
    from datetime import date

    other = approved(packs.set_parameter(files, "low_score_under", date(2025, 1, 1), 60, "policy"))
    with pytest.raises(Conflict, match="same instant"):
        packs.schedule(approver, other["id"], datetime.fromisoformat(scheduled["effective_from"]))
    with pytest.raises(psycopg.errors.CheckViolation, match="scheduled_from_when"):
        sql("UPDATE pack_version SET status = 'scheduled' WHERE id = %s", other["id"])


def test_a_schedule_is_moved_taken_back_and_overtaken_by_hand(scheduled, approver, analyst, tenant) -> None:
    moved = packs.schedule(approver, scheduled["id"], utc_now() + 2 * SOON, "a day later")
    assert moved["effective_from"] > scheduled["effective_from"]
    back = packs.unschedule(approver, scheduled["id"])
    assert (back["status"], back["effective_from"]) == ("approved", None)
    packs.schedule(approver, scheduled["id"], utc_now() + SOON)
    assert packs.activate(approver, scheduled["id"])["status"] == "active"
    assert activate_due(tenant, utc_now() + 3 * SOON) == 0
    actions = {entry["action"] for entry in audit.entries(system(tenant), subject=scheduled["id"]).items}
    assert {"pack.scheduled", "pack.unscheduled", "pack.activated"} <= actions


def test_an_instant_in_another_zone_is_the_same_instant(approved, active_version, stricter, approver) -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    instant = (utc_now() + SOON).replace(microsecond=0)
    told = packs.schedule(approver, approved(stricter)["id"], instant.astimezone(kolkata))
    assert datetime.fromisoformat(told["effective_from"]) == instant


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2999, 1, 1, tzinfo=UTC),
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2030, 1, 1),  # noqa: DTZ001 - a time without a zone is what is refused
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    ],
)
def test_a_time_without_zone_in_the_past_or_far_ahead_is_refused(
    approved, active_version, stricter, approver, instant
) -> None:
    version = approved(stricter)
    with pytest.raises(Invalid):
        packs.schedule(approver, version["id"], instant)


def test_only_an_approved_version_is_scheduled_and_only_by_who_may(active_version, approver, analyst, stricter) -> None:
    draft = packs.create_draft(analyst, "tiny", files=stricter)
    for version in (draft["id"], active_version):
        with pytest.raises(Conflict):
            packs.schedule(approver, version, utc_now() + SOON)
    for act in (
        lambda: packs.schedule(analyst, draft["id"], utc_now() + SOON),
        lambda: packs.unschedule(analyst, draft["id"]),
        lambda: packs.roll_back(analyst, "tiny", "because"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_rolling_back_is_one_act_with_a_reason(active_version, approved, stricter, approver, analyst, tenant) -> None:
    with pytest.raises(Conflict, match="no other version"):
        packs.roll_back(approver, "tiny", "there is nothing before")
    second = approved(stricter)
    packs.activate(approver, second["id"])
    with pytest.raises(Invalid):
        packs.roll_back(approver, "tiny", "  ")
    assert packs.roll_back(approver, "tiny", "the threshold was a mistake")["id"] == active_version
    assert statuses(analyst) == ["active", "retired"]
    (entry,) = audit.entries(system(tenant), subject=active_version, action="pack.rolled_back").items
    assert (entry["content"]["replaced"], entry["content"]["note"]) == (second["digest"], "the threshold was a mistake")
    assert packs.roll_back(approver, "tiny", "after all", second["id"])["id"] == second["id"]


def test_a_version_that_never_decided_is_not_rolled_back_to(active_version, approved, stricter, approver) -> None:
    version = approved(stricter)
    packs.retire(approver, version["id"], "withdrawn")
    for act in (
        lambda: packs.roll_back(approver, "tiny", "please", version["id"]),
        lambda: packs.activate(approver, version["id"], "please"),
    ):
        with pytest.raises(Conflict, match="before it was ever active"):
            act()


def test_activating_a_retired_version_again_needs_a_reason(active_version, approved, stricter, approver) -> None:
    packs.activate(approver, approved(stricter)["id"])
    with pytest.raises(Invalid, match="say why"):
        packs.activate(approver, active_version)
