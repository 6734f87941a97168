"""Personal values shown in part to those who may not see them whole (invariant 9).

A masked value still lets an officer tell two records apart and says little of itself to anybody else. Decisions need no
masking: the engine leaves personal values out of reasons, warnings and trace.
"""

from __future__ import annotations

from datetime import date
from typing import Final

HIDDEN: Final = "•••"


def masked(name: str, value: object) -> object:
    """The part of a personal value that may be shown; `name` is its signal's dotted name. None stays None."""
    if value is None:
        return None
    if isinstance(value, date) or _is_date(value):
        return f"{str(value)[:4]}-••-••"
    return _masked_text(name.rpartition(".")[2], value) if isinstance(value, str) and value.strip() else HIDDEN


def _masked_text(leaf: str, text: str) -> str:
    if leaf in {"pan", "number"} and len(text) == 10:
        return f"{text[:5]}••••{text[-1]}"
    if "@" in text:
        return f"{text[0]}•••@•••"
    return " ".join(f"{part[0]}." for part in text.split()) if leaf.endswith("name") else HIDDEN


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
