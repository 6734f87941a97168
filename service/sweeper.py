"""The sweeper: finds what a killed process, a lost message or a broker's night left lying, and sends it on its way.

It decides nothing itself and may run anywhere, any number of times at once: everything it sends is safe to run twice.
Per tenant: queued runs that nobody took, running ones whose lease ended, runs past their deadline, applications whose
checks have all ended and that have no decision, report runs nobody took, pack versions whose instant has come, and jobs
about pack versions that were lost. The outbox needs no sweep: its own claim
takes rows whose lease ended.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import text

from service import dispatch
from service.checks.completion import advance, lock
from service.checks.running import end_overdue
from service.db import tenant_ids, unit
from service.dispatch import Due
from service.packs.scheduling import activate_due
from service.tables import utc_now

LOST_AFTER_S: Final = 30  # a queued message that no worker took by then is sent again; a duplicate does no harm
BATCH: Final = 500
_log = structlog.get_logger("service.sweeper")


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was sent again or ended."""

    queued: int = 0
    leases: int = 0
    overdue: int = 0
    stalled: int = 0
    undecided: int = 0
    reports: int = 0
    activated: int = 0
    pack_jobs: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Swept)))

    @property
    def total(self) -> int:
        """All of it."""
        return sum(getattr(self, field.name) for field in fields(Swept))


def sweep(now: datetime | None = None, tenants: list[str] | None = None) -> Swept:
    """Sweep every tenant, or those named; returns what was found. One tenant's trouble does not stop the others."""
    moment, swept = now or utc_now(), Swept()
    for tenant in tenant_ids() if tenants is None else tenants:
        try:
            swept += _sweep_tenant(tenant, moment)
        except Exception as failure:  # noqa: BLE001 - the others' work must go on; the next round tries again
            _log.error("sweep.failed", tenant=tenant, **dispatch.placed(failure))
    if swept.total:
        _log.info("sweep.found", **{field.name: getattr(swept, field.name) for field in fields(Swept)})
    return swept


def _sweep_tenant(tenant: str, now: datetime) -> Swept:
    facts = {"now": now, "lost": now - timedelta(seconds=LOST_AFTER_S), "batch": BATCH}
    with unit(tenant) as session:
        late = list(session.execute(_OVERDUE, facts).scalars())
        queued = [_due(row) for row in session.execute(_LOST, facts)]
        leases = [_due(row) for row in session.execute(_EXPIRED, facts)]
        stalled = list(session.execute(_STALLED, facts).scalars())
        undecided = list(session.execute(_UNDECIDED, facts).scalars())
        reports = list(session.execute(_REPORTS, facts).scalars())
        pack_jobs = list(session.execute(_PACK_JOBS, facts).scalars())
    ended = sum(end_overdue(tenant, run_id, now) for run_id in late)
    dispatch.send_checks(tenant, [*queued, *leases])
    for application_id in stalled:
        _advance(tenant, application_id, now)
    for application_id in undecided:
        dispatch.send_decision(tenant, application_id)
    for run_id in reports:
        dispatch.send_report(tenant, run_id)
    for job_id in pack_jobs:
        dispatch.send_pack_job(tenant, job_id)
    again = (len(queued), len(leases), ended, len(stalled), len(undecided), len(reports))
    return Swept(*again, activated=activate_due(tenant, now), pack_jobs=len(pack_jobs))


def _advance(tenant: str, application_id: str, now: datetime) -> None:
    with unit(tenant) as session:
        lock(session, application_id)
        follows = advance(session, application_id, now)
    dispatch.send_checks(tenant, follows.ready)


def _due(row: Any) -> Due:
    return Due(row.id, row.name, row.timeout_s)


_OVERDUE = text(
    "SELECT id FROM check_run WHERE deadline_at < :now AND (status = 'queued'"
    " OR (status = 'running' AND lease_until < :now)) ORDER BY id LIMIT :batch"
)
# The message's time is renewed here, so that a long queue is not sent again with every round.
_LOST = text(
    "UPDATE check_run SET enqueued_at = :now WHERE id IN (SELECT id FROM check_run WHERE status = 'queued'"
    " AND deadline_at >= :now AND GREATEST(enqueued_at, lease_until) < :lost ORDER BY id LIMIT :batch"
    " FOR UPDATE SKIP LOCKED) RETURNING id, name, timeout_s"
)
_EXPIRED = text(
    "UPDATE check_run SET enqueued_at = :now WHERE id IN (SELECT id FROM check_run WHERE status = 'running'"
    " AND deadline_at >= :now AND lease_until < :now"
    " AND (enqueued_at < lease_until OR enqueued_at < :lost) ORDER BY id LIMIT :batch"
    " FOR UPDATE SKIP LOCKED) RETURNING id, name, timeout_s"
)
# Waiting runs whose application has nothing queued or running: their start was lost between two transactions.
_STALLED = text(
    "SELECT DISTINCT w.application_id FROM check_run w WHERE w.status = 'waiting' AND NOT EXISTS"
    " (SELECT FROM check_run o WHERE o.application_id = w.application_id AND o.status IN ('queued', 'running'))"
    " LIMIT :batch"
)
_UNDECIDED = text(
    "SELECT a.id FROM application a WHERE a.status = 'checking' AND a.submitted_at < :lost AND NOT EXISTS"
    " (SELECT FROM check_run r WHERE r.application_id = a.id AND r.status NOT IN ('done', 'failed', 'timed_out'))"
    " AND COALESCE((SELECT max(r.finished_at) FROM check_run r WHERE r.application_id = a.id), a.submitted_at)"
    " < CAST(:now AS timestamptz) - interval '5 seconds' ORDER BY a.submitted_at LIMIT :batch"
)
_REPORTS = text(
    "SELECT id FROM report_run WHERE status = 'queued' AND created_at < :lost ORDER BY created_at LIMIT :batch"
)
# A long queue of proofs is not sent again with every round: the message's time is renewed here.
_PACK_JOBS = text(
    "UPDATE pack_job SET enqueued_at = :now WHERE id IN (SELECT id FROM pack_job WHERE (status = 'queued'"
    " AND enqueued_at < :lost) OR (status = 'running' AND lease_until < :now AND enqueued_at < :lost)"
    " ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED) RETURNING id"
)
