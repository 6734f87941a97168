"""What every request and answer has in common: frozen requests that refuse unknown keys, open answers, pages.

Requests are closed, because a misspelt key that is silently ignored is a wrong decision; answers are open, for callers
must survive added keys. Lengths are bounded here, where the input is parsed, so that nothing behind needs to ask again.
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Item = TypeVar("Item")

ID_PATTERN = "^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$"
PACK_PATTERN = "^[a-z][a-z0-9_]{1,63}$"
NAME_PATTERN = "^[a-z][a-z0-9_-]{0,63}$"
FILE_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,3}$"

PackId = Annotated[str, StringConstraints(pattern=PACK_PATTERN)]
"""A pack's name, e.g. `auto_loan_in`."""

RecordId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""An identifier of ours: three letters that say the kind, and 26 characters that sort by time."""

Reference = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
"""The caller's own number of a thing; it is written into logs and reports, so it must hold no personal data."""

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""A short machine name: a queue, a list, a report."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""One line that people read."""

Note = Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True)]
"""What an officer writes; limits are those of the confirm drawer."""

SignalName = Annotated[
    str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*){0,7}$", max_length=128)
]
"""A dotted signal name, e.g. `bureau.score`."""


class Asked(BaseModel):
    """A request's body: frozen, and refused whole where it has a key that nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """An answer's body: what is written here is always there; more may come with later versions."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Page(Told, Generic[Item]):
    """A part of a list, newest first unless said otherwise; `next` goes into `?after=` and is null on the last page."""

    items: list[Item]
    next: str | None = Field(default=None, description="opaque; null when this is the last page")


class NoteBody(Asked):
    """An optional note to an act."""

    note: Note = ""
