"""Built-in functions that turn values of one kind into another: strings, numbers and temporal values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.feel.builtins.table import Table
from engine.feel.failure import Failure
from engine.feel.numbers import CONTEXT, Number, from_literal, plain_text, to_int, truncate
from engine.feel.size import measure, measure_texts
from engine.feel.temporal.calendar import (
    AnyDate,
    AnyDateTime,
    DaysTime,
    day_part,
    duration_nanos,
    fixed_zone,
    make_date,
    make_datetime,
    make_time,
    split,
)
from engine.feel.temporal.text import parse_date, parse_datetime, parse_duration, parse_time, temporal_text
from engine.feel.types import ANY, DATE, DATE_TIME, DAYS_TIME, NUMBER, STRING, TIME, YEARS_MONTHS, FeelType
from engine.feel.values import NANOS_PER_SECOND, FeelTime, Range, WideDate, WideDateTime, YearsMonths, kind_of

TABLE: Final = Table()
_NUMERAL: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@TABLE.add("string", "from: any", STRING)
def string(value: object) -> str:
    """Any value as FEEL writes it."""
    measure(value)
    return value if isinstance(value, str) else to_text(value)


def to_text(value: object) -> str:
    """Any value as FEEL writes it, strings in quotes. Raises `Failure` for functions."""
    return _WRITERS[kind_of(value)](value)


def _string_text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _context_text(value: dict[str, object]) -> str:
    return f"{{{_joined([f'{_key(key)}: {to_text(item)}' for key, item in value.items()])}}}"


def _joined(parts: list[str]) -> str:
    measure_texts(parts)
    return ", ".join(parts)


def _range_text(value: Range) -> str:
    ends = ("[" if value.low_closed else "(", "]" if value.high_closed else ")")
    low = "" if value.low_unbounded else to_text(value.low)
    high = "" if value.high_unbounded else to_text(value.high)
    return f"{ends[0]}{low}..{high}{ends[1]}"


def _no_text(value: object) -> str:
    del value
    raise Failure("argument", "a function has no text")


_WRITERS: Final[dict[str, Callable[[Any], str]]] = {
    "null": lambda _: "null",
    "boolean": lambda value: "true" if value else "false",
    "number": plain_text,
    "string": _string_text,
    "list": lambda value: f"[{_joined([to_text(item) for item in value])}]",
    "context": _context_text,
    "range": _range_text,
    "function": _no_text,
    "date": temporal_text,
    "time": temporal_text,
    "date and time": temporal_text,
    "days and time duration": temporal_text,
    "years and months duration": temporal_text,
}


def _key(key: str) -> str:
    if re.fullmatch(r"\w+(?: \w+)*", key):
        return key
    return to_text(key)


@TABLE.add("number", "from: string", NUMBER)
def number(text: str) -> Number:
    """The number that a text is."""
    value = from_literal(text.lstrip("-")) if _NUMERAL.fullmatch(text) else None
    if value is None:
        raise Failure("argument", "the text is not a number")
    if not text.startswith("-"):
        return value
    return -value if isinstance(value, int) else CONTEXT.minus(value)


@TABLE.add("number", "from: string, grouping separator: string?, decimal separator: string?", NUMBER)
def separated_number(text: str, grouping: str | None, decimal: str | None) -> Number:
    """The number that a text is, written with separators: a space, a comma or a point."""
    if grouping not in (None, " ", ",", ".") or decimal not in (None, ",", "."):
        raise Failure("argument", "a separator is a space, a comma or a point")
    if decimal is not None and decimal == grouping:
        raise Failure("argument", "the two separators are the same")
    if grouping:
        text = text.replace(grouping, "")
    return number(text.replace(decimal, ".") if decimal else text)


@TABLE.add("date", "from: string|date|date and time", DATE)
def to_date(value: str | AnyDate | AnyDateTime) -> AnyDate:
    """A date of its text, or the day of a date-time."""
    if isinstance(value, str):
        return parse_date(value)
    if isinstance(value, datetime | WideDateTime):
        return day_part(value)
    return value


@TABLE.add("date", "year: number, month: number, day: number", DATE)
def date_of_parts(year: Number, month: Number, day: Number) -> AnyDate:
    """A date of its parts."""
    return make_date(_whole(year), _whole(month), _whole(day))


def _whole(value: Number) -> int:
    whole = to_int(value)
    if whole is None:
        raise Failure("argument", "a part of a date or time is a whole number")
    return whole


@TABLE.add("time", "from: string|time|date|date and time", TIME)
def to_time(value: object) -> FeelTime:
    """A time of its text, or the time of a date-time; a date is its midnight in UTC."""
    if isinstance(value, str):
        return parse_time(value)
    if isinstance(value, datetime | WideDateTime):
        _, nanos, zone = split(value)
        return FeelTime(nanos, zone)
    if isinstance(value, date | WideDate):
        return FeelTime(0, UTC)
    assert isinstance(value, FeelTime)
    return value


@TABLE.add("time", "hour: number, minute: number, second: number, offset?: days and time duration?", TIME)
def time_of_parts(hour: Number, minute: Number, second: Number, offset: DaysTime | None = None) -> FeelTime:
    """A time of its parts, with an offset from UTC or without."""
    zone = None if offset is None else fixed_zone(duration_nanos(offset) // NANOS_PER_SECOND)
    nanos = truncate(CONTEXT.multiply(Decimal(second), Decimal(NANOS_PER_SECOND)))
    if nanos is None:
        raise Failure("argument", "there is no such time of day")
    return make_time(_whole(hour), _whole(minute), nanos, zone)


@TABLE.add("date and time", "from: string|date|date and time", DATE_TIME)
def to_datetime(value: str | AnyDate | AnyDateTime) -> AnyDateTime:
    """A date-time of its text; a date is its midnight in UTC."""
    if isinstance(value, str):
        return parse_datetime(value)
    if isinstance(value, datetime | WideDateTime):
        return value
    return make_datetime(value, 0, UTC)


@TABLE.add("date and time", "date: date|date and time, time: time", DATE_TIME)
def datetime_of_parts(day: AnyDate | AnyDateTime, time: FeelTime) -> AnyDateTime:
    """The day of the one and the time of the other, with the time's zone."""
    return make_datetime(day_part(day) if isinstance(day, datetime | WideDateTime) else day, time.nanos, time.zone)


@TABLE.add("date and time", "date and time: date and time, timezone: string", DATE_TIME)
def datetime_in_zone(moment: AnyDateTime, zone: str) -> AnyDateTime:
    """The same local date and time in a named zone or at an offset."""
    day, nanos, _ = split(moment)
    shown = parse_time(f"00:00:00{zone}" if zone[:1] in ("+", "-", "Z", "z") else f"00:00:00@{zone}")
    return make_datetime(day, nanos, shown.zone)


def _duration_type(given: FeelType) -> FeelType:
    return given if given in (DAYS_TIME, YEARS_MONTHS) else ANY


@TABLE.add("duration", "from: string|days and time duration|years and months duration", _duration_type)
def duration(value: str | DaysTime | YearsMonths) -> DaysTime | YearsMonths:
    """A duration of its text, of either kind."""
    return parse_duration(value) if isinstance(value, str) else value
