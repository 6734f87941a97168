"""The door for signals: what a caller posts becomes typed values, or is refused with all its faults at once.

Plain Python values, `Signal` and `Missing` are taken; numbers given as floats become the decimal of their shortest
spelling, dates may be ISO texts. A wrong type, a value outside the declared range or values, an undeclared name is a
`SignalError` that names the signal and what was expected, never the value. An absent signal is
`Missing(not_provided)`: a value of its own, never a default (invariant 3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Clamped, Context, Decimal, InvalidOperation, Overflow, Rounded, Subnormal
from typing import Any, Final

from engine.pack.limits import MAX_LIST_ITEMS, MAX_NUMBER_DIGITS, MAX_NUMBER_EXPONENT, MAX_STRING_CHARS
from engine.pack.model import SignalSpec
from engine.pack.problems import SignalError, SignalProblem, nearest
from engine.signal import Missing, Reason, Signal

NOT_PROVIDED: Final = Missing(Reason.NOT_PROVIDED)
_BIG: Final = 10**MAX_NUMBER_DIGITS
_PLAIN_NUMBER: Final = re.compile(r"-?[0-9]{1,17}(\.[0-9]{1,17})?")


EXACTLY: Final = Context(
    prec=MAX_NUMBER_DIGITS,
    Emin=MAX_NUMBER_DIGITS - 1 - MAX_NUMBER_EXPONENT,  # so that not even a zero has a smaller exponent
    Emax=MAX_NUMBER_EXPONENT,
    traps=[InvalidOperation, Rounded, Clamped, Subnormal, Overflow],
).plus
"""A decimal as it is; raises `ArithmeticError` for one of more digits or near the limits of the exponent."""


class RefusedError(Exception):
    """A value that a signal refuses; the text says what came, without the value."""


def got(value: object) -> str:
    """The kind of a posted value, in words that carry nothing of it."""
    return next((words for kind, words in _KINDS if isinstance(value, kind)), f"a {type(value).__name__}")


_KINDS: Final[tuple[tuple[Any, str], ...]] = (
    (bool, "a boolean"),
    (str, "a string"),
    ((int, float, Decimal), "a number"),
    (datetime, "a date and time"),
    (date, "a date"),
    (type(None), "null"),
    (Mapping, "an object"),
    ((list, tuple), "a list"),
)


def lies(value: Decimal, low: Decimal, high: Decimal) -> bool:
    """Whether a decimal is plainly within the limits of numbers and these bounds."""
    try:
        return low <= EXACTLY(value) <= high
    except ArithmeticError:
        return False


def admit_number(value: object) -> int | Decimal:
    """A finite number of at most 34 digits; zeros at the end of a fraction do not count."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise RefusedError(got(value))
    if isinstance(value, int):
        if not -_BIG < value < _BIG:
            raise RefusedError(f"a number of more than {MAX_NUMBER_DIGITS} digits")
        return int(value)
    if value.__class__ is Decimal and _PLAIN_NUMBER.fullmatch(str(value)):
        return value  # the common case, without looking at digits and exponent apart
    number = Decimal(repr(float(value))) if isinstance(value, float) else value
    if not number.is_finite():
        raise RefusedError("no finite number")
    excess = len(number.as_tuple().digits) - MAX_NUMBER_DIGITS
    if excess > 0:
        number = _without_zeros(number, excess)
    if abs(number.adjusted()) > MAX_NUMBER_EXPONENT:
        raise RefusedError(f"a number of more than {MAX_NUMBER_DIGITS} digits")
    return number


def _without_zeros(number: Decimal, excess: int) -> Decimal:
    """The same number with that many zeros fewer at its end; a database's decimals carry their column's scale."""
    sign, digits, exponent = number.as_tuple()
    if any(digits[-excess:]) or not isinstance(exponent, int) or exponent + excess > 0:
        raise RefusedError(f"a number of more than {MAX_NUMBER_DIGITS} digits")
    return Decimal((sign, digits[:-excess], exponent + excess))


def admit_string(value: object) -> str:
    """A string of bounded length."""
    if not isinstance(value, str):
        raise RefusedError(got(value))
    if len(value) > MAX_STRING_CHARS:
        raise RefusedError(f"a string longer than {MAX_STRING_CHARS} characters")
    return str.__str__(value)


def admit_boolean(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise RefusedError(got(value))
    return value


def admit_date(value: object) -> date:
    """A date, or its ISO text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return date(value.year, value.month, value.day)
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise RefusedError("a string that is no date") from None
    raise RefusedError(got(value))


def admit_datetime(value: object) -> datetime:
    """A date and time, or its ISO text."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and 16 <= len(value) <= 40 and value[10] in "T ":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise RefusedError("a string that is no date and time") from None
    raise RefusedError(got(value))


_BY_TYPE: Final[Mapping[str, Callable[[object], Any]]] = {
    "number": admit_number,
    "string": admit_string,
    "boolean": admit_boolean,
    "date": admit_date,
    "date and time": admit_datetime,
}


@dataclass(frozen=True, slots=True)
class Admission:
    """The check of one signal; `expected` is what a refusal says."""

    spec: SignalSpec
    expected: str
    take: Callable[[object], Any]

    def __call__(self, value: object, missing: dict[str, Missing], faults: list[SignalProblem]) -> Any:
        """The admitted value; None for a missing or refused one, noted in `missing` or `faults`."""
        if value.__class__ is Signal:
            value = value.value
        if value.__class__ is Missing:
            missing[self.spec.id] = value
            return None
        try:
            return self.take(value)
        except RefusedError as refused:
            faults.append(SignalProblem(self.spec.id, self.expected, str(refused)))
            return None


def admission(spec: SignalSpec) -> Admission:
    """Compile the check of a signal from its declaration."""
    base = _facts(spec) if spec.type == "list" else _BY_TYPE.get(spec.type, _refuse)
    if spec.values is not None:
        allowed = frozenset(spec.values)
        listed = "one of " + ", ".join(str(value) for value in spec.values)

        def take_listed(value: object) -> Any:
            admitted = base(value)
            if admitted not in allowed:
                raise RefusedError(f"another {spec.type}")
            return admitted

        return Admission(spec, listed, take_listed)
    if spec.low is not None or spec.high is not None:
        low: Any = spec.low
        high: Any = spec.high

        def take_between(value: object) -> Any:
            admitted = base(value)
            if (low is not None and admitted < low) or (high is not None and admitted > high):
                raise RefusedError(f"a {spec.type} outside it")
            return admitted

        shown = f"{spec.type} from {'any' if low is None else low} to {'any' if high is None else high}"
        return Admission(spec, shown, take_between)
    shown = {"date": "date (YYYY-MM-DD)", "list": f"list of at most {MAX_LIST_ITEMS} facts"}.get(spec.type, spec.type)
    return Admission(spec, shown, base)


def _refuse(value: object) -> Any:
    raise RefusedError(got(value))


def _facts(spec: SignalSpec) -> Callable[[object], list[Any]]:
    """The check of a list: of facts with known fields (an absent or null one is unknown), or of plain items."""
    item = _fact(spec) if spec.fields else _BY_TYPE.get(spec.items or "", _refuse)

    def take(value: object) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise RefusedError(got(value))
        if len(value) > MAX_LIST_ITEMS:
            raise RefusedError(f"a list of more than {MAX_LIST_ITEMS}")
        return [item(one) for one in value]

    return take


def _fact(spec: SignalSpec) -> Callable[[object], dict[str, Any]]:
    """The check of one fact: every declared field, an absent one as unknown, and no other."""
    fields = [(name, admission(field).take) for name, field in (spec.fields or {}).items()]

    def fact(value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise RefusedError(f"a list with {got(value)}")
        found: dict[str, Any] = {}
        for name, take in fields:
            one: Any = value.get(name)
            try:
                found[name] = None if one is None or one.__class__ is Missing else take(one)
            except RefusedError as refused:
                raise RefusedError(f"a list with {refused} as {name}") from None
        if not found.keys() >= value.keys():
            raise RefusedError("a list with an unknown field in a fact")
        return found

    return fact


def refuse(signals: Mapping[str, object], declared: Mapping[str, Any], faults: list[SignalProblem]) -> None:
    """Raise for what was refused and for what nobody declared.

    Raises:
        SignalError: when there is anything to refuse.
    """
    unknown = [
        SignalProblem(str(name)[:120], nearest(str(name), declared, "a declared signal"), "an undeclared signal")
        for name in signals
        if name not in declared
    ]
    if faults or unknown:
        raise SignalError([*faults, *unknown])
