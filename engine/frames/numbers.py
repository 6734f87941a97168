"""Arithmetic on columns that never says more than it can prove.

The scalar engine computes with decimals of 34 digits, a column with doubles. Where a number is a whole multiple of a
power of ten, doubles hold that multiple exactly up to 2**53 and sums, differences and products stay exact. Everywhere
else a column carries a bound on its error, and a comparison within the bound is not decided: the row goes to the scalar
engine. So a column's answer is the scalar one, or there is none.

The bounds are those of IEEE 754: an operation errs by half a unit in the last place (2**-53 of the result), to which
the operands' errors are carried. Every bound is taken four times as large, which covers a division done by reciprocal,
the rounding of the bound itself and the scalar engine's own rounding at 34 digits; `pow`, for which libraries promise
less, has a wider one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from engine.frames.sheet import Column, Form, Sheet, either

EXACT_MAX: Final = 2.0**53
MAX_SCALE: Final = 15
SPELT: Final = Form(None, spelt=True)
ROUGH: Final = Form(None)
_UNIT: Final = 2.0**-51
_TINY: Final = 1e-300
SPELT_MAX: Final = 1e15  # integers of up to 15 digits: the quotient by a power of ten spells itself
_POWER_UNIT: Final = 2.0**-48
_MAX_GROWTH: Final = 0.01  # relative error of a power beyond which nothing is claimed


def exact(scale: int) -> Form:
    """Whole multiples of ten to the minus `scale`."""
    return Form(scale)


def scale_of(value: int | Decimal) -> int | None:
    """The decimals of a constant; None where it has too many digits to be held exactly."""
    if isinstance(value, int):
        return 0 if abs(value) < EXACT_MAX else None
    exponent = value.normalize().as_tuple().exponent
    scale = max(0, -exponent) if isinstance(exponent, int) else MAX_SCALE + 1
    return scale if scale <= MAX_SCALE and abs(value) * 10**scale < EXACT_MAX else None


def constant(value: int | Decimal) -> Column:
    """A constant of the pack."""
    scale = scale_of(value)
    if scale is None:
        near = float(value)
        error = pl.lit(0.0 if Decimal(near) == value else abs(near) * _UNIT + _TINY)
        return Column("number", pl.lit(near), ROUGH, error, constant=value)
    return Column("number", pl.lit(float(int(value * 10**scale))), exact(scale), constant=value)


# -- forms


def rescaled(sheet: Sheet, column: Column, scale: int) -> Column:
    """An exact column at a larger scale."""
    assert column.form.scale is not None
    if scale == column.form.scale:
        return column
    return guarded(sheet, column.value * 10.0 ** (scale - column.form.scale), scale, column.doubt)


def guarded(sheet: Sheet, value: pl.Expr, scale: int, doubt: pl.Expr | None) -> Column:
    """An exact column, in doubt where it left the integers that doubles hold."""
    kept = sheet.keep(value)
    return Column("number", kept, exact(scale), None, either([doubt, kept.abs() >= EXACT_MAX]))


def spelt(sheet: Sheet, column: Column) -> Column | None:
    """A column as doubles that spell its decimals; None where it is only known within an error."""
    if column.form.spelt:
        return column
    if column.form.scale is None:
        return None
    if column.form.scale == 0:
        return Column("number", column.value, SPELT, None, column.doubt, column.constant)
    value = sheet.keep(column.value)
    doubt = either([column.doubt, value.abs() >= SPELT_MAX])
    return Column("number", value / sheet.tens(column.form.scale), SPELT, None, doubt, column.constant)


def rough(sheet: Sheet, column: Column) -> Column:
    """A column as doubles with a bound on their error."""
    if column.error is not None:
        return column
    if column.form.scale == 0:
        return Column("number", column.value, ROUGH, pl.lit(0.0), column.doubt, column.constant)
    value = column.value
    if column.form.scale is not None:
        value = value / sheet.tens(column.form.scale)
    value = sheet.keep(value)
    # Half a unit in the last place; zero is zero.
    return Column("number", value, ROUGH, value.abs() * _UNIT, column.doubt, column.constant)


def common_scale(columns: Sequence[Column]) -> int | None:
    """The scale at which all are exact; None where one is not, or together they need too many decimals."""
    scales = [column.form.scale for column in columns]
    if any(scale is None for scale in scales):
        return None
    return max(scale for scale in scales if scale is not None)


def _error(column: Column) -> pl.Expr:
    assert column.error is not None
    return column.error


def _rough(sheet: Sheet, value: pl.Expr, error: pl.Expr, doubt: pl.Expr | None) -> Column:
    kept = sheet.keep(value)
    return Column("number", kept, ROUGH, sheet.keep(error + kept.abs() * _UNIT + _TINY), doubt)


def quotients(values: pl.Series, scale: int | None) -> pl.Series:
    """Whole multiples of ten to the minus `scale` as the nearest doubles."""
    if not scale:
        return values
    divided = np.divide(values.to_numpy(), 10.0**scale)  # Polars would multiply by the reciprocal
    return pl.Series(values.name, divided, pl.Float64).fill_nan(None)


# -- operations


def add(sheet: Sheet, left: Column, right: Column, sign: int = 1) -> Column:
    """Sum, or difference where `sign` is -1."""
    doubt = either([left.doubt, right.doubt])
    scale = common_scale([left, right])
    if scale is not None:
        first, second = rescaled(sheet, left, scale), rescaled(sheet, right, scale)
        value = first.value + second.value if sign > 0 else first.value - second.value
        return guarded(sheet, value, scale, either([doubt, first.doubt, second.doubt]))
    first, second = rough(sheet, left), rough(sheet, right)
    value = first.value + second.value if sign > 0 else first.value - second.value
    return _rough(sheet, value, _error(first) + _error(second), doubt)


def multiply(sheet: Sheet, left: Column, right: Column) -> Column:
    """Product."""
    doubt = either([left.doubt, right.doubt])
    scale = common_scale([left, right])
    if scale is not None and (left.form.scale or 0) + (right.form.scale or 0) <= MAX_SCALE:
        together = (left.form.scale or 0) + (right.form.scale or 0)
        return guarded(sheet, left.value * right.value, together, doubt)
    first, second = sheet.kept(rough(sheet, left)), sheet.kept(rough(sheet, right))
    a, b = _error(first), _error(second)
    error = first.value.abs() * b + second.value.abs() * a + a * b
    return _rough(sheet, first.value * second.value, error, doubt)


def divide(sheet: Sheet, left: Column, right: Column) -> Column:
    """Quotient; a divisor that may be zero is in doubt."""
    first, second = sheet.kept(rough(sheet, left)), sheet.kept(rough(sheet, right))
    room = sheet.keep(second.value.abs() - _error(second) * 2)
    doubt = either([left.doubt, right.doubt, room <= 0])
    value = sheet.keep(first.value / second.value)
    return _rough(sheet, value, (_error(first) + value.abs() * _error(second)) / room * 2, doubt)


def power(sheet: Sheet, left: Column, right: Column) -> Column:
    """Left to the power of right, for a base that is surely positive."""
    first, second = sheet.kept(rough(sheet, left)), sheet.kept(rough(sheet, right))
    base, exponent = first.value, second.value
    growth = sheet.keep(
        (exponent.abs() + _error(second)) * (_error(first) / base) * 2 + (base.log().abs() * 2) * _error(second)
    )
    doubt = either([left.doubt, right.doubt, base <= _error(first) * 4, growth > _MAX_GROWTH])
    value = sheet.keep(base.pow(exponent))
    return _rough(sheet, value, value.abs() * (growth * 2 + _POWER_UNIT), doubt)


def negate(sheet: Sheet, column: Column) -> Column:
    """Unary minus."""
    del sheet
    return Column("number", -column.value, column.form, column.error, column.doubt)


def absolute(sheet: Sheet, column: Column) -> Column:
    """The size of a number."""
    del sheet
    return Column("number", column.value.abs(), column.form, column.error, column.doubt)


def aligned(sheet: Sheet, columns: Sequence[Column]) -> list[Column]:
    """Columns in one form, so that one may stand for another."""
    scale = common_scale(columns)
    if scale is not None:
        return [rescaled(sheet, column, scale) for column in columns]
    spelled = [spelt(sheet, column) for column in columns]
    if all(column is not None for column in spelled):
        return [column for column in spelled if column is not None]
    return [sheet.kept(rough(sheet, column)) for column in columns]


def extreme(sheet: Sheet, columns: Sequence[Column], *, largest: bool) -> Column:
    """The least or largest number; null where any is null."""
    alike = [sheet.kept(column) for column in aligned(sheet, columns)]
    known = pl.all_horizontal([column.value.is_not_null() for column in alike])
    values = [column.value for column in alike]
    value = pl.max_horizontal(values) if largest else pl.min_horizontal(values)
    errors = [column.error for column in alike if column.error is not None]
    error = pl.max_horizontal(errors) if errors else None
    doubt = either(column.doubt for column in alike)
    return Column("number", pl.when(known).then(value), alike[0].form, error, doubt)
