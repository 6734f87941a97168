"""Reading the fields of a template from a layout: finders look for lines, types decide whether a line is the value.

A line that does not have the form of its field's type is passed over for the next finder; what no finder yields stays
unread. Confidence is the least of the lines used, lowered where a look-alike character had to be exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ml.documents.dates import date_in
from ml.documents.layout import Layout, Placed
from ml.documents.numbers import aadhaar_last4_in, pan_in
from ml.documents.template import FieldRule, FieldType, Finder, Template

_REPAIRED: Final = 0.9
_GENDERS: Final = {"male": "M", "female": "F", "transgender": "X"}
_NAME: Final = re.compile(r"[^\W\d_][^\d_:/|]{1,79}")
_PIN: Final = re.compile(r"(?<!\d)[1-9]\d{2}\s?\d{3}(?!\d)")


@dataclass(frozen=True, slots=True)
class Found:
    """A value with the lines it came from. `repaired` says that a look-alike character was exchanged in it."""

    value: str
    lines: tuple[Placed, ...]
    repaired: bool = False
    masked: bool | None = None

    @property
    def confidence(self) -> float:
        """0-1: the least of the lines, times 0.9 after a repair."""
        return min(line.confidence for line in self.lines) * (_REPAIRED if self.repaired else 1.0)


def read_fields(layout: Layout, template: Template) -> dict[str, Found]:
    """All fields of `template` that `layout` yields, in the template's order."""
    found: dict[str, Found] = {}
    labels = [label for rule in template.fields for finder in rule.find for label in finder.labelled]
    labelled = layout.mentions(labels)
    for rule in template.fields:
        for finder in rule.find:
            if finder.only_unlabelled and labelled:
                continue
            value = _first(_candidates(layout, finder, found), rule, layout, labels)
            if value is not None:
                found[rule.name] = value
                break
    return found


def _candidates(layout: Layout, finder: Finder, found: dict[str, Found]) -> Iterator[Placed]:
    """The lines that a finder points at, likeliest first."""
    if finder.anywhere is not None:
        pattern = re.compile(finder.anywhere)
        yield from (replace(line, text=hit[0]) for line in layout.lines if (hit := pattern.search(line.text)))
    elif finder.above is not None:
        below = found.get(finder.above)
        last = found.get(finder.followed_by) if finder.followed_by else None
        in_order = not finder.followed_by or (below and last and _under(last, below))
        above = layout.above(below.lines[0], finder.rows) if below and in_order else None
        if above is not None:
            yield above
    else:
        yield from _labelled(layout, finder)


def _under(a: Found, b: Found) -> bool:
    return a.lines[0].level.top > b.lines[0].level.bottom


def _labelled(layout: Layout, finder: Finder) -> Iterator[Placed]:
    for label, rest in layout.labelled(finder.labelled):
        for place in finder.look:
            if place != "same":
                neighbour = layout.beside(label, place)
                if neighbour is not None:
                    yield neighbour
            elif rest:
                yield replace(label, text=rest)


def _first(candidates: Iterator[Placed], rule: FieldRule, layout: Layout, labels: list[str]) -> Found | None:
    for line in candidates:
        if rule.type == "address":
            value = _address(layout, line, labels)
        elif rule.type in ("name", "number") and _is_label(line, labels):
            continue
        else:
            value = _typed(line, rule.type)
        if value is not None:
            return value
    return None


def _typed(line: Placed, kind: FieldType) -> Found | None:
    text = line.text
    match kind:
        case "date":
            day = date_in(text)
            return Found(day.isoformat(), (line,)) if day else None
        case "pan":
            pan = pan_in(text)
            return Found(pan[0], (line,), repaired=pan[1]) if pan else None
        case "aadhaar":
            number = aadhaar_last4_in(text)
            return Found(number[0], (line,), masked=number[1]) if number else None
        case "gender":
            return Found(_GENDERS[text.lower()], (line,)) if text.lower() in _GENDERS else None
        case "number":
            compact = re.sub(r"[^A-Za-z0-9/-]", "", text)
            return Found(compact, (line,)) if any(char.isdigit() for char in compact) else None
        case _:
            printed = re.sub(r"\s+", " ", text).strip(" .,-'")
            # A name's words begin with capitals, so a small L there is a capital I in a face that draws them alike.
            name = re.sub(r"\bl(?=[A-Za-z])", "I", printed) if any(char.isupper() for char in printed) else printed
            return Found(name, (line,), repaired=name != printed) if _NAME.fullmatch(name) else None


def _is_label(line: Placed, labels: list[str]) -> bool:
    """Whether a line is a label of this template or the beginning of one."""
    text = line.text.strip(" :.").casefold()
    return any(label.casefold().startswith(text) for label in labels)


def _address(layout: Layout, first: Placed, labels: list[str]) -> Found | None:
    """The lines from `first` on, ended by a PIN code, a label, a number of another kind or the end of the block."""
    block = layout.block(next((line for line in layout.lines if line.seen == first.seen), first))
    used: list[Placed] = []
    for line in (first, *block[1:]):
        if used and (_is_label(line, labels) or aadhaar_last4_in(line.text) or ":" in line.text[:24]):
            break
        used.append(line)
        if _PIN.search(line.text):
            break
    text = re.sub(r"\s+", " ", " ".join(line.text.strip() for line in used)).strip(" ,")
    return Found(text, tuple(used)) if len(text) >= 8 and " " in text else None
