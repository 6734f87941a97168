"""Comparison of columns of numbers, and where among fixed ends a number lies.

Doubles that spell decimals compare as the decimals do: their shortest spellings lie in disjoint intervals, in the order
of the doubles. A constant is compared through the nearest double where that double spells it; where it does not, only
equality with that double is in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any, Final

import polars as pl

from engine.frames.numbers import aligned, rough, spelt
from engine.frames.sheet import Column, Sheet, either

_UNIT: Final = 2.0**-52
FEW_ENDS: Final = 6  # up to here comparisons are quicker than a search


def compare_numbers(sheet: Sheet, operator: str, left: Column, right: Column) -> Column:
    """`= != < <= > >=` of two columns of numbers."""
    first, second = (sheet.kept(column) for column in aligned(sheet, [left, right]))
    doubts = [first.doubt, second.doubt]
    for one in (left, right):
        number = one.constant
        if first.form.spelt and isinstance(number, int | Decimal) and Decimal(repr(float(number))) != number:
            doubts.append(first.value == second.value)
    if first.error is not None and second.error is not None:
        error = first.error + second.error
        gap = (first.value - second.value).abs()
        # Twice the error: the difference is rounded too. Two numbers without any error are what they are.
        doubts.append(((gap <= error * 2) & (error > 0)) | ~gap.is_finite())
    return Column("boolean", compared(operator, first.value, second.value), doubt=either(doubts))


def compared(operator: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """A comparison of two Polars columns."""
    return {
        "=": left.eq,
        "!=": left.ne,
        "<": left.lt,
        "<=": left.le,
        ">": left.gt,
        ">=": left.ge,
    }[operator](right)


def positions(sheet: Sheet, column: Column, ends: Sequence[int | Decimal]) -> tuple[pl.Expr, pl.Expr | None]:
    """Where a number lies among ascending ends, and where that is in doubt.

    Position 2k is below end k (and above the one before), 2k+1 is end k itself; null stays null.
    """
    plain = spelt(sheet, column)
    nearest = [float(end) for end in ends]
    if plain is not None:
        value = sheet.keep(plain.value)
        unsure = [near for near, end in zip(nearest, ends, strict=True) if Decimal(repr(near)) != end]
        doubts = [plain.doubt, *(value == near for near in unsure)]
        return place(value, nearest), either(doubts)
    between = sheet.kept(rough(sheet, column))
    assert between.error is not None
    slack = max((abs(near) * _UNIT for near, end in zip(nearest, ends, strict=True) if Decimal(near) != end), default=0)
    error = sheet.keep(between.error * 2 + slack)
    low = sheet.keep(place(between.value - error, nearest))
    high = place(between.value + error, nearest)
    # An end itself is met only by a number without any error.
    doubt = either([column.doubt, (low != high) | (((low % 2) == 1) & (error > 0)) | ~between.value.is_finite()])
    return low, doubt


def place(value: pl.Expr, ends: Sequence[Any]) -> pl.Expr:
    """The position of a Polars value among ascending ends."""
    if len(ends) <= FEW_ENDS:
        parts = [(value >= end).cast(pl.UInt32) + (value > end).cast(pl.UInt32) for end in ends]
        few: pl.Expr = reduce(add, parts)
        return few
    known = pl.lit(pl.Series(list(ends)))
    found = known.search_sorted(value, side="left") + known.search_sorted(value, side="right")
    return pl.when(value.is_not_null()).then(found.cast(pl.UInt32))
