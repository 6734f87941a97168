"""Arithmetic on numbers, strings and temporal values.

Null among the operands gives null silently; a clash of kinds, a division by zero and a result beyond the limits give
null and one warning in the sink. Integers stay integers while they are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from engine.feel import limits
from engine.feel.failure import Failure
from engine.feel.numbers import CONTEXT, ArithmeticFailure, Number, shrink, to_int
from engine.feel.temporal import arithmetic as temporal
from engine.feel.values import WarningSink, WideDuration, YearsMonths, kind_of

_SAFE: Final = 10**16
"""Integers under it need not be held against 34 digits."""


def number_add(left: Number, right: Number) -> Number:
    """Sum of two numbers. Raises an `ArithmeticFailure`."""
    if left.__class__ is int and right.__class__ is int:
        total = left + right
        return total if -_SAFE < total < _SAFE else shrink(int(total))
    return CONTEXT.add(left, right)


def number_subtract(left: Number, right: Number) -> Number:
    """Difference of two numbers."""
    if left.__class__ is int and right.__class__ is int:
        total = left - right
        return total if -_SAFE < total < _SAFE else shrink(int(total))
    return CONTEXT.subtract(left, right)


def number_multiply(left: Number, right: Number) -> Number:
    """Product of two numbers."""
    if left.__class__ is int and right.__class__ is int:
        total = left * right
        return total if -_SAFE < total < _SAFE else shrink(int(total))
    return CONTEXT.multiply(left, right)


def number_divide(left: Number, right: Number) -> Number:
    """Quotient of two numbers: an integer where two integers divide evenly."""
    if isinstance(left, int) and isinstance(right, int) and right and left % right == 0:
        return left // right
    if not right:
        raise Failure("division_by_zero", "division by zero")
    return CONTEXT.divide(left, right)


def number_power(left: Number, right: Number) -> Number:
    """Left to the power of right."""
    exponent = to_int(right)
    if isinstance(left, int) and exponent is not None and 0 <= exponent <= 1000 and abs(left) <= 10**9:
        return shrink(left**exponent)
    if not left and right < 0:
        raise Failure("division_by_zero", "zero to a negative power")
    if not left and not right:
        return 1
    return CONTEXT.power(left, right)


_ARITHMETIC: Final[dict[str, Callable[[Number, Number], Number]]] = {
    "+": number_add,
    "-": number_subtract,
    "*": number_multiply,
    "/": number_divide,
    "**": number_power,
}


def _numeric(operator: str) -> Callable[[Number | None, Number | None, WarningSink], Number | None]:
    compute = _ARITHMETIC[operator]

    def numeric(left: Number | None, right: Number | None, warnings: WarningSink) -> Number | None:
        if left is None or right is None:
            return None
        try:
            return compute(left, right)
        except Failure as failure:
            warnings.append((failure.code, failure.message))
        except ArithmeticFailure:
            warnings.append(("limit", f"the result of {operator} is beyond decimal128"))
        return None

    numeric.__doc__ = f"`{operator}` of two numbers or nulls."
    return numeric


_add_fully: Final = _numeric("+")
_subtract_fully: Final = _numeric("-")
_multiply_fully: Final = _numeric("*")
_divide_fully: Final = _numeric("/")
_power_fully: Final = _numeric("**")
_power: Final = lru_cache(maxsize=1024)(CONTEXT.power)  # the dearest operation by far; rates and terms repeat


def add_numbers(left: Number | None, right: Number | None, warnings: WarningSink) -> Number | None:
    """`+` of two numbers or nulls: at once where two integers stay small or the result is finite."""
    if left.__class__ is int and right.__class__ is int:
        found = left + right
        return found if -_SAFE < found < _SAFE else _add_fully(left, right, warnings)
    if left is None or right is None:
        return None
    try:
        return CONTEXT.add(left, right)
    except ArithmeticFailure:
        return _add_fully(left, right, warnings)


def subtract_numbers(left: Number | None, right: Number | None, warnings: WarningSink) -> Number | None:
    """`-` of two numbers or nulls, as `add_numbers`."""
    if left.__class__ is int and right.__class__ is int:
        found = left - right
        return found if -_SAFE < found < _SAFE else _subtract_fully(left, right, warnings)
    if left is None or right is None:
        return None
    try:
        return CONTEXT.subtract(left, right)
    except ArithmeticFailure:
        return _subtract_fully(left, right, warnings)


def multiply_numbers(left: Number | None, right: Number | None, warnings: WarningSink) -> Number | None:
    """`*` of two numbers or nulls, as `add_numbers`."""
    if left.__class__ is int and right.__class__ is int:
        found = left * right
        return found if -_SAFE < found < _SAFE else _multiply_fully(left, right, warnings)
    if left is None or right is None:
        return None
    try:
        return CONTEXT.multiply(left, right)
    except ArithmeticFailure:
        return _multiply_fully(left, right, warnings)


def divide_numbers(left: Number | None, right: Number | None, warnings: WarningSink) -> Number | None:
    """`/` of two numbers or nulls."""
    if left is None or right is None:
        return None
    if not right:
        return _divide_fully(left, right, warnings)
    if left.__class__ is int and right.__class__ is int and not left % right:
        return left // right
    try:
        return CONTEXT.divide(left, right)
    except ArithmeticFailure:
        return _divide_fully(left, right, warnings)


def power_numbers(left: Number | None, right: Number | None, warnings: WarningSink) -> Number | None:
    """`**` of two numbers or nulls."""
    if left.__class__ is Decimal and right.__class__ is int and left and right:
        try:
            return _power(left, right)
        except ArithmeticFailure:
            return _power_fully(left, right, warnings)
    return _power_fully(left, right, warnings)


def calculate(operator: str, left: object, right: object, warnings: WarningSink) -> object:
    """Any arithmetic operator on any two values."""
    if left is None or right is None:
        return None
    try:
        return _calculate(operator, left, right)
    except Failure as failure:
        warnings.append((failure.code, failure.message))
    except ArithmeticFailure:
        warnings.append(("limit", f"the result of {operator} is beyond decimal128"))
    return None


def _calculate(operator: str, left: Any, right: Any) -> object:
    kinds = kind_of(left), kind_of(right)
    if kinds == ("number", "number"):
        return _ARITHMETIC[operator](left, right)
    compute = _OTHER.get(operator)
    result = None if compute is None else compute(left, right, *(kind.endswith("duration") for kind in kinds))
    if result is None:
        raise Failure("type", f"{operator} is not defined on {kinds[0]} and {kinds[1]}")
    return result


def _add(left: Any, right: Any, left_lasts: bool, right_lasts: bool) -> object:  # noqa: FBT001 - one shape for all
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > limits.MAX_TEXT_CHARS:
            raise Failure("limit", "the text is too long")
        return left + right
    if right_lasts:
        return temporal.shift(left, right, 1)
    return temporal.shift(right, left, 1) if left_lasts else None


def _subtract(left: Any, right: Any, left_lasts: bool, right_lasts: bool) -> object:  # noqa: FBT001 - one shape for all
    if right_lasts:
        return temporal.shift(left, right, -1)
    return None if left_lasts else temporal.distance(left, right)


def _multiply(left: Any, right: Any, left_lasts: bool, right_lasts: bool) -> object:  # noqa: FBT001 - one shape for all
    if left_lasts and kind_of(right) == "number":
        return temporal.scale(left, right)
    return temporal.scale(right, left) if right_lasts and kind_of(left) == "number" else None


def _divide(left: Any, right: Any, left_lasts: bool, right_lasts: bool) -> object:  # noqa: FBT001 - one shape for all
    if left_lasts and right_lasts:
        return temporal.ratio(left, right)
    return temporal.divide(left, right) if left_lasts and kind_of(right) == "number" else None


_OTHER: Final[dict[str, Callable[[Any, Any, bool, bool], object]]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
}
"""Arithmetic beyond two numbers: None where it is not defined; the flags say which operand is a duration."""


def days_between(left: Any, right: Any, warnings: WarningSink) -> object:
    """`-` of two values that are dates or null."""
    if left.__class__ is date and right.__class__ is date:
        return left - right
    return calculate("-", left, right, warnings)


def ratio(left: Any, right: Any, warnings: WarningSink) -> object:
    """`/` of two values that are days and time durations or null."""
    whole = left.__class__ is timedelta and right.__class__ is timedelta and right
    if whole and not (left.seconds or left.microseconds or right.seconds or right.microseconds):
        return Decimal(left.days) if right.days == 1 else CONTEXT.divide(left.days, right.days)
    return calculate("/", left, right, warnings)


def negate(value: Any, warnings: WarningSink) -> object:
    """Unary minus."""
    if value.__class__ is int:
        return -value
    if value is None:
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return -value if isinstance(value, int) else CONTEXT.minus(value)
    if isinstance(value, YearsMonths | timedelta | WideDuration):
        return temporal.negate(value)
    warnings.append(("type", f"unary - is not defined on {kind_of(value)}"))
    return None
