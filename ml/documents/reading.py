"""What reading a document yields: its kind, its fields with confidence and place, its checks and its quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ml.geometry import Box
from ml.ocr.reader import TextLine
from ml.quality import Quality

DocumentKind: TypeAlias = Literal[
    "pan_card", "aadhaar", "passport", "driving_licence", "voter_id", "utility_bill", "other"
]
FieldValue: TypeAlias = str | bool


@dataclass(frozen=True, slots=True)
class Field:
    """One value as read. Dates are ISO strings. `confidence` is 0-1, the least of the lines it was read from.

    `box` is in pixels of the upright photograph; None for a value that has no single place.
    """

    value: FieldValue
    confidence: float
    box: Box | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReading:
    """A document as read. A field that could not be read is absent from `fields`, never empty or guessed.

    `kind` is what the document was recognised as (or was said to be: then `checks["recognised"]` tells whether it looks
    like it). `lines` is all text, Aadhaar numbers masked. `portrait` is the face printed on it. `redactions` are the
    places of an Aadhaar number shown in full, to be blackened before the picture is kept.
    """

    kind: DocumentKind
    fields: dict[str, Field]
    checks: dict[str, bool]
    quality: Quality
    lines: tuple[TextLine, ...]
    model_ids: tuple[str, ...]
    width_px: int
    height_px: int
    portrait: Box | None = None
    redactions: tuple[Box, ...] = ()

    @property
    def confidence(self) -> float | None:
        """The least confidence among the fields, None when nothing was read."""
        return min((entry.confidence for entry in self.fields.values()), default=None)

    def text(self, name: str) -> str | None:
        """A field's value as text, None when it was not read."""
        entry = self.fields.get(name)
        return entry.value if entry is not None and isinstance(entry.value, str) else None
