"""Real Celery workers as processes of their own, one of them killed in the middle of a check."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from connectors.sandbox.identities import CLEAN, LISTED, NAME_DIFFERS
from service.applications import get
from service.settings import settings
from service.sweeper import sweep

pytestmark = [pytest.mark.stack, pytest.mark.slow]
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


@pytest.fixture
def worker(stack, providers: str, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start workers; all of them are gone at the end."""
    children: list[subprocess.Popen[bytes]] = []
    environment = (
        os.environ | stack.environment | {"VERDICT_PAN_URL": providers, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}"}
    )

    def start(*options: str, **variables: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "service.celery_app", "worker", "--include", "held_check"]
        command += [
            "-Q",
            "checks,ml,notify,bulk,packs",
            "-c",
            "2",
            "-l",
            "WARNING",
            "--without-mingle",
            "--without-gossip",
            *options,
        ]
        with (tmp_path / "worker.log").open("ab") as log:
            child = subprocess.Popen(
                command, cwd=ROOT, env=environment | variables, stdout=log, stderr=log, start_new_session=True
            )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)


@pytest.fixture
def wire(stack) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(stack.redis_url) as client:
        yield client


def until(done: Callable[[], bool], what: str, log: Path, timeout_s: float = 60) -> None:
    """Ask until it is so: the state is in the database, and another process puts it there."""
    end = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < end, f"{what} did not come about:\n{log.read_text()[-3000:]}"
        time.sleep(0.05)


def test_a_killed_process_loses_no_accepted_application_and_makes_no_second_decision(
    desk, worker, wire, tmp_path
) -> None:
    desk.use_pack("gate", "screening")
    desk.use_lists()
    first = worker()
    application_id = desk.submitted(CLEAN)
    assert wire.blpop([f"began:{desk.tenant}"], timeout=60), "the worker never took the check"
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(10)

    assert get(desk.caller, application_id)["status"] == "checking"
    for held in ("running", "queued"):  # the dead worker may have held the other check too, begun or not
        desk.pass_time(application_id, held)
    assert sweep(tenants=[desk.tenant]).leases >= 1
    worker()
    assert wire.blpop([f"began:{desk.tenant}"], timeout=60), "no other worker took the check over"
    wire.rpush(f"go:{desk.tenant}", "open", "open")
    until(lambda: get(desk.caller, application_id)["status"] != "checking", "a decision", tmp_path / "worker.log")

    done = get(desk.caller, application_id)
    assert done["status"] == "approved"
    assert {check["name"]: check["attempts"] for check in done["checks"]}["gate"] == 2
    assert desk.count("decision") == 1
    assert desk.count("evidence", "source = 'gate'") == 1


def test_each_message_reaches_one_queue_only(desk, wire) -> None:
    """With the broker's defaults every queue would be bound to one key, and every worker would get every message."""
    from service import dispatch
    from service.dispatch import Due

    queues = ("checks", "ml", "notify", "bulk", "packs")
    before = {queue: wire.llen(f"verdict:{queue}") for queue in queues}
    dispatch.send_checks("nobody", [Due("chk_none", "pan_card", 5), Due("chk_none", "pan", 5)])
    dispatch.send_report("nobody", "rep_none")
    dispatch.send_pack_job("nobody", "pjb_none")
    after = {queue: wire.llen(f"verdict:{queue}") - before[queue] for queue in queues}
    assert after == {"checks": 1, "ml": 1, "notify": 0, "bulk": 1, "packs": 1}


def test_a_check_that_hangs_is_cut_off_and_ends_as_timed_out(desk, worker, wire, tmp_path, monkeypatch) -> None:
    from service.packs.life_cycle import install

    from_conftest = sys.modules[type(desk).__module__]
    files = from_conftest.pack_files("gate")
    files["pack.yaml"] = files["pack.yaml"].replace("timeout_s: 10, retries: 1", "timeout_s: 1, retries: 1")
    install(desk.system, "flow_pack", files, "system:author")
    worker()
    application_id = desk.submitted(CLEAN)
    until(lambda: get(desk.caller, application_id)["status"] == "in_review", "a decision", tmp_path / "worker.log")
    assert desk.signals(application_id)["gate.open"]["missing"] == "timed_out"


def test_workers_with_beat_bring_applications_from_submission_to_letter(desk, worker, tmp_path) -> None:
    desk.use_pack("pan", "screening")
    desk.use_lists()
    people = ((CLEAN, "approved"), (NAME_DIFFERS, "in_review"), (LISTED, "in_review"))
    worker("--beat", "--schedule", str(tmp_path / "beat"), VERDICT_SWEEP_EVERY_S="1")
    submitted = {desk.submitted(who, f"W-{who.key}-{desk.tenant}"): status for who, status in people}
    log = tmp_path / "worker.log"
    until(lambda: all(get(desk.caller, each)["status"] != "checking" for each in submitted), "three decisions", log)
    assert {each: get(desk.caller, each)["status"] for each in submitted} == submitted
    assert desk.count("decision") == 3
    until(lambda: desk.count("outbox", "status = 'pending'") == 0, "an empty outbox", log)
    subjects = [path.read_text() for path in (settings().data_dir / "mail").glob("*.eml")]
    assert sum(desk.tenant in mail for mail in subjects) == 6


@pytest.fixture
def nothing_waits(stack, wire) -> None:
    """Other tests play the worker by hand and leave their messages; this one must not wait for theirs."""
    wire.delete("verdict:packs", "verdict:bulk")
    with psycopg.connect(stack.owner_url) as connection:
        connection.execute("UPDATE pack_job SET status = 'failed', error = 'another test' WHERE status <> 'done'")


def test_workers_with_beat_prove_try_and_activate_a_version(desk, worker, nothing_waits, tmp_path) -> None:
    """From submission to its instant nobody but workers touches it; a shadow's figures come by themselves."""
    from datetime import timedelta

    from service import packs
    from service.decisions import DecisionRequest, decide
    from service.identity.actor import Actor, Role, granted
    from service.tables import utc_now
    from service.trials import figures, running

    author = Actor(desk.tenant, "per_author", "Anil", granted([Role.ANALYST]))
    approver = Actor(desk.tenant, "per_approver", "Priya", granted([Role.APPROVER]))
    files = sys.modules[type(desk).__module__].pack_files("gate")
    desk.use_pack("gate")
    decide(desk.caller, DecisionRequest("flow_pack", "R-1", {"gate.open": True}, None, f"k1-{desk.tenant}"))
    log = tmp_path / "worker.log"
    worker("--beat", "--schedule", str(tmp_path / "beat"), VERDICT_SWEEP_EVERY_S="1")
    files["pack.yaml"] = files["pack.yaml"].replace("reason: not good", "reason: not good enough")
    draft = packs.create_draft(author, "flow_pack", files=files)
    packs.submit(author, draft["id"])
    until(lambda: packs.get(author, draft["id"])["evidence"]["ready"], "the evidence", log)
    packs.approve(approver, draft["id"])
    trial = running.shadow(approver, draft["id"])
    decide(desk.caller, DecisionRequest("flow_pack", "R-2", {"gate.open": True}, None, f"k2-{desk.tenant}"))
    until(lambda: figures.figures(author, draft["id"], trial["id"])["agree"] == 1, "the comparison", log)
    packs.schedule(approver, draft["id"], utc_now() + timedelta(seconds=1))
    until(lambda: packs.get(author, draft["id"])["status"] == "active", "the activation", log)
    assert figures.figures(author, draft["id"], trial["id"])["running"] is False
