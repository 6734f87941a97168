"""A tenant with a small pack, the demo lists and a real provider sandbox; and a hand that turns the crank of the checks."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import uvicorn
from PIL import Image
from sqlalchemy import select, text
from sqlmodel import col

from connectors.sandbox import lists as demo_lists
from connectors.sandbox.app import create_app
from connectors.sandbox.identities import CLEAN, Identity
from connectors.sandbox.settings import SandboxSettings

LISTS = Path(demo_lists.__path__[0])

HEAD = """
pack: flow_pack
title: Checks that a test can hold open
version: "1"
jurisdiction: IN
on_missing: review
sources:
  test: {title: No law at all, reference: tests, as_amended: 2026-01-01}
parameters:
  age_min: {unit: years, values: [{from: 2020-01-01, value: 18, source: test}]}
signals:
  applicant.name: {type: string, pii: true}
  applicant.date_of_birth: {type: date, pii: true}
  applicant.pan: {type: string, pii: true}
  loan.amount: {type: number, range: [0, 10000000]}
  pan.format_valid: {type: boolean}
  pan.status: {type: string, values: [E, N, X, F, D, EA, EC, ED, EI, EL, EM, EP, ES, EU]}
  pan.name_match: {type: boolean}
  screening.sanctions_hit: {type: boolean}
  screening.pep_type: {type: string, values: [none, foreign, domestic, associate]}
  gate.open: {type: boolean}
  late.seen: {type: boolean}
"""
CHECKS = {
    "pan": "  pan: {needs: [applicant.pan, applicant.name], provides: [pan.format_valid, pan.status, pan.name_match],"
    " timeout_s: 10, retries: 1}\n",
    "screening": "  screening: {needs: [applicant.name], provides: [screening.sanctions_hit, screening.pep_type],"
    " timeout_s: 10, retries: 1}\n",
    "gate": "  gate: {needs: [], provides: [gate.open], timeout_s: 10, retries: 1}\n",
    "late": "  late: {needs: [gate.open], provides: [late.seen], timeout_s: 10, retries: 0}\n",
    "pictures": "  pictures: {needs: [document.pan_card], provides: [gate.open], timeout_s: 10, retries: 0}\n",
}
RULES = {
    "pan": ("PAN_BAD", 'pan.status != "E" or not(pan.name_match)', 'pan.status = "E" and pan.name_match'),
    "screening": ("SANCTIONED", "screening.sanctions_hit", "not(screening.sanctions_hit)"),
    "gate": ("SHUT", "not(gate.open)", "gate.open"),
    "late": ("UNSEEN", "not(late.seen)", "late.seen"),
    "pictures": ("SHUT", "not(gate.open)", "gate.open"),
}
GOOD = {
    "pan": "pan.status: E, pan.name_match: true",
    "screening": "screening.sanctions_hit: false",
    "gate": "gate.open: true",
    "late": "late.seen: true",
    "pictures": "gate.open: true",
}
BAD = {
    "pan": "pan.status: F, pan.name_match: true",
    "screening": "screening.sanctions_hit: true",
    "gate": "gate.open: false",
    "late": "late.seen: false",
    "pictures": "gate.open: false",
}


def pack_files(*checks: str) -> dict[str, str]:
    """A pack that approves when each of `checks` came out well, with the cases that its own check asks for."""
    rules = [
        f"    - {{id: {RULES[c][0]}, if: '{RULES[c][1]}', verdict: review, reason: not good, cite: [test]}}\n"
        for c in checks
    ]
    earned = " and ".join(RULES[c][2] for c in checks)
    rules.append(f"    - {{id: ALL_GOOD, if: '{earned}', verdict: approve, reason: all good}}\n")
    good = ", ".join(GOOD[c] for c in checks)
    bad = ", ".join(BAD[c] for c in checks)
    cases = (
        f"- {{case: good, as_of: 2026-11-20, signals: {{{good}}}, expect: {{verdict: approve, fired: [ALL_GOOD]}}}}\n"
        f"- {{case: bad, as_of: 2026-11-20, signals: {{{bad}}}, expect: {{verdict: review}}}}\n"
        "- {case: unknown, as_of: 2026-11-20, signals: {}, expect: {verdict: review}}\n"
    )
    body = (
        HEAD
        + "checks:\n"
        + "".join(CHECKS[c] for c in checks)
        + "verdict:\n  rules:\n"
        + "".join(rules)
        + "routes:\n  - {id: REVIEW, queue: kyc_review, priority: 3, due: 48h, role: verification_officer}\n"
    )
    return {"pack.yaml": body, "cases/all.yaml": cases}


def jpeg(shade: int = 200, side: int = 120) -> bytes:
    """A small plain picture."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), (shade, shade, shade)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The address of a running provider sandbox."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(SandboxSettings(slow_ms=1, kept=50, inboxes=50))
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none", loop="asyncio")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def providers(stack, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The settings point at the sandbox; every client is new, so that no breaker remembers another test."""
    from service.providers import forget_connections
    from service.settings import settings

    def forget() -> None:
        settings.cache_clear()
        forget_connections()

    monkeypatch.setenv("VERDICT_PAN_URL", sandbox)
    monkeypatch.setenv("VERDICT_SMS_URL", sandbox)
    monkeypatch.setenv("VERDICT_PROVIDER_DEADLINE_S", "1.5")
    forget()
    yield sandbox
    monkeypatch.undo()
    forget()


@dataclass
class Desk:
    """One tenant's flow B, driven by hand: no worker runs unless a test starts one."""

    tenant: str

    def __post_init__(self) -> None:
        from service.identity.actor import Actor, Role, granted, system

        self.system = system(self.tenant)
        self.caller = Actor(self.tenant, "key:origination", "origination", granted([Role.ORIGINATOR]))

    def use_pack(self, *checks: str) -> None:
        from service.packs.life_cycle import install

        install(self.system, "flow_pack", pack_files(*checks), "system:author")

    def use_lists(self) -> None:
        from service.screening import import_list

        for name, kind in (("demo_sanctions", "sanctions"), ("demo_pep", "pep"), ("demo_watchlist", "watchlist")):
            import_list(self.system, name, kind, LISTS / f"{name}.csv")

    def create(self, who: Identity = CLEAN, reference: str = "R-1", **changes: object) -> dict:
        from service.applications import ApplicationRequest, create

        asked = {
            "pack": "flow_pack",
            "reference": reference,
            "applicant": who.applicant(),
            "signals": {},
            "consents": [],
        }
        return create(self.caller, ApplicationRequest(**{**asked, **changes}))

    def submitted(self, who: Identity = CLEAN, reference: str = "R-1", **changes: object) -> str:
        from service.applications import submit

        made = self.create(who, reference, **changes)
        submit(self.caller, made["id"])
        return str(made["id"])

    def runs(self, application_id: str, *statuses: str) -> dict[str, str]:
        """The ids of the application's check runs by name."""
        from service.db import unit
        from service.tables import CheckRun

        query = select(CheckRun).where(col(CheckRun.application_id) == application_id)
        with unit(self.tenant) as session:
            return {r.name: r.id for r in session.execute(query).scalars() if not statuses or r.status in statuses}

    def turn(self, application_id: str) -> None:
        """Run what is queued until nothing is, as workers would, letting back-offs pass."""
        from service.checks.running import run_check

        while queued := self.runs(application_id, "queued"):
            self.pass_time(application_id, "queued")
            for run_id in queued.values():
                run_check(self.tenant, run_id)

    def decided(self, application_id: str) -> dict:
        """Run everything, decide, and return the application as a system that reads decisions sees it."""
        from service.applications import get, make_decision

        self.turn(application_id)
        make_decision(self.tenant, application_id)
        return get(self.caller, application_id)

    def pass_time(self, application_id: str, status: str = "running") -> None:
        """Put the times of its runs an hour into the past: the test's way of waiting."""
        from service.db import unit

        statement = text(
            "UPDATE check_run SET lease_until = lease_until - interval '1 hour',"
            " enqueued_at = enqueued_at - interval '1 hour' WHERE application_id = :id AND status = :status"
        )
        with unit(self.tenant) as session:
            session.execute(statement, {"id": application_id, "status": status})

    def signals(self, application_id: str) -> dict[str, dict]:
        from service.applications import get

        return {signal["name"]: signal for signal in get(self.system, application_id)["signals"]}

    def count(self, table: str, where: str = "true") -> int:
        from service.db import unit

        with unit(self.tenant) as session:
            return int(session.execute(text(f'SELECT count(*) FROM "{table}" WHERE {where}')).scalar_one())


@pytest.fixture
def desk(providers: str, tenant: str) -> Desk:
    return Desk(tenant)


@pytest.fixture
def picture() -> Callable[..., bytes]:
    return jpeg


@pytest.fixture
def check() -> Iterator[Callable[..., None]]:
    """Register a check for one test: `check("gate", function)`."""
    from service.checks import registry
    from service.checks.context import CheckSpec, Queue

    added: list[str] = []

    def add(name: str, run, fallback=None) -> None:
        registry.register(CheckSpec(name, Queue.CHECKS, run, fallback))
        added.append(name)

    yield add
    for name in added:
        registry.unregister(name)


@pytest.fixture
def gate(check) -> Callable[..., None]:
    """Register a check that gives `gate.open` at once."""
    from engine.signal import Finding, Signal

    def add(name: str = "gate", signal: str = "gate.open", *, value: object = True) -> None:
        check(name, lambda _context: Finding((Signal(signal, value, name),), {"looked": True}))

    return add


@pytest.fixture
def today() -> date:
    from service.tables import utc_now

    return utc_now().date()
