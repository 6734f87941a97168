"""Lists of cases: what waits where, how much of it is late, page by page in the order in which it should be worked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, tuple_
from sqlmodel import col

from service import values
from service.db import unit
from service.decisions.rendering import shown_number
from service.errors import Invalid
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.paging import Page, page_size
from service.sealed import DECLARED
from service.tables import Applicant, Application, Case, Person, utc_now


def listing(
    actor: Actor,
    queue: str | None = None,
    status: str | None = None,
    *,
    mine: bool = False,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """A page of cases by priority, deadline and number. `mine` are those that the actor holds. Needs READ_CASES."""
    actor.must(Permission.READ_CASES)
    size, order = page_size(limit), (col(Case.priority), col(Case.due_at), col(Case.number))
    query = (
        select(Case, col(Person.name), col(Applicant.declared))
        .outerjoin(Person, col(Person.id) == col(Case.assignee_id))
        .outerjoin(Application, col(Application.id) == col(Case.application_id))
        .outerjoin(Applicant, col(Applicant.id) == col(Application.applicant_id))
        .order_by(*order)
        .limit(size + 1)
    )
    if queue is not None:
        query = query.where(col(Case.queue) == queue)
    if status is not None:
        query = query.where(col(Case.status) == status)
    if mine:
        query = query.where(col(Case.assignee_id) == actor.id, col(Case.status) != "closed")
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*_cursor(after)))
    with unit(actor.tenant) as session:
        rows = session.execute(query).all()
    items = [line(row, name) | {"applicant_name": _name(actor, declared)} for row, name, declared in rows[:size]]
    last = rows[size - 1][0] if len(rows) > size else None
    return Page(items, None if last is None else f"{last.priority}|{last.due_at.isoformat()}|{last.number}")


def queues(actor: Actor) -> list[dict[str, Any]]:
    """Every queue with cases that are not closed: how many in each state, how many late. Needs READ_CASES."""
    actor.must(Permission.READ_CASES)
    counts = [
        func.count().filter(col(Case.status) == state).label(state)
        for state in ("open", "claimed", "waiting", "second")
    ]
    late = func.count().filter(col(Case.due_at) < utc_now()).label("late")
    mine = func.count().filter(col(Case.assignee_id) == actor.id).label("mine")
    query = (
        select(col(Case.queue), *counts, late, mine, func.min(col(Case.due_at)).label("next_due"))
        .where(col(Case.status) != "closed")
        .group_by(col(Case.queue))
        .order_by(text("late DESC"), col(Case.queue))
    )
    with unit(actor.tenant) as session:
        rows = session.execute(query).mappings().all()
    return [dict(row) | {"next_due": row["next_due"].isoformat() if row["next_due"] else None} for row in rows]


def line(row: Case, assignee: str | None = None) -> dict[str, Any]:
    """A case without anything sealed, ready for JSON."""
    times = ("due_at", "claimed_at", "decided_at", "closed_at", "created_at")
    told: dict[str, Any] = {
        "id": row.id,
        "number": shown_number(row.number),
        "reference": row.reference,
        "decision_id": row.decision_id,
        "application_id": row.application_id,
        "queue": row.queue,
        "priority": row.priority,
        "role": row.role,
        "four_eyes": row.four_eyes,
        "actions": list(row.actions),
        "risk": {"score": None if row.risk_score is None else float(row.risk_score), "category": row.risk_category},
        "headline": row.headline,
        "status": row.status,
        "assignee": {"id": row.assignee_id, "name": assignee} if row.assignee_id else None,
        "outcome": row.outcome,
        "reason_code": row.reason_code,
        "decided_by": row.decided_by,
        "second_by": row.second_by,
        "late": row.status != "closed" and row.due_at is not None and row.due_at < utc_now(),
        "version": row.version,
    }
    return told | {name: _time(getattr(row, name)) for name in times}


def _name(actor: Actor, declared: bytes | None) -> str | None:
    if declared is None or not actor.may(Permission.SEE_PERSONAL_DATA):
        return None
    name = values.unseal(keyring(), declared, tenant=actor.tenant, field=DECLARED).get("name")
    return None if name is None else str(name)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _cursor(after: str) -> tuple[int, datetime, int]:
    try:
        priority, due, number = after.split("|")
        return int(priority), datetime.fromisoformat(due), int(number)
    except ValueError:
        raise Invalid("the cursor is not one of ours") from None
