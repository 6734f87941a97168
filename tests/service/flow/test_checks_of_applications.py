"""Submission, checks and the one decision, with every check run by hand: no worker, no waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from connectors.errors import ProviderRefused, RetryLater
from connectors.sandbox.identities import BY_KEY, CLEAN, LISTED, NAME_DIFFERS
from engine.signal import Finding, Missing, Reason, Signal
from ml.errors import DocumentRejected
from service import audit, decisions
from service.applications import add_document, get, make_decision, submit
from service.checks import running
from service.checks.completion import PATIENCE_S
from service.db import unit
from service.settings import settings
from service.sweeper import Swept, sweep
from service.tables import utc_now

pytestmark = pytest.mark.stack


def opened(_context) -> Finding:
    return Finding((Signal("gate.open", True, "gate"),), {"looked": True})


def status(desk, application_id: str, name: str = "gate") -> str:
    return {c["name"]: c["status"] for c in get(desk.system, application_id)["checks"]}[name]


def test_an_application_is_checked_and_decided_from_what_the_checks_found(desk) -> None:
    desk.use_pack("pan", "screening")
    desk.use_lists()
    done = desk.decided(desk.submitted(CLEAN))
    assert done["status"] == "approved"
    assert {check["status"] for check in done["checks"]} == {"done"}
    assert done["decision"]["verdict"] == "approve"
    assert done["decision"]["application"] == done["id"]
    signals = desk.signals(done["id"])
    assert signals["pan.status"]["value"] == "E"
    assert signals["screening.pep_type"]["value"] == "none"
    assert audit.verify(desk.system).ok


@pytest.mark.parametrize(
    ("who", "rule"), [(NAME_DIFFERS, "PAN_BAD"), (LISTED, "SANCTIONED")], ids=lambda v: getattr(v, "key", v)
)
def test_a_wrong_name_and_a_listed_person_are_reviewed_with_the_lists_named(desk, who, rule: str) -> None:
    desk.use_pack("pan", "screening")
    desk.use_lists()
    done = desk.decided(desk.submitted(who))
    assert done["status"] == "in_review"
    assert rule in [reason["rule"] for reason in done["decision"]["reasons"]]
    assert desk.count("case") == 1
    with unit(desk.tenant) as session:
        lists, models = session.execute(text("SELECT lists, models FROM decision")).one()
    assert set(lists) == {"demo_sanctions", "demo_pep", "demo_watchlist"}
    assert models["screening"] == ["verdict-screening/1"]


def test_a_second_submission_answers_the_same_and_starts_nothing(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted()
    first = get(desk.caller, application_id)
    assert submit(desk.caller, application_id) == first
    assert desk.count("check_run") == 1
    desk.decided(application_id)
    assert submit(desk.caller, application_id)["status"] == "approved"
    assert desk.count("decision") == 1


def test_submissions_at_the_same_moment_start_the_checks_once(desk, gate) -> None:
    desk.use_pack("gate", "late")
    gate()
    gate("late", "late.seen")
    made = desk.create()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _n: submit(desk.caller, made["id"]), range(6)))
    assert desk.count("check_run") == 2
    assert desk.count("outbox", "topic = 'application.submitted'") == 1


def test_a_submission_pins_the_digest_of_the_active_pack(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted()
    pinned = get(desk.caller, application_id)["pack"]["digest"]
    assert desk.decided(application_id)["decision"]["pack"]["digest"] == pinned


def test_a_check_waits_for_the_signals_it_needs(desk, check, gate) -> None:
    desk.use_pack("gate", "late")
    gate()
    seen = []
    check(
        "late",
        lambda context: (
            seen.append(context.signals["gate.open"].value),
            Finding((Signal("late.seen", True, "late"),)),
        )[1],
    )
    application_id = desk.submitted()
    assert status(desk, application_id, "late") == "waiting"
    assert desk.decided(application_id)["status"] == "approved"
    assert seen == [True]


def test_a_check_starts_when_what_it_waited_for_can_no_longer_come(desk, check, gate) -> None:
    desk.use_pack("gate", "late")
    check("gate", lambda _context: 1 / 0)
    gate("late", "late.seen")
    done = desk.decided(desk.submitted())
    assert {c["name"]: c["status"] for c in done["checks"]} == {"gate": "failed", "late": "done"}
    assert done["decision"]["verdict"] == "review"


def test_several_workers_run_one_check_once_and_make_one_decision(desk, check) -> None:
    desk.use_pack("gate")
    ran = []
    check("gate", lambda context: (ran.append(1), opened(context))[1])
    application_id = desk.submitted()
    run_id = desk.runs(application_id)["gate"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: running.run_check(desk.tenant, run_id), range(8)))
        made = list(pool.map(lambda _n: make_decision(desk.tenant, application_id), range(8)))
    assert ran == [1]
    assert len([decision for decision in made if decision]) == 1
    assert desk.count("decision") == desk.count("signal") == desk.count("evidence") == 1


def test_the_database_itself_refuses_a_second_decision(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted()
    desk.decided(application_id)
    with unit(desk.tenant) as session:
        session.execute(
            text("UPDATE application SET status = 'checking', decision_id = NULL WHERE id = :id"),
            {"id": application_id},
        )
    with pytest.raises(IntegrityError):
        make_decision(desk.tenant, application_id)
    assert desk.count("decision") == 1


def test_nothing_is_decided_while_a_check_is_open(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted()
    assert make_decision(desk.tenant, application_id) is None
    assert get(desk.caller, application_id)["status"] == "checking"


def test_a_provider_to_ask_later_is_asked_again_and_then_believed(desk, check) -> None:
    desk.use_pack("gate")
    asked = []

    def run(context) -> Finding:
        asked.append(context.now)
        if len(asked) == 1:
            raise RetryLater("registry", "is down")
        return opened(context)

    check("gate", run)
    application_id = desk.submitted()
    running.run_check(desk.tenant, desk.runs(application_id)["gate"])
    assert status(desk, application_id) == "queued"
    assert not running.run_check(desk.tenant, desk.runs(application_id)["gate"]), "the back-off must be waited out"
    assert desk.decided(application_id)["decision"]["verdict"] == "approve"
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("failure", "reason", "ended"),
    [
        (RetryLater("registry", "is down"), "provider_down", "failed"),
        (RetryLater("registry", "hung", reason=Reason.TIMED_OUT), "timed_out", "failed"),
        (ProviderRefused("registry", "no contract"), "provider_refused", "failed"),
        (DocumentRejected("blurred", "Too blurred.", "Take it again."), "not_readable", "failed"),
        (SoftTimeLimitExceeded(), "timed_out", "timed_out"),
        (KeyError("secret@example.com"), "failed", "failed"),
    ],
    ids=["down", "hung", "refused", "rejected", "too_long", "bug"],
)
def test_a_check_that_fails_yields_missing_and_never_a_default(
    desk, check, failure: Exception, reason: str, ended: str
) -> None:
    desk.use_pack("gate")

    def run(_context) -> Finding:
        raise failure

    check("gate", run)
    done = desk.decided(desk.submitted())
    assert done["checks"][0]["status"] == ended
    assert "secret@example.com" not in str(done)
    signal = desk.signals(done["id"])["gate.open"]
    assert (signal["value"], signal["missing"]) == (None, reason)
    assert done["decision"]["verdict"] == "review"
    assert {"gate.open"} == {unknown["signal"] for unknown in done["decision"]["unknowns"]}


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("pan_timeout", "timed_out"),
        ("pan_garbage", "failed"),
        ("pan_refuse", "provider_refused"),
        ("pan_500", "provider_down"),
    ],
)
def test_a_failing_pan_provider_leaves_what_is_still_known(desk, key: str, reason: str) -> None:
    desk.use_pack("pan")
    done = desk.decided(desk.submitted(BY_KEY[key]))
    signals = desk.signals(done["id"])
    assert signals["pan.format_valid"]["value"] is True
    assert signals["pan.status"]["missing"] == reason
    assert done["status"] == "in_review"


def test_without_a_pan_the_provider_is_not_asked(desk) -> None:
    desk.use_pack("pan")
    declared = {name: value for name, value in CLEAN.applicant().items() if name != "pan"}
    done = desk.decided(desk.submitted(applicant=declared))
    assert desk.signals(done["id"])["pan.status"]["missing"] == "not_provided"


def test_a_check_that_this_installation_does_not_have_is_not_executed(desk) -> None:
    desk.use_pack("gate")
    done = desk.decided(desk.submitted())
    assert desk.signals(done["id"])["gate.open"]["missing"] == "not_executed"
    assert done["decision"]["verdict"] == "review"


def test_a_signal_that_the_check_forgot_or_left_null_is_missing(desk, check) -> None:
    desk.use_pack("gate", "late")
    check("gate", lambda _context: Finding((Signal("gate.open", None, "gate"),)))
    check("late", lambda _context: Finding((Signal("other.signal", True, "late"),)))
    done = desk.decided(desk.submitted())
    signals = desk.signals(done["id"])
    assert signals["gate.open"]["missing"] == "not_found"
    assert signals["late.seen"]["missing"] == "failed"
    assert "other.signal" not in signals


def test_a_value_that_the_pack_refuses_becomes_missing_and_the_application_is_still_decided(desk, check) -> None:
    desk.use_pack("gate")
    check("gate", lambda _context: Finding((Signal("gate.open", "perhaps", "gate"),)))
    done = desk.decided(desk.submitted())
    assert done["decision"]["verdict"] == "review"
    assert {(u["signal"], u["reason"]) for u in done["decision"]["unknowns"]} == {("gate.open", "failed")}


def test_files_reach_the_check_that_needs_them_the_newest_of_each_kind(desk, check, picture) -> None:
    desk.use_pack("pictures")
    seen = []
    check("pictures", lambda context: (seen.append(context.documents["pan_card"].content()), opened(context))[1])
    made = desk.create()
    for shade in (10, 200):
        add_document(desk.caller, made["id"], "pan_card", picture(shade))
    submit(desk.caller, made["id"])
    desk.decided(made["id"])
    assert seen == [picture(200)]


def test_a_worker_that_lost_its_lease_writes_nothing(desk, check) -> None:
    desk.use_pack("gate")
    check("gate", opened)
    application_id = desk.submitted()
    run_id = desk.runs(application_id)["gate"]
    with unit(desk.tenant) as session:
        slow = running.claim(session, run_id, utc_now())
    assert not running.run_check(desk.tenant, run_id), "the lease holds"
    desk.pass_time(application_id)
    assert running.run_check(desk.tenant, run_id), "the lease has ended"
    late = running.Ended("done", Finding((Signal("gate.open", False, "gate"),), {"late": True}))
    assert not running.write(desk.tenant, slow, late)
    assert desk.signals(application_id)["gate.open"]["value"] is True
    assert desk.count("evidence") == 1


def test_a_check_whose_workers_die_again_and_again_is_given_up(desk, check) -> None:
    desk.use_pack("gate")
    check("gate", opened)
    application_id = desk.submitted()
    run_id = desk.runs(application_id)["gate"]
    for _ in range(running.MAX_CRASHES):
        with unit(desk.tenant) as session:
            assert running.claim(session, run_id, utc_now())
        desk.pass_time(application_id)
    desk_done = running.run_check(desk.tenant, run_id)
    assert desk_done
    assert desk.signals(application_id)["gate.open"]["missing"] == "failed"
    assert desk.decided(application_id)["status"] == "in_review"


def test_the_sweeper_sends_a_lost_message_once_and_not_with_every_round(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted()
    assert sweep(tenants=[desk.tenant]) == Swept()
    later = utc_now() + timedelta(minutes=2)
    assert sweep(later, [desk.tenant]) == Swept(queued=1)
    assert sweep(later + timedelta(seconds=5), [desk.tenant]) == Swept()
    assert desk.decided(application_id)["status"] == "approved"


def test_the_sweeper_sends_what_a_dead_worker_held(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted()
    with unit(desk.tenant) as session:
        running.claim(session, desk.runs(application_id)["gate"], utc_now())
    assert sweep(tenants=[desk.tenant]) == Swept()
    assert sweep(utc_now() + timedelta(minutes=2), [desk.tenant]) == Swept(leases=1)


def test_the_sweeper_finds_an_application_whose_decision_was_lost(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted()
    desk.turn(application_id)
    assert get(desk.caller, application_id)["status"] == "checking"
    assert sweep(utc_now() + timedelta(minutes=2), [desk.tenant]) == Swept(undecided=1)
    make_decision(desk.tenant, application_id)
    assert sweep(utc_now() + timedelta(minutes=2), [desk.tenant]) == Swept()


def test_a_check_that_no_worker_takes_ends_as_not_executed(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted()
    late = utc_now() + timedelta(seconds=2 * PATIENCE_S)
    assert sweep(late, [desk.tenant]).overdue == 1
    assert desk.signals(application_id)["gate.open"]["missing"] == "not_executed"
    assert status(desk, application_id) == "timed_out"
    assert desk.decided(application_id)["status"] == "in_review"


def test_one_tenants_trouble_does_not_stop_the_sweep_of_the_others(desk, gate, monkeypatch) -> None:
    desk.use_pack("gate")
    gate()
    desk.submitted()
    from service import sweeper

    whole = sweeper._sweep_tenant

    def broken(tenant: str, now):
        if tenant != desk.tenant:
            raise RuntimeError("this tenant is in trouble")
        return whole(tenant, now)

    monkeypatch.setattr(sweeper, "_sweep_tenant", broken)
    assert sweep(utc_now() + timedelta(minutes=2), ["troubled", desk.tenant]).queued == 1


def test_a_broker_that_is_down_loses_no_submission(desk, gate, monkeypatch) -> None:
    from service import dispatch

    desk.use_pack("gate")
    gate()

    def refuse(*_args, **_options):
        raise ConnectionError("no broker")

    monkeypatch.setattr(dispatch.app, "send_task", refuse)
    application_id = desk.submitted()
    monkeypatch.undo()
    assert status(desk, application_id) == "queued"
    assert sweep(utc_now() + timedelta(minutes=2), [desk.tenant]).queued == 1
    assert desk.decided(application_id)["status"] == "approved"


def test_messages_carry_ids_only(desk, gate, monkeypatch) -> None:
    from service import dispatch

    desk.use_pack("gate")
    gate()
    sent = []
    monkeypatch.setattr(dispatch.app, "send_task", lambda name, args, **options: sent.append((name, args, options)))
    application_id = desk.submitted()
    assert sent[0][:2] == ("verdict.run_check", [desk.tenant, desk.runs(application_id)["gate"]])
    assert (sent[0][2]["queue"], sent[0][2]["soft_time_limit"]) == ("checks", 10)
    assert CLEAN.pan not in str(sent)


def test_the_same_application_decided_again_gives_the_same_digest(desk) -> None:
    desk.use_pack("pan", "screening")
    desk.use_lists()
    done = desk.decided(desk.submitted(NAME_DIFFERS))
    assert decisions.replay(desk.system, done["decision"]["id"])["same"]


def test_stale_lists_accuse_but_never_clear(desk) -> None:
    desk.use_pack("screening")
    desk.use_lists()
    hours = settings().list_max_age_hours + 1
    with unit(desk.tenant) as session:
        session.execute(text("UPDATE watchlist SET checked_at = checked_at - make_interval(hours => :h)"), {"h": hours})
    clean = desk.decided(desk.submitted(CLEAN, "R-1"))
    assert desk.signals(clean["id"])["screening.sanctions_hit"]["missing"] == "stale"
    assert clean["status"] == "in_review"
    listed = desk.decided(desk.submitted(LISTED, "R-2"))
    assert desk.signals(listed["id"])["screening.sanctions_hit"]["value"] is True


def test_without_lists_nobody_is_clear(desk) -> None:
    desk.use_pack("screening")
    done = desk.decided(desk.submitted(CLEAN))
    assert desk.signals(done["id"])["screening.sanctions_hit"]["missing"] == "not_executed"
    assert done["status"] == "in_review"


def test_a_missing_signal_keeps_its_reason_through_rest() -> None:
    from service.sealed import signal_of, signal_row

    row = signal_row("t", "app", "chk", Signal("a.b", Missing(Reason.STALE, "old"), "s"))
    row.observed_at = utc_now()
    assert signal_of(row).value == Missing(Reason.STALE, "old")
