"""The properties that FEEL gives temporal values and ranges: what may follow a dot besides a context's keys.

The tables here are all there is; no attribute of a Python object can be reached by a path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta, tzinfo
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from engine.feel.temporal.calendar import AnyDateTime, DaysTime, day_number, duration_nanos, offset_nanos, split
from engine.feel.types import (
    BOOLEAN,
    DAYS_TIME,
    NUMBER,
    STRING,
    FeelType,
)
from engine.feel.values import NANOS_PER_SECOND, FeelTime, seconds_of, zone_name

ELEMENT: Final = FeelType("element")
"""Marks a property that has the type of a range's elements."""


def _offset(zone: tzinfo | None, moment: AnyDateTime | None = None) -> timedelta | None:
    nanos = offset_nanos(zone) if moment is None else offset_nanos(zone, *split(moment)[:2])
    return None if nanos is None else timedelta(seconds=nanos // NANOS_PER_SECOND)


def _seconds(length: DaysTime) -> int | Decimal:
    nanos = duration_nanos(length)
    second = seconds_of(abs(nanos))
    return -second if nanos < 0 else second


def _part(length: DaysTime, unit: int, modulus: int) -> int:
    nanos = duration_nanos(length)
    amount = abs(nanos) // (unit * NANOS_PER_SECOND)
    amount = amount % modulus if modulus else amount
    return -amount if nanos < 0 else amount


def _time_offset(time: FeelTime) -> timedelta | None:
    return _offset(time.zone)


_DATE: Final[Mapping[str, tuple[FeelType, Callable[[Any], object]]]] = {
    "year": (NUMBER, lambda day: day.year),
    "month": (NUMBER, lambda day: day.month),
    "day": (NUMBER, lambda day: day.day),
    "weekday": (NUMBER, lambda day: (day_number(day) - 1) % 7 + 1),
}

PROPERTIES: Final[Mapping[str, Mapping[str, tuple[FeelType, Callable[[Any], object]]]]] = {
    "date": _DATE,
    "date and time": {
        "year": (NUMBER, lambda moment: split(moment)[0].year),
        "month": (NUMBER, lambda moment: split(moment)[0].month),
        "day": (NUMBER, lambda moment: split(moment)[0].day),
        "weekday": (NUMBER, lambda moment: (day_number(split(moment)[0]) - 1) % 7 + 1),
        "hour": (NUMBER, lambda moment: split(moment)[1] // (3600 * NANOS_PER_SECOND)),
        "minute": (NUMBER, lambda moment: split(moment)[1] // (60 * NANOS_PER_SECOND) % 60),
        "second": (NUMBER, lambda moment: seconds_of(split(moment)[1])),
        "time offset": (DAYS_TIME, lambda moment: _offset(split(moment)[2], moment)),
        "timezone": (STRING, lambda moment: zone_name(split(moment)[2])),
    },
    "time": {
        "hour": (NUMBER, lambda time: time.hour),
        "minute": (NUMBER, lambda time: time.minute),
        "second": (NUMBER, lambda time: time.second),
        "time offset": (DAYS_TIME, _time_offset),
        "timezone": (STRING, lambda time: zone_name(time.zone)),
    },
    "days and time duration": {
        "days": (NUMBER, lambda length: _part(length, 86_400, 0)),
        "hours": (NUMBER, lambda length: _part(length, 3600, 24)),
        "minutes": (NUMBER, lambda length: _part(length, 60, 60)),
        "seconds": (NUMBER, _seconds),
    },
    "years and months duration": {
        "years": (NUMBER, attrgetter("years")),
        "months": (NUMBER, attrgetter("months")),
    },
    "range": {
        "start": (ELEMENT, lambda span: span.low),
        "end": (ELEMENT, lambda span: span.high),
        "start included": (BOOLEAN, lambda span: span.low_closed),
        "end included": (BOOLEAN, lambda span: span.high_closed),
    },
}
"""kind -> property -> (type, how to read it)."""
