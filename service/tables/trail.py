"""What has happened and what must still leave: audit, outbox, webhooks, reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.tables.base import Owned, at, json, key, made, names, sealed, text


class AuditLane(Owned, table=True):
    """The head of one chain of a tenant. Several lanes let several writers append at once; each takes a free one."""

    __tablename__ = "audit_lane"
    tenant_id: str = text(foreign_key="tenant.id", primary_key=True)
    lane: int = Field(sa_type=SmallInteger, primary_key=True)
    length: int = Field(default=0, sa_type=BigInteger)
    head: bytes = Field(sa_type=LargeBinary)


class AuditEntry(Owned, table=True):
    """A link: `hash = sha256(previous hash, canonical content)`; append-only by grant and by trigger (invariant 8)."""

    __tablename__ = "audit_entry"
    tenant_id: str = text(foreign_key="tenant.id", primary_key=True)
    lane: int = Field(sa_type=SmallInteger, primary_key=True)
    position: int = Field(sa_type=BigInteger, primary_key=True)
    at: datetime = made()
    actor: str = text()
    action: str = text()
    subject: str = text(index=True)
    content: str = text(description="canonical JSON, without personal data")
    hash: bytes = Field(sa_type=LargeBinary)


class Outbox(Owned, table=True):
    """Something that must leave after commit: pending, done or dead. Claimed by lease, so that a killed worker loses none."""

    __table_args__ = (Index("ix_outbox_pending", "available_at", postgresql_where="status = 'pending'"),)
    id: str = key("msg")
    kind: str = text(description="webhook, mail or sms")
    topic: str = text()
    target: str | None = text(default=None, description="an endpoint's id; null fans out to every subscriber")
    payload: bytes | None = sealed()
    status: str = text(default="pending")
    attempts: int = 0
    available_at: datetime = made()
    lease_until: datetime | None = at()
    last_error: str | None = text(default=None)
    created_at: datetime = made()
    finished_at: datetime | None = at()


class WebhookEndpoint(Owned, table=True):
    """Where a tenant wants to be told; the signing secret is sealed."""

    __tablename__ = "webhook_endpoint"
    id: str = key("whe")
    url: str = text()
    topics: list[str] = names()
    secret: bytes | None = sealed()
    active: bool = True
    created_at: datetime = made()


class WebhookDelivery(Owned, table=True):
    """One try of one delivery."""

    __tablename__ = "webhook_delivery"
    id: str = key("whd")
    endpoint_id: str = text(foreign_key="webhook_endpoint.id", index=True)
    outbox_id: str = text(foreign_key="outbox.id", index=True)
    attempt: int
    ok: bool
    status_code: int | None = None
    error: str | None = text(default=None)
    duration_ms: int = 0
    created_at: datetime = made()


class ReportRun(Owned, table=True):
    """A report that was asked for: queued, running, done or failed; its file lies sealed in the blob store."""

    __tablename__ = "report_run"
    id: str = key("rep")
    name: str = text()
    params: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    status: str = text(default="queued")
    requested_by: str = text()
    content_key: str | None = text(default=None)
    file_name: str | None = text(default=None)
    rows: int | None = None
    error: str | None = text(default=None)
    summary: dict[str, Any] = json()
    created_at: datetime = made()
    finished_at: datetime | None = at()
