"""The machine-readable zone among the lines that the text reader saw on a travel document.

Fillers are what text readers miscount, so lines are set to length at their fillers. A look-alike character is exchanged
only if every check digit then holds; otherwise the zone stays as read, with its failed checks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Final

from ml.documents.layout import Placed
from ml.mrz import Mrz, parse_mrz

_SHAPES: Final = ((2, 44), (3, 30), (2, 36))
_CHECK_DIGITS: Final = ("document_number", "date_of_birth", "expiry_date")
_MAX_DOUBTS: Final = 7
_CONFUSED: Final = {"O": "0", "0": "O", "I": "1", "1": "I", "S": "5", "5": "S", "B": "8", "8": "B", "Z": "2", "2": "Z"}
_DIGITS: Final = str.maketrans("OQDILZSGB", "000112568")


def find_zone(lines: Iterable[Placed], today: date | None = None) -> tuple[Mrz, tuple[Placed, ...]] | None:
    """The zone and the lines it was read from; None where no check digit holds."""
    candidates = [(line, text) for line in lines if (text := _as_zone(line.text))]
    best: tuple[int, Mrz, tuple[Placed, ...]] | None = None
    for count, width in _SHAPES:
        for start in range(len(candidates) - count + 1):
            group = candidates[start : start + count]
            if any(abs(len(text) - width) > 4 + text.count("<") // 2 for _, text in group):
                continue
            zone = _parse([text for _, text in group], width, today)
            if not any(zone.checks.get(name) for name in _CHECK_DIGITS):
                continue
            score = sum(zone.checks.values()) + 10 * zone.valid
            if best is None or score > best[0]:
                best = (score, zone, tuple(line for line, _ in group))
    return (best[1], best[2]) if best else None


def _as_zone(text: str) -> str | None:
    plain = unicodedata.normalize("NFKD", re.sub(r"\s", "", text)).upper()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    compact = re.sub(r"[^\x00-\x7f]", "<", plain)  # the recogniser takes runs of fillers for kana and guillemets
    compact = re.sub(r"[^A-Z0-9<]", "", compact)
    digits = sum(char.isdigit() for char in compact)
    if len(compact) < 24 or ("<" not in compact and digits < 10):
        return None
    return compact


def _parse(texts: list[str], width: int, today: date | None) -> Mrz:
    as_read = parse_mrz([_set_to(text, width) for text in texts], today)
    if as_read.valid or as_read.kind is None:
        return as_read
    for variant in _variants([_set_to(text, width) for text in texts], width):
        repaired = parse_mrz(variant, today)
        if repaired.valid:
            note = "Look-alike characters were exchanged until every check digit held."
            return replace(repaired, notes=(*repaired.notes, note))
    return as_read


def _set_to(text: str, width: int) -> str:
    """Lengthen or shorten a line at its longest run of fillers."""
    missing = width - len(text)
    runs = sorted(re.finditer(r"<+", text), key=lambda run: len(run[0]))
    if missing == 0 or not runs:
        return text[:width]
    run = runs[-1]
    if missing > 0:
        return text[: run.end()] + "<" * missing + text[run.end() :]
    return text[: run.end() - min(-missing, len(run[0]) - 1)] + text[run.end() :]


def _variants(lines: list[str], width: int) -> Iterator[list[str]]:
    """Readings with digits put where only digits may stand, then every exchange of look-alikes in the numbers."""
    if any(len(line) != width for line in lines):
        return
    data = 0 if width == 30 else 1
    dates = 1
    fixed = list(lines)
    spans = ((0, 7), (8, 15)) if width == 30 else ((13, 20), (21, 28))
    for start, end in spans:
        row = fixed[dates]
        fixed[dates] = row[:start] + row[start:end].translate(_DIGITS) + row[end:]
    yield fixed
    number = range(5, 15) if width == 30 else range(10)
    doubtful = [index for index in number if fixed[data][index] in _CONFUSED][:_MAX_DOUBTS]
    for choice in product((False, True), repeat=len(doubtful)):
        letters = list(fixed[data])
        for index, exchange in zip(doubtful, choice, strict=True):
            letters[index] = _CONFUSED[letters[index]] if exchange else letters[index]
        variant = list(fixed)
        variant[data] = "".join(letters)
        yield variant
