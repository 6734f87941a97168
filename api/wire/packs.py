"""Packs and their versions: drafts are changed whole, by table, or by parameter; the life cycle's acts carry a note."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from api.wire.base import FILE_PATTERN, Asked, Note, PackId, RecordId, Told

FileName = Annotated[str, StringConstraints(pattern=FILE_PATTERN)]
FileText = Annotated[str, StringConstraints(max_length=1024 * 1024)]
Files = Annotated[dict[FileName, FileText], Field(min_length=1, max_length=200)]
Cell = Annotated[str, StringConstraints(max_length=10_000)] | bool | int | float | None
RowVersion = Annotated[
    int, Field(ge=1, le=2**31 - 1, description="of the draft as it was read; a changed draft refuses")
]


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
    """A version in the list: draft, submitted, approved, active, retired or rejected."""

    id: str
    status: str


class VersionAnswer(VersionLine):
    """A version with its files."""

    files: dict[str, str] = Field(default_factory=dict)
    row_version: int = 1


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
