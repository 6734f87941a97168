"""What a worker proves about a version: a `check` with its proofs, a `backtest` on stored decisions; kept by lease.

A job is one row: asked for in the transaction that needs it, claimed under a fencing number, renewed with each step of its
progress, and ended once. A killed worker's job is taken over when its lease ends and begins again from the start: its figures are
of one run or there are none. The sweeper sends again what no worker took.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from service import audit
from service.blobs import blobs
from service.db import unit
from service.dispatch import send_pack_job
from service.errors import Conflict, Invalid, NotFound, Problem
from service.identity.actor import Actor, Permission
from service.packs.drafting import must_work_on_packs
from service.packs.reading import row_of
from service.tables import PackJob, PackVersion, utc_now

LEASE_S: Final = 300  # longer than any one step: a batch of stored decisions, or a whole check under its time limit
MAX_ATTEMPTS: Final = 3
WINDOW: Final = timedelta(days=90)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNFINISHED: Final = ("queued", "running")


class LeaseLost(Exception):
    """Another worker has the job; what this one made is dropped."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is ours until its lease ends; `attempt` is the fencing number."""

    id: str
    kind: str
    pack_id: str
    version_id: str
    digest: str
    against_id: str | None
    from_at: datetime | None
    to_at: datetime | None
    attempt: int


def prove(actor: Actor, version_id: str) -> dict[str, Any]:
    """Ask for a check with proofs; the job that is under way already is told again. Needs WRITE_PACKS or APPROVE_PACKS."""
    must_work_on_packs(actor)
    with unit(actor.tenant) as session:
        row = row_of(session, version_id, lock=True)
        job = _begin_check(session, actor, row)
    send_pack_job(actor.tenant, job.id)
    return told(job)


def backtest(
    actor: Actor, version_id: str, first: date | None = None, last: date | None = None, against: str | None = None
) -> dict[str, Any]:
    """Ask for a back-test on the decisions stored from `first` to `last` (UTC days, both included; the last 90 days).

    `against` names another version of the pack; otherwise it is the active one. Needs WRITE_PACKS or APPROVE_PACKS. Raises
    Invalid for a window that is none, Conflict for a draft and while another back-test of the version is under way.
    """
    must_work_on_packs(actor)
    now = utc_now()
    start = now - WINDOW if first is None else datetime.combine(first, time(), UTC)
    end = now if last is None or last >= now.date() else datetime.combine(last, time(), UTC) + timedelta(days=1)
    if start >= end:
        raise Invalid("the window holds no time", (Problem("/to", "is before the first day, or all of it is to come"),))
    with unit(actor.tenant) as session:
        row = row_of(session, version_id, lock=True)
        if row.status in {"draft", "rejected"}:
            raise Conflict(f"the version is {row.status}; a back-test is of content that changes no more")
        if _open(session, version_id, "backtest") is not None:
            raise Conflict("a back-test of this version is under way; wait for it")
        rival = _active(session, row.pack_id) if against is None else row_of(session, against)
        if against is not None and (rival is None or rival.pack_id != row.pack_id or rival.status == "draft"):
            raise NotFound("there is no such version of this pack to compare with")
        covers = start <= now - WINDOW and end >= now
        job = _begin(session, actor, row, _backtest(row, rival, actor, (start, end), covers=covers))
    send_pack_job(actor.tenant, job.id)
    return told(job)


def begin_evidence(session: Session, actor: Actor, row: PackVersion, now: datetime) -> list[PackJob]:
    """Write the jobs that an approval needs in the caller's transaction; send them after it."""
    return [_begin_check(session, actor, row), *_begin_backtest(session, actor, row, now)]


def begin_backtests(session: Session, actor: Actor, pack_id: str, now: datetime) -> list[str]:
    """A new back-test for each version that waits for approval, where none is under way; returns the jobs to send."""
    query = select(PackVersion).where(col(PackVersion.pack_id) == pack_id, col(PackVersion.status) == "submitted")
    rows = list(session.execute(query.with_for_update()).scalars())
    return [job.id for row in rows for job in _begin_backtest(session, actor, row, now)]


def listing(actor: Actor, version_id: str, kind: str) -> list[dict[str, Any]]:
    """A version's jobs of a kind, newest first, at most a hundred, without their results. Needs READ_PACKS."""
    actor.must(Permission.READ_PACKS)
    query = select(PackJob).where(col(PackJob.version_id) == version_id, col(PackJob.kind) == kind)
    with unit(actor.tenant) as session:
        rows = session.execute(query.order_by(col(PackJob.id).desc()).limit(100)).scalars()
        return [told(row) for row in rows]


def get(actor: Actor, version_id: str, job_id: str) -> dict[str, Any]:
    """One job with its progress and, when it is done, its result. Needs READ_PACKS; raises `NotFound`."""
    actor.must(Permission.READ_PACKS)
    with unit(actor.tenant) as session:
        row = _of(session, version_id, job_id)
        return told(row) | {"result": row.result or None}


def download(actor: Actor, version_id: str, job_id: str) -> tuple[str, str, bytes]:
    """File name, media type and workbook of a finished back-test; audited. Needs READ_PACKS; raises `Conflict` before."""
    actor.must(Permission.READ_PACKS)
    with unit(actor.tenant) as session:
        row = _of(session, version_id, job_id)
        if row.status != "done" or row.content_key is None:
            raise Conflict(f"the job is {row.status}; there is no workbook")
        version = row_of(session, row.version_id)
        audit.append(session, actor, "pack.backtest_downloaded", row.version_id, {"job": row.id})
    name = f"backtest_{row.pack_id}_v{version.number}_{row.created_at:%Y-%m-%d}.xlsx"
    return name, XLSX, blobs().get(actor.tenant, row.content_key)


def claim(tenant: str, job_id: str, now: datetime) -> Claimed | None:
    """Take a queued job, or a running one whose lease has ended; None where it is not free."""
    with unit(tenant) as session:
        row = session.execute(_CLAIM, {"id": job_id, "now": now, "until": now + timedelta(seconds=LEASE_S)}).first()
    return None if row is None else Claimed(*row)


def progress(tenant: str, claimed: Claimed, done: int, total: int) -> None:
    """Keep how far it is and renew the lease; raises `LeaseLost`."""
    facts = {"id": claimed.id, "attempt": claimed.attempt, "done": done, "total": total}
    with unit(tenant) as session:
        if session.execute(_PROGRESS, facts | {"until": utc_now() + timedelta(seconds=LEASE_S)}).first() is None:
            raise LeaseLost


def finish(session: Session, actor: Actor, claimed: Claimed, facts: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """End the job in the caller's transaction, with its audit link last; raises `LeaseLost`."""
    query = select(PackJob).where(
        col(PackJob.id) == claimed.id, col(PackJob.attempts) == claimed.attempt, col(PackJob.status) == "running"
    )
    row = session.execute(query.with_for_update()).scalar_one_or_none()
    if row is None:
        raise LeaseLost
    for name, value in facts.items():
        setattr(row, name, value)
    row.finished_at, row.lease_until = utc_now(), None
    content = {"job": row.id, "status": row.status, "digest": row.digest, "against": row.against_digest}
    action = "pack.proved" if row.kind == "check" else "pack.backtested"
    audit.append(session, actor, action, row.version_id, content | dict(said))


def told(row: PackJob) -> dict[str, Any]:
    """A job for JSON, without its result."""
    times = {name: getattr(row, name) for name in ("from_at", "to_at", "created_at", "started_at", "finished_at")}
    return {
        "id": row.id,
        "kind": row.kind,
        "pack": row.pack_id,
        "version_id": row.version_id,
        "digest": row.digest,
        "against": None if row.against_id is None else {"id": row.against_id, "digest": row.against_digest},
        "covers_approval": row.covers,
        "status": row.status,
        "done": row.done,
        "total": row.total,
        "error": row.error,
        "workbook": row.content_key is not None,
        "requested_by": row.requested_by,
        **{name: None if moment is None else moment.isoformat() for name, moment in times.items()},
    }


def _begin(session: Session, actor: Actor, row: PackVersion, job: PackJob) -> PackJob:
    session.add(job)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("the same job was asked for at the same moment; read the version again") from None
    action = "pack.proof_requested" if job.kind == "check" else "pack.backtest_requested"
    content = {"job": job.id, "digest": job.digest, "against": job.against_digest}
    audit.append(session, actor, action, row.id, content)
    return job


def _begin_check(session: Session, actor: Actor, row: PackVersion) -> PackJob:
    held = _open(session, row.id, "check")
    if held is not None and held.digest == row.digest:
        return held
    if held is not None:
        _supersede(session, held, "the files were changed meanwhile")
    return _begin(session, actor, row, PackJob(**_about(row, "check", actor)))


def _begin_backtest(session: Session, actor: Actor, row: PackVersion, now: datetime) -> list[PackJob]:
    rival, held = _active(session, row.pack_id), _open(session, row.id, "backtest")
    if held is not None:
        if not held.covers or held.against_digest == (None if rival is None else rival.digest):
            return []
        _supersede(session, held, "another version became active meanwhile")
    job = _backtest(row, rival, actor, (now - WINDOW, now), covers=True)
    return [_begin(session, actor, row, job)]


def _supersede(session: Session, job: PackJob, why: str) -> None:
    """End an unfinished job that another one takes the place of; a worker that has it finds its lease lost."""
    job.status, job.error, job.finished_at, job.lease_until = "failed", why, utc_now(), None
    session.flush()


def _backtest(
    row: PackVersion, rival: PackVersion | None, actor: Actor, window: tuple[datetime, datetime], *, covers: bool
) -> PackJob:
    other = rival if rival is not None and rival.id != row.id else None
    return PackJob(
        **_about(row, "backtest", actor),
        against_id=None if other is None else other.id,
        against_digest=None if other is None else other.digest,
        from_at=window[0],
        to_at=window[1],
        covers=covers,
    )


def _about(row: PackVersion, kind: str, actor: Actor) -> dict[str, Any]:
    about = {"tenant_id": row.tenant_id, "pack_id": row.pack_id, "version_id": row.id, "digest": row.digest}
    return about | {"kind": kind, "requested_by": actor.id}


def _active(session: Session, pack_id: str) -> PackVersion | None:
    query = select(PackVersion).where(col(PackVersion.pack_id) == pack_id, col(PackVersion.status) == "active")
    return session.execute(query).scalar_one_or_none()


def _open(session: Session, version_id: str, kind: str) -> PackJob | None:
    query = select(PackJob).where(
        col(PackJob.version_id) == version_id, col(PackJob.kind) == kind, col(PackJob.status).in_(_UNFINISHED)
    )
    return session.execute(query).scalar_one_or_none()


def _of(session: Session, version_id: str, job_id: str) -> PackJob:
    row = session.get(PackJob, job_id)
    if row is None or row.version_id != version_id:
        raise NotFound("there is no such job of this version")
    return row


_CLAIM = text(
    "UPDATE pack_job SET status = 'running', attempts = attempts + 1, done = 0, lease_until = :until,"
    " started_at = COALESCE(started_at, :now) WHERE id = :id"
    " AND (status = 'queued' OR (status = 'running' AND lease_until < :now))"
    " RETURNING id, kind, pack_id, version_id, digest, against_id, from_at, to_at, attempts AS attempt"
)
_PROGRESS = text(
    "UPDATE pack_job SET done = :done, total = :total, lease_until = :until"
    " WHERE id = :id AND attempts = :attempt AND status = 'running' RETURNING id"
)
