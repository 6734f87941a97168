"""Packs and their versions: drafts are changed whole, by table, or by parameter; the life cycle's acts carry a note.

What a worker proves about a version, and what a candidate does on live traffic, are told here too.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from api.wire.base import FILE_PATTERN, Asked, Note, PackId, RecordId, Told

FileName = Annotated[str, StringConstraints(pattern=FILE_PATTERN)]
FileText = Annotated[str, StringConstraints(max_length=1024 * 1024)]
Files = Annotated[dict[FileName, FileText], Field(min_length=1, max_length=200)]
Cell = Annotated[str, StringConstraints(max_length=10_000)] | bool | int | float | None
RowVersion = Annotated[
    int, Field(ge=1, le=2**31 - 1, description="of the draft as it was read; a changed draft refuses")
]

IMPORT_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "an Excel workbook, a DMN model of 1.1 to 1.6, or a zip of YAML files",
                        },
                        "note": {"type": "string", "maxLength": 1000},
                    },
                },
                "example": {
                    "file": (
                        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="auto_loan_in"'
                        ' namespace="https://example.org/" id="m"><inputData id="i" name="score"><variable name="score"'
                        ' typeRef="number"/></inputData><decision id="d" name="points"><variable name="points"'
                        ' typeRef="number"/><informationRequirement id="r"><requiredInput href="#i"/>'
                        "</informationRequirement><literalExpression><text>score * 2</text></literalExpression>"
                        "</decision></definitions>"
                    ),
                    "note": "the modeller's version",
                },
            }
        },
    }
}
"""A form is not a pydantic model, so its schema stands here; the example's file is a whole model."""


class DraftBody(Asked):
    """A new draft: from a version, from files, or from the active version where both are absent."""

    from_version: RecordId | None = None
    files: Files | None = None
    note: Note = ""


class NewPackBody(DraftBody):
    """A draft of a pack that may not exist yet."""

    pack: PackId


class FilesBody(Asked):
    """All files of a draft."""

    files: Files
    row_version: RowVersion


class TableBody(Asked):
    """The rows of one table, all of them, as the grid shows them: column name to cell text."""

    rows: list[dict[Annotated[str, StringConstraints(max_length=200)], Any]] = Field(max_length=5000)
    row_version: RowVersion


class ParameterBody(Asked):
    """One dated value of a parameter, with its source."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "effective_from": "2027-01-01",
                "value": 0.62,
                "source": "policy",
                "note": "Calibrated again in December",
                "row_version": 1,
            }
        }
    )

    effective_from: date
    value: Any = Field(description="a number, text, boolean, date text, or a list of them")
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    note: Note = ""
    row_version: RowVersion


class PackLine(Told):
    """A pack in the list: its active version, and drafts on the way."""


class VersionLine(Told):
    """A version in the list: draft, submitted, approved, scheduled, active, retired or rejected."""

    id: str
    status: str


class VersionAnswer(VersionLine):
    """A version with its files."""

    files: dict[str, str] = Field(default_factory=dict)
    row_version: int = 1
    evidence: dict[str, Any] | None = Field(default=None, description="what an approval finds; null for a draft")


class NotCarried(Told):
    """One thing of a file that the draft leaves out, or that had to be decided because the file does not say it."""

    where: str
    line: int = Field(description="0 where there is none")
    message: str
    remedy: str


class ImportedVersion(VersionAnswer):
    """A draft made of a file."""

    imported: Literal["dmn", "xlsx", "yaml"] = Field(description="what the file was, by its content")
    content_digest: str = Field(description="of what the draft decides by; an unchanged export keeps its version's")
    not_carried: list[NotCarried]


class CheckReport(Told):
    """Compile problems, lints and cases; only a version whose report is green is approved."""

    ok: bool


class Change(Told):
    """One difference between two versions, in the pack's terms."""


class Diff(Told):
    """What moves from `a` to `b`."""

    changes: list[dict[str, Any]] = Field(default_factory=list)


class Tables(Told):
    """The tables of a version as rows for a grid."""

    items: list[dict[str, Any]]


class Parameters(Told):
    """The dated parameters of a version."""

    items: list[dict[str, Any]]


class ScheduleBody(Asked):
    """When an approved version takes effect."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"effective_from": "2027-01-01T00:00:00+05:30", "note": "with the new policy"}}
    )

    effective_from: AwareDatetime = Field(description="RFC 3339 with its offset, to come")
    note: Note = ""


class RollBackBody(Asked):
    """Which version decides again, and why."""

    to: RecordId | None = Field(default=None, description="a retired version; the one before where absent")
    note: Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]


class BacktestBody(Asked):
    """The days of stored decisions, both included, in UTC; the last 90 days where absent, as an approval asks."""

    model_config = ConfigDict(json_schema_extra={"example": {"from": "2026-09-01", "to": "2026-09-30"}})

    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")
    against: RecordId | None = Field(default=None, description="another version; the active one where absent")


class ChallengeBody(Asked):
    """How much of the live traffic a candidate answers."""

    percent: int = Field(ge=1, le=50, description="of the references, the same ones always")
    note: Note = ""


class PackJob(Told):
    """A worker's task about a version: queued, running, done or failed; `done` of `total` rows."""

    id: str
    kind: str
    status: str
    done: int
    total: int | None = None


class PackJobResult(PackJob):
    """The task with its figures, when it is done."""

    result: dict[str, Any] | None = None


class Trial(Told):
    """A candidate on live traffic, without effect (`shadow`) or for a part of the references (`challenger`)."""

    id: str
    mode: str
    running: bool
    percent: int | None = None


class TrialFigures(Trial):
    """The trial in figures: agreement, where verdicts move from champion to candidate, arms with their outcomes."""

    compared: int
    agree: int
    differ: int
    pending: int
    failed: int
    fallbacks: int
    verdicts: dict[str, dict[str, int]]
    categories: dict[str, dict[str, int]]
