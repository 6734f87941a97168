"""Running one check: claim it by lease, work outside any transaction, write once (invariant 7).

1. Claim: one statement takes a queued run, or a running one whose lease ended, and raises `attempts`, the fencing number.
2. Work: the check's function, with what the claim's transaction read. No transaction is open meanwhile.
3. Write: one transaction locks the application, ends the run only if the fencing number is still ours, writes evidence
   and signals, and queues whoever waited for it. A worker that lost its lease writes nothing.
What fails is sorted by what comes next: a provider to try again later goes back into the queue with back-off until the
pack's retries are used up; everything else ends the run with `Missing(reason)` for every signal, never with a default.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy import Row, text
from sqlmodel import Session

from connectors.errors import ConnectorError, RetryLater
from engine.signal import Finding, Missing, Reason, Signal, missing
from ml.errors import DocumentRejected, NotExecuted
from service import dispatch
from service.checks import completion
from service.checks.context import CheckContext, CheckSpec
from service.checks.loading import load_context
from service.checks.registry import spec_of
from service.db import unit
from service.dispatch import Due
from service.tables import utc_now

LEASE_GRACE_S: Final = 20  # after the time limit's kill, before another worker may take the run
MAX_CRASHES: Final = 3  # a run whose workers died this often is given up, whatever its retries
BACKOFF_BASE_S: Final = 2.0
BACKOFF_CAP_S: Final = 60.0
_log = structlog.get_logger("service.checks")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is ours until its lease ends; `attempt` is the fencing number."""

    id: str
    application_id: str
    name: str
    provides: tuple[str, ...]
    needs: tuple[str, ...]
    retries: int
    timeout_s: int
    attempt: int
    deadline_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How the work ended: a finding to write, or a wait before the next attempt."""

    status: str
    finding: Finding
    error: str | None = None
    again_in_s: float | None = None


def run_check(tenant: str, check_run_id: str) -> bool:
    """Run a check if it is free; returns whether this call ended or retried it. Safe to call any number of times."""
    now = utc_now()
    with unit(tenant) as session:
        claimed = claim(session, check_run_id, now)
        if claimed is None:
            return False
        context = load_context(session, tenant, claimed)
    spec = spec_of(claimed.name)
    ended = _given_up(claimed, now) or (_no_such_check(claimed) if spec is None else work(spec, context, claimed))
    return write(tenant, claimed, ended)


def end_overdue(tenant: str, check_run_id: str, now: datetime) -> bool:
    """End a run that nobody took before its deadline: every signal is `Missing`. Returns whether this call did it."""
    with unit(tenant) as session:
        claimed = claim(session, check_run_id, now)
    if claimed is None:
        return False
    lost = claimed.attempt > 1
    reason, detail = (
        (Reason.TIMED_OUT, "the check did not end before its deadline")
        if lost
        else (Reason.NOT_EXECUTED, "no worker took the check before its deadline")
    )
    return write(tenant, claimed, _unknown(claimed, "timed_out", reason, detail))


def claim(session: Session, check_run_id: str, now: datetime) -> Claimed | None:
    """Take a queued run that is not waiting out a back-off, or a running one whose lease has ended; else None."""
    row = session.execute(_CLAIM, {"id": check_run_id, "now": now, "grace": LEASE_GRACE_S}).first()
    return None if row is None else _claimed(row)


def work(spec: CheckSpec, context: CheckContext, claimed: Claimed) -> Ended:
    """Run the check's function and sort what it raises. Never raises for what the check did."""
    try:
        return Ended("done", spec.run(context))
    except ConnectorError as failure:
        return _failed(spec, context, claimed, failure)
    except Exception as failure:  # noqa: BLE001 - a check's bug must end as an unknown, not as a stuck application
        return _broken_off(claimed, failure)


def write(tenant: str, claimed: Claimed, ended: Ended) -> bool:
    """Write the end of an attempt exactly once and send what follows from it."""
    now = utc_now()
    if ended.again_in_s is not None:
        return _write_retry(tenant, claimed, ended, now)
    with unit(tenant) as session:
        follows = completion.complete(
            session,
            tenant,
            completion.Completed(
                claimed.id,
                claimed.application_id,
                claimed.name,
                claimed.attempt,
                ended.status,
                ended.error,
                exactly(ended.finding, claimed),
            ),
            now,
        )
    if follows is None:
        _log.warning("check.lease_lost", check=claimed.name, run=claimed.id, attempt=claimed.attempt)
        return False
    _log.info("check.ended", check=claimed.name, run=claimed.id, status=ended.status, attempt=claimed.attempt)
    dispatch.send_checks(tenant, follows.ready)
    if follows.finished:
        dispatch.send_decision(tenant, claimed.application_id)
    return True


def exactly(finding: Finding, claimed: Claimed) -> Finding:
    """The finding cut to what the pack says this check provides; what it did not report is `Missing(failed)`."""
    by_name = {signal.name: signal for signal in finding.signals}
    told = tuple(
        by_name.get(name) or Signal(name, Missing(Reason.FAILED, "the check did not report it"), claimed.name)
        for name in dict.fromkeys(claimed.provides)
    )
    return Finding(tuple(_with_value(signal) for signal in told), finding.evidence)


def _with_value(signal: Signal) -> Signal:
    if signal.value is None:  # null is no observation
        return replace(signal, value=Missing(Reason.NOT_FOUND, "the source gave no value"))
    return signal


def _write_retry(tenant: str, claimed: Claimed, ended: Ended, now: datetime) -> bool:
    again = now + timedelta(seconds=ended.again_in_s or 0.0)
    facts = {"id": claimed.id, "attempt": claimed.attempt, "again": again, "now": now, "error": ended.error}
    with unit(tenant) as session:
        if session.execute(_AGAIN, facts).first() is None:
            return False
    _log.info("check.again", check=claimed.name, run=claimed.id, attempt=claimed.attempt)
    dispatch.send_checks(tenant, [Due(claimed.id, claimed.name, claimed.timeout_s, again)])
    return True


def _given_up(claimed: Claimed, now: datetime) -> Ended | None:
    if claimed.attempt > max(claimed.retries + 1, MAX_CRASHES):
        detail = f"its worker was lost {claimed.attempt - 1} times"
        return _unknown(claimed, "failed", Reason.FAILED, detail)
    if claimed.deadline_at is not None and claimed.deadline_at <= now:
        return _unknown(claimed, "timed_out", Reason.TIMED_OUT, "the check did not end before its deadline")
    return None


def _no_such_check(claimed: Claimed) -> Ended:
    return _unknown(claimed, "failed", Reason.NOT_EXECUTED, "this installation has no such check")


def _failed(spec: CheckSpec, context: CheckContext, claimed: Claimed, failure: ConnectorError) -> Ended:
    known = None if spec.fallback is None else spec.fallback(context, failure)
    ended = _unknown(claimed, "failed", failure.reason, str(failure))
    if isinstance(failure, RetryLater) and claimed.attempt <= claimed.retries:
        return replace(ended, again_in_s=_backoff_s(claimed.attempt, failure))
    return ended if known is None else replace(ended, finding=known)


def _broken_off(claimed: Claimed, failure: Exception) -> Ended:
    if isinstance(failure, SoftTimeLimitExceeded):
        detail = f"the check took longer than {claimed.timeout_s} s"
        return _unknown(claimed, "timed_out", Reason.TIMED_OUT, detail)
    if isinstance(failure, DocumentRejected):
        return _unknown(claimed, "failed", Reason.NOT_READABLE, f"the file was rejected: {failure.code}")
    if isinstance(failure, NotExecuted):
        return _unknown(claimed, "failed", Reason.NOT_EXECUTED, failure.reason)
    # The text of an unforeseen error may quote what it worked on; its type and place may not.
    _log.error("check.error", check=claimed.name, run=claimed.id, **dispatch.placed(failure))
    return _unknown(claimed, "failed", Reason.FAILED, f"the check broke off ({type(failure).__name__})")


def _unknown(claimed: Claimed, status: str, reason: Reason, detail: str) -> Ended:
    return Ended(status, Finding(missing(claimed.provides, reason, detail, claimed.name)), detail)


def _backoff_s(attempt: int, failure: RetryLater) -> float:
    planned = min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2.0 ** (attempt - 1))
    return max(planned, min(failure.retry_after_s or 0.0, BACKOFF_CAP_S))


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(
        id=row.id,
        application_id=row.application_id,
        name=row.name,
        provides=tuple(row.provides),
        needs=tuple(row.needs),
        retries=row.retries,
        timeout_s=row.timeout_s,
        attempt=row.attempts,
        deadline_at=row.deadline_at,
    )


_CLAIM = text(
    "UPDATE check_run SET status = 'running', attempts = attempts + 1, started_at = COALESCE(started_at, :now),"
    " lease_until = CAST(:now AS timestamptz) + make_interval(secs => timeout_s + :grace)"
    " WHERE id = :id AND ((status = 'queued' AND (lease_until IS NULL OR lease_until <= :now))"
    " OR (status = 'running' AND lease_until < :now))"
    " RETURNING id, application_id, name, provides, needs, retries, timeout_s, attempts, deadline_at"
)
_AGAIN = text(
    "UPDATE check_run SET status = 'queued', lease_until = :again, enqueued_at = :now, error = :error"
    " WHERE id = :id AND attempts = :attempt AND status = 'running' RETURNING id"
)
