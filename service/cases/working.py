"""Work on a case between claim and decision: notes, and questions to the applicant."""

from __future__ import annotations

from typing import Any

from service.cases.page import get
from service.cases.timeline import accept_note, case_row, must_hold, must_work, tell
from service.db import unit
from service.identity.actor import Actor


def note(actor: Actor, case_id: str, text: str) -> dict[str, Any]:
    """Add a note to the timeline of any case, closed ones too; it is sealed and never changed. Needs WORK_CASES."""
    must_work(actor)
    said = accept_note(text, least=1)
    with unit(actor.tenant) as session:
        row = case_row(session, case_id)
        tell(session, actor, row, "noted", note=said)
    return get(actor, case_id)


def request_information(actor: Actor, case_id: str, what: str, note: str = "") -> dict[str, Any]:
    """Let one's case wait for something from the applicant; its holder goes on by claiming it again."""
    must_work(actor)
    asked = accept_note("\n".join(part for part in (what.strip(), note.strip()) if part), least=1)
    with unit(actor.tenant) as session:
        row = case_row(session, case_id, lock=True)
        must_hold(actor, row)
        row.status = "waiting"
        row.version += 1
        tell(session, actor, row, "information_requested", note=asked)
    return get(actor, case_id)
