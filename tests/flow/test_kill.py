"""Invariant 7: a killed process loses no accepted application and makes no second decision."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from connectors.sandbox import lists as demo_lists
from connectors.sandbox.identities import CLEAN, LISTED
from service import audit, packs
from service.db import unit
from service.identity import keys
from service.identity.actor import Role, system
from service.screening import import_list
from service.tables import Application, Case, DecisionRow

APPLICATIONS = 50
PACK = Path(__file__).resolve().parents[1] / "packs" / "quick_checks"


@pytest.mark.stack
@pytest.mark.slow
def test_kill_nine_of_a_worker_and_of_the_api_loses_no_application_and_decides_none_twice(theatre, tenant) -> None:
    actor = system(tenant)
    packs.seed(tenant, PACK)
    for name, kind in (("demo_sanctions", "sanctions"), ("demo_pep", "pep"), ("demo_watchlist", "watchlist")):
        import_list(actor, name, kind, Path(demo_lists.__file__).parent / f"{name}.csv")
    key = keys.create_key(actor, "origination", [Role.ORIGINATOR])["key"]
    port = _port()
    api = theatre.web("api.app:app", port, "/health/ready")
    worker = theatre.worker()

    accepted = []
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=20, trust_env=False
    ) as client:
        for number in range(APPLICATIONS):
            made = _retrying(theatre, client, "/v1/applications", _application(number))
            accepted.append(made["id"])
            _retrying(theatre, client, f"/v1/applications/{made['id']}:submit", None)
            if number == 15:
                theatre.kill(worker)
                worker = theatre.worker()
            if number == 30:
                theatre.kill(api)
                api = theatre.web("api.app:app", port, "/health/ready")
        theatre.kill(worker)
        theatre.worker()
        theatre.until(lambda: _decided(tenant) == APPLICATIONS, "fifty decisions", timeout_s=150)

    with unit(tenant) as session:
        decided = session.execute(
            select(DecisionRow.application_id, func.count()).group_by(DecisionRow.application_id)
        ).all()
        listed = session.execute(
            select(func.count()).select_from(DecisionRow).where(DecisionRow.verdict == "review")
        ).scalar_one()
        cases = session.execute(select(func.count()).select_from(Case)).scalar_one()
        open_ones = session.execute(
            select(func.count()).select_from(Application).where(Application.decision_id.is_(None))
        ).scalar_one()
    assert {application for application, _ in decided} == set(accepted)
    assert {count for _, count in decided} == {1}
    assert listed == cases == APPLICATIONS // 10
    assert open_ones == 0
    assert audit.verify(tenant).ok


def _application(number: int) -> dict:
    identity = LISTED if number % 10 == 0 else CLEAN
    return {
        "pack": "quick_checks",
        "reference": f"K-{number}",
        "applicant": identity.applicant(),
        "signals": {},
        "consents": [{"purpose": "kyc_verification", "given_at": "2026-11-20T10:00:00Z", "text_version": "1"}],
    }


def _retrying(theatre, client: httpx.Client, path: str, body: dict | None) -> dict:
    """As a careful caller: the same request again while the API is away."""
    answers: list[httpx.Response] = []

    def call() -> bool:
        try:
            answers.append(client.post(path, json=body) if body is not None else client.post(path))
        except httpx.TransportError:
            return False
        return answers[-1].status_code < 500

    theatre.until(call, path)
    assert answers[-1].is_success, answers[-1].text
    return answers[-1].json()


def _decided(tenant: str) -> int:
    with unit(tenant) as session:
        return session.execute(select(func.count()).select_from(DecisionRow)).scalar_one()


def _port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
