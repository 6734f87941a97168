"""When a version takes effect: an instant set by a person, kept exactly once, and never later than it is needed.

A due version is activated by the sweeper's round, and by the first decision that is asked for after its instant, whichever
comes first: from that instant on no decision is made by the version before, even where no worker runs. The row's lock and
its state make it one activation however many try; it is audited as the scheduler's, with who scheduled it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, col

from service import audit
from service.db import unit
from service.dispatch import send_pack_job
from service.errors import Invalid, Problem
from service.identity.actor import Actor, Permission, system
from service.packs import jobs
from service.packs.transition import expect, make_active, transition
from service.tables import PackVersion

MAX_AHEAD: Final = timedelta(days=731)


def schedule(actor: Actor, version_id: str, effective_from: datetime, note: str = "") -> dict[str, Any]:
    """Let an approved version take effect at an instant to come; scheduling again moves it. Needs ACTIVATE_PACKS.

    Raises Invalid for a time without a zone, in the past, or more than two years ahead; Conflict where another version of
    the pack has the same instant.
    """
    actor.must(Permission.ACTIVATE_PACKS)
    if effective_from.utcoffset() is None:
        raise Invalid("say when, with its zone", (Problem("/effective_from", "has no offset from UTC"),))
    try:
        instant = effective_from.astimezone(UTC)
    except OverflowError:
        raise Invalid("say when, within the calendar", (Problem("/effective_from", "is no instant in UTC"),)) from None

    def act(_session: Session, row: PackVersion, now: datetime) -> dict[str, Any]:
        if not now < instant <= now + MAX_AHEAD:
            where = "is not to come; activate the version instead" if instant <= now else "is more than two years ahead"
            raise Invalid("a version is scheduled for an instant to come", (Problem("/effective_from", where),))
        expect(row, "approved", "scheduled")
        before = row.effective_from if row.status == "scheduled" else None
        row.status, row.effective_from, row.scheduled_by = "scheduled", instant, actor.id
        moved = {} if before is None else {"moved_from": before.isoformat()}
        return {"effective_from": instant.isoformat()} | moved

    return transition(actor, version_id, "pack.scheduled", note, act)


def unschedule(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Take the instant back; the version stays approved. Needs ACTIVATE_PACKS."""
    actor.must(Permission.ACTIVATE_PACKS)

    def act(_session: Session, row: PackVersion, _now: datetime) -> dict[str, Any]:
        expect(row, "scheduled")
        before = row.effective_from
        row.status, row.effective_from, row.scheduled_by = "approved", None, None
        return {"was_effective_from": None if before is None else before.isoformat()}

    return transition(actor, version_id, "pack.unscheduled", note, act)


def activate_due(tenant: str, now: datetime, pack_id: str | None = None) -> int:
    """Activate what is due, in order of the instants, each exactly once; returns how many this call activated."""
    query = select(col(PackVersion.id)).where(
        col(PackVersion.status) == "scheduled", col(PackVersion.effective_from) <= now
    )
    if pack_id is not None:
        query = query.where(col(PackVersion.pack_id) == pack_id)
    with unit(tenant) as session:
        due = list(session.execute(query.order_by(col(PackVersion.effective_from))).scalars())
    return sum(_activate_due(tenant, version_id, now) for version_id in due)


def _activate_due(tenant: str, version_id: str, now: datetime) -> bool:
    begun: list[str] = []
    actor = system(tenant, "scheduler")
    query = select(PackVersion).where(col(PackVersion.id) == version_id).with_for_update()
    with unit(tenant) as session:
        row = session.execute(query).scalar_one()
        if row.status != "scheduled" or row.effective_from is None or row.effective_from > now:
            return False  # somebody was faster, or has taken it back
        content = {"pack": row.pack_id, "number": row.number, "digest": row.digest, "was": row.status, "note": ""}
        content |= {"effective_from": row.effective_from.isoformat(), "scheduled_by": row.scheduled_by}
        content |= make_active(session, actor, row, now)
        row.row_version += 1
        audit.append(session, actor, "pack.activated", row.id, content)
        begun.extend(jobs.begin_backtests(session, actor, row.pack_id, now))
    for job_id in begun:
        send_pack_job(tenant, job_id)
    return True
