"""Trials begun and ended by people: a shadow, or a challenger for a bounded share of references.

Only an approved or scheduled version is tried, against the version that is active at that moment; the pack has at most one
trial of each kind. A trial ends at once when it is stopped, and by itself when the champion or the candidate changes its
state. Each act is audited.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from service import audit
from service.db import unit
from service.errors import Conflict, Invalid, NotFound, Problem
from service.identity.actor import Actor, Permission
from service.packs.drafting import accept_note
from service.packs.reading import row_of
from service.packs.transition import active_row, end_trials, expect, reason_of
from service.tables import PackVersion, Trial, utc_now

MAX_PERCENT: Final = 50


def shadow(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Let a version decide beside the active one, recorded and without effect. Needs ACTIVATE_PACKS.

    Raises Conflict where the version is neither approved nor scheduled, nothing is active, or a shadow runs already.
    """
    return _start(actor, version_id, "shadow", None, note)


def challenge(actor: Actor, version_id: str, percent: int, note: str = "") -> dict[str, Any]:
    """Let a version answer for `percent` (1 to 50) of the references. Needs ACTIVATE_PACKS; raises as `shadow` does."""
    if not 1 <= percent <= MAX_PERCENT:
        raise Invalid("a challenger answers for a part", (Problem("/percent", f"is not 1 to {MAX_PERCENT}"),))
    return _start(actor, version_id, "challenger", percent, note)


def stop(actor: Actor, version_id: str, note: str = "") -> list[dict[str, Any]]:
    """End the version's running trials at once. Needs ACTIVATE_PACKS; raises `Conflict` where none runs."""
    actor.must(Permission.ACTIVATE_PACKS)
    note = accept_note(note)
    with unit(actor.tenant) as session:
        row_of(session, version_id)
        ended = end_trials(session, actor, utc_now(), note, version_id=version_id)
    if not ended:
        raise Conflict("no trial of this version is running")
    return listing(actor, version_id)


def listing(actor: Actor, version_id: str) -> list[dict[str, Any]]:
    """The trials in which the version was the candidate, newest first. Needs READ_PACKS."""
    actor.must(Permission.READ_PACKS)
    query = select(Trial).where(col(Trial.version_id) == version_id).order_by(col(Trial.id).desc()).limit(100)
    with unit(actor.tenant) as session:
        return [told(row) for row in session.execute(query).scalars()]


def trial_of(actor: Actor, version_id: str, trial_id: str) -> Trial:
    """The trial, if it is one of this version. Needs READ_PACKS; raises `NotFound`."""
    actor.must(Permission.READ_PACKS)
    with unit(actor.tenant) as session:
        row = session.get(Trial, trial_id)
    if row is None or row.version_id != version_id:
        raise NotFound("there is no such trial of this version")
    return row


def told(row: Trial) -> dict[str, Any]:
    """A trial for JSON."""
    return {
        "id": row.id,
        "pack": row.pack_id,
        "mode": row.mode,
        "percent": row.percent,
        "version_id": row.version_id,
        "digest": row.digest,
        "champion": {"id": row.champion_id, "digest": row.champion_digest},
        "note": row.note,
        "started_by": row.started_by,
        "started_at": _time(row.started_at),
        "running": row.ended_at is None,
        "ended_by": row.ended_by,
        "ended_at": _time(row.ended_at),
        "end_note": row.end_note,
    }


def _start(actor: Actor, version_id: str, mode: str, percent: int | None, note: str) -> dict[str, Any]:
    actor.must(Permission.ACTIVATE_PACKS)
    note = accept_note(note)
    try:
        with unit(actor.tenant) as session:
            row = row_of(session, version_id, lock=True)
            expect(row, "approved", "scheduled")
            champion = active_row(session, row.pack_id, lock=True)
            if champion is None:
                raise Conflict("no version of the pack is active, so there is nothing to try this one against")
            trial = _trial(actor, row, champion, mode, percent)
            trial.note = note
            session.add(trial)
            content = {"pack": row.pack_id, "mode": mode, "percent": percent, "version": row.id, "digest": row.digest}
            audit.append(session, actor, "trial.started", trial.id, content | {"note": note})
    except IntegrityError as failure:
        raise Conflict(reason_of(failure)) from None
    return told(trial)


def _trial(actor: Actor, row: PackVersion, champion: PackVersion, mode: str, percent: int | None) -> Trial:
    return Trial(
        tenant_id=actor.tenant,
        pack_id=row.pack_id,
        mode=mode,
        percent=percent,
        version_id=row.id,
        digest=row.digest,
        champion_id=champion.id,
        champion_digest=champion.digest,
        started_by=actor.id,
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
