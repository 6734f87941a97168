"""Signing in over HTTP, one's own account, and the administration of people and keys."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest

pytestmark = pytest.mark.stack
PASSWORD = "four calm words here"


def _enter(client: Any, tenant: str, email: str = "admin@example.org", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/v1/token", data={"username": email, "password": password, "client_id": tenant} | more)


def test_signing_in_gives_tokens_of_the_oauth2_shape(client: Any, tenant: str, people_of: Any) -> None:
    people_of("admin")
    answer = _enter(client, tenant, grant_type="password")
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 900)
    assert answer.headers["cache-control"] == "no-store"


def test_every_refusal_to_sign_in_reads_the_same(client: Any, tenant: str, people_of: Any) -> None:
    people_of("admin")
    answers = [
        _enter(client, tenant, password="wrong words entirely"),
        _enter(client, tenant, email="nobody@example.org"),
        _enter(client, "t_nowhere"),
        _enter(client, "Not A Tenant"),
        _enter(client, tenant, email="admin\x00@example.org"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    for _ in range(5):
        _enter(client, tenant, password="wrong words entirely")
    assert _enter(client, tenant).json()["detail"] == answers[0].json()["detail"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"username": "a@example.org"},
        {"username": "", "password": "x"},
        {"username": "x" * 400, "password": "y"},
        {"username": "a", "password": "y" * 300},
        {"username": "a", "password": "y", "grant_type": "client_credentials"},
        {"username": "a", "password": "y", "totp": "12345"},
    ],
)
def test_a_malformed_form_is_422_without_its_values(client: Any, form: dict[str, str]) -> None:
    answer = client.post("/v1/token", data=form)
    assert answer.status_code in {415, 422}
    assert "a@example.org" not in answer.text


def test_sign_in_takes_a_form_and_nothing_else(client: Any) -> None:
    assert client.post("/v1/token", json={"username": "a", "password": "b"}).status_code == 415


def test_sign_in_is_limited_by_name_and_address(stack: Any, serve: Any, tenant: str) -> None:
    import httpx

    from api.app import create_app

    with serve(create_app()) as url, httpx.Client(base_url=url) as client:
        statuses = [_enter(client, tenant, email="guess@example.org").status_code for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert _enter(client, tenant, email="other@example.org").status_code == 401


def test_without_redis_sign_in_is_closed_and_keys_go_on(stack: Any, serve: Any, tenant: str, key: Any) -> None:
    import httpx
    from pydantic import SecretStr

    from api.app import create_app
    from service.settings import settings

    gone = settings().model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    with serve(create_app(gone)) as url, httpx.Client(base_url=url, timeout=20) as client:
        refused = _enter(client, tenant)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
        assert refused.headers["retry-after"]
        assert client.get("/v1/me", headers=key).status_code == 200


def test_refreshing_signing_out_and_reuse(client: Any, tenant: str, people_of: Any) -> None:
    people_of("admin")
    first = _enter(client, tenant).json()
    second = client.post("/v1/token:refresh", json={"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    reused = client.post("/v1/token:refresh", json={"refresh_token": first["refresh_token"]})
    assert reused.status_code == 401
    for token in (second.json()["refresh_token"],):
        assert client.post("/v1/token:refresh", json={"refresh_token": token}).status_code == 401
    third = _enter(client, tenant).json()
    header = {"Authorization": f"Bearer {third['access_token']}"}
    assert client.get("/v1/me", headers=header).status_code == 200
    for _ in range(2):
        assert client.post("/v1/token:revoke", json={"refresh_token": third["refresh_token"]}).status_code == 204
    assert client.get("/v1/me", headers=header).status_code == 401


def test_who_am_i(client: Any, tenant: str, sign_in: Any, key: Any) -> None:
    from api.wire.identity import Me

    me = Me.model_validate(client.get("/v1/me", headers=sign_in("auditor")).json())
    assert (me.tenant, me.roles, me.totp) == (tenant, ["auditor"], False)
    assert "audit:read" in me.permissions
    system = Me.model_validate(client.get("/v1/me", headers=key).json())
    assert (system.roles, "decisions:make" in system.permissions) == ([], True)


def test_one_time_codes_over_http(client: Any, tenant: str, sign_in: Any) -> None:
    header = sign_in("admin")
    enrolled = client.post("/v1/me:enrol-totp", headers=header)
    assert enrolled.status_code == 201
    code = pyotp.TOTP(enrolled.json()["secret"]).now()
    assert client.post("/v1/me:confirm-totp", json={"code": "abc"}, headers=header).status_code == 422
    assert client.post("/v1/me:confirm-totp", json={"code": code}, headers=header).status_code == 204
    assert client.get("/v1/me", headers=header).json()["totp"] is True
    assert _enter(client, tenant).status_code == 401
    assert _enter(client, tenant, totp=code).status_code == 401


def test_one_changes_ones_own_password(client: Any, tenant: str, sign_in: Any) -> None:
    header = sign_in("admin")
    for old, new, status in (
        ("wrong words entirely", "five other calm words", 401),
        (PASSWORD, "short", 422),
        (PASSWORD, "five other calm words", 204),
    ):
        body = {"old_password": old, "new_password": new}
        answer = client.post("/v1/me:change-password", json=body, headers=header)
        assert answer.status_code == status, answer.text
        assert new not in answer.text
    assert _enter(client, tenant, password="five other calm words").status_code == 200


def test_a_key_has_no_account_of_its_own(client: Any, key: Any) -> None:
    body = {"old_password": PASSWORD, "new_password": "five other calm words"}
    assert client.post("/v1/me:change-password", json=body, headers=key).status_code == 404
    assert client.post("/v1/me:enrol-totp", headers=key).status_code == 404


def test_people_are_added_changed_and_listed(client: Any, tenant: str, sign_in: Any) -> None:
    from api.wire.identity import PersonAnswer

    admin = sign_in("admin")
    body = {"email": "new@example.org", "name": "New", "password": PASSWORD, "roles": ["verification_officer"]}
    made = client.post("/v1/people", json=body, headers=admin)
    assert made.status_code == 201, made.text
    person = PersonAnswer.model_validate(made.json())
    assert client.post("/v1/people", json=body, headers=admin).status_code == 409
    for wrong in ({"email": "x"}, {"password": "short"}, {"roles": ["root"]}, {"roles": []}, {"name": ""}):
        assert (
            client.post("/v1/people", json=body | {"email": "y@example.org"} | wrong, headers=admin).status_code == 422
        )
    path = f"/v1/people/{person.id}"
    assert client.post(f"{path}:change", json={"roles": ["auditor"]}, headers=admin).json()["roles"] == ["auditor"]
    assert client.post(f"{path}:change", json={"status": "disabled"}, headers=admin).json()["status"] == "disabled"
    assert _enter(client, tenant, email="new@example.org").status_code == 401
    assert client.post(f"{path}:remove-totp", headers=admin).status_code == 200
    listed = client.get("/v1/people?limit=1", headers=admin).json()
    assert [one["id"] for one in listed["items"]] == [person.id]
    rest = client.get("/v1/people", params={"after": listed["next"]}, headers=admin).json()
    assert [one["email"] for one in rest["items"]] == ["admin@example.org"]


def test_keys_are_made_rotated_revoked_and_never_shown_again(client: Any, sign_in: Any) -> None:
    from api.wire.identity import NewKey

    admin = sign_in("admin")
    made = client.post("/v1/keys", json={"name": "origination"}, headers=admin)
    assert made.status_code == 201, made.text
    first = NewKey.model_validate(made.json())
    as_key = {"Authorization": f"Bearer {first.key}"}
    assert client.get("/v1/me", headers=as_key).status_code == 200
    assert client.post("/v1/keys", json={"name": "x", "scopes": ["admin:manage"]}, headers=admin).status_code == 422
    second = client.post(f"/v1/keys/{first.id}:rotate", headers=admin).json()
    assert second["key"] != first.key
    assert "vk_" not in client.get("/v1/keys", headers=admin).text
    assert client.post(f"/v1/keys/{first.id}:revoke", headers=admin).status_code == 200
    assert client.get("/v1/me", headers=as_key).status_code == 401
