"""Back-tests, schedules, roll-back, trials, tried versions and outcomes over HTTP: shapes, statuses, refusals."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from api.wire.packs import PackJobResult, TrialFigures

pytestmark = pytest.mark.stack
SIGNALS = {"bureau.score": 700, "screening.sanctions_hit": False}


def _post(client: Any, who: dict[str, str], path: str, **body: Any) -> Any:
    return client.post(path, json=body, headers=who)


def _decide(client: Any, key: dict[str, str], name: str, **more: Any) -> Any:
    body = {"pack": "tiny", "reference": name, "signals": SIGNALS} | more
    return client.post("/v1/decisions", json=body, headers=key | {"Idempotency-Key": name})


@pytest.fixture
def people(sign_in: Any) -> tuple[dict[str, str], dict[str, str]]:
    """An analyst's and an approver's headers."""
    return sign_in("rule_analyst"), sign_in("rule_approver")


@pytest.fixture
def submitted(client: Any, people: Any, pack: str) -> str:
    """The path of a submitted version of the tiny pack with a stricter threshold."""
    analyst, _ = people
    path = _post(client, analyst, f"/v1/packs/{pack}/versions").headers["location"]
    files = client.get(path, headers=analyst).json()
    texts = {
        "pack.yaml": files["files"]["pack.yaml"].replace("value: 650", "value: 720"),
        "cases/all.yaml": files["files"]["cases/all.yaml"].replace("700", "730"),
    }
    saved = client.put(
        path, json={"files": files["files"] | texts, "row_version": files["row_version"]}, headers=analyst
    )
    assert saved.status_code == 200, saved.text
    assert _post(client, analyst, f"{path}:submit").status_code == 200
    return str(path)


@pytest.fixture
def approved(client: Any, people: Any, submitted: str, work: Any) -> str:
    """The same, approved."""
    work()
    assert _post(client, people[1], f"{submitted}:approve").status_code == 200
    return submitted


def test_a_backtest_is_asked_for_polled_and_downloaded(
    client: Any, people: Any, key: Any, submitted: str, work: Any
) -> None:
    analyst, approver = people
    _decide(client, key, "LOAN-1")
    work()
    asked = _post(client, analyst, f"{submitted}:backtest")
    assert asked.status_code == 202, asked.text
    assert _post(client, analyst, f"{submitted}:backtest").status_code == 409
    path = f"{submitted}/backtests/{asked.json()['id']}"
    assert client.get(path, headers=analyst).json()["status"] == "queued"
    assert client.get(f"{path}/content", headers=analyst).status_code == 409
    work()
    told = client.get(path, headers=approver)
    result = PackJobResult.model_validate(told.json()).result
    assert result is not None
    assert (result["rows"], result["changed"]["count"]) == (1, 1)
    assert result["changed"]["shown"][0] | {"row": 0} == {
        "row": 0,
        "reference": "LOAN-1",
        "old": "approve",
        "new": "reject",
        "rules": result["changed"]["shown"][0]["rules"],
    }
    file = client.get(f"{path}/content", headers=approver)
    assert load_workbook(io.BytesIO(file.content)).sheetnames
    assert len(client.get(f"{submitted}/backtests", headers=analyst).json()["items"]) == 2
    version = client.get(submitted, headers=analyst).json()
    assert version["evidence"]["ready"] is True


def test_a_window_is_days_and_a_wrong_one_is_refused(client: Any, people: Any, submitted: str, work: Any) -> None:
    analyst, _ = people
    work()
    days = {"from": "2026-01-01", "to": "2026-01-31"}
    assert _post(client, analyst, f"{submitted}:backtest", **days).json()["covers_approval"] is False
    work()
    for wrong in ({"from": "2026-02-01", "to": "2026-01-01"}, {"from": "9999-12-31"}, {"from": 7}, {"since": "x"}):
        assert _post(client, analyst, f"{submitted}:backtest", **wrong).status_code == 422


def test_a_version_is_scheduled_taken_off_and_takes_effect(
    client: Any, people: Any, key: Any, approved: str, tenant: str
) -> None:
    from sqlalchemy import text

    from service.db import unit

    analyst, approver = people
    soon = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    assert _post(client, analyst, f"{approved}:schedule", effective_from=soon).status_code == 403
    for wrong in ("2027-01-01T00:00:00", "2020-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "tomorrow"):
        assert _post(client, approver, f"{approved}:schedule", effective_from=wrong).status_code == 422, wrong
    told = _post(client, approver, f"{approved}:schedule", effective_from=soon)
    assert (told.status_code, told.json()["status"]) == (200, "scheduled")
    assert _post(client, approver, f"{approved}:unschedule").json()["status"] == "approved"
    _post(client, approver, f"{approved}:schedule", effective_from=soon)
    assert _decide(client, key, "before").json()["verdict"] == "approve"
    with unit(tenant) as session:
        session.execute(text("UPDATE pack_version SET effective_from = now() WHERE status = 'scheduled'"))
    assert _decide(client, key, "after").json()["verdict"] == "reject"
    back = _post(client, approver, "/v1/packs/tiny:rollback", note="too strict")
    assert (back.status_code, back.json()["number"]) == (200, 1)
    assert _post(client, approver, "/v1/packs/tiny:rollback").status_code == 422
    assert _post(client, approver, "/v1/packs/nothing:rollback", note="x").status_code == 409


def test_a_shadow_and_a_challenger_are_started_read_and_stopped(
    client: Any, people: Any, key: Any, approved: str, work: Any
) -> None:
    _, approver = people
    shadow = _post(client, approver, f"{approved}:shadow", note="first")
    assert shadow.status_code == 201, shadow.text
    assert _post(client, approver, f"{approved}:shadow").status_code == 409
    for wrong in (0, 51, "many", 5.5):
        assert _post(client, approver, f"{approved}:challenge", percent=wrong).status_code == 422
    assert _post(client, approver, f"{approved}:challenge", percent=50).status_code == 201
    for number in range(6):
        assert _decide(client, key, f"LOAN-{number}").status_code == 200
    work()
    read = client.get(f"{approved}/trials/{shadow.json()['id']}", headers=approver)
    assert read.status_code == 200, read.text
    figures = TrialFigures.model_validate(read.json())
    trials = client.get(f"{approved}/trials", headers=approver).json()["items"]
    challenger = client.get(
        f"{approved}/trials/{next(one['id'] for one in trials if one['mode'] == 'challenger')}", headers=approver
    ).json()
    assert challenger["compared"] == 6
    assert challenger["verdicts"] == {"approve": {"reject": 6}}
    assert figures.compared == challenger["arms"]["champion"]["decided"]
    stopped = _post(client, approver, f"{approved}:stop", note="enough")
    assert [one["running"] for one in stopped.json()["items"]] == [False, False]
    assert _post(client, approver, f"{approved}:stop").status_code == 409
    assert _decide(client, key, "LOAN-7").json()["verdict"] == "approve"


def test_a_named_version_decides_as_a_test(client: Any, people: Any, key: Any, submitted: str, tenant: str) -> None:
    from tests.api.conftest import key_header

    analyst, _ = people
    version = submitted.rpartition("/")[2]
    assert _decide(client, key, "t1", version=version).status_code == 403
    reader = key_header(tenant, ["origination_system", "packs:read"])
    told = _decide(client, reader, "t2", version=version)
    assert (told.status_code, told.json()["test"], told.json()["verdict"]) == (200, True, "reject")
    assert _decide(client, reader, "t2", version=version).headers["idempotency-replayed"] == "true"
    assert _decide(client, reader, "t2").json()["verdict"] == "approve", "a test does not use up the key"
    tried = _post(client, analyst, f"{submitted}:decide", signals=SIGNALS)
    assert (tried.status_code, tried.json()["test"]) == (200, True)
    assert client.get(f"/v1/decisions/{tried.json()['id']}", headers=analyst).json() == tried.json()
    listed = client.get("/v1/decisions", headers=analyst).json()["items"]
    assert [one["reference"] for one in listed] == ["t2"]
    assert _post(client, analyst, f"{submitted}:decide", signals={"bureau.score": "x"}).status_code == 422


def test_a_decision_is_replayed_by_a_named_version(client: Any, people: Any, key: Any, submitted: str) -> None:
    analyst, _ = people
    made = _decide(client, key, "LOAN-1").json()
    path = f"/v1/decisions/{made['id']}:replay"
    assert client.post(path, headers=analyst).json()["same"] is True
    told = _post(client, analyst, path, version=submitted.rpartition("/")[2]).json()
    assert (told["same"], told["same_content"], told["verdict_again"]) == (False, False, "reject")
    assert _post(client, key, path, version=submitted.rpartition("/")[2]).status_code == 403


def test_an_outcome_is_told_and_read(client: Any, people: Any, key: Any, pack: str) -> None:
    analyst, _ = people
    path = f"/v1/decisions/{_decide(client, key, 'LOAN-1').json()['id']}"
    told = _post(client, key, f"{path}/outcome", outcome="bad", source="repayment")
    assert told.status_code == 200, told.text
    assert _post(client, key, f"{path}/outcome", outcome="bad", source="repayment").json()["id"] == told.json()["id"]
    assert _post(client, key, f"{path}/outcome", outcome="fine", source="repayment").status_code == 422
    assert _post(client, analyst, f"{path}/outcome", outcome="bad", source="repayment").status_code == 403
    assert [one["outcome"] for one in client.get(f"{path}/outcomes", headers=analyst).json()["items"]] == ["bad"]
