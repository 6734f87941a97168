"""The end of a check run in one transaction: status, evidence, signals, and who may start because of it.

The application's row is locked first, so that the ends of two checks follow one another and exactly one of them sees that
nothing is left to wait for. Only the attempt that holds the fencing number ends the run; the unique index on
(application, signal) says the same to the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text
from sqlmodel import Session, col

from engine.signal import Finding
from service.checks.graph import progress
from service.dispatch import Due
from service.sealed import evidence_row, signal_row
from service.tables import Application, CheckRun

PATIENCE_S: Final = 600  # how long a queued run waits for a worker before it ends as not executed


@dataclass(frozen=True, slots=True)
class Completed:
    """What to write of an ended attempt."""

    check_run_id: str
    application_id: str
    name: str
    attempt: int
    status: str
    error: str | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class Follows:
    """What to send after commit."""

    ready: tuple[Due, ...]
    finished: bool


def complete(session: Session, tenant: str, done: Completed, now: datetime) -> Follows | None:
    """Write the end, or return None and write nothing where the attempt is no longer the current one."""
    lock(session, done.application_id)
    facts = {"id": done.check_run_id, "attempt": done.attempt, "status": done.status, "now": now, "error": done.error}
    if session.execute(_END, facts).first() is None:
        return None
    evidence_id = None
    if done.finding.evidence:
        evidence = evidence_row(tenant, done.application_id, done.check_run_id, done.name, done.finding.evidence)
        session.add(evidence)
        session.flush()
        evidence_id = evidence.id
    for signal in done.finding.signals:
        row = signal_row(tenant, done.application_id, done.check_run_id, replace(signal, evidence_id=evidence_id))
        row.observed_at = signal.observed_at or now
        session.add(row)
    session.flush()
    return advance(session, done.application_id, now)


def advance(session: Session, application_id: str, now: datetime) -> Follows:
    """Queue every run that is ready; the caller holds the application's lock."""
    query = select(CheckRun).where(col(CheckRun.application_id) == application_id).order_by(col(CheckRun.id))
    runs: Sequence[CheckRun] = session.execute(query.execution_options(populate_existing=True)).scalars().all()
    state = progress(runs)
    ready = []
    for run in runs:
        if run.name in state.ready:
            run.status, run.enqueued_at = "queued", now
            run.deadline_at = now + timedelta(seconds=_patience_s(run))
            session.add(run)
            ready.append(Due(run.id, run.name, run.timeout_s))
    session.flush()
    return Follows(tuple(ready), state.finished)


def lock(session: Session, application_id: str) -> Application | None:
    """The application, locked until the transaction ends; None where there is none."""
    query = select(Application).where(col(Application.id) == application_id).with_for_update()
    found: Application | None = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    return found


def _patience_s(run: CheckRun) -> float:
    return PATIENCE_S + 2.0 * run.timeout_s * (run.retries + 1)


_END = text(
    "UPDATE check_run SET status = :status, finished_at = :now, error = :error, lease_until = NULL"
    " WHERE id = :id AND attempts = :attempt AND status = 'running' RETURNING id"
)
