"""Reading and writing JSON.

Read strictly: UTF-8, no NaN or infinity, no twice-named key, no NUL and no half of a surrogate pair (the database holds
neither), bounded depth and numbers; fractions stay exact decimals where a decision hangs on them. What passes here cannot
make anything behind it fail by its mere form.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from starlette.responses import Response

MAX_DEPTH: Final = 32
MAX_DIGITS: Final = 40
MAX_EXPONENT: Final = 300
_EXACT_INTEGERS: Final = 2**53


class Malformed(ValueError):
    """The text is not JSON as we take it; the message says why and quotes nothing."""


class Json(Response):
    """An answer as JSON; decimals are numbers, times are RFC 3339."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the bytes; raises ValueError for NaN, which no answer may hold."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()


def parse(raw: bytes, *, exact: bool = False) -> Any:
    """Return the value; raises `Malformed`. With `exact`, fractions are `Decimal`, else finite floats."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    # Brackets can only be fewer than the depth; most bodies need no walk for this.
    deep = text.count("{") + text.count("[") > MAX_DEPTH
    decoder = _EXACT if exact else _FLOATS
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as failure:
        raise Malformed(f"the body is not JSON (line {failure.lineno}, column {failure.colno})") from None
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None
    if deep or "\\u" in text or "\x00" in text:
        _walk(value, 0)
    return value


def _walk(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Malformed("a text in the body holds NUL or half a surrogate pair")
    elif isinstance(value, dict):
        _down(depth)
        for key, item in value.items():
            _walk(key, depth)
            _walk(item, depth + 1)
    elif isinstance(value, list):
        _down(depth)
        for item in value:
            _walk(item, depth + 1)


def _down(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise Malformed(f"the body is nested more than {MAX_DEPTH} deep")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("an object in the body names a key twice")
    return found


def _constant(_: str) -> Any:
    raise Malformed("NaN and infinity are not JSON")


def _bounded(number: str) -> str:
    mantissa, _, exponent = number.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 5 or (exponent and abs(int(exponent)) > MAX_EXPONENT):
        raise Malformed(f"a number has more than {MAX_DIGITS} digits or an exponent over {MAX_EXPONENT}")
    return number


def _decimal(number: str) -> Decimal:
    return Decimal(_bounded(number))


def _float(number: str) -> float:
    value = float(_bounded(number))
    if not isfinite(value):
        raise Malformed("a number is too large")
    return value


def _decoder(fraction: Callable[[str], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_float=fraction,
        parse_int=lambda number: int(_bounded(number)),
        parse_constant=_constant,
        object_pairs_hook=_pairs,
    )


_EXACT = _decoder(_decimal)
_FLOATS = _decoder(_float)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value() and abs(value) < _EXACT_INTEGERS
        return int(value) if whole else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
