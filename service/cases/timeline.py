"""What every act on a case leaves behind, in its own transaction: a line of the timeline and a link of the audit.

Notes are sealed in the timeline and never part of the audit, which names people and codes only (invariants 8, 9).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, col

from service import audit
from service.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from service.identity.actor import Actor, Permission, Role
from service.keys import keyring
from service.tables import Case, CaseEvent

NOTE: Final = "case_event.note"
MIN_REASONED_NOTE: Final = 20
MAX_NOTE: Final = 1000


def case_row(session: Session, case_id: str, *, lock: bool = False) -> Case:
    """The case, locked until the transaction ends where asked; raises `NotFound`."""
    query = select(Case).where(col(Case.id) == case_id)
    row: Case | None = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if row is None:
        raise NotFound("there is no such case")
    return row


def must_work(actor: Actor, row: Case | None = None) -> None:
    """Raise `Forbidden` unless the actor is a person who works cases, and this one's role is among theirs."""
    actor.must(Permission.WORK_CASES)
    if not actor.id.startswith("per_"):
        raise Forbidden("cases are worked by people, not by keys")
    if row is not None and not may_take(actor, row.role):
        raise Forbidden(f"this case is for the role {row.role}")


def may_take(actor: Actor, role: str) -> bool:
    """An approval manager may take every case, others those of their roles."""
    return Role.MANAGER.value in actor.roles or role in actor.roles


def must_hold(actor: Actor, row: Case) -> None:
    """Raise `Conflict` unless the case is the actor's own to work on now."""
    if row.status == "closed":
        raise Conflict("the case is closed")
    if row.status not in {"claimed", "waiting"} or row.assignee_id != actor.id:
        raise Conflict("claim the case first; it is not yours now")


def must_be_version(row: Case, version: int) -> None:
    """Raise `Conflict` where the case has changed since the caller read it."""
    if row.version != version:
        raise Conflict("the case has changed since you read it; read it again")


def accept_note(note: str, *, least: int = 0) -> str:
    """A note of `least` to `MAX_NOTE` characters; raises `Invalid` with the limit."""
    text = note.strip()
    if not least <= len(text) <= MAX_NOTE:
        limits = f"has {least} to {MAX_NOTE} characters" if least else f"has at most {MAX_NOTE} characters"
        raise Invalid("the note does not fit", (Problem("/note", limits, f"it has {len(text)} now"),))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid("the note is not plain text", (Problem("/note", "has broken characters"),)) from None
    return text


def tell(
    session: Session, actor: Actor, row: Case, kind: str, *, note: str = "", data: Mapping[str, Any] | None = None
) -> None:
    """Write the line and then, last of all, the audit link."""
    sealed = keyring().seal(note.encode(), tenant=actor.tenant, field=NOTE) if note else None
    facts = dict(data or {})
    session.add(
        CaseEvent(
            tenant_id=actor.tenant,
            case_id=row.id,
            kind=kind,
            actor_id=actor.id,
            actor_name=actor.name,
            note=sealed,
            data=facts,
        )
    )
    audit.append(session, actor, f"case.{kind}", row.id, {"number": row.number, "status": row.status, **facts})
