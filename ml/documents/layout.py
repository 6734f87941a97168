"""Lines on a level page: which stand beside, below or above one another, and which carry a label.

Boxes are turned by the page's own slant first, so that rows are rows although the camera was tilted; lines that run
across the print (watermarks, stamps) are left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np
from rapidfuzz import fuzz

from ml.documents.template import Place
from ml.geometry import Box
from ml.ocr.reader import TextLine, reading_order

_MAX_SLANT_DEGREES: Final = 7.0
_LABEL_LIKENESS: Final = 86.0
_ANCHOR_LIKENESS: Final = 88.0
_REACH: Final = 2.6  # how many line heights below a label its value may begin
_LINE_GAP: Final = 1.9  # from one line of a block to the next


@dataclass(frozen=True, slots=True)
class Placed:
    """A line, its level box for comparing places, and the box where the reader saw it."""

    text: str
    confidence: float
    level: Box
    seen: Box


class Layout:
    """The lines of one page in reading order."""

    def __init__(self, lines: Iterable[TextLine]) -> None:
        self.lines = _levelled(list(lines))

    def anchors(self, anchors: Iterable[str]) -> int:
        """How many of the printed words `anchors` occur, small misreadings allowed."""
        texts = [_squeezed(line.text) for line in self.lines]
        return sum(any(_contains(text, _squeezed(anchor)) for text in texts) for anchor in anchors)

    def labelled(self, labels: Iterable[str]) -> list[tuple[Placed, str]]:
        """The lines that begin with one of `labels` and what follows the label on the line, longest label first."""
        found: list[tuple[Placed, str]] = []
        for label in sorted(labels, key=len, reverse=True):
            for line in self.lines:
                rest = _after_label(line.text, label)
                if rest is not None and all(line is not seen for seen, _ in found):
                    found.append((line, rest))
        return found

    def mentions(self, labels: Iterable[str]) -> bool:
        """Whether any of `labels` is printed anywhere, also behind another word or misread a little."""
        return self.anchors(label for label in labels if len(_squeezed(label)) >= 6) > 0

    def beside(self, label: Placed, place: Place) -> Placed | None:
        """The nearest line to the right of `label` on its row, or below or above it in its column."""
        if place == "right":
            row = [line for line in self.lines if line is not label and _on_row(label, line) and _right_of(label, line)]
            return min(row, key=lambda line: line.level.left, default=None)
        way = 1 if place == "below" else -1
        column = {
            distance: line
            for line in self.lines
            if line is not label
            and 0 < (distance := way * (line.level.centre[1] - label.level.centre[1])) <= label.level.height * _REACH
            and not _on_row(label, line)
            and _in_column(label, line)
        }
        return column[min(column)] if column else None

    def above(self, line: Placed, rows: int) -> Placed | None:
        """The line `rows` rows above `line` that begins at the same left edge."""
        column = [
            other
            for other in self.lines
            if other.level.centre[1] < line.level.centre[1]
            and not _on_row(other, line)
            and abs(other.level.left - line.level.left) < 1.5 * line.level.height
        ]
        column.sort(key=lambda other: -other.level.centre[1])
        if len(column) < rows:
            return None
        chosen = column[rows - 1]
        near = line.level.centre[1] - chosen.level.centre[1] <= rows * line.level.height * _REACH
        return chosen if near else None

    def block(self, first: Placed, limit: int = 5) -> list[Placed]:
        """`first` and the lines that go on below it at the same left edge."""
        block = [first]
        while len(block) <= limit:
            last = block[-1]
            below = [
                line
                for line in self.lines
                if 0 < line.level.centre[1] - last.level.centre[1] <= last.level.height * _LINE_GAP
                and not _on_row(last, line)
                and abs(line.level.left - first.level.left) < 1.5 * last.level.height
            ]
            if not below:
                break
            block.append(min(below, key=lambda line: line.level.centre[1]))
        return block


def slant_degrees(lines: Iterable[TextLine]) -> float:
    """The slant of the print: the median of the lines' upper edges, long lines only where there are some."""
    edges = [(line.box.width, line.box.corners) for line in lines if len(line.text) >= 4]
    if not edges:
        return 0.0
    typical = median(width for width, _ in edges)
    return median(
        math.degrees(math.atan2(corners[1][1] - corners[0][1], corners[1][0] - corners[0][0]))
        for width, corners in edges
        if width >= typical
    )


def _levelled(lines: list[TextLine]) -> list[Placed]:
    slant = slant_degrees(lines)
    angle = math.radians(-slant)
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    seen: dict[int, Box] = {}
    level: list[TextLine] = []
    for line in lines:
        box = line.box.mapped(turn)
        (x0, y0), (x1, y1) = box.corners[:2]
        if abs(math.degrees(math.atan2(y1 - y0, x1 - x0))) <= _MAX_SLANT_DEGREES:
            upright = TextLine(line.text, line.confidence, box)
            seen[id(upright)] = line.box
            level.append(upright)
    return [Placed(line.text, line.confidence, line.box, seen[id(line)]) for line in reading_order(level)]


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _contains(text: str, anchor: str) -> bool:
    if len(text) < len(anchor) - 2:
        return False
    return anchor in text or (len(anchor) >= 6 and fuzz.partial_ratio(anchor, text) >= _ANCHOR_LIKENESS)


def _after_label(text: str, label: str) -> str | None:
    """What follows `label` at the start of `text` (or after the slash of a bilingual label); None if it is not there.

    The label must end at a word's end: `Name` is no label of NAMEETA.
    """
    wanted = _squeezed(label)
    starts = [0, *(match.end() for match in re.finditer(r"[/|]", text))]
    for start in starts:
        letters = [(index, char) for index, char in enumerate(text[start:], start) if char.isalnum()]
        head = "".join(char for _, char in letters[: len(wanted)]).casefold()
        exact = head == wanted
        if len(head) == len(wanted) and (exact or (len(wanted) >= 6 and fuzz.ratio(head, wanted) >= _LABEL_LIKENESS)):
            end = letters[len(wanted) - 1][0] + 1
            rest = text[end:]
            if not rest or not rest[0].isalnum():
                return re.sub(r"^[\s:.,;'/|-]+", "", rest).strip()
    return None


def _on_row(a: Placed, b: Placed) -> bool:
    return abs(a.level.centre[1] - b.level.centre[1]) < 0.55 * max(a.level.height, b.level.height)


def _right_of(a: Placed, b: Placed) -> bool:
    return b.level.left > a.level.centre[0] and b.level.left > a.level.right - a.level.height


def _in_column(label: Placed, line: Placed) -> bool:
    aligned = abs(line.level.left - label.level.left) < 1.5 * label.level.height
    overlap = min(label.level.right, line.level.right) - max(label.level.left, line.level.left)
    return aligned or overlap > 0.6 * min(label.level.width, line.level.width)
