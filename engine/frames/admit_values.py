"""Columns of single values: typed, held against their declaration, and marked where they are refused.

Numbers become doubles that stand for an exact decimal (`Form` says how); a value that no double can stand for marks its
row `odd`, for the scalar engine to decide. Refusals name the column, how many rows and the first of them, never a value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from engine.frames.numbers import EXACT_MAX, SPELT, SPELT_MAX, exact, quotients
from engine.frames.sheet import Form
from engine.pack.admit import admission
from engine.pack.limits import MAX_STRING_CHARS
from engine.pack.model import SignalSpec
from engine.pack.problems import SignalProblem

MAX_EXACT_SCALE: Final = 15  # decimals of a Decimal column; beyond them a double holds too few digits to say more
_DATES: Final = (date.min, date.max)


@dataclass(slots=True)
class Marks:
    """What became of columns: the rows `refused`, those `odd`, the problems, and the forms of numbers by signal."""

    refused: pl.Series | None = None
    odd: pl.Series | None = None
    problems: list[SignalProblem] = field(default_factory=list)
    refusals: dict[str, tuple[str, int]] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)

    def refuse(self, name: str, expected: str, rows: pl.Series) -> None:
        """Mark rows that a signal refuses."""
        count = int(rows.sum())
        if not count:
            return
        first = rows.arg_max()
        self.refusals[name] = (expected, count)
        shown = "1 row" if count == 1 else f"{count} rows"
        self.problems.append(SignalProblem(name, expected, f"something else in {shown}, first in row {first}"))
        self.refused = rows if self.refused is None else self.refused | rows

    def set_aside(self, rows: pl.Series) -> None:
        """Mark rows for the scalar engine."""
        if rows.any():
            self.odd = rows if self.odd is None else self.odd | rows


def absent(spec: SignalSpec, rows: int) -> pl.Series:
    """A column of nulls for a signal."""
    dtype = {"number": pl.Float64, "boolean": pl.Boolean, "date": pl.Date, "list": pl.UInt32}.get(spec.type, pl.String)
    return pl.Series("", [None], dtype).new_from_index(0, rows)


def admit_values(spec: SignalSpec, given: pl.Series, found: Marks) -> pl.Series:
    """A column of single values as it stands in the work sheet; what is refused or odd is marked."""
    if given.dtype == pl.Null:
        return absent(spec, len(given))
    if given.dtype == pl.Object:
        found.set_aside(given.is_not_null())
        return absent(spec, len(given))
    if isinstance(given.dtype, pl.Categorical | pl.Enum):
        given = given.cast(pl.String)
    expected = admission(spec).expected
    if spec.type == "number":
        values, refused = _numbers(spec, given, found)
    elif spec.type == "string":
        values, refused = _strings(spec, given)
    elif spec.type == "boolean":
        values, refused = (given, none_of(given)) if given.dtype == pl.Boolean else (None, given.is_not_null())
    elif spec.type == "date":
        values, refused = dates_of(given)
        refused |= _outside(values, spec.low, spec.high)
        if spec.values is not None:
            refused |= values.is_not_null() & ~values.is_in(pl.Series(list(spec.values), dtype=pl.Date).implode())
    else:  # no column form: date and time
        found.set_aside(given.is_not_null())
        return absent(spec, len(given))
    found.refuse(spec.id, expected, refused)
    return absent(spec, len(given)) if values is None else values


def none_of(given: pl.Series) -> pl.Series:
    """A mark on no row."""
    return pl.Series("", [False]).new_from_index(0, len(given))


def _strings(spec: SignalSpec, given: pl.Series) -> tuple[pl.Series | None, pl.Series]:
    if given.dtype != pl.String:
        return None, given.is_not_null()
    if spec.values is not None:
        allowed = pl.Series([str(value) for value in spec.values]).implode()
        return given, ~given.is_in(allowed).fill_null(value=True)
    if (given.str.len_bytes().max() or 0) > MAX_STRING_CHARS:  # type: ignore[operator]  # a count or None
        return given, (given.str.len_chars() > MAX_STRING_CHARS).fill_null(value=False)
    return given, none_of(given)


def dates_of(given: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Dates and ISO texts as dates, and the rows that are neither."""
    if given.dtype == pl.Null:
        return given.cast(pl.Date), none_of(given)
    if given.dtype == pl.Date:
        values = given
    elif isinstance(given.dtype, pl.String | pl.Categorical | pl.Enum):
        texts = given.cast(pl.String)
        seen = texts.unique().drop_nulls()
        # A column without any text has nothing to replace and would keep its type.
        values = texts.replace_strict(seen, [_iso(text) for text in seen.to_list()], return_dtype=pl.Date).cast(pl.Date)
    else:
        return pl.Series("", [None], pl.Date).new_from_index(0, len(given)), given.is_not_null()
    refused = (values.is_null() & given.is_not_null()) | _outside(values, *_DATES)
    return values, refused


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _numbers(spec: SignalSpec, given: pl.Series, found: Marks) -> tuple[pl.Series | None, pl.Series]:
    dtype = given.dtype
    if not dtype.is_numeric():
        return None, given.is_not_null()
    form = SPELT
    if dtype.is_integer():
        values, form = given.cast(pl.Float64), exact(0)
        _large(values, found)
    elif isinstance(dtype, pl.Decimal):
        scale = dtype.scale
        unscaled = given.to_physical().cast(pl.Float64)
        if scale > MAX_EXACT_SCALE:
            found.set_aside(given.is_not_null())
        else:
            _large(unscaled, found)
        values, form = unscaled, exact(scale)
    else:
        values = given.cast(pl.Float64)
        refused = ~values.is_finite().fill_null(value=True)
        if refused.any():
            values = values.set(refused, None)
            return values, refused | _beyond(values, spec, SPELT)
        if bool((values.floor() == values).all()):  # null rows are left out
            _large(values, found)
            form = exact(0)
    found.forms[spec.id] = form
    return values, _beyond(values, spec, form)


def _large(values: pl.Series, found: Marks) -> None:
    """Set aside the rows that a double may have rounded."""
    low, high = values.min(), values.max()
    if isinstance(low, float) and isinstance(high, float) and max(-low, high) >= EXACT_MAX:
        found.set_aside((values.abs() >= EXACT_MAX).fill_null(value=False))


def _beyond(values: pl.Series, spec: SignalSpec, form: Form) -> pl.Series:
    """The rows outside the declared range or values. Rows set aside are refused by the scalar engine, if at all."""
    plain = quotients(values, form.scale)
    if spec.values is not None:
        return ~plain.is_in(pl.Series([float(str(value)) for value in spec.values]).implode()).fill_null(value=True)
    refused = none_of(values)
    for bound, sign in ((spec.low, 1), (spec.high, -1)):
        if bound is None:
            continue
        assert isinstance(bound, int | Decimal)
        near = float(bound)
        within = plain > near if sign > 0 else plain < near
        # At the double nearest to the bound, the decimal it spells decides.
        if (Decimal(repr(near)) - bound) * sign >= 0:
            within |= plain == near
        refused |= ~within.fill_null(value=True)
    return refused


def _outside(values: pl.Series, low: Any, high: Any) -> pl.Series:
    refused = none_of(values)
    if low is not None:
        refused |= (values < low).fill_null(value=False)
    if high is not None:
        refused |= (values > high).fill_null(value=False)
    return refused


def spelled(values: pl.Series, form: Form | None, marks: Marks) -> pl.Series:
    """Numbers as doubles that spell their decimals; other values as they are."""
    if form is None or not form.scale:
        return values
    marks.set_aside((values.abs() >= SPELT_MAX).fill_null(value=False))
    return quotients(values, form.scale)
