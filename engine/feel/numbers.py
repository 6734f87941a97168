"""FEEL numbers: exact integers and 34-digit decimals, computed in one fixed context.

A number is an `int` or a `Decimal` (decimal128: 34 digits, half-even). Integers stay `int` while they are exact and
under 34 digits. Nothing here reads the thread's ambient decimal context, so a decision is the same on any machine. A
float from outside becomes the decimal of its shortest spelling, so that 0.1 means one tenth.
"""

from __future__ import annotations

import math
from decimal import (
    ROUND_HALF_EVEN,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Rounded,
    Subnormal,
    Underflow,
)
from typing import Final, TypeAlias

Number: TypeAlias = int | Decimal

CONTEXT: Final = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
    flags=[],
)
"""decimal128; the invalid, the infinite and the too large are raised, never computed with."""

ArithmeticFailure: Final = (InvalidOperation, DivisionByZero, Overflow)
QUIET: Final = (Clamped, Inexact, Rounded, Subnormal, Underflow)
"""The conditions that are not failures: they round, as decimal128 does."""

_BIG: Final = 10**34


def shrink(value: int) -> Number:
    """An integer as a FEEL number: rounded to 34 digits where it has more."""
    if -_BIG < value < _BIG:
        return value
    # Converting a huge int to text is quadratic and refused by Python over 4,300 digits: cut it down by magnitude first.
    if value.bit_length() > 20_500:
        raise Overflow
    digits = math.floor(math.log10(abs(value))) - 40
    if digits > 0:
        scale = 10**digits
        quotient, remainder = divmod(abs(value), scale)
        sticky = quotient * 10 + (1 if remainder else 0)
        exact = Decimal(sticky if value > 0 else -sticky).scaleb(digits - 1, Context(prec=60))
        return CONTEXT.plus(exact)
    return CONTEXT.plus(Decimal(value))


def from_literal(text: str) -> Number | None:
    """The number of a FEEL literal; None where decimal128 cannot hold it."""
    if text.isdigit() and len(text) <= 34:
        return int(text)
    try:
        return CONTEXT.plus(Context(prec=10_000).create_decimal(text))
    except ArithmeticFailure:
        return None


def from_outside(value: float | Decimal) -> Number | None:
    """A number given by a caller: floats by their shortest spelling; None for NaN, infinity and the too large."""
    try:
        if isinstance(value, float):
            if not math.isfinite(value):
                return None
            return int(value) if value.is_integer() and abs(value) < 1e15 else Decimal(repr(value))
        if isinstance(value, int):
            return shrink(value)
        if not value.is_finite():
            return None
        return CONTEXT.plus(value) if len(value.as_tuple().digits) > 34 else value
    except ArithmeticFailure:
        return None


def to_int(value: Number) -> int | None:
    """The integer a number is; None where it has a fraction or is absurdly large."""
    if isinstance(value, int):
        return value
    if value.adjusted() > 40 or value != value.to_integral_value():
        return None
    return int(value)


def truncate(value: Number) -> int | None:
    """A number without its fraction (toward zero), as counts and positions are read; None if absurdly large."""
    if isinstance(value, int):
        return value
    return int(value) if value.adjusted() <= 40 else None


def plain_text(value: Number) -> str:
    """A number as FEEL writes it: no exponent, no trailing zeros of a fraction."""
    if isinstance(value, int):
        return str(value)
    if not value:
        return "0"
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
