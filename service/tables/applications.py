"""Flow B's records: applicants, their applications and documents, check runs, signals and evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.tables.base import Owned, at, json, key, made, names, sealed, text


class Applicant(Owned, table=True):
    """A person who applies; everything declared is one sealed JSON object, found by blind indexes."""

    id: str = key("apt")
    declared: bytes | None = sealed()
    pan_index: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)
    email_index: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)
    phone_index: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)
    created_at: datetime = made()


class Application(Owned, table=True):
    """One application: draft, checking, in_review, approved, rejected or withdrawn; `version` guards concurrent writes."""

    __table_args__ = (UniqueConstraint("tenant_id", "reference"),)
    id: str = key("app")
    applicant_id: str = text(foreign_key="applicant.id", index=True)
    reference: str = text()
    pack_id: str = text()
    pack_digest: str | None = text(default=None)
    status: str = text(default="draft", index=True)
    given_signals: bytes | None = sealed()
    consents: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    decision_id: str | None = text(default=None)
    created_at: datetime = made()
    submitted_at: datetime | None = at(index=True)
    decided_at: datetime | None = at()
    version: int = 1


class Document(Owned, table=True):
    """An uploaded file: its content lies sealed in the blob store under `content_key`, which only this tenant can compute."""

    id: str = key("doc")
    application_id: str = text(foreign_key="application.id", index=True)
    kind: str = text()
    content_key: str = text(index=True)
    media_type: str = text()
    size: int
    ordinal: int = Field(default=1, description="the n-th file of this kind; the newest counts")
    created_at: datetime = made()


class CheckRun(Owned, table=True):
    """One check of one application: waiting, queued, running, done, failed or timed_out; written once.

    A running check is its worker's until `lease_until`; a queued one with `lease_until` waits out a back-off till then.
    `attempts` is the fencing number: only the attempt that holds the current one may write.
    """

    __tablename__ = "check_run"
    __table_args__ = (UniqueConstraint("tenant_id", "application_id", "name"),)
    id: str = key("chk")
    application_id: str = text(foreign_key="application.id", index=True)
    name: str = text()
    status: str = text(default="waiting", index=True)
    needs: list[str] = names()
    provides: list[str] = names()
    retries: int = 0
    timeout_s: int = 30
    attempts: int = 0
    error: str | None = text(default=None)
    lease_until: datetime | None = at()
    deadline_at: datetime | None = at()
    enqueued_at: datetime | None = at()
    started_at: datetime | None = at()
    finished_at: datetime | None = at()
    created_at: datetime = made()


class SignalRow(Owned, table=True):
    """A signal as it was observed; the value is sealed JSON, or `missing` says why there is none."""

    __tablename__ = "signal"
    __table_args__ = (UniqueConstraint("tenant_id", "application_id", "name"),)
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    application_id: str = text(foreign_key="application.id")
    check_run_id: str | None = text(foreign_key="check_run.id", default=None)
    name: str = text()
    value: bytes | None = sealed()
    missing: str | None = text(default=None)
    detail: str = text(default="")
    source: str = text()
    confidence: float | None = None
    evidence_id: str | None = text(default=None)
    observed_at: datetime = made()


class Evidence(Owned, table=True):
    """The raw answer or reading that signals came from, sealed, with the digest of what was sealed."""

    id: str = key("evi")
    application_id: str = text(foreign_key="application.id", index=True)
    check_run_id: str | None = text(foreign_key="check_run.id", default=None)
    source: str = text()
    body: bytes | None = sealed()
    digest: str = text()
    models: dict[str, Any] = json()
    created_at: datetime = made()
