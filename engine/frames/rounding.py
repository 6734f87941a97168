"""Rounding in columns: exact for numbers that are held exactly, in doubt within the error of the others.

A double that spells a decimal lies on the same side of every whole number and of every half as that decimal, for those
are doubles themselves; so rounding it to whole numbers is rounding the decimal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from engine.frames.numbers import guarded, rough
from engine.frames.sheet import Column, Sheet, either

Rounding = Callable[[pl.Expr, pl.Expr, pl.Expr], pl.Expr]
MAX_PLACES: Final = 10


def _half_up(below: pl.Expr, half: pl.Expr, negative: pl.Expr) -> pl.Expr:
    return below + ((half > 0) | ((half == 0) & ~negative))


def _half_down(below: pl.Expr, half: pl.Expr, negative: pl.Expr) -> pl.Expr:
    return below + ((half > 0) | ((half == 0) & negative))


def _half_even(below: pl.Expr, half: pl.Expr, negative: pl.Expr) -> pl.Expr:
    del negative
    return below + ((half > 0) | ((half == 0) & (below % 2 != 0)))


ROUNDINGS: Final[dict[str, Rounding]] = {
    "decimal": _half_even,
    "round": _half_even,
    "round half up": _half_up,
    "round half down": _half_down,
}
"""From the whole number below, the sign of what lies beyond its half, and whether the number is negative."""

DIRECTED: Final[dict[str, Callable[[pl.Expr, pl.Expr, pl.Expr], pl.Expr]]] = {
    "floor": lambda below, rest, negative: below,  # noqa: ARG005 - one shape for all
    "ceiling": lambda below, rest, negative: below + rest,  # noqa: ARG005 - likewise
    "round down": lambda below, rest, negative: below + (rest & negative),
    "round up": lambda below, rest, negative: below + (rest & ~negative),
}
"""From the whole number below, whether anything is left, and whether the number is negative."""


def rounded(sheet: Sheet, name: str, column: Column, places: int) -> Column:
    """A number with so many decimals."""
    scale = column.form.scale
    if scale is not None and scale <= places:
        return column
    if scale is not None:
        unit = 10 ** (scale - places)
        number = sheet.keep(column.value.cast(pl.Int64))
        below = sheet.keep(number // unit)
        rest = sheet.keep(number - below * unit)
        return guarded(sheet, _chosen(name, number, below, rest, unit / 2).cast(pl.Float64), places, column.doubt)
    if column.form.spelt and places == 0:
        number = sheet.keep(column.value)
        below = sheet.keep(number.floor())
        rest = sheet.keep(number - below)
        return guarded(sheet, _chosen(name, number, below, rest, 0.5), 0, column.doubt)
    return _within_error(sheet, name, column, places)


def _chosen(name: str, number: pl.Expr, below: pl.Expr, rest: pl.Expr, half: float) -> pl.Expr:
    negative = number < 0
    if name in DIRECTED:
        return DIRECTED[name](below, rest > 0, negative)
    return ROUNDINGS[name](below, rest.cast(pl.Float64) - half, negative)


def _within_error(sheet: Sheet, name: str, column: Column, places: int) -> Column:
    """Whatever lies within the error must round to the same; a tie, and what may be one, is in doubt."""
    value = sheet.kept(rough(sheet, column))
    assert value.error is not None
    shift = 10.0**places
    middle = sheet.keep(value.value * shift)
    reach = sheet.keep(value.error * (shift * 2) + middle.abs() * 2.0**-51 + 1e-300)
    ends = []
    for end in (middle - reach, middle + reach):
        number = sheet.keep(end)
        below = sheet.keep(number.floor())
        ends.append(sheet.keep(_chosen(name, number, below, sheet.keep(number - below), 0.5)))
    return guarded(sheet, ends[0], places, either([value.doubt, ends[0] != ends[1]]))
