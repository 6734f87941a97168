"""Built-in functions on numbers: rounding, roots, logarithms and remainders."""

from __future__ import annotations

from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Final

from engine.feel import limits
from engine.feel.builtins.table import Table
from engine.feel.failure import Failure
from engine.feel.numbers import CONTEXT, Number, to_int, truncate
from engine.feel.temporal.arithmetic import negate
from engine.feel.temporal.calendar import DaysTime, duration_nanos, make_duration
from engine.feel.types import BOOLEAN, NUMBER, FeelType
from engine.feel.values import WideDuration, YearsMonths

TABLE: Final = Table()
_WIDE: Final = Context(prec=7_000, Emin=-99_999, Emax=99_999)


def round_to(number: Number, scale: Number, rounding: str) -> Number:
    """A number with so many decimals. Raises `Failure` for a scale beyond decimal128's."""
    places = truncate(scale)
    if places is None or not limits.MIN_SCALE <= places <= limits.MAX_SCALE:
        raise Failure("argument", f"the scale lies between {limits.MIN_SCALE} and {limits.MAX_SCALE}")
    if isinstance(number, int) and places >= 0:
        return number
    value = Decimal(number)
    if int(value.as_tuple().exponent) >= -places:
        return number
    exact = value.quantize(Decimal((0, (1,), -places)), rounding, _WIDE)
    result = CONTEXT.plus(exact)
    whole = to_int(result) if places <= 0 else None
    return result if whole is None else whole


@TABLE.add("decimal", "n: number, scale: number", NUMBER)
def decimal(n: Number, scale: Number) -> Number:
    """Rounded half-even."""
    return round_to(n, scale, ROUND_HALF_EVEN)


@TABLE.add("floor", "n: number, scale?: number", NUMBER)
def floor(n: Number, scale: Number = 0) -> Number:
    """Rounded down, toward minus infinity."""
    return round_to(n, scale, ROUND_FLOOR)


@TABLE.add("ceiling", "n: number, scale?: number", NUMBER)
def ceiling(n: Number, scale: Number = 0) -> Number:
    """Rounded up, toward infinity."""
    return round_to(n, scale, ROUND_CEILING)


@TABLE.add("round up", "n: number, scale: number", NUMBER)
def round_up(n: Number, scale: Number = 0) -> Number:
    """Rounded away from zero."""
    return round_to(n, scale, ROUND_UP)


@TABLE.add("round down", "n: number, scale: number", NUMBER)
def round_down(n: Number, scale: Number = 0) -> Number:
    """Rounded toward zero."""
    return round_to(n, scale, ROUND_DOWN)


@TABLE.add("round half up", "n: number, scale: number", NUMBER)
def round_half_up(n: Number, scale: Number = 0) -> Number:
    """Rounded, halves away from zero."""
    return round_to(n, scale, ROUND_HALF_UP)


@TABLE.add("round half down", "n: number, scale: number", NUMBER)
def round_half_down(n: Number, scale: Number = 0) -> Number:
    """Rounded, halves toward zero."""
    return round_to(n, scale, ROUND_HALF_DOWN)


@TABLE.add("round", "n: number, scale?: number", NUMBER)
def round_plain(n: Number, scale: Number = 0) -> Number:
    """Rounded half-even, as `decimal`."""
    return round_to(n, scale, ROUND_HALF_EVEN)


def _as_given(given: FeelType) -> FeelType:
    return given if given.known else NUMBER


@TABLE.add("abs", "n: number|days and time duration|years and months duration", _as_given)
def absolute(n: Number | DaysTime | YearsMonths) -> object:
    """The size of a number or a duration."""
    if isinstance(n, YearsMonths):
        return n if n.total >= 0 else negate(n)
    if isinstance(n, timedelta | WideDuration):
        return make_duration(abs(duration_nanos(n)))
    return n if n >= 0 else -n if isinstance(n, int) else CONTEXT.minus(n)


@TABLE.add("modulo", "dividend: number, divisor: number", NUMBER)
def modulo(dividend: Number, divisor: Number) -> Number:
    """The remainder with the sign of the divisor: `dividend - divisor * floor(dividend / divisor)`."""
    if not divisor:
        raise Failure("division_by_zero", "the divisor is zero")
    if isinstance(dividend, int) and isinstance(divisor, int):
        return dividend % divisor
    quotient = CONTEXT.divide(dividend, divisor)
    whole = round_to(quotient, 0, ROUND_FLOOR)
    return CONTEXT.subtract(Decimal(dividend), CONTEXT.multiply(Decimal(divisor), Decimal(whole)))


@TABLE.add("sqrt", "number: number", NUMBER)
def square_root(number: Number) -> Number:
    """The square root of a number that is not negative."""
    if number < 0:
        raise Failure("argument", "a negative number has no square root")
    root = CONTEXT.sqrt(Decimal(number))
    whole = to_int(root)
    return root if whole is None else whole


@TABLE.add("log", "number: number", NUMBER)
def logarithm(number: Number) -> Number:
    """The natural logarithm of a positive number."""
    if number <= 0:
        raise Failure("argument", "only positive numbers have a logarithm")
    return CONTEXT.ln(Decimal(number))


@TABLE.add("exp", "number: number", NUMBER)
def exponential(number: Number) -> Number:
    """E to the power of a number."""
    return CONTEXT.exp(Decimal(number))


@TABLE.add("odd", "number: number", BOOLEAN)
def odd(number: Number) -> bool:
    """Whether a whole number is odd."""
    return _whole(number) % 2 == 1


@TABLE.add("even", "number: number", BOOLEAN)
def even(number: Number) -> bool:
    """Whether a whole number is even."""
    return _whole(number) % 2 == 0


def _whole(number: Number) -> int:
    whole = to_int(number)
    if whole is None:
        raise Failure("argument", "the number is not whole")
    return whole
