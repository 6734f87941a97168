"""How a case ends: the officer's outcome with reason and note, and the second pair of eyes where the route asks for it.

Whoever decided cannot be the second; a four-eyes case does not close without one. Both are said here in words and held by
constraints of the database (invariant 6). Every act names the version of the case it was made on.
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlmodel import Session

from service import outbox
from service.cases.page import get
from service.cases.reasons import REASON_CODES
from service.cases.timeline import (
    MIN_REASONED_NOTE,
    accept_note,
    case_row,
    may_take,
    must_be_version,
    must_hold,
    must_work,
    tell,
)
from service.db import unit
from service.decisions.rendering import open_answer, shown_number
from service.errors import Conflict, Forbidden, Invalid, Problem
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.tables import Application, Case, DecisionRow, utc_now

_APPLICATION: Final = {"approve": "approved", "decline": "rejected"}


def decide(  # noqa: PLR0917 - the words of one disposition, in the order of the seam
    actor: Actor, case_id: str, outcome: str, reason_code: str, note: str, version: int
) -> dict[str, Any]:
    """Decide one's case. A decline, and an approval against a rejecting verdict, need a note of 20 characters or more."""
    must_work(actor)
    _known(outcome, reason_code)
    with unit(actor.tenant) as session:
        row = case_row(session, case_id, lock=True)
        must_be_version(row, version)
        must_hold(actor, row)
        must_work(actor, row)
        verdict = _decision(session, row).verdict
        override = outcome == "approve" and verdict == "reject"
        said = accept_note(note, least=MIN_REASONED_NOTE if outcome == "decline" or override else 0)
        now = utc_now()
        row.outcome, row.reason_code, row.decided_by, row.decided_at = outcome, reason_code, actor.id, now
        row.version += 1
        facts = {"outcome": outcome, "reason_code": reason_code, "override": override, "verdict": verdict}
        if row.four_eyes:
            row.status, row.assignee_id, row.claimed_at = "second", None, None
            tell(session, actor, row, "recommended", note=said, data=facts)
        else:
            _close(session, row)
            tell(session, actor, row, "closed", note=said, data=facts)
    return get(actor, case_id)


def second(
    actor: Actor,
    case_id: str,
    agree: bool,  # noqa: FBT001 - the word of the act itself: agree, or send back
    note: str,
    version: int,
) -> dict[str, Any]:
    """Agree as the second pair of eyes, which closes the case, or send it back with a note. Needs SECOND_CASES."""
    actor.must(Permission.SECOND_CASES)
    said = accept_note(note, least=0 if agree else MIN_REASONED_NOTE)
    with unit(actor.tenant) as session:
        row = case_row(session, case_id, lock=True)
        must_be_version(row, version)
        if row.status != "second":
            raise Conflict(f"the case is {row.status}; nothing waits for a second pair of eyes")
        if row.decided_by == actor.id:
            raise Forbidden("whoever decided a case cannot be its second pair of eyes")
        if not may_take(actor, row.role) or not actor.id.startswith("per_"):
            raise Forbidden(f"this case is for the role {row.role}")
        row.version += 1
        facts = {"outcome": row.outcome, "reason_code": row.reason_code, "maker": row.decided_by}
        if agree:
            row.second_by = actor.id
            _close(session, row)
            tell(session, actor, row, "closed", note=said, data=facts)
        else:
            row.status, row.assignee_id, row.claimed_at = "claimed", row.decided_by, utc_now()
            row.outcome = row.reason_code = row.decided_by = row.decided_at = None
            tell(session, actor, row, "sent_back", note=said, data=facts)
    return get(actor, case_id)


def _known(outcome: str, reason_code: str) -> None:
    if outcome not in REASON_CODES:
        raise Invalid("the outcome is approve or decline", (Problem("/outcome", "is neither approve nor decline"),))
    if reason_code not in REASON_CODES[outcome]:
        codes = ", ".join(REASON_CODES[outcome])
        raise Invalid("the reason is not known", (Problem("/reason_code", f"is no reason to {outcome}", codes),))


def _decision(session: Session, row: Case) -> DecisionRow:
    found = session.get(DecisionRow, row.decision_id)
    if found is None:
        raise Conflict("the decision of this case is gone")
    return found


def _close(session: Session, row: Case) -> None:
    """Close the case, settle its application, and tell the subscribers and the applicant after commit."""
    now = utc_now()
    row.status, row.closed_at = "closed", now
    outcome = str(row.outcome)
    if row.application_id is not None:
        application = session.get(Application, row.application_id, with_for_update=True)
        if application is not None and application.status != "withdrawn":
            application.status, application.decided_at = _APPLICATION[outcome], now
            application.version += 1
    told: dict[str, Any] = {"case_id": row.id, "number": shown_number(row.number), "decision_id": row.decision_id}
    told |= {"application_id": row.application_id, "reference": row.reference, "outcome": outcome}
    told["customer_reasons"] = _customer_reasons(session, row) if outcome == "decline" else []
    outbox.put(session, row.tenant_id, "webhook", "case.closed", told)


def _customer_reasons(session: Session, row: Case) -> list[str]:
    answer = json.loads(open_answer(keyring(), _decision(session, row).answer or b"", row.tenant_id))
    return [str(text) for text in answer["customer_reasons"]]
