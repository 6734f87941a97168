"""Whatever the OpenAPI document allows, and what it does not, ends in an answer of the described shape: never in a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks

from api.wire.problems import MEDIA_TYPE, Problem

pytestmark = pytest.mark.stack
PASSWORD = "four calm words here"
EVERY_ROLE = ["verification_officer", "approval_manager", "rule_analyst", "rule_approver", "auditor", "admin"]
SUBJECTS = (
    "decisions",
    "applications",
    "cases",
    "packs",
    "screening",
    "reports",
    "audit",
    "webhooks",
    "identity",
    "administration",
    "health",
)
TRIES = settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def world(stack: Any, address: str) -> dict[str, Any]:
    """A tenant with one of everything, a key with every scope, and a person with every role."""
    import io
    import uuid
    from datetime import date
    from pathlib import Path

    from PIL import Image

    from service import applications, audit, cases, decisions, packs, reports, webhooks
    from service.db import unit
    from service.identity import keys, people
    from service.identity.actor import system
    from service.identity.sign_in import sign_in
    from service.tables import Tenant

    tenant = "t" + uuid.uuid4().hex[:12]
    with unit(tenant) as session:
        session.add(Tenant(id=tenant, name=tenant))
        session.flush()
        audit.open_lanes(session, tenant)
    us = system(tenant, "test")
    active = packs.seed(tenant, Path(__file__).parent / "tiny_pack")
    draft = packs.create_draft(us, "tiny")["id"]
    signals = {"bureau.score": 700, "screening.sanctions_hit": True}
    decision = decisions.decide(us, decisions.DecisionRequest("tiny", "R", signals, date(2026, 1, 1), "k")).body["id"]
    applicant = {"name": "Specimen Applicant", "date_of_birth": "1990-01-31"}
    application = applications.create(us, applications.ApplicationRequest("tiny", "A", applicant))["id"]
    held = io.BytesIO()
    Image.effect_noise((320, 200), 60).save(held, "PNG")
    document = applications.add_document(us, application, "selfie", held.getvalue(), "x.png")["id"]

    def person(email: str) -> str:
        return str(people.create_person(us, email=email, name="X", password=PASSWORD, roles=EVERY_ROLE)["id"])

    person("all@example.org")
    ids = {
        "decision_id": decision,
        "application_id": application,
        "document_id": document,
        "case_id": cases.listing(us).items[0]["id"],
        "version_id": draft,
        "against": active,
        "run_id": reports.request(us, "decision_register", date(2026, 1, 1), date(2026, 1, 2), "csv")["id"],
        "webhook_id": webhooks.register(us, "https://example.org/hook", ["decision.made"])["id"],
        "person_id": person("other@example.org"),
        "key_id": keys.create_key(us, "other")["id"],
        "pack_id": "tiny",
        "table": "points",
        "parameter": "score_min",
        "report": "decision_register",
    }
    key = keys.create_key(us, "every scope", sorted(map(str, keys.MACHINE_PERMISSIONS)))["key"]
    token = sign_in(tenant, "all@example.org", PASSWORD).access_token
    return {"ids": ids, "key": f"Bearer {key}", "person": f"Bearer {token}"}


@pytest.fixture(scope="module")
def operations(application: Any) -> list[Any]:
    """Every operation of the document, as schemathesis reads it."""
    read = schemathesis.openapi.from_dict(application.openapi())
    return [result.ok() for result in read.get_all_operations()]


def test_every_operation_is_of_a_subject_that_is_tried(operations: list[Any]) -> None:
    assert {operation.tags[0] for operation in operations} == set(SUBJECTS)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_input_ends_in_a_server_error(
    operations: list[Any], subject: str, mode: GenerationMode, address: str, world: dict[str, Any]
) -> None:
    with requests.Session() as session:
        for operation in (one for one in operations if one.tags[0] == subject):

            @TRIES
            @given(case=operation.as_strategy(generation_mode=mode))
            def hold(case: Any) -> None:
                _try(case, address, world, session)

            try:
                hold()
            except Unsatisfiable:
                # What takes no input cannot be given a wrong one.
                assert mode is GenerationMode.NEGATIVE


def _try(case: Any, address: str, world: dict[str, Any], session: requests.Session) -> None:
    for who, real in (("key", False), ("person", False), ("person", True)):
        if real:
            for name in set(case.path_parameters or ()) & set(world["ids"]):
                case.path_parameters[name] = world["ids"][name]
            if "against" in (case.query or {}):
                case.query["against"] = world["ids"]["against"]
        headers = {"Authorization": world[who]}
        answer = case.call(base_url=address, headers=headers, timeout=30, session=session)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0] == MEDIA_TYPE
            assert Problem.model_validate_json(answer.content).status == answer.status_code
