"""What became of a decision: good or bad, by a source that the caller names, so that packs can be judged by what happened.

Outcomes are only ever added. The newest of a source holds; telling it again changes nothing, so that a caller may send twice.
Notes may name a person and rest sealed.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import select, text
from sqlmodel import Session, col

from service import audit
from service.db import unit
from service.errors import Invalid, NotFound, Problem
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.packs.drafting import accept_note
from service.tables import DecisionOutcome, DecisionRow

OUTCOMES: Final = ("good", "bad")
NOTE: Final = "decision_outcome.note"
_SOURCE: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('verdict.outcome:' || :decision, 0))")


def record_outcome(actor: Actor, decision_id: str, outcome: str, source: str, note: str = "") -> dict[str, Any]:
    """Keep what became of a decision; the same outcome of the same source again is the one that is kept. Needs DECIDE.

    Raises NotFound, and Invalid for an outcome that is none or a source that is no short name.
    """
    actor.must(Permission.DECIDE)
    note = accept_note(note)
    faults = []
    if outcome not in OUTCOMES:
        faults.append(Problem("/outcome", "is neither good nor bad"))
    if not _SOURCE.fullmatch(source):
        faults.append(Problem("/source", "is no short name of small letters, digits, _ and -"))
    if faults:
        raise Invalid("the outcome cannot be kept", tuple(faults))
    with unit(actor.tenant) as session:
        if session.get(DecisionRow, decision_id) is None:
            raise NotFound("there is no such decision")
        session.execute(_LOCK, {"decision": decision_id})
        held = _newest(session, decision_id, source)
        if held is not None and held.outcome == outcome:
            return _told(held)
        sealed = keyring().seal(note.encode(), tenant=actor.tenant, field=NOTE) if note else None
        row = DecisionOutcome(
            tenant_id=actor.tenant,
            decision_id=decision_id,
            outcome=outcome,
            source=source,
            note=sealed,
            recorded_by=actor.id,
        )
        session.add(row)
        audit.append(session, actor, "decision.outcome", decision_id, {"outcome": outcome, "source": source})
    return _told(row)


def outcomes_of(actor: Actor, decision_id: str) -> list[dict[str, Any]]:
    """Every outcome of a decision, newest first, without notes. Needs READ_DECISIONS; raises `NotFound`."""
    actor.must(Permission.READ_DECISIONS)
    query = select(DecisionOutcome).where(col(DecisionOutcome.decision_id) == decision_id)
    with unit(actor.tenant) as session:
        if session.get(DecisionRow, decision_id) is None:
            raise NotFound("there is no such decision")
        return [_told(row) for row in session.execute(query.order_by(col(DecisionOutcome.id).desc())).scalars()]


def _newest(session: Session, decision_id: str, source: str) -> DecisionOutcome | None:
    query = select(DecisionOutcome).where(
        col(DecisionOutcome.decision_id) == decision_id, col(DecisionOutcome.source) == source
    )
    return session.execute(query.order_by(col(DecisionOutcome.id).desc()).limit(1)).scalar_one_or_none()


def _told(row: DecisionOutcome) -> dict[str, Any]:
    return {
        "id": row.id,
        "decision_id": row.decision_id,
        "outcome": row.outcome,
        "source": row.source,
        "recorded_by": row.recorded_by,
        "created_at": row.created_at.isoformat(),
    }
