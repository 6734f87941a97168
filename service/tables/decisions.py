"""The record of verdicts: decisions, the keys that make them once, and the cases that people work."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.tables.base import Owned, at, json, key, made, names, sealed, text


class DecisionRow(Owned, table=True):
    """A verdict as it was given: what decided (pack, engine, models, lists), on what (sealed signals), and the sealed answer."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_tenant_created", "tenant_id", "created_at"),
        Index("ix_decision_reference", "tenant_id", "reference"),
        Index("ix_decision_pack", "tenant_id", "pack_id", "created_at", "id"),
        Index("uq_decision_application", "tenant_id", "application_id", unique=True),
    )
    id: str = key("dec")
    application_id: str | None = text(foreign_key="application.id", default=None)
    reference: str = text()
    pack_id: str = text()
    pack_version: str = text()
    pack_digest: str = text()
    engine_version: str = text()
    as_of: date
    verdict: str = text()
    risk_score: Decimal | None = Field(default=None, sa_type=Numeric)
    risk_category: str | None = text(default=None)
    queue: str | None = text(default=None)
    fired: list[str] = names()
    models: dict[str, Any] = json()
    lists: dict[str, Any] = json()
    signals: bytes | None = sealed()
    answer: bytes | None = sealed()
    digest: str = text()
    created_at: datetime = made()


class IdempotencyKey(Owned, table=True):
    """One key, one decision (invariant 7): claimed first, finished with the sealed answer in the decision's transaction."""

    __tablename__ = "idempotency_key"
    id: str = key("idk")
    __table_args__ = (UniqueConstraint("tenant_id", "route", "key"),)
    route: str = text()
    key: str = text()
    body_digest: str = text()
    answer: bytes | None = sealed()
    claimed_until: datetime | None = at()
    created_at: datetime = made()


class CaseCounter(Owned, table=True):
    """The number of the tenant's last case; numbers are never used twice and may have gaps."""

    __tablename__ = "case_counter"
    tenant_id: str = text(foreign_key="tenant.id", primary_key=True)
    last: int = Field(sa_type=BigInteger)


class Case(Owned, table=True):
    """A human's work on a decision: open, claimed, waiting, second (for the second pair of eyes) or closed.

    The database itself holds invariant 6: who recommended cannot be the second, and a four-eyes case closes only with one.
    """

    __table_args__ = (
        UniqueConstraint("tenant_id", "decision_id"),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("second_by IS NULL OR second_by <> decided_by", name="second_is_another"),
        CheckConstraint(
            "status <> 'closed' OR (outcome IS NOT NULL AND decided_by IS NOT NULL)", name="closed_is_decided"
        ),
        CheckConstraint("NOT four_eyes OR status <> 'closed' OR second_by IS NOT NULL", name="four_eyes_needs_second"),
        CheckConstraint("status IN ('open','claimed','waiting','second','closed')", name="known_status"),
        Index("ix_case_queue", "tenant_id", "status", "queue", "priority", "due_at"),
    )
    id: str = key("cas")
    number: int = Field(sa_type=BigInteger)
    decision_id: str = text(foreign_key="decision.id")
    application_id: str | None = text(foreign_key="application.id", default=None, index=True)
    reference: str = text()
    queue: str = text()
    priority: int = 3
    role: str = text()
    four_eyes: bool = False
    actions: list[str] = names()
    risk_score: Decimal | None = Field(default=None, sa_type=Numeric)
    risk_category: str | None = text(default=None)
    headline: str = text(default="")
    due_at: datetime | None = at()
    status: str = text(default="open")
    assignee_id: str | None = text(foreign_key="person.id", default=None)
    claimed_at: datetime | None = at()
    outcome: str | None = text(default=None)
    reason_code: str | None = text(default=None)
    decided_by: str | None = text(foreign_key="person.id", default=None)
    decided_at: datetime | None = at()
    second_by: str | None = text(foreign_key="person.id", default=None)
    closed_at: datetime | None = at()
    created_at: datetime = made()
    version: int = 1


class CaseEvent(Owned, table=True):
    """A line of a case's timeline; notes are sealed."""

    __tablename__ = "case_event"
    id: str = key("cev")
    case_id: str = text(foreign_key="case.id", index=True)
    kind: str = text()
    actor_id: str = text()
    actor_name: str = text()
    note: bytes | None = sealed()
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    created_at: datetime = made()
