"""Decisions over HTTP: once per key, exact numbers, every malformed body an answer of the one shape."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.stack
GOOD = {"bureau.score": 700, "screening.sanctions_hit": False}


def _ask(client: Any, key: dict[str, str], idempotency: str = "k1", **changes: Any) -> Any:
    body = {"pack": "tiny", "reference": "LOAN-1", "signals": GOOD, "as_of": "2026-10-01"} | changes
    return client.post("/v1/decisions", json=body, headers=key | {"Idempotency-Key": idempotency})


def test_a_decision_is_made_once_per_key_and_has_the_contracts_shape(client: Any, key: Any, pack: str) -> None:
    from api.wire.decisions import DecisionAnswer

    first = _ask(client, key)
    assert first.status_code == 200, first.text
    told = DecisionAnswer.model_validate(first.json())
    assert (told.verdict, told.reference, told.route, told.pack.id) == ("approve", "LOAN-1", None, "tiny")
    assert set(first.json()) >= {"id", "reference", "pack", "engine_version", "as_of", "verdict", "risk", "reasons"}
    again = _ask(client, key)
    assert again.json() == first.json()
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    other = _ask(client, key, reference="LOAN-2")
    assert (other.status_code, other.json()["type"]) == (409, "/problems/conflict")


def test_a_review_carries_its_route_with_a_time(client: Any, key: Any, pack: str) -> None:
    from datetime import datetime

    told = _ask(client, key, signals=GOOD | {"screening.sanctions_hit": True}).json()
    assert (told["verdict"], told["route"]["queue"], told["route"]["four_eyes"]) == ("review", "edd", True)
    assert datetime.fromisoformat(told["route"]["due"]).tzinfo is not None


def test_fractions_decide_as_they_were_written(client: Any, key: Any, pack: str) -> None:
    at = '{"pack":"tiny","reference":"X","signals":{"bureau.score":649.99999999999999999,"screening.sanctions_hit":false}}'
    headers = key | {"Idempotency-Key": "f", "Content-Type": "application/json"}
    assert client.post("/v1/decisions", content=at, headers=headers).json()["verdict"] == "reject"


def test_every_wrong_signal_is_listed_without_its_value(client: Any, key: Any, pack: str) -> None:
    answer = _ask(
        client, key, signals={"bureau.score": "SECRETVALUE", "screening.sanctions_hit": 7, "unknown.thing": 1}
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    places = " ".join(error["where"] for error in answer.json()["errors"])
    for name in ("bureau.score", "screening.sanctions_hit", "unknown.thing"):
        assert name in places
    assert "SECRETVALUE" not in answer.text


def test_an_unknown_pack_is_404_and_the_key_stays_free(client: Any, key: Any, pack: str) -> None:
    assert _ask(client, key, pack="nothing").status_code == 404
    assert _ask(client, key).status_code == 200


@pytest.mark.parametrize("idempotency", [None, "", "x" * 256, "white space"])
def test_a_key_that_is_no_key_is_refused(client: Any, key: Any, pack: str, idempotency: str | None) -> None:
    headers = key | ({} if idempotency is None else {"Idempotency-Key": idempotency})
    answer = client.post("/v1/decisions", json={"pack": "tiny", "reference": "R", "signals": {}}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "header/Idempotency-Key")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b'"x"', 422),
        (b'{"pack": NaN}', 400),
        (b'{"pack":"tiny","pack":"tiny"}', 400),
        (b'{"pack":"tiny","reference":"R","signals":{"bureau.score":1e999999}}', 400),
        (b'{"pack":"tiny","reference":"R","signals":{"bureau.score":' + b"9" * 5000 + b"}}", 400),
        (b'{"pack":"tiny","reference":"R","signals":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}", 400),
        (b'{"pack":"tiny","reference":"R\\u0000","signals":{}}', 400),
        (b'{"pack":"tiny","reference":"R","signals":{"a":"\\ud800"}}', 400),
        (b'{"pack":"tiny","reference":"R","signals":{"a":"\xff"}}', 400),
        (b'{"pack":"tiny","reference":"R","signals":{"__proto__":{}}}', 422),
        (b'{"pack":"tiny","reference":"R","signals":{"a":{"$date":"x"}}}', 422),
        (b'{"pack":"tiny","reference":"R","signals":{},"as_of":"2026-13-45"}', 422),
        (b'{"pack":"tiny","reference":"R","signals":{},"extra":1}', 422),
        (b'{"pack":"../../etc","reference":"R","signals":{}}', 422),
        (b'{"pack":1,"reference":null,"signals":[]}', 422),
    ],
)
def test_a_malformed_body_is_an_answer_of_the_one_shape(
    client: Any, key: Any, pack: str, content: bytes, status: int
) -> None:
    headers = key | {"Idempotency-Key": "m", "Content-Type": "application/json"}
    answer = client.post("/v1/decisions", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail", "errors", "request_id"}
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-16"]
)
def test_another_media_type_is_415(client: Any, key: Any, media: str) -> None:
    headers = key | {"Idempotency-Key": "m", "Content-Type": media}
    assert client.post("/v1/decisions", content=b"{}", headers=headers).json()["type"] == "/problems/media_type"


def test_an_oversize_body_is_413_whether_or_not_it_says_so(client: Any, key: Any) -> None:
    headers = key | {"Idempotency-Key": "m", "Content-Type": "application/json"}
    large = b" " * (1024 * 1024 + 1)
    assert client.post("/v1/decisions", content=large, headers=headers).status_code == 413
    streamed = client.post("/v1/decisions", content=iter([large[:600_000], large[600_000:]]), headers=headers)
    assert (streamed.status_code, streamed.json()["type"]) == (413, "/problems/too_large")


def test_a_batch_answers_each_item_by_itself(client: Any, key: Any, pack: str) -> None:
    item = {"pack": "tiny", "reference": "B-1", "signals": GOOD, "idempotency_key": "b1"}
    items = [
        item,
        item | {"idempotency_key": "b2", "signals": {"bureau.score": "x"}},
        item,
        item | {"pack": "none", "idempotency_key": "b3"},
    ]
    answer = client.post("/v1/decisions:batch", json={"items": items}, headers=key)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [200, 422, 200, 404]
    assert results[0]["decision"] == results[2]["decision"]
    assert results[1]["problem"]["errors"]
    assert client.post("/v1/decisions:batch", json={"items": []}, headers=key).status_code == 422
    assert client.post("/v1/decisions:batch", json={"items": [item] * 101}, headers=key).status_code == 422


def test_a_decision_is_read_explained_listed_and_replayed(client: Any, key: Any, pack: str) -> None:
    made = [_ask(client, key, f"k{number}", reference=f"LOAN-{number}").json() for number in range(3)]
    read = client.get(f"/v1/decisions/{made[0]['id']}", headers=key)
    assert read.json()["digest"] == made[0]["digest"]
    assert client.get(f"/v1/decisions/{made[0]['id']}/explanation", headers=key).status_code == 200
    assert client.post(f"/v1/decisions/{made[0]['id']}:replay", headers=key).json()["same"] is True
    first = client.get("/v1/decisions?limit=2", headers=key).json()
    second = client.get("/v1/decisions", params={"limit": 2, "after": first["next"]}, headers=key).json()
    assert [one["id"] for one in first["items"] + second["items"]] == [one["id"] for one in reversed(made)]
    assert second["next"] is None
    found = client.get("/v1/decisions?reference=LOAN-1", headers=key).json()["items"]
    assert [one["id"] for one in found] == [made[1]["id"]]


@pytest.mark.parametrize("after", ["x", "%00", "ZGVjXw", "////", "é", "A" * 401, "c1wn", "ZGVjX3h4eHg="])
def test_a_cursor_that_is_not_ours_is_422_or_an_empty_page(client: Any, key: Any, pack: str, after: str) -> None:
    answer = client.get("/v1/decisions", params={"after": after}, headers=key)
    assert answer.status_code in {200, 422}
    assert answer.status_code == 422 or answer.json()["items"] == []


@pytest.mark.parametrize(
    "path", ["/v1/decisions/dec_x", "/v1/decisions/DEC_00000000000000000000000000", "/v1/decisions/%00"]
)
def test_an_id_of_the_wrong_form_is_422(client: Any, key: Any, path: str) -> None:
    assert client.get(path, headers=key).json()["errors"][0]["where"] == "path/decision_id"


def test_unknown_routes_and_methods_have_the_one_shape(client: Any, key: Any) -> None:
    for method, path, kind in (
        ("GET", "/v1/nothing", "not_found"),
        ("GET", "/v1/decisions/", "not_found"),
        ("PATCH", "/v1/decisions", "method_not_allowed"),
        ("DELETE", "/v1/me", "method_not_allowed"),
    ):
        answer = client.request(method, path, headers=key)
        assert answer.json()["type"] == f"/problems/{kind}"
        assert answer.headers["content-type"] == "application/problem+json"
