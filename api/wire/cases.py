"""Cases: what officers send. The case page itself is the service's and is told as it comes (`service.cases.get`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.wire.base import Asked, Name, Note, RecordId, Told

Outcome = Literal["approve", "decline"]
ReasonCode = Annotated[str, StringConstraints(pattern="^[A-Za-z][A-Za-z0-9_]{0,63}$")]


class ClaimNextBody(Asked):
    """Take the next case of one queue, or of any that the caller may work."""

    model_config = ConfigDict(json_schema_extra={"example": {"queue": "kyc_review"}})

    queue: Name | None = None


class AssignBody(Asked):
    """Hand a case to a person."""

    person_id: RecordId


class EscalateBody(Asked):
    """Move a case to another queue, and say why."""

    queue: Name
    note: Note = Field(min_length=1)


class AskBody(Asked):
    """Ask the applicant for something; the case waits."""

    what: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    note: Note = ""


class CaseNoteBody(Asked):
    """A note for the timeline."""

    text: Note = Field(min_length=1)


class CaseDecisionBody(Asked):
    """What the officer decides. `version` is that of the case as it was read: a changed case refuses."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "outcome": "approve",
                "reason_code": "documents_agree",
                "note": "Name differs by an initial only; passport seen.",
                "version": 2,
            }
        }
    )

    outcome: Outcome
    reason_code: ReasonCode
    note: Note = ""
    version: int = Field(ge=1, le=2**31 - 1)


class SecondBody(Asked):
    """The second pair of eyes: agree and the case closes, or send it back with a note."""

    agree: bool
    note: Note = ""
    version: int = Field(ge=1, le=2**31 - 1)


class CaseLine(Told):
    """A case in a list."""

    id: str
    queue: str
    status: str


class CasePage(Told):
    """The whole case page: case, decision, signals, documents, hits, timeline."""


class Queues(Told):
    """What waits, by queue."""

    items: list[dict[str, Any]]


class ReasonCodes(Told):
    """The codes that a disposition may carry, with their words."""

    approve: list[dict[str, str]]
    decline: list[dict[str, str]]
