"""Packs over HTTP: a threshold goes from draft to active with two people, and decides."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.stack


def _post(client: Any, who: dict[str, str], path: str, **body: Any) -> Any:
    return client.post(path, json=body, headers=who)


@pytest.fixture
def draft(client: Any, sign_in: Any, pack: str) -> Any:
    """An analyst's header and the path of a fresh draft of the tiny pack."""
    analyst = sign_in("rule_analyst")
    made = _post(client, analyst, f"/v1/packs/{pack}/versions", note="a stricter threshold")
    assert made.status_code == 201, made.text
    assert made.headers["location"].endswith(made.json()["id"])
    return analyst, made.headers["location"], made.json()


def test_a_threshold_goes_live_with_two_people_and_decides(
    client: Any, sign_in: Any, key: Any, draft: Any, work: Any
) -> None:
    analyst, path, told = draft
    body = {"pack": "tiny", "reference": "R", "signals": {"bureau.score": 700, "screening.sanctions_hit": False}}
    before = _post(client, key | {"Idempotency-Key": "before"}, "/v1/decisions", **body)
    assert before.json()["verdict"] == "approve"
    value = {"effective_from": "2025-06-01", "value": 720, "source": "policy", "note": "stricter"}
    changed = client.put(
        f"{path}/parameters/score_min", json=value | {"row_version": told["row_version"]}, headers=analyst
    )
    assert changed.status_code == 200, changed.text
    stale = client.put(
        f"{path}/parameters/score_min", json=value | {"row_version": told["row_version"]}, headers=analyst
    )
    assert stale.status_code == 409
    assert _post(client, analyst, f"{path}:check").status_code == 200
    assert _post(client, analyst, f"{path}:approve").status_code == 403
    submitted = _post(client, analyst, f"{path}:submit", note="please look")
    if submitted.status_code == 422:
        # The pack's own case of 700 points must follow the threshold.
        files = client.get(path, headers=analyst).json()
        texts = files["files"] | {"cases/all.yaml": files["files"]["cases/all.yaml"].replace("700", "730")}
        saved = client.put(path, json={"files": texts, "row_version": files["row_version"]}, headers=analyst)
        assert saved.status_code == 200, saved.text
        submitted = _post(client, analyst, f"{path}:submit", note="please look")
    assert submitted.status_code == 200, submitted.text
    approver = sign_in("rule_approver")
    diff = client.get(f"{path}/diff", params={"against": _active(client, analyst)}, headers=approver)
    assert diff.status_code == 200, diff.text
    early = _post(client, approver, f"{path}:approve", note="agreed")
    assert early.status_code == 409
    assert "the back-test is queued" in early.json()["detail"]
    work()
    assert _post(client, approver, f"{path}:approve", note="agreed").status_code == 200
    assert _post(client, approver, f"{path}:activate").status_code == 200
    after = _post(client, key | {"Idempotency-Key": "after"}, "/v1/decisions", **body)
    assert after.json()["verdict"] == "reject"
    replay = client.post(f"/v1/decisions/{before.json()['id']}:replay", headers=key)
    assert replay.json()["same"] is True


def _active(client: Any, who: dict[str, str]) -> str:
    items = client.get("/v1/packs/tiny/versions", headers=who).json()["items"]
    return str(next(one["id"] for one in items if one["status"] == "active"))


def test_whoever_wrote_a_version_cannot_approve_it(client: Any, sign_in: Any, tenant: str, draft: Any) -> None:
    from service.identity import people
    from service.identity.actor import system

    analyst, path, _ = draft
    both = "both@example.org"
    sign_in("rule_analyst", both)
    made = next(one for one in people.list_people(system(tenant)).items if one["email"] == both)
    people.change_person(system(tenant), made["id"], roles=["rule_analyst", "rule_approver", "admin"])
    form = {"username": both, "password": "four calm words here", "client_id": tenant}
    who = {"Authorization": f"Bearer {client.post('/v1/token', data=form).json()['access_token']}"}
    files = client.get(path, headers=who).json()
    texts = {name: text + "\n# looked at\n" for name, text in files["files"].items()}
    texts["pack.yaml"] = texts["pack.yaml"].replace('version: "1"', 'version: "2"')
    client.put(path, json={"files": texts, "row_version": files["row_version"]}, headers=who).raise_for_status()
    assert _post(client, analyst, f"{path}:submit").status_code == 200
    assert _post(client, who, f"{path}:approve").status_code == 403
    assert _post(client, sign_in("rule_approver"), f"{path}:reject", note="not now").status_code == 200


def test_a_table_is_read_and_changed_as_a_grid(client: Any, draft: Any) -> None:
    analyst, path, told = draft
    tables = client.get(f"{path}/tables", headers=analyst).json()["items"]
    points = next(one for one in tables if one["table"] == "points")
    rows = [row | {"then.points": "55"} if row["id"] == "SCORE_LOW" else row for row in points["rows"]]
    saved = client.put(
        f"{path}/tables/points", json={"rows": rows, "row_version": told["row_version"]}, headers=analyst
    )
    assert saved.status_code == 200, saved.text
    assert "points: 55" in saved.json()["files"]["pack.yaml"]
    wrong = {"rows": [{"nonsense": 1}], "row_version": saved.json()["row_version"]}
    assert client.put(f"{path}/tables/points", json=wrong, headers=analyst).status_code == 422
    assert client.put(f"{path}/tables/nothing", json=wrong, headers=analyst).status_code in {404, 422}
    parameters = client.get(f"{path}/parameters", headers=analyst).json()["items"]
    assert [one["name"] for one in parameters] == ["score_min"]


@pytest.mark.parametrize(
    "text",
    [
        "pack: [",
        "a: &a [*a]",
        "pack: tiny\npack: tiny\n",
        "!!python/object/apply:os.system ['true']",
        "{" * 200,
        "",
        "\t",
        "pack: tiny\nverdict: {rules: [{id: X, if: '1 +', verdict: approve}]}",
    ],
)
def test_a_malformed_pack_can_be_saved_and_is_told_every_fault(client: Any, draft: Any, text: str) -> None:
    analyst, path, told = draft
    saved = client.put(path, json={"files": {"pack.yaml": text}, "row_version": told["row_version"]}, headers=analyst)
    assert saved.status_code in {200, 422}, saved.text
    if saved.status_code == 200:
        report = _post(client, analyst, f"{path}:check")
        assert (report.status_code, report.json()["ok"]) == (200, False)
        assert report.json()["problems"]
        assert _post(client, analyst, f"{path}:submit").status_code == 422
        for view in ("tables", "parameters"):
            assert client.get(f"{path}/{view}", headers=analyst).status_code in {200, 422}


def test_a_version_belongs_to_its_pack(client: Any, draft: Any) -> None:
    analyst, path, _ = draft
    elsewhere = path.replace("/tiny/", "/other/")
    assert client.get(elsewhere, headers=analyst).status_code == 404
    assert _post(client, analyst, f"{elsewhere}:submit").status_code == 404


def test_a_new_pack_begins_with_files(client: Any, sign_in: Any, pack: str) -> None:
    analyst = sign_in("rule_analyst")
    assert _post(client, analyst, "/v1/packs", pack="other").status_code == 404
    made = _post(client, analyst, "/v1/packs", pack="other", files={"pack.yaml": "pack: other\n"})
    assert made.status_code == 201, made.text
    listed = client.get("/v1/packs", headers=analyst).json()["items"]
    assert {one["id"] for one in listed} == {"tiny", "other"}
    for files in ({"../x.yaml": ""}, {"/etc/passwd": ""}, {"a/../b.yaml": ""}, {}):
        assert _post(client, analyst, "/v1/packs", pack="other", files=files).status_code == 422
