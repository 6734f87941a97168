"""FEEL values that Python has no type for, and the kinds of all values.

Strings are `str`, booleans `bool`, numbers `int` or `Decimal`, dates `datetime.date`, days-and-time durations
`timedelta`, lists `list`, contexts `dict`. A date-time is a `datetime.datetime` (naive, or aware with an offset or a
named zone) where Python can hold it; `WideDate`, `WideDateTime` and `WideDuration` hold the years, days and nanoseconds
that Python cannot. A value never has two forms: what Python's type can hold is of Python's type.
All classes here are frozen and compared by value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import total_ordering
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from engine.feel.types import ANY, FeelType

NANOS_PER_SECOND: Final = 1_000_000_000
NANOS_PER_DAY: Final = 86_400 * NANOS_PER_SECOND


class WarningSink(Protocol):
    """Where an evaluation puts its warnings: anything with `append((code, message))`."""

    def append(self, item: tuple[str, str], /) -> None:
        """Keep one warning."""


@total_ordering
@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A years-and-months duration, as a signed count of months."""

    total: int

    def __lt__(self, other: object) -> bool:
        return self.total < other.total if isinstance(other, YearsMonths) else NotImplemented

    @property
    def years(self) -> int:
        """Whole years, with the duration's sign."""
        total = self.total
        return total // 12 if total >= 0 else -(-total // 12)

    @property
    def months(self) -> int:
        """Months beyond the whole years, with the duration's sign."""
        total = self.total
        return total % 12 if total >= 0 else -(-total % 12)


@dataclass(frozen=True, slots=True)
class FeelTime:
    """A time of day: nanoseconds since midnight, and an offset or named zone where it has one."""

    nanos: int
    zone: tzinfo | None = None

    @property
    def hour(self) -> int:
        """0-23."""
        return self.nanos // (3600 * NANOS_PER_SECOND)

    @property
    def minute(self) -> int:
        """0-59."""
        return self.nanos // (60 * NANOS_PER_SECOND) % 60

    @property
    def second(self) -> int | Decimal:
        """0-59, with the fraction where there is one."""
        return seconds_of(self.nanos)


@total_ordering
@dataclass(frozen=True, slots=True)
class WideDate:
    """A date of a year that `datetime.date` cannot hold (before 1 or after 9999), of the proleptic Gregorian calendar."""

    year: int
    month: int
    day: int

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, WideDate | date):
            return NotImplemented
        return (self.year, self.month, self.day) < (other.year, other.month, other.day)


@dataclass(frozen=True, slots=True)
class WideDateTime:
    """A date-time that `datetime.datetime` cannot hold: its year is too far off, or it has nanoseconds."""

    date: date | WideDate
    nanos: int
    zone: tzinfo | None = None


@total_ordering
@dataclass(frozen=True, slots=True)
class WideDuration:
    """A days-and-time duration that `timedelta` cannot hold: over its days, or with nanoseconds."""

    nanos: int

    def __lt__(self, other: object) -> bool:
        if isinstance(other, timedelta):
            return self.nanos < other // timedelta(microseconds=1) * 1000
        return self.nanos < other.nanos if isinstance(other, WideDuration) else NotImplemented


@dataclass(frozen=True, slots=True)
class Range:
    """A range. An end of None is unbounded where the flag says so, and otherwise the value null."""

    low: object
    high: object
    low_closed: bool
    high_closed: bool
    low_unbounded: bool = False
    high_unbounded: bool = False


class Function:
    """Any function as a value: one of the text, or one of the library."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class FeelFunction(Function):
    """A function as a value: a function literal of the text, or a function that a caller binds.

    `call` takes the arguments by position and gives the result; `optional` counts trailing parameters that may be left
    out (they are then passed as null).
    """

    parameters: tuple[str, ...]
    call: Callable[..., object]
    types: tuple[FeelType, ...] = ()
    optional: int = 0
    result: FeelType = ANY


def seconds_of(nanos: int) -> int | Decimal:
    """The seconds within the minute of a time of day, exact."""
    within = nanos % (60 * NANOS_PER_SECOND)
    whole, fraction = divmod(within, NANOS_PER_SECOND)
    if not fraction:
        return whole
    # From the text: an exact decimal without asking any context.
    return Decimal(f"{whole}.{fraction:09d}".rstrip("0"))


_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    date: "date",
    WideDate: "date",
    datetime: "date and time",
    WideDateTime: "date and time",
    FeelTime: "time",
    timedelta: "days and time duration",
    WideDuration: "days and time duration",
    YearsMonths: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    FeelFunction: "function",
}


_SUBCLASSES: Final[tuple[tuple[type, str], ...]] = (
    (Function, "function"),
    (bool, "boolean"),
    (str, "string"),
    (datetime, "date and time"),
    (date, "date"),
    (timedelta, "days and time duration"),
    (int, "number"),
    (dict, "context"),
    (list, "list"),
)


def kind_of(value: object) -> str:
    """The name of a value's type, "null" for None. Raises `TypeError` for what is not a FEEL value."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    # Subclasses: enumerations of strings, timestamps of data frames.
    for python, name in _SUBCLASSES:
        if isinstance(value, python):
            return name
    raise TypeError(f"a {type(value).__name__} is not a FEEL value")


def zone_name(zone: tzinfo | None) -> str | None:
    """The IANA name of a named zone; None for plain offsets and for none."""
    return zone.key if isinstance(zone, ZoneInfo) else None
