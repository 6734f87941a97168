"""Pack versions, the jobs that prove them, and watchlists: what decisions are made with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.tables.base import Owned, at, json, key, made, names, text


class PackVersion(Owned, table=True):
    """A version of a pack: draft, submitted, approved, scheduled, active, retired or rejected.

    Only a draft changes (a trigger holds invariant 5); whoever wrote on it cannot approve it (a constraint holds invariant 6).
    Another trigger holds the order of the states, and that nothing is approved without a green check and a back-test.
    """

    __tablename__ = "pack_version"
    __table_args__ = (
        UniqueConstraint("tenant_id", "pack_id", "number"),
        CheckConstraint("approver_id IS NULL OR NOT (approver_id = ANY (authors))", name="author_never_approves"),
        CheckConstraint(
            "status NOT IN ('approved','scheduled','active','retired') OR approver_id IS NOT NULL",
            name="approved_by_someone",
        ),
        CheckConstraint(
            "status IN ('draft','submitted','approved','scheduled','active','retired','rejected')", name="known_status"
        ),
        CheckConstraint(
            "status <> 'scheduled' OR (effective_from IS NOT NULL AND scheduled_by IS NOT NULL)",
            name="scheduled_from_when",
        ),
        Index("uq_pack_active", "tenant_id", "pack_id", unique=True, postgresql_where="status = 'active'"),
        Index(
            "uq_pack_scheduled",
            "tenant_id",
            "pack_id",
            "effective_from",
            unique=True,
            postgresql_where="status = 'scheduled'",
        ),
        Index(
            "uq_pack_digest",
            "tenant_id",
            "pack_id",
            "digest",
            unique=True,
            postgresql_where="status NOT IN ('draft','rejected')",
        ),
    )
    id: str = key("pkv")
    pack_id: str = text(index=True)
    number: int
    version: str = text()
    digest: str = text()
    files: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    status: str = text(default="draft")
    authors: list[str] = names()
    approver_id: str | None = text(default=None)
    scheduled_by: str | None = text(default=None)
    note: str = text(default="")
    check_report: dict[str, Any] = json()
    created_at: datetime = made()
    submitted_at: datetime | None = at()
    approved_at: datetime | None = at()
    effective_from: datetime | None = at()
    activated_at: datetime | None = at()
    retired_at: datetime | None = at()
    row_version: int = 1


class PackJob(Owned, table=True):
    """A worker's task about one version: a `check` with its proofs, or a `backtest` on stored decisions.

    `digest` is the content it is about; `attempts` fences a worker that lost its lease. `covers` marks a back-test whose
    window is long enough for an approval. A result holds figures, rules and references, and no personal data.
    """

    __tablename__ = "pack_job"
    __table_args__ = (
        CheckConstraint("kind IN ('check','backtest')", name="known_kind"),
        CheckConstraint("status IN ('queued','running','done','failed')", name="known_status"),
        Index(
            "uq_pack_job_open",
            "tenant_id",
            "version_id",
            "kind",
            unique=True,
            postgresql_where="status IN ('queued','running')",
        ),
        Index("ix_pack_job_version", "tenant_id", "version_id", "id"),
    )
    id: str = key("pjb")
    kind: str = text()
    pack_id: str = text()
    version_id: str = text(foreign_key="pack_version.id")
    digest: str = text()
    against_id: str | None = text(foreign_key="pack_version.id", default=None)
    against_digest: str | None = text(default=None)
    from_at: datetime | None = at()
    to_at: datetime | None = at()
    covers: bool = False
    status: str = text(default="queued")
    attempts: int = 0
    lease_until: datetime | None = at()
    enqueued_at: datetime = made()
    done: int = 0
    total: int | None = None
    error: str | None = text(default=None)
    result: dict[str, Any] = json()
    content_key: str | None = text(default=None)
    requested_by: str = text()
    created_at: datetime = made()
    started_at: datetime | None = at()
    finished_at: datetime | None = at()


class Watchlist(Owned, table=True):
    """One imported version of a list; a decision names it by `id`. `checked_at`: when its content was last confirmed new."""

    __table_args__ = (Index("uq_watchlist_active", "tenant_id", "name", unique=True, postgresql_where="active"),)
    id: str = key("lst")
    name: str = text()
    kind: str = text(description="sanctions, pep or watchlist")
    digest: str = text()
    entries: int
    active: bool = True
    published_at: datetime | None = at()
    checked_at: datetime | None = at()
    created_at: datetime = made()


class WatchlistEntry(Owned, table=True):
    """One listed person or body in Follow-the-Money form; `name_keys` are the retrieval keys of all its names."""

    __tablename__ = "watchlist_entry"
    __table_args__ = (
        UniqueConstraint("watchlist_id", "entity_id"),
        Index("ix_entry_keys", "name_keys", postgresql_using="gin"),
    )
    id: str = key("wle")
    watchlist_id: str = text(foreign_key="watchlist.id", index=True)
    entity_id: str = text()
    properties: dict[str, Any] = json()
    name_keys: list[str] = names()
    birth_date: date | None = None
