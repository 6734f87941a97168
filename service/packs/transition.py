"""One step of a version's life: the row locked, the step checked, the audit's link in the same transaction.

What the database refuses by a constraint comes back as a sentence. Making a version active retires the one before and ends
every trial of the pack in that transaction: no moment has two active versions, and no figures have two champions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from service import audit
from service.db import unit
from service.errors import Conflict, Invalid, Problem
from service.identity.actor import Actor
from service.packs.drafting import accept_note
from service.packs.reading import get, row_of
from service.tables import PackVersion, Trial, utc_now

AUTHOR_NEVER_APPROVES: Final = "whoever wrote on a version cannot approve it"
_CONSTRAINTS: Final = {
    "uq_pack_digest": "a version with the same content exists already; a rule must change for a new version",
    "author_never_approves": AUTHOR_NEVER_APPROVES,
    "uq_pack_active": "another version was activated at the same moment; read the list again",
    "uq_pack_scheduled": "another version of this pack is scheduled for the same instant",
    "uq_trial_open": "another trial of this kind runs on the pack; stop it first",
}
Act = Callable[[Session, PackVersion, datetime], Mapping[str, Any] | None]


def transition(actor: Actor, version_id: str, action: str, note: str, act: Act) -> dict[str, Any]:
    """Do `act` on the locked row and audit it as `action`, with what `act` returns; answers with the version as it is then.

    Raises NotFound, Invalid for a note that cannot be kept, Conflict where the database refuses, and whatever `act` raises.
    """
    note, now = accept_note(note), utc_now()
    try:
        with unit(actor.tenant) as session:
            row = row_of(session, version_id, lock=True)
            was = row.status
            more = act(session, row, now)
            row.row_version += 1
            row.note = note or row.note
            content = {"pack": row.pack_id, "number": row.number, "digest": row.digest, "was": was, "note": note}
            audit.append(session, actor, action, row.id, content | dict(more or {}))
    except IntegrityError as failure:
        raise Conflict(reason_of(failure)) from None
    return get(actor, version_id)


def expect(row: PackVersion, *allowed: str) -> None:
    """Raise `Conflict` where the version is in none of these states."""
    if row.status not in allowed:
        raise Conflict(f"the version is {row.status}; this needs one that is {' or '.join(allowed)}")


def must_say_why(note: str) -> None:
    """Raise `Invalid` for an empty note."""
    if not note.strip():
        raise Invalid("say why in the note", (Problem("/note", "is empty"),))


def make_active(session: Session, actor: Actor, row: PackVersion, now: datetime) -> dict[str, Any]:
    """Let this version decide from now on; returns which version it replaced, for the audit."""
    held = active_row(session, row.pack_id, lock=True)
    if held is not None and held.id != row.id:
        held.status, held.retired_at, held.row_version = "retired", now, held.row_version + 1
        session.flush()  # the unique index allows one active version at any moment, so the old one goes first
    end_trials(session, actor, now, "another version became active", pack_id=row.pack_id)
    row.status, row.activated_at, row.retired_at = "active", now, None
    session.flush()
    return {"replaced": None if held is None else held.digest}


def active_row(session: Session, pack_id: str, *, lock: bool = False) -> PackVersion | None:
    """The active version's row, if there is one."""
    query = select(PackVersion).where(col(PackVersion.pack_id) == pack_id, col(PackVersion.status) == "active")
    return session.execute(query.with_for_update() if lock else query).scalar_one_or_none()


def end_trials(
    session: Session,
    actor: Actor,
    now: datetime,
    note: str,
    *,
    pack_id: str | None = None,
    version_id: str | None = None,
) -> list[str]:
    """End the running trials of a pack, or of one candidate, each audited; returns their ids. Call it after other rows."""
    query = select(Trial).where(col(Trial.ended_at).is_(None)).order_by(col(Trial.id)).with_for_update()
    if pack_id is not None:
        query = query.where(col(Trial.pack_id) == pack_id)
    if version_id is not None:
        query = query.where(col(Trial.version_id) == version_id)
    ended = []
    for trial in session.execute(query).scalars():
        trial.ended_at, trial.ended_by, trial.end_note = now, actor.id, note
        content = {"pack": trial.pack_id, "mode": trial.mode, "digest": trial.digest, "note": note}
        audit.append(session, actor, "trial.ended", trial.id, content)
        ended.append(trial.id)
    return ended


def reason_of(failure: IntegrityError) -> str:
    """What the database refused, as a sentence."""
    name = getattr(getattr(failure.orig, "diag", None), "constraint_name", None)
    return _CONSTRAINTS.get(str(name), "the database refused the change; read the version again")
