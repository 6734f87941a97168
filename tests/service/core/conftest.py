"""A small pack, its people, and decisions on it, for the tests of the service's core."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

PACK = """\
# A pack of the tests' own: one table, three roads.
pack: tiny
title: A small pack
version: "1"
jurisdiction: IN
on_missing: review
sources:
  policy: {title: House policy}
parameters:
  low_score_under:
    unit: points
    values:
      - {from: 2025-01-01, value: 40, source: policy, note: "where it hurts"}
signals:
  applicant.name: {type: string, pii: true}
  applicant.pan: {type: string, pii: true}
  applicant.date_of_birth: {type: date, pii: true}
  score: {type: number, range: [0, 100]}
  listed: {type: boolean}
  forged: {type: boolean}
decisions:
  points:
    hit_policy: COLLECT SUM
    inputs: {score: score}   # what is weighed
    outputs: {points: {type: number}}
    rules:
      - {id: SCORE_LOW, if: {score: "< low_score_under"}, then: {points: 60}, reason: "The score is low", tell: "Your score is low", cite: [policy]}
      - {id: SCORE_ANY, if: {score: ">= 0"}, then: {points: 1}}
verdict:
  score: points
  rules:
    - {id: FORGED, if: "forged", verdict: reject, reason: "The document is forged", tell: "We cannot accept the document", cite: [policy]}
    - {id: LISTED, if: "listed", verdict: review, reason: "A list names this person", cite: [policy]}
    - {id: LOW, if: "points > 50", verdict: review, reason: "Too many points", cite: [policy]}
    - {id: CLEAR, if: "points <= 50 and not(listed)", verdict: approve, reason: "All checks passed"}
routes:
  - {id: EDD, if: "listed", queue: edd, priority: 1, due: 24h, role: approval_manager, four_eyes: true, actions: [source_of_funds]}
  - {id: STANDARD, queue: kyc_review, priority: 3, due: 2d, role: verification_officer}
"""


CASES = """\
- case: A clean applicant is approved
  as_of: 2026-11-20
  signals: {score: 80, listed: false, forged: false}
  expect: {verdict: approve, fired: [CLEAR, SCORE_ANY], not_fired: [LISTED, LOW, SCORE_LOW, FORGED]}
- case: A low score goes to review
  as_of: 2026-11-20
  signals: {score: 10, listed: false, forged: false}
  expect: {verdict: review, fired: [LOW, SCORE_LOW]}
- case: A listed person goes to enhanced due diligence
  as_of: 2026-11-20
  signals: {score: 80, listed: true, forged: false}
  expect: {verdict: review, fired: [LISTED]}
- case: A forged document is rejected
  as_of: 2026-11-20
  signals: {score: 80, listed: false, forged: true}
  expect: {verdict: reject, fired: [FORGED]}
- case: Nothing known is never approved
  as_of: 2026-11-20
  signals: {}
  expect: {verdict: review, undecided: [FORGED, LISTED, LOW, CLEAR, SCORE_LOW, SCORE_ANY]}
"""

FILES = {"pack.yaml": PACK, "cases/tiny.yaml": CASES}
CLEAN = {
    "score": 80,
    "listed": False,
    "forged": False,
    "applicant.name": "Asha Rao",
    "applicant.pan": "ABCPR1234K",
    "applicant.date_of_birth": "1990-08-15",
}


@pytest.fixture
def files() -> dict[str, str]:
    """The small pack's files."""
    return dict(FILES)


@pytest.fixture
def signals() -> dict[str, object]:
    """Signals that the small pack approves."""
    return dict(CLEAN)


@pytest.fixture
def person(tenant: str) -> Callable[..., object]:
    """Make a person with roles, and the actor that they are."""
    from service.db import unit
    from service.identity.actor import Actor, granted
    from service.tables import Person

    def make(*roles: str, name: str = "Meera") -> Actor:
        row = Person(
            tenant_id=tenant,
            email_index=uuid.uuid4().bytes,
            name=name,
            password_hash="!",
            roles=list(roles),
        )
        with unit(tenant) as session:
            session.add(row)
        return Actor(tenant, row.id, name, granted(roles), tuple(roles))

    return make


@pytest.fixture
def officer(person):
    """A verification officer."""
    return person("verification_officer", name="Omar Officer")


@pytest.fixture
def manager(person):
    """An approval manager."""
    return person("approval_manager", name="Mala Manager")


@pytest.fixture
def analyst(person):
    """A rule analyst."""
    return person("rule_analyst", name="Anil Analyst")


@pytest.fixture
def approver(person):
    """A rule approver."""
    return person("rule_approver", name="Priya Approver")


@pytest.fixture
def auditor(person):
    """An auditor, who sees no personal data."""
    return person("auditor", name="Aud Itor")


@pytest.fixture
def originator(tenant: str):
    """An origination system with a key."""
    from service.identity.actor import Actor, granted

    return Actor(tenant, "key_test", "Loan system", granted(["origination_system"]), ("origination_system",))


@pytest.fixture
def active_version(tenant: str, files: dict[str, str]) -> str:
    """The small pack, active; its row's id. Put there directly: the life cycle has tests of its own."""
    from engine.pack.load import parse_pack
    from service.db import unit
    from service.tables import PackVersion

    pack, now = parse_pack(files), datetime.now(UTC)
    row = PackVersion(
        tenant_id=tenant,
        pack_id="tiny",
        number=1,
        version="1",
        digest=pack.digest,
        files=files,
        status="active",
        authors=["system:author"],
        approver_id="system:installer",
        activated_at=now,
    )
    with unit(tenant) as session:
        session.add(row)
    return row.id


@pytest.fixture
def work(tenant: str):
    """Be the worker of the tenant's jobs about pack versions: run what is queued, and return how each ended, by kind."""
    from sqlalchemy import select
    from sqlmodel import col

    from service.db import unit
    from service.packs import job_running
    from service.tables import PackJob

    def run() -> dict[str, str]:
        with unit(tenant) as session:
            waiting = session.execute(select(PackJob.id, PackJob.kind).where(col(PackJob.status) == "queued")).all()
        for job_id, _ in waiting:
            job_running.run(tenant, job_id)
        with unit(tenant) as session:
            return {kind: session.get_one(PackJob, job_id).status for job_id, kind in waiting}

    return run


@pytest.fixture
def approved(analyst, approver, work):
    """Bring files all the way to an approved version of the small pack; returns it."""
    from service import packs

    def make(files: dict[str, str]) -> dict:
        made = packs.create_draft(analyst, "tiny", files=files)
        packs.submit(analyst, made["id"])
        work()
        return packs.approve(approver, made["id"])

    return make


@pytest.fixture
def stricter(files: dict[str, str]) -> dict[str, str]:
    """The small pack with a threshold of 50 for 40."""
    from service.packs import set_parameter

    return set_parameter(files, "low_score_under", date(2025, 1, 1), 50, "policy", "stricter")


@pytest.fixture
def ask(originator, active_version: str, signals: dict[str, object]):
    """Decide on the clean signals with changes, under a fresh key or a given one."""
    from service.decisions import Answer, DecisionRequest, decide

    def make(
        key: str | None = None, *, reference: str = "LOAN-1", actor=None, as_of=date(2026, 11, 20), **changes
    ) -> Answer:
        given = {name: value for name, value in (signals | changes).items() if value is not ...}
        request = DecisionRequest("tiny", reference, given, as_of, key or uuid.uuid4().hex)
        return decide(actor or originator, request)

    return make


@pytest.fixture
def sql(tenant: str, stack):
    """Run raw SQL as the processes' role within the tenant, and return the rows."""
    import psycopg

    def run(statement: str, *parameters: object) -> list[tuple]:
        with psycopg.connect(stack.app_url) as connection:
            connection.execute("SELECT set_config('verdict.tenant', %s, true)", [tenant])
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def application(tenant: str):
    """An application under review, of an applicant whose declaration is sealed."""
    from service.db import unit
    from service.sealed import seal_applicant
    from service.tables import Application

    applicant = seal_applicant(tenant, {"name": "Asha Rao", "pan": "ABCPR1234K", "email": "asha@example.org"})
    row = Application(
        tenant_id=tenant, applicant_id=applicant.id, reference="APP-1", pack_id="tiny", status="in_review"
    )
    with unit(tenant) as session:
        session.add(applicant)
        session.flush()
        session.add(row)
    return row
