"""Lists, screening, reports, the audit trail, webhooks, and the page that describes it all."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.stack
LIST = b"""id,schema,name,aliases,birth_date,countries,gender,list,programme,reference,topics
w1,Person,Specimen Listed,,1971-05,in,male,house,,,crime
w2,Person,Another Entry,,1980,gb,female,house,,,crime
"""


def _import(client: Any, who: Any, content: bytes = LIST, **fields: str) -> Any:
    data = {"name": "house_list", "kind": "watchlist"} | fields
    return client.post("/v1/lists", files={"file": ("list.csv", content)}, data=data, headers=who)


def test_a_list_is_imported_whole_or_not_at_all_and_searched(client: Any, sign_in: Any) -> None:
    admin, officer = sign_in("admin"), sign_in("verification_officer")
    made = _import(client, admin)
    assert made.status_code == 201, made.text
    assert made.json()["entries"] == 2
    for wrong in (b"", b"garbage", LIST[:60], LIST + b"w1,Person,Again,,,,,,,,\n", b"\xff\xfe", b"id,schema,name\n"):
        refused = _import(client, admin, wrong)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid")
    assert _import(client, admin, kind="rumours").status_code == 422
    assert _import(client, admin, name="../x").status_code == 422
    assert _import(client, admin, allow_shrink="perhaps").status_code == 422
    [held] = client.get("/v1/lists", headers=officer).json()["items"]
    assert held["id"] == made.json()["id"]
    body = {"schema": "Person", "properties": {"name": ["Specimen Listed"], "birthDate": ["1971-05"]}}
    found = client.post("/v1/screening/search", json=body, headers=officer)
    assert found.status_code == 200, found.text
    assert found.json()["hits"][0]["score"] > 0.9


@pytest.mark.parametrize(
    "properties",
    [{}, {"name": []}, {"name": [""]}, {"name": "Specimen"}, {"birthDate": ["x"]}, {"name": ["x" * 501]}, {"": ["x"]}],
)
def test_a_malformed_search_is_422(client: Any, sign_in: Any, properties: Any) -> None:
    officer = sign_in("verification_officer")
    answer = client.post("/v1/screening/search", json={"properties": properties}, headers=officer)
    assert answer.status_code == 422, answer.text


def test_a_report_is_asked_for_made_and_downloaded(client: Any, tenant: str, sign_in: Any, key: Any, pack: str) -> None:
    from datetime import UTC, datetime

    from service import reports

    body = {"pack": pack, "reference": "R-1", "signals": {"bureau.score": 700, "screening.sanctions_hit": False}}
    client.post("/v1/decisions", json=body, headers=key | {"Idempotency-Key": "r"})
    manager = sign_in("approval_manager")
    today = datetime.now(UTC).date().isoformat()
    asked = client.post(
        "/v1/reports/decision_register", json={"from": today, "to": today, "format": "csv"}, headers=manager
    )
    assert asked.status_code == 202, asked.text
    run = asked.json()["id"]
    path = f"/v1/reports/runs/{run}"
    waiting = client.get(f"{path}/content", headers=manager)
    assert waiting.status_code == 409
    reports.run(tenant, run)
    assert client.get(path, headers=manager).json()["status"] == "done"
    file = client.get(f"{path}/content", headers=manager)
    assert file.status_code == 200
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''decision_register")
    assert b"R-1" in file.content
    listed = client.get("/v1/reports", headers=manager).json()
    assert [one["id"] for one in listed["items"]] == [run]
    assert {one["name"] for one in listed["catalogue"]} == {
        "decision_register",
        "law_matrix",
        "risk_categorisation_summary",
    }


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("decision_register", {"from": "2026-02-01", "to": "2026-01-01"}, 422),
        ("decision_register", {"from": "2026-02-30", "to": "2026-03-01"}, 422),
        ("decision_register", {"from": "2026-01-01", "to": "2026-01-02", "format": "pdf"}, 422),
        ("decision_register", {"from": "0001-01-01", "to": "9999-12-31"}, 422),
        ("nothing", {"from": "2026-01-01", "to": "2026-01-02"}, 404),
    ],
)
def test_a_report_that_cannot_be_made_is_refused_at_once(
    client: Any, sign_in: Any, name: str, body: dict[str, str], status: int
) -> None:
    assert client.post(f"/v1/reports/{name}", json=body, headers=sign_in("approval_manager")).status_code == status


def test_the_audit_trail_is_read_paged_and_verified(client: Any, sign_in: Any, key: Any) -> None:
    from api.wire.audit import AuditLine, AuditReport

    auditor = sign_in("auditor")
    first = client.get("/v1/audit?limit=1", headers=auditor).json()
    rest = client.get("/v1/audit", params={"after": first["next"]}, headers=auditor).json()["items"]
    lines = [AuditLine.model_validate(one) for one in first["items"] + rest]
    assert {"key.created", "person.created", "session.signed_in"} <= {line.action for line in lines}
    made = client.get("/v1/audit?action=key.created", headers=auditor).json()["items"]
    assert [one["action"] for one in made] == ["key.created"]
    report = AuditReport.model_validate(client.post("/v1/audit:verify", headers=auditor).json())
    assert (report.ok, report.entries) == (True, len(lines))


def test_a_changed_audit_entry_is_named(client: Any, tenant: str, sign_in: Any, stack: Any) -> None:
    import psycopg

    auditor = sign_in("auditor")
    with psycopg.connect(stack.owner_url) as owner:
        owner.execute("ALTER TABLE audit_entry DISABLE TRIGGER append_only")
        owner.execute("UPDATE audit_entry SET actor = 'somebody else' WHERE tenant_id = %s", [tenant])
        owner.execute("ALTER TABLE audit_entry ENABLE TRIGGER append_only")
    report = client.post("/v1/audit:verify", headers=auditor).json()
    assert report["ok"] is False
    assert report["faults"]


def test_webhooks_are_registered_listed_and_switched_off(client: Any, key: Any) -> None:
    body = {"url": "https://los.example.org/verdict", "topics": ["decision.made"]}
    made = client.post("/v1/webhooks", json=body, headers=key)
    assert made.status_code == 201, made.text
    assert made.json()["secret"].startswith("whsec_")
    [listed] = client.get("/v1/webhooks", headers=key).json()["items"]
    assert (listed["id"], "secret" in listed) == (made.json()["id"], False)
    path = f"/v1/webhooks/{listed['id']}"
    assert client.get(f"{path}/deliveries", headers=key).json()["items"] == []
    unknown = {"delivery_id": "whd_" + "0" * 26}
    assert client.post(f"{path}:redeliver", json=unknown, headers=key).status_code == 404
    assert client.delete(path, headers=key).json()["active"] is False
    for wrong in ({"url": "ftp://x"}, {"url": "https://"}, {"topics": ["no.such_topic"]}, {"topics": []}):
        assert client.post("/v1/webhooks", json=body | wrong, headers=key).status_code == 422


def test_the_description_names_every_route_its_permission_and_its_problems(client: Any, application: Any) -> None:
    schema = client.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in json.dumps(schema)
    for route in application.routes:
        [method] = route.methods
        operation = schema["paths"][route.path_format][method.lower()]
        assert operation["summary"], route.path
        assert operation["description"], route.path
        assert operation["tags"], route.path
        if route.needs is not None:
            assert operation["security"] == [{"api_key": []}, {"person": []}]
            assert operation["x-permission"]
            assert {"401", "403", "429", "503"} <= set(operation["responses"])
        for body in operation.get("requestBody", {}).get("content", {}).values():
            assert _has_example(schema, body) or _is_plain(schema, body), f"{route.path} has no example"


def _has_example(schema: Any, body: Any) -> bool:
    name = body["schema"].get("$ref", "").rpartition("/")[2]
    return "example" in body or "example" in schema["components"]["schemas"].get(name, {})


def _is_plain(schema: Any, body: Any) -> bool:
    name = body["schema"].get("$ref", "").rpartition("/")[2]
    return len(schema["components"]["schemas"].get(name, {}).get("properties", {})) <= 7


def test_examples_are_bodies_that_the_route_takes() -> None:
    from pydantic import TypeAdapter

    from api.wire import applications, base, cases, decisions, identity, packs, reports, screening, webhooks

    seen = 0
    for module in (applications, cases, decisions, identity, packs, reports, screening, webhooks):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, base.Asked):
                extra = kind.model_config.get("json_schema_extra")
                if isinstance(extra, dict) and "example" in extra:
                    TypeAdapter(kind).validate_python(extra["example"])
                    seen += 1
    assert seen >= 9


def test_the_page_for_people_has_no_script_and_no_foreign_address(client: Any, application: Any) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "src=" not in page.text
    for route in application.routes:
        assert route.path_format in page.text
    assert client.get("/docs/style.css").headers["content-type"].startswith("text/css")
