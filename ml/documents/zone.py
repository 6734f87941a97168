"""The machine-readable zone among the lines that the text reader saw on a travel document.

Fillers are what text readers miscount, so lines are set to length at their fillers, and letters and digits are told
apart where only one of them may stand. In the document number a look-alike is exchanged only if every check digit then
holds and no other exchange does as well; otherwise the zone stays as read, with its failed checks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Final

from ml.documents.layout import Placed
from ml.mrz import Mrz, parse_mrz

_SHAPES: Final = ((2, 44), (3, 30), (2, 36))
_CHECK_DIGITS: Final = ("document_number", "date_of_birth", "expiry_date")
_MAX_DOUBTS: Final = 7
_CONFUSED: Final = {"O": "0", "0": "O", "I": "1", "1": "I", "S": "5", "5": "S", "B": "8", "8": "B", "Z": "2", "2": "Z"}
_LETTERS: Final = str.maketrans("0125678", "OIZSGTB")
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
    lines = [_set_to(text, width) for text in texts]
    if any(len(line) != width for line in lines):
        return parse_mrz(lines, today)
    lines = _by_place(lines, width)
    as_read = parse_mrz(lines, today)
    if as_read.valid or as_read.kind is None:
        return as_read
    for variants in _exchanges(lines, width):
        valid = [zone for variant in variants if (zone := parse_mrz(variant, today)).valid]
        if len(valid) == 1:
            note = "Look-alike characters were exchanged until every check digit held."
            return replace(valid[0], notes=(*valid[0].notes, note))
        if valid:
            break  # two readings fit equally well: neither is known to be right
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


def _by_place(lines: list[str], width: int) -> list[str]:
    """Letters where Doc 9303 allows no digit (names, states), digits where it allows no letter (dates)."""
    letters = ((0, 0, 5), (1, 15, 18), (2, 0, 30)) if width == 30 else ((0, 0, width), (1, 10, 13))
    digits = ((1, 0, 7), (1, 8, 15)) if width == 30 else ((1, 13, 20), (1, 21, 28))
    rows = list(lines)
    for table, spans in ((_LETTERS, letters), (_DIGITS, digits)):
        for row, start, end in spans:
            part = rows[row][start:end].translate(table)
            # The one state of one letter is Germany, whose D readers take for a zero.
            rows[row] = rows[row][:start] + ("D<<" if part == "O<<" else part) + rows[row][end:]
    return rows


def _exchanges(lines: list[str], width: int) -> Iterator[list[list[str]]]:
    """Readings with one look-alike of the document number exchanged, then with two, and so on."""
    row, number = (0, range(5, 15)) if width == 30 else (1, range(10))
    doubtful = [index for index in number if lines[row][index] in _CONFUSED][:_MAX_DOUBTS]
    for count in range(1, len(doubtful) + 1):
        variants = []
        for chosen in combinations(doubtful, count):
            letters = [_CONFUSED[char] if at in chosen else char for at, char in enumerate(lines[row])]
            variants.append([*lines[:row], "".join(letters), *lines[row + 1 :]])
        yield variants
