"""The canonical form of values and packs, and the digests over it.

Two packs that mean the same have the same digest: YAML style, comments, key order, the order of declarations, trailing
zeros and line breaks do not count; every word, number, citation and the order of rules, routes and columns does. Cases
and the README are not part of it: adding an example changes no decision. Kinds are kept apart, so the text
"2026-01-01" never equals the date. SHA-256 over UTF-8 JSON with sorted keys, on any machine the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from engine.feel.numbers import plain_text
from engine.pack.model import Expr, PackSource
from engine.pack.problems import Place
from engine.signal import Missing

_UNORDERED = frozenset({"sources", "parameters", "signals", "checks", "decisions", "details", "fields"})
_LEFT_OUT = frozenset({"cases"})


def canonical(value: object) -> Any:
    """A FEEL value or record as JSON that keeps kinds apart.

    Raises:
        TypeError: for a value that has no canonical form.
    """
    if value is None or value is True or value is False or value.__class__ is str:
        return value
    if value.__class__ is int or value.__class__ is Decimal:  # by far the most frequent; the table says the same
        return ["number", plain_text(value)]
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    raise TypeError(f"a {type(value).__name__} has no canonical form")


_FORMS: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (Enum, lambda value: str(value.value)),
    (str, str),
    ((int, Decimal), lambda value: ["number", plain_text(value)]),
    (Missing, lambda value: ["missing", value.reason.value]),
    (datetime, lambda value: ["date and time", value.isoformat()]),
    (date, lambda value: ["date", value.isoformat()]),
    (timedelta, lambda value: ["days and time duration", value // timedelta(microseconds=1)]),
    ((list, tuple), lambda value: ["list", *(canonical(item) for item in value)]),
    (Mapping, lambda value: {str(key): canonical(item) for key, item in value.items()}),
)
"""In order: an enumeration is a string, a date and time is a date."""


def _record(record: Any) -> Any:
    if isinstance(record, Expr):
        return " ".join(record.text.split()) if '"' not in record.text else record.text.strip()
    found: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Place) or field.name in _LEFT_OUT or value is None:
            continue
        if isinstance(value, Mapping) and field.name not in _UNORDERED:
            # The order of columns and variables is kept: PRIORITY compares outputs from left to right.
            found[field.name] = ["ordered", *([key, canonical(item)] for key, item in value.items())]
        else:
            found[field.name] = canonical(value)
    return found


def canonical_pack(source: PackSource) -> Any:
    """The canonical content of a pack, as JSON."""
    return canonical(source)


def digest_of(content: object) -> str:
    """The SHA-256 of canonical JSON, in hexadecimal."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def to_json(value: object) -> Any:
    """A FEEL value as plain JSON for people and programs: numbers as numbers, dates as ISO texts."""
    if value is None or value.__class__ in _AS_IS:
        return value
    for kind, form in _PLAIN:
        if isinstance(value, kind):
            return form(value)
    return str(value)


_AS_IS: Final = frozenset({str, bool, int})


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() and value.adjusted() < 16 else float(value)


_PLAIN: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (int, int),
    (Decimal, _number),
    (date, lambda value: value.isoformat()),
    (Missing, lambda value: {"missing": value.reason.value}),
    ((list, tuple), lambda value: [to_json(item) for item in value]),
    (Mapping, lambda value: {str(key): to_json(item) for key, item in value.items()}),
)
