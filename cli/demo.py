"""The demo applicants of auto_loan_in, sent through HTTP as an origination system would.

Specimen images carry an applicant's data as pixels alone; the declared data goes as any applicant's does, in the request.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.sandbox.identities import BY_KEY, Identity, namesake
from connectors.sandbox.specimens import Person, aadhaar_card, pan_card, selfie

EXPECTED = {"clean": "approve", "name_differs": "review", "listed": "review"}
WAIT_S = 60.0
POLL_S = 0.25
Json = dict[str, Any]


class DemoError(RuntimeError):
    """The API did not do what the contract says; the text carries its problem document."""


def run_road(api: str, key: str, road: str) -> Json:
    """Send one applicant through: create, upload three images, submit, wait; return the application with its decision.

    Raises `DemoError` where the API refuses, does not decide in time, or goes away.
    """
    identity = namesake(BY_KEY[road], f"{secrets.randbelow(9999) + 1:04}")
    headers = {"Authorization": f"Bearer {key}"}
    try:
        with httpx.Client(base_url=api, headers=headers, timeout=30, trust_env=False) as client:
            return _walk(client, identity, seed=sum(BY_KEY[road].pan.encode()))
    except httpx.TransportError as failure:
        raise DemoError(f"{api} does not answer ({type(failure).__name__}); see the installation's log") from failure


def _walk(client: httpx.Client, identity: Identity, seed: int) -> Json:
    made = _call(client.post("/v1/applications", json=_application(identity)))
    path = f"/v1/applications/{made['id']}"
    for kind, content in _images(identity, seed).items():
        files = {"file": (f"{kind}.jpg", content, "image/jpeg")}
        _call(client.post(f"{path}/documents", data={"kind": kind}, files=files))
    _call(client.post(f"{path}:submit"))
    return _wait(client, path)


def _wait(client: httpx.Client, path: str) -> Json:
    """Ask until the decision is there."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = _call(client.get(path))
        if found.get("decision"):
            found["decision"] = _call(client.get(f"/v1/decisions/{found['decision']['id']}"))
            return found
        time.sleep(POLL_S)
    raise DemoError(f"{path}: no decision within {WAIT_S:.0f} s")


def _application(identity: Identity) -> Json:
    return {
        "pack": "auto_loan_in",
        "reference": f"DEMO-{secrets.token_hex(6).upper()}",
        "applicant": identity.applicant(),
        "signals": identity.signals(),
        "consents": [
            {"purpose": "kyc_verification", "given_at": datetime.now(UTC).isoformat(), "text_version": "2026-11"}
        ],
    }


def _images(identity: Identity, seed: int) -> dict[str, bytes]:
    """Photographs of one quality in every run: other seeds draw glare or blur that a pack rightly questions."""
    person = Person(**identity.card())  # type: ignore[arg-type]  # a mapping of its very fields
    return {
        "pan_card": pan_card(person, seed=seed),
        "address_proof": aadhaar_card(person, seed=seed + 1),
        "selfie": selfie(seed=seed + 2),
    }


def _call(response: httpx.Response) -> Json:
    body = response.json() if response.content else {}
    if response.is_error:
        raise DemoError(f"{response.request.url.path}: {response.status_code} {body.get('detail') or body}")
    return dict(body)
