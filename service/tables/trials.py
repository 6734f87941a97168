"""Candidates on live traffic: trials, what each compared, what became of decisions, and decisions made only to try."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from service.tables.base import Owned, at, key, made, names, sealed, text


class Trial(Owned, table=True):
    """A candidate beside the champion: a `shadow` without effect, or a `challenger` that answers for `percent` of references.

    The champion is pinned: figures against two champions cannot be added up. A trial ends once and never begins again.
    """

    __table_args__ = (
        CheckConstraint("mode IN ('shadow','challenger')", name="known_mode"),
        CheckConstraint(
            "CASE mode WHEN 'challenger' THEN percent BETWEEN 1 AND 50 ELSE percent IS NULL END", name="bounded_percent"
        ),
        CheckConstraint("digest <> champion_digest", name="candidate_is_another"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_someone"),
        Index("uq_trial_open", "tenant_id", "pack_id", "mode", unique=True, postgresql_where="ended_at IS NULL"),
        Index("ix_trial_version", "tenant_id", "version_id"),
    )
    id: str = key("trl")
    pack_id: str = text()
    mode: str = text()
    percent: int | None = None
    version_id: str = text(foreign_key="pack_version.id")
    digest: str = text()
    champion_id: str = text(foreign_key="pack_version.id")
    champion_digest: str = text()
    note: str = text(default="")
    started_by: str = text()
    started_at: datetime = made()
    ended_by: str | None = text(default=None)
    ended_at: datetime | None = at()
    end_note: str = text(default="")


class TrialResult(Owned, table=True):
    """One live decision of a trial: who decided (`arm`), and what the other said, worked out after the answer.

    `pending` is written with the decision itself, so that nothing is lost; `fallback` says why a challenger that was to
    decide did not. `error` says why the other could not decide: never a verdict.
    """

    __tablename__ = "trial_result"
    __table_args__ = (
        CheckConstraint("arm IN ('champion','challenger')", name="known_arm"),
        CheckConstraint("status IN ('pending','compared','failed')", name="known_status"),
        CheckConstraint("(status = 'compared') = (candidate_verdict IS NOT NULL)", name="compared_has_verdicts"),
        Index("ix_trial_result_pending", "tenant_id", "decision_id", postgresql_where="status = 'pending'"),
    )
    trial_id: str = text(foreign_key="trial.id", primary_key=True)
    decision_id: str = text(foreign_key="decision.id", primary_key=True)
    arm: str = text()
    fallback: str | None = text(default=None)
    status: str = text(default="pending")
    attempts: int = 0
    lease_until: datetime | None = at()
    champion_verdict: str | None = text(default=None)
    champion_category: str | None = text(default=None)
    candidate_verdict: str | None = text(default=None)
    candidate_category: str | None = text(default=None)
    rules: list[str] = names()
    error: str | None = text(default=None)
    created_at: datetime = made()
    compared_at: datetime | None = at()


class DecisionOutcome(Owned, table=True):
    """What became of a decision, good or bad, by one source; the newest of a source holds. The note is sealed."""

    __tablename__ = "decision_outcome"
    __table_args__ = (
        CheckConstraint("outcome IN ('good','bad')", name="known_outcome"),
        Index("ix_decision_outcome", "tenant_id", "decision_id", "id"),
    )
    id: str = key("dou")
    decision_id: str = text(foreign_key="decision.id")
    outcome: str = text()
    source: str = text()
    note: bytes | None = sealed()
    recorded_by: str = text()
    created_at: datetime = made()


class Tryout(Owned, table=True):
    """A decision by a version that was named, to try it: kept apart, counted nowhere, without case or message."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        Index("ix_tryout_version", "tenant_id", "version_id", "id"),
    )
    id: str = key("try")
    key: str = text()
    body_digest: str = text()
    reference: str = text()
    pack_id: str = text()
    version_id: str = text(foreign_key="pack_version.id")
    version_status: str = text()
    pack_digest: str = text()
    engine_version: str = text()
    as_of: date
    verdict: str = text()
    risk_score: Decimal | None = Field(default=None, sa_type=Numeric)
    risk_category: str | None = text(default=None)
    fired: list[str] = names()
    signals: bytes | None = sealed()
    answer: bytes | None = sealed()
    digest: str = text()
    made_by: str = text()
    created_at: datetime = made()
