"""What a text reader promises: lines with text, confidence and place, in reading order, or NotExecuted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ml.geometry import Box
from ml.images import Picture


@dataclass(frozen=True, slots=True)
class TextLine:
    """One printed line. `confidence` is 0-1, the mean probability of its characters."""

    text: str
    confidence: float
    box: Box


@runtime_checkable
class TextReader(Protocol):
    """Reads the text of an RGB picture. An empty picture has no lines; a reader that cannot run raises NotExecuted."""

    @property
    def model_id(self) -> str:
        """Name and digest of the weights, as a decision cites them."""
        ...

    def read(self, picture: Picture, *, detail_px: int = 640) -> list[TextLine]:
        """Find and read all lines, top to bottom and left to right.

        `detail_px` is the long side at which text is looked for: 640 suits a card, a page needs 960.
        """
        ...

    def read_lines(self, crops: list[Picture]) -> list[tuple[str, float]]:
        """Read pictures that each show exactly one upright line."""
        ...


def reading_order(lines: list[TextLine]) -> list[TextLine]:
    """Sort lines into rows from the top, each row from the left: boxes that overlap by half their height share a row."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda entry: entry.box.centre[1]):
        if rows and _same_row(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda entry: entry.box.left)]


def _same_row(a: TextLine, b: TextLine) -> bool:
    return abs(a.box.centre[1] - b.box.centre[1]) < 0.5 * min(a.box.height, b.box.height)
