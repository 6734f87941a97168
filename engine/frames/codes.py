"""Columns as codes: what a table can tell apart, and a value to stand for each code.

A table's cells compare a column with constants. Two values that lie alike among those constants are the same to the
table, so it is enough to decide it once for each position: on a constant itself, or on a value between two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from functools import reduce
from operator import add
from typing import Any, Final

import polars as pl

from engine.frames.compare import place, positions
from engine.frames.sheet import Column, Form, Sheet
from engine.pack.columns import simple_cell
from engine.pack.limits import MAX_NUMBER_DIGITS
from engine.pack.typed import Column as TableColumn

FEW_WORDS: Final = 8
_DAY: Final = timedelta(days=1)
_WIDE: Final = Context(prec=2 * MAX_NUMBER_DIGITS)


@dataclass(frozen=True, slots=True)
class Key:
    """One input of a slice: a column of the sheet, and the plain value of what stands in it.

    With a `radix` the column holds codes below it, the last of them for null; without, it holds the values themselves.
    """

    column: str
    plain: Callable[[Any], Any]
    radix: int | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """The constants that a column is compared with, ascending; `discrete` where it is only asked whether it is one."""

    values: tuple[Any, ...]
    discrete: bool


def ends_of(column: TableColumn, constants: Mapping[str, object]) -> Ends | None:
    """The constants that the cells of a table's column name; None where a cell is more than a comparison."""
    ends: set[Any] = set()
    discrete = True
    for cell in column.cells:
        found = simple_cell(cell.compiled.node, column.compiled.type, constants)
        if found is None:
            return None
        ends.update(found.constants())
        discrete &= all(operator in {"=", "!="} for term in found.terms for operator, _ in term)
    return Ends(tuple(sorted(ends)), discrete)


def coded(sheet: Sheet, column: Column, known: Ends, name: str) -> tuple[Key, pl.Expr | None] | None:
    """A column's positions among constants as a key, and where they are in doubt; None where there are none."""
    ends = known.values
    discrete = known.discrete and column.kind == "string"
    values = stand_ins(column.kind, ends, discrete=discrete)
    if values is None:
        return None
    doubt = column.doubt
    if column.kind == "number":
        if not ends:
            codes: pl.Expr = pl.when(column.value.is_not_null()).then(pl.lit(0, pl.UInt32))
        else:
            codes, doubt = positions(sheet, column, ends)
    elif column.kind == "boolean":
        codes = column.value.cast(pl.UInt32)
    elif discrete:
        codes = word_codes(column.value, ends)
    else:
        codes = place(column.value, ends) if ends else pl.when(column.value.is_not_null()).then(pl.lit(0, pl.UInt32))
    null = len(values)
    sheet.put(codes.cast(pl.UInt32).fill_null(pl.lit(null, pl.UInt32)), name)
    return Key(name, [*values, None].__getitem__, null + 1), doubt


def word_codes(value: pl.Expr, words: Sequence[Any]) -> pl.Expr:
    """0 for another word, else the word's number from 1."""
    if not words:
        return pl.when(value.is_not_null()).then(pl.lit(0, pl.UInt32))
    if len(words) <= FEW_WORDS:
        parts = [(value == word).cast(pl.UInt32) * number for number, word in enumerate(words, 1)]
        few: pl.Expr = reduce(add, parts)
        return few
    known = pl.Series(list(words))
    numbers = pl.Series(range(1, len(words) + 1), dtype=pl.UInt32)
    found = value.replace_strict(known, numbers, default=0, return_dtype=pl.UInt32)
    return pl.when(value.is_not_null()).then(found)


def stand_ins(kind: str, ends: Sequence[Any], *, discrete: bool) -> list[Any] | None:
    """A value for each code; one that no value has is stood for by null, and never comes."""
    if kind == "boolean":
        return [False, True]
    if discrete:
        other = "".join(str(end) for end in ends) + "."  # longer than any of them
        return [other, *ends]
    if kind == "string":
        return None
    found: list[Any] = []
    for number, end in enumerate(ends):
        before = ends[number - 1] if number else None
        found += [_between(kind, before, end), end]
    found.append(_between(kind, ends[-1] if ends else None, None))
    return found


def _between(kind: str, low: Any, high: Any) -> Any:
    if kind == "date":
        return _date_between(low, high)
    if low is None and high is None:
        return 0
    if low is None or high is None:
        return _WIDE.add(Decimal(high if low is None else low), -1 if low is None else 1)
    return _WIDE.divide(_WIDE.add(Decimal(low), Decimal(high)), Decimal(2))


def _date_between(low: date | None, high: date | None) -> date | None:
    if low is None:
        return date.min if high is None or high > date.min else None
    if high is None:
        return date.max if low < date.max else None
    return low + _DAY if low + _DAY < high else None


def raw(column: Column, name: str) -> Key:
    """A column's own values as a key."""
    if column.kind == "number":
        return Key(name, _plain_number(column.form))
    return Key(name, _itself)


def _itself(value: Any) -> Any:
    return value


def _plain_number(form: Form) -> Callable[[Any], Any]:
    scale = form.scale
    if scale is None:
        return _itself
    if scale == 0:
        return lambda value: None if value is None else int(value)
    return lambda value: None if value is None else Decimal(int(value)).scaleb(-scale, _WIDE)


def usable(key: Key) -> bool:
    """Whether the scalar engine admits every value that stands for a code: none has too many digits."""
    for code in range(key.radix or 0):
        value = key.plain(code)
        if isinstance(value, Decimal) and len(value.as_tuple().digits) > MAX_NUMBER_DIGITS:
            return False
    return True
