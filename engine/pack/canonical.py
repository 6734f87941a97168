"""The canonical form of values and packs, and the digests over it.

Two packs that mean the same have the same digest: YAML style, comments, key order, the order of declarations, trailing
zeros and line breaks do not count; every word, number, citation and the order of rules, routes and columns does. Cases
and the README are not part of it: adding an example changes no decision. Kinds are kept apart, so the text
"2026-01-01" never equals the date. SHA-256 over UTF-8 JSON with sorted keys, on any machine the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring
from typing import Any, Final

from engine.feel.numbers import plain_text
from engine.feel.values import YearsMonths
from engine.pack.model import Expr, PackSource, Row
from engine.pack.problems import Place
from engine.signal import Missing

_UNORDERED = frozenset(
    {"sources", "parameters", "signals", "checks", "decisions", "details", "fields", "cells", "if_missing"}
)
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
        named = field.name in _UNORDERED or isinstance(record, Row)  # a row names its columns, in whatever order
        if isinstance(value, Mapping) and not named:
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
    return digest_of_text(
        json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    )


def digest_of_text(text: str) -> str:
    """The SHA-256 of a text that is canonical JSON already, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical_text(value: object) -> str:
    """The canonical form as the JSON text that digests are computed from; a FEEL kind without one by its own spelling."""
    try:
        return _spelled(value)
    except TypeError:
        return json.dumps([type(value).__name__, repr(value)], separators=(",", ":"), ensure_ascii=False)


def canonical_texts(values: Iterable[object]) -> list[str]:
    """The canonical texts of many values."""
    return [form(value) if (form := _TEXTS.get(value.__class__)) else canonical_text(value) for value in values]


def _spelled(value: Any) -> str:
    form = _TEXTS.get(value.__class__)
    if form is not None:
        return form(value)
    if value.__class__ is list:
        return f'["list"{"".join(["," + _spelled(item) for item in value])}]'
    if value.__class__ is dict:
        return f"{{{','.join([encode_basestring(key) + ':' + _spelled(value[key]) for key in sorted(value)])}}}"
    return json.dumps(canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    type(None): lambda _: "null",
    bool: {True: "true", False: "false"}.__getitem__,
    str: encode_basestring,
    int: '["number","{}"]'.format,
    Decimal: lambda value: f'["number","{plain_text(value)}"]',
    date: '["date","{}"]'.format,
    Missing: lambda value: f'["missing","{value.reason.value}"]',
    YearsMonths: lambda value: f'{{"total":["number","{value.total}"]}}',
}
"""The texts of the kinds that signals have most, written without a detour."""


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
