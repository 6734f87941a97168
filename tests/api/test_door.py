"""Who gets in: deny by default, every role at every route, credentials of every wrong kind, other tenants' ids."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

pytestmark = pytest.mark.stack
Enter = Callable[..., dict[str, str]]
PAN = "ABCPE1234F"
ROLES = (
    "verification_officer",
    "approval_manager",
    "rule_analyst",
    "rule_approver",
    "auditor",
    "admin",
)
IDS = {"person_id": "per", "key_id": "key", "case_id": "cas", "webhook_id": "whe", "run_id": "rep"}


def _guarded(application: Any) -> Iterator[tuple[str, str, Any]]:
    for route in application.routes:
        if route.needs is not None:
            yield next(iter(route.methods)), _filled(route.path), route.needs


def _filled(path: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        prefix = IDS.get(name) or name[:3]
        return "tiny" if name in {"pack_id", "table", "parameter", "report"} else f"{prefix}_{'0' * 26}"

    return re.sub(r"\{(\w+)\}", value, path)


def test_every_route_needs_a_permission_or_stands_on_the_open_list(application: Any) -> None:
    from api.app import OPEN
    from api.declare import GuardedRoute

    assert {route.path for route in application.routes if route.needs is None} == OPEN
    assert all(isinstance(route, GuardedRoute) for route in application.routes)


def test_a_route_without_a_permission_stops_the_start(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from api import app as module
    from api.declare import Routes

    hole = Routes("hole")
    hole.get("/v1/hole", None, "A hole")(lambda: None)
    monkeypatch.setattr(module, "ALL", (*module.ALL, hole))
    with pytest.raises(module.OpenRoute, match="/v1/hole"):
        module.create_app()


def test_a_permission_cannot_be_forgotten_or_mistyped() -> None:
    from api.declare import Routes

    with pytest.raises(AssertionError):
        Routes("x").get("/x", "decisions:read", "X")  # type: ignore[arg-type]


def test_nothing_is_served_without_a_credential(client: Any, application: Any) -> None:
    for method, path, _ in _guarded(application):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated"), path
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_the_routes_of_its_permissions_and_no_other(
    client: Any, application: Any, sign_in: Enter, role: str
) -> None:
    from service.identity.actor import Permission, granted

    header, may = sign_in(role), granted([role])
    for method, path, needs in _guarded(application):
        if not isinstance(needs, Permission):
            continue
        answer = client.request(method, path, headers=header)
        if needs in may:
            assert answer.status_code not in {401, 403}, f"{role} {method} {path}: {answer.text}"
        else:
            assert answer.status_code == 403, f"{role} {method} {path}: {answer.status_code}"
            assert str(needs) in answer.json()["detail"]


def test_a_key_opens_what_its_scopes_say(client: Any, application: Any, key: dict[str, str]) -> None:
    from service.identity.actor import GRANTS, Permission, Role

    for method, path, needs in _guarded(application):
        if isinstance(needs, Permission):
            allowed = needs in GRANTS[Role.ORIGINATOR]
            status = client.request(method, path, headers=key).status_code
            assert (status not in {401, 403}) is allowed, f"{method} {path}: {status}"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "Bearer a.b.c",
        "Bearer vk_x",
        "Bearer " + "x" * 5000,
        "Bearer \xff\xfe",
    ],
)
def test_a_wrong_credential_is_refused_in_the_one_shape(client: Any, value: str) -> None:
    answer = client.get("/v1/me", headers={"Authorization": value.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthenticated"


def test_a_token_without_a_signature_is_refused(client: Any, sign_in: Enter) -> None:
    import jwt

    header = sign_in("admin")
    claims = jwt.decode(header["Authorization"].split()[1], options={"verify_signature": False})
    for token in (jwt.encode(claims, "", algorithm="none"), jwt.encode(claims, "x" * 32, algorithm="HS256")):
        assert client.get("/v1/people", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_refusal_comes_before_the_body_is_read(client: Any, key: dict[str, str]) -> None:
    for headers, status in (({}, 401), (key, 403)):
        answer = client.post("/v1/people", content=b"{" * 100, headers={"content-type": "text/plain"} | headers)
        assert answer.status_code == status


def test_a_tenant_never_sees_another_tenants_rows(client: Any, sign_in: Enter, key: dict[str, str], pack: str) -> None:
    import uuid

    from service import audit
    from service.db import unit
    from service.identity import keys
    from service.identity.actor import system
    from service.tables import Tenant

    stranger = "t" + uuid.uuid4().hex[:12]
    with unit(stranger) as session:
        session.add(Tenant(id=stranger, name=stranger))
        session.flush()
        audit.open_lanes(session, stranger)
    scopes = ["decisions:read", "decisions:make", "applications:read", "cases:read", "packs:read", "audit:read"]
    other = {"Authorization": f"Bearer {keys.create_key(system(stranger), 'x', scopes)['key']}"}
    body = {"pack": pack, "reference": "R-1", "signals": {"bureau.score": 700, "screening.sanctions_hit": True}}
    made = client.post("/v1/decisions", json=body, headers=key | {"Idempotency-Key": "one"}).json()
    analyst = sign_in("rule_analyst")
    version = client.get(f"/v1/packs/{pack}/versions", headers=analyst).json()["items"][0]["id"]
    case = client.get("/v1/cases", headers=sign_in("approval_manager")).json()["items"][0]["id"]
    for path in (
        f"/v1/decisions/{made['id']}",
        f"/v1/decisions/{made['id']}/explanation",
        f"/v1/cases/{case}",
        f"/v1/packs/{pack}/versions",
        f"/v1/packs/{pack}/versions/{version}",
    ):
        assert client.get(path, headers=other).status_code == 404, path
    again = client.post("/v1/decisions", json=body, headers=other | {"Idempotency-Key": "one"})
    assert again.status_code == 404
    for path in ("/v1/decisions", "/v1/cases", "/v1/packs", "/v1/applications"):
        assert client.get(path, headers=other).json()["items"] == [], path
    seen = client.get("/v1/audit", headers=other).json()["items"]
    assert {entry["action"] for entry in seen} <= {"key.created"}


def test_a_busy_caller_is_told_to_wait_and_others_are_served(stack: Any, serve: Any, sign_in: Enter) -> None:
    import httpx

    from api.app import create_app
    from service.settings import settings

    busy, quiet = sign_in("auditor"), sign_in("admin")
    app = create_app(settings().model_copy(update={"rate_limit_per_minute": 20}))
    with serve(app) as url, httpx.Client(base_url=url) as client:
        statuses = [client.get("/v1/me", headers=busy).status_code for _ in range(25)]
        served = statuses.count(200)
        # A sliding window that turns while it is counted rounds one or two requests away.
        assert 20 <= served <= 22
        assert statuses == [200] * served + [429] * (25 - served)
        refused = client.get("/v1/me", headers=busy)
        assert (refused.json()["type"], refused.headers["retry-after"]) == ("/problems/too_many", "10")
        assert client.get("/v1/me", headers=quiet).status_code == 200


def test_personal_data_in_body_path_query_header_or_error_never_reaches_the_log(
    client: Any, key: dict[str, str], pack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service import decisions
    from service.observability import configure_logging

    stream = io.BytesIO()
    configure_logging(stream=stream)
    try:
        body = {"pack": pack, "reference": "R-1", "signals": {"applicant.name": "Some Body", "applicant.pan": PAN}}
        client.post("/v1/decisions", json=body, headers=key | {"Idempotency-Key": PAN})
        client.get(f"/v1/decisions/{PAN}?reference={PAN}", headers=key | {"X-Request-ID": PAN, "User-Agent": PAN})
        client.get(f"/{PAN}", headers=key)

        def fail(*_: Any) -> None:
            raise RuntimeError(f"Some Body with {PAN} does not fit")

        monkeypatch.setattr(decisions, "decide", fail)
        answer = client.post("/v1/decisions", json=body, headers=key | {"Idempotency-Key": "two"})
    finally:
        structlog.reset_defaults()
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    written = stream.getvalue().decode()
    for word in (PAN, "Some Body", "does not fit", key["Authorization"].split()[1]):
        assert word not in written + answer.text
    lines = [json.loads(line) for line in written.splitlines()]
    assert {line["route"] for line in lines if line["event"].startswith("request")} == {
        "/v1/decisions",
        "/v1/decisions/{decision_id}",
        "unmatched",
    }
    assert all(line["caller"].startswith("key_") for line in lines if line.get("route") == "/v1/decisions")


def test_health_says_what_is_ready_without_addresses(client: Any) -> None:
    assert client.get("/health/live").json() == {"live": True}
    answer = client.get("/health/ready")
    assert answer.status_code == 200, answer.text
    assert answer.json()["parts"] == {"database": "ok", "migrations": "ok", "redis": "ok"}


def test_a_part_that_is_down_is_named_and_the_answer_is_503(
    client: Any, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydantic import SecretStr

    from service import observability
    from service.settings import settings

    gone = settings().model_copy(update={"redis_url": SecretStr("redis://:word@127.0.0.1:1/0")})
    monkeypatch.setattr(observability, "settings", lambda: gone)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["parts"]["redis"]) == (503, "does not answer")
    assert "word" not in answer.text


def test_metrics_stand_on_their_own_port_and_know_templates_only(stack: Any, serve: Any, key: dict[str, str]) -> None:
    import socket

    import httpx

    from api.app import create_app
    from service.settings import settings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app(settings().model_copy(update={"metrics_port": port}))
    with serve(app) as url:
        assert httpx.get(url + "/metrics").status_code == 404
        httpx.get(f"{url}/v1/decisions/{PAN}", headers=key)
        written = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'route="/v1/decisions/{decision_id}"' in written
    assert PAN not in written
