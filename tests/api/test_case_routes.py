"""Cases over HTTP: claimed by one, decided with a reason, closed by four eyes."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.stack
NOTE = "The list entry is another person: other year of birth, other country."


@pytest.fixture
def review(client: Any, key: dict[str, str], pack: str) -> Any:
    """Make a decision that needs people: `edd` with four eyes, or the standard queue."""

    def make(number: int = 1, *, listed: bool = True) -> dict[str, Any]:
        signals = (
            {"bureau.score": 700, "screening.sanctions_hit": True} if listed else {"screening.sanctions_hit": False}
        )
        body = {"pack": pack, "reference": f"LOAN-{number}", "signals": signals}
        answer = client.post("/v1/decisions", json=body, headers=key | {"Idempotency-Key": f"k{number}"})
        assert answer.json()["verdict"] == "review", answer.text
        return dict(answer.json())

    return make


def _act(client: Any, who: dict[str, str], case: str, act: str, **body: Any) -> Any:
    return client.post(f"/v1/cases/{case}:{act}", headers=who, **({"json": body} if body else {}))


def test_a_standard_case_is_claimed_and_decided_with_a_reason(client: Any, sign_in: Any, review: Any) -> None:
    review(listed=False)
    officer, other = sign_in("verification_officer"), sign_in("verification_officer", "second@example.org")
    [line] = client.get("/v1/cases?status=open&queue=kyc_review", headers=officer).json()["items"]
    assert _act(client, officer, line["id"], "claim").status_code == 200
    taken = _act(client, other, line["id"], "claim")
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/conflict")
    page = client.get(f"/v1/cases/{line['id']}", headers=officer).json()
    decision = {"outcome": "approve", "reason_code": "documents_agree", "note": NOTE, "version": page["version"]}
    assert _act(client, other, line["id"], "decide", **decision).status_code in {403, 409}
    assert _act(client, officer, line["id"], "decide", **decision | {"version": 999}).status_code == 409
    assert _act(client, officer, line["id"], "decide", **decision | {"reason_code": "because"}).status_code == 422
    done = _act(client, officer, line["id"], "decide", **decision)
    assert done.status_code == 200, done.text
    assert client.get(f"/v1/cases/{line['id']}", headers=officer).json()["status"] == "closed"


def test_a_four_eyes_case_needs_a_second_person(client: Any, sign_in: Any, review: Any) -> None:
    review()
    first = sign_in("approval_manager")
    claimed = client.post("/v1/cases:claim-next", json={"queue": "edd"}, headers=first)
    assert claimed.status_code == 200, claimed.text
    case = claimed.json()["id"]
    version = client.get(f"/v1/cases/{case}", headers=first).json()["version"]
    decision = {"outcome": "approve", "reason_code": "not_the_listed_person", "note": NOTE, "version": version}
    assert _act(client, first, case, "decide", **decision).status_code == 200
    page = client.get(f"/v1/cases/{case}", headers=first).json()
    assert page["status"] == "second"
    own = _act(client, first, case, "second", agree=True, note=NOTE, version=page["version"])
    assert own.status_code == 403, own.text
    second = sign_in("approval_manager", "second@example.org")
    agreed = _act(client, second, case, "second", agree=True, note=NOTE, version=page["version"])
    assert agreed.status_code == 200, agreed.text
    assert client.get(f"/v1/cases/{case}", headers=second).json()["status"] == "closed"


def test_notes_release_escalation_assignment_and_asking(client: Any, sign_in: Any, review: Any) -> None:
    review(listed=False)
    manager, officer = sign_in("approval_manager"), sign_in("verification_officer")
    case = client.post("/v1/cases:claim-next", json={}, headers=officer).json()["id"]
    assert client.post("/v1/cases:claim-next", json={}, headers=officer).status_code == 404
    assert (
        client.post(f"/v1/cases/{case}/notes", json={"text": "Called the branch."}, headers=officer).status_code == 201
    )
    assert _act(client, officer, case, "request-information", what="A newer address proof").status_code == 200
    assert _act(client, officer, case, "release").status_code in {200, 409}
    person = next(
        one["id"]
        for one in client.get("/v1/assignees", headers=manager).json()["items"]
        if "verification_officer" in one["roles"]
    )
    assert _act(client, manager, case, "assign", person_id=person).status_code in {200, 409}
    assert (
        _act(client, officer, case, "escalate", queue="edd", note="Looks like a listed person to me.").status_code
        == 200
    )
    timeline = client.get(f"/v1/cases/{case}", headers=officer).json()["timeline"]
    assert len(timeline) >= 4
    queues = client.get("/v1/queues", headers=manager).json()["items"]
    assert any(one["queue"] == "edd" for one in queues)


def test_the_case_page_masks_what_the_caller_may_not_see(client: Any, key: Any, sign_in: Any, pack: str) -> None:
    signals = {"bureau.score": 700, "screening.sanctions_hit": True, "applicant.name": "Specimen Applicant"}
    body = {"pack": pack, "reference": "R", "signals": signals}
    client.post("/v1/decisions", json=body, headers=key | {"Idempotency-Key": "m"})
    auditor, manager = sign_in("auditor"), sign_in("approval_manager")
    case = client.get("/v1/cases", headers=manager).json()["items"][0]["id"]
    assert "Specimen Applicant" not in client.get(f"/v1/cases/{case}", headers=auditor).text
    assert "Specimen Applicant" in client.get(f"/v1/cases/{case}", headers=manager).text


def test_the_reason_codes_are_told(client: Any, sign_in: Any) -> None:
    told = client.get("/v1/case-reasons", headers=sign_in("auditor")).json()
    assert {"approve", "decline"} == set(told)


def test_a_malformed_act_is_422(client: Any, sign_in: Any, review: Any) -> None:
    review(listed=False)
    officer = sign_in("verification_officer")
    case = client.post("/v1/cases:claim-next", json={}, headers=officer).json()["id"]
    for act, body in (
        ("decide", {"outcome": "maybe", "reason_code": "x", "version": 1}),
        ("decide", {"outcome": "approve", "reason_code": "documents_agree", "version": 0}),
        ("decide", {"outcome": "approve", "reason_code": "documents_agree", "version": 10**12}),
        ("escalate", {"queue": "../x", "note": "n"}),
        ("escalate", {"queue": "edd", "note": "x" * 1001}),
        ("request-information", {"what": ""}),
    ):
        answer = _act(client, officer, case, act, **body)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid"), act
