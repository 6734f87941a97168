"""Who works a case: claim, take the next, release, hand over, escalate.

A claim is one statement that changes an open case, so that of two officers exactly one wins and the other is told so.
`claim_next` skips what others are taking at that moment instead of waiting for them.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import ColumnElement, literal, or_, select, update
from sqlmodel import Session, col

from service.cases.page import get
from service.cases.timeline import accept_note, case_row, must_hold, must_work, tell
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from service.identity.actor import Actor, Permission, Role, granted
from service.tables import Case, Person, utc_now

_QUEUE: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def claim(actor: Actor, case_id: str) -> dict[str, Any]:
    """Take an open case, or go on with one's own that waited. Raises `Conflict` where somebody else has it."""
    must_work(actor)
    free = or_(col(Case.status) == "open", (col(Case.status) == "waiting") & (col(Case.assignee_id) == actor.id))
    with unit(actor.tenant) as session:
        row = _take(session, actor, (col(Case.id) == case_id) & free & _for_roles(actor))
        if row is None:
            held = case_row(session, case_id)
            must_work(actor, held)
            raise Conflict(_why_not(held, actor))
        tell(session, actor, row, "claimed")
    return get(actor, case_id)


def claim_next(actor: Actor, queue: str | None = None) -> dict[str, Any]:
    """Take the most urgent open case of a queue, or of any that the actor may work; raises `NotFound` where none is."""
    must_work(actor)
    query = select(col(Case.id)).where(col(Case.status) == "open", _for_roles(actor))
    if queue is not None:
        query = query.where(col(Case.queue) == queue)
    urgent = query.order_by(col(Case.priority), col(Case.due_at), col(Case.number)).limit(1)
    with unit(actor.tenant) as session:
        chosen = session.execute(urgent.with_for_update(skip_locked=True)).scalar_one_or_none()
        row = None if chosen is None else _take(session, actor, col(Case.id) == chosen)
        if row is None:
            raise NotFound("no open case waits for you")
        tell(session, actor, row, "claimed")
    return get(actor, row.id)


def release(actor: Actor, case_id: str) -> dict[str, Any]:
    """Put a case back for others; its holder may, and whoever assigns cases."""
    must_work(actor)
    with unit(actor.tenant) as session:
        row = case_row(session, case_id, lock=True)
        if not actor.may(Permission.ASSIGN_CASES):
            must_hold(actor, row)
        if row.status not in {"claimed", "waiting"}:
            raise Conflict(f"the case is {row.status}; there is nothing to release")
        _free(row)
        tell(session, actor, row, "released")
    return get(actor, case_id)


def assign(actor: Actor, case_id: str, person_id: str) -> dict[str, Any]:
    """Hand a case to a person who may work it. Needs ASSIGN_CASES."""
    actor.must(Permission.ASSIGN_CASES)
    with unit(actor.tenant) as session:
        row = case_row(session, case_id, lock=True)
        person = session.get(Person, person_id)
        if person is None or person.status != "active":
            raise NotFound("there is no such active person")
        able = Permission.WORK_CASES in granted(person.roles)
        if not able or not (row.role in person.roles or Role.MANAGER.value in person.roles):
            raise Forbidden(f"this person does not work cases of the role {row.role}")
        if row.status not in {"open", "claimed", "waiting"}:
            raise Conflict(f"the case is {row.status}; it cannot be handed over")
        row.status, row.assignee_id, row.claimed_at = "claimed", person.id, utc_now()
        row.version += 1
        tell(session, actor, row, "assigned", data={"to": person.id})
    return get(actor, case_id)


def escalate(actor: Actor, case_id: str, queue: str, note: str) -> dict[str, Any]:
    """Move one's case to another queue, for an approval manager, and say why."""
    must_work(actor)
    said = accept_note(note, least=1)
    if not _QUEUE.fullmatch(queue):
        raise Invalid("there is no such queue", (Problem("/queue", "is not the name of a queue"),))
    with unit(actor.tenant) as session:
        row = case_row(session, case_id, lock=True)
        must_hold(actor, row)
        was = row.queue
        row.queue, row.role = queue, Role.MANAGER.value
        _free(row)
        tell(session, actor, row, "escalated", note=said, data={"from": was, "to": queue})
    return get(actor, case_id)


def _take(session: Session, actor: Actor, which: ColumnElement[bool]) -> Case | None:
    taken = {"status": "claimed", "assignee_id": actor.id, "claimed_at": utc_now(), "version": col(Case.version) + 1}
    return session.execute(update(Case).where(which).values(taken).returning(Case)).scalar_one_or_none()


def _free(row: Case) -> None:
    row.status, row.assignee_id, row.claimed_at = "open", None, None
    row.version += 1


def _for_roles(actor: Actor) -> ColumnElement[bool]:
    return or_(literal(Role.MANAGER.value in actor.roles), col(Case.role).in_(actor.roles))


def _why_not(held: Case, actor: Actor) -> str:
    if held.status == "closed":
        return "the case is closed"
    if held.status == "second":
        return "the case waits for its second pair of eyes"
    return "the case is yours already" if held.assignee_id == actor.id else "another officer has taken the case"
