"""Temporal values as text, both ways: XML Schema's forms, with `@Zone/Name` for named zones.

What does not have the exact form is refused with a `Failure`; nothing is guessed from a nearly right text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from engine.feel.failure import Failure
from engine.feel.temporal.calendar import (
    AnyDate,
    AnyDateTime,
    DaysTime,
    duration_nanos,
    fixed_zone,
    make_date,
    make_datetime,
    make_duration,
    make_time,
    named_zone,
    offset_nanos,
    split,
)
from engine.feel.values import NANOS_PER_SECOND, FeelTime, WideDate, WideDateTime, WideDuration, YearsMonths, zone_name

_DATE: Final = r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME: Final = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,20}))?"
    r"(?P<zone>Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+\-/]{1,64})?"
)
_DATE_FORM: Final = re.compile(_DATE)
_TIME_FORM: Final = re.compile(_TIME)
_DATE_TIME_FORM: Final = re.compile(f"{_DATE}T{_TIME}")
_YEARS_MONTHS_FORM: Final = re.compile(r"(-?)P(?=[0-9])(?:([0-9]{1,18})Y)?(?:([0-9]{1,18})M)?")
_DAYS_TIME_FORM: Final = re.compile(
    r"(-?)P(?=[0-9T])(?:([0-9]{1,18})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})(?:\.([0-9]{0,20}))?S)?)?"
)


def parse_date(text: str) -> AnyDate:
    """`2026-11-20`."""
    match = _DATE_FORM.fullmatch(text)
    if not match or match["year"] == "-0000":
        raise Failure("argument", "the text is not a date (yyyy-mm-dd)")
    return _date(match)


def parse_time(text: str) -> FeelTime:
    """`10:30:00`, with a fraction and with `Z`, an offset or `@Zone/Name`."""
    match = _TIME_FORM.fullmatch(text)
    if not match:
        raise Failure("argument", "the text is not a time (hh:mm:ss)")
    return _time(match)


def parse_datetime(text: str) -> AnyDateTime:
    """`2026-11-20T10:30:00` with what a time may have; a date alone is its midnight, without a zone."""
    match = _DATE_TIME_FORM.fullmatch(text)
    if match:
        time = _time(match)
        return make_datetime(_date(match), time.nanos, time.zone)
    if _DATE_FORM.fullmatch(text):
        return make_datetime(parse_date(text), 0, None)
    raise Failure("argument", "the text is not a date and time (yyyy-mm-ddThh:mm:ss)")


def parse_duration(text: str) -> YearsMonths | DaysTime:
    """`P1Y2M` or `P1DT2H3M4.5S`, either with a leading minus; the two kinds do not mix."""
    match = _YEARS_MONTHS_FORM.fullmatch(text)
    if match:
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return YearsMonths(-months if match[1] else months)
    match = _DAYS_TIME_FORM.fullmatch(text)
    if not match:
        raise Failure("argument", "the text is not a duration (P1Y2M or P1DT2H3M4S)")
    hours = int(match[2] or 0) * 24 + int(match[3] or 0)
    seconds = (hours * 60 + int(match[4] or 0)) * 60 + int(match[5] or 0)
    nanos = seconds * NANOS_PER_SECOND + int(((match[6] or "") + "000000000")[:9])
    return make_duration(-nanos if match[1] else nanos)


def parse_temporal(text: str) -> object:
    """The value of `@"..."`: the one temporal form that the text has."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    if "T" in text and _DATE_TIME_FORM.fullmatch(text):
        return parse_datetime(text)
    return parse_date(text) if _DATE_FORM.fullmatch(text) else parse_time(text)


def _date(match: re.Match[str]) -> AnyDate:
    return make_date(int(match["year"]), int(match["month"]), int(match["day"]))


def _time(match: re.Match[str]) -> FeelTime:
    second = int(match["second"])
    if second > 59:
        raise Failure("argument", "there is no such time of day")
    nanos = int(((match["fraction"] or "") + "000000000")[:9])
    zone = _zone(match["zone"])
    if match["hour"] == "24" and match["minute"] == "00" and second == 0 and nanos == 0:
        return make_time(0, 0, 0, zone)
    return make_time(int(match["hour"]), int(match["minute"]), second * NANOS_PER_SECOND + nanos, zone)


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in ("Z", "z"):
        return UTC
    if text.startswith("@"):
        return named_zone(text[1:])
    hours, minutes, *seconds = text[1:].split(":")
    if int(minutes) > 59 or (seconds and int(seconds[0]) > 59):
        raise Failure("argument", "there is no such offset")
    total = int(hours) * 3600 + int(minutes) * 60 + int(seconds[0] if seconds else 0)
    return fixed_zone(-total if text[0] == "-" else total)


def date_text(day: AnyDate) -> str:
    """A date as FEEL writes it."""
    year = f"{abs(day.year):04d}"
    return f"{'-' if day.year < 0 else ''}{year}-{day.month:02d}-{day.day:02d}"


def time_text(time: FeelTime) -> str:
    """A time as FEEL writes it: no fraction where there is none, `Z` for UTC."""
    return _clock(time.nanos) + _zone_text(time.zone)


def datetime_text(moment: AnyDateTime) -> str:
    """A date-time as FEEL writes it."""
    day, nanos, zone = split(moment)
    return f"{date_text(day)}T{_clock(nanos)}{_zone_text(zone)}"


def duration_text(length: YearsMonths | DaysTime) -> str:
    """A duration in its shortest form; the zero durations are `P0M` and `PT0S`."""
    if isinstance(length, YearsMonths):
        years, months = divmod(abs(length.total), 12)
        parts = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return f"{'-' if length.total < 0 else ''}P{parts or '0M'}"
    nanos = duration_nanos(length)
    whole, fraction = divmod(abs(nanos), NANOS_PER_SECOND)
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    point = f".{fraction:09d}".rstrip("0") if fraction else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{point}S" if seconds or point else ""
    if not days and not clock:
        return "PT0S"
    return f"{'-' if nanos < 0 else ''}P{f'{days}D' if days else ''}{'T' + clock if clock else ''}"


def temporal_text(value: object) -> str:
    """Any temporal value as FEEL writes it. Raises `TypeError` for others."""
    if isinstance(value, datetime | WideDateTime):
        return datetime_text(value)
    if isinstance(value, date | WideDate):
        return date_text(value)
    if isinstance(value, FeelTime):
        return time_text(value)
    if isinstance(value, YearsMonths | timedelta | WideDuration):
        return duration_text(value)
    raise TypeError(f"a {type(value).__name__} is not temporal")


def _clock(nanos: int) -> str:
    seconds, fraction = divmod(nanos, NANOS_PER_SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return text + (f".{fraction:09d}".rstrip("0") if fraction else "")


def _zone_text(zone: tzinfo | None) -> str:
    if zone is None:
        return ""
    name = zone_name(zone)
    if name is not None:
        return f"@{name}"
    seconds = (offset_nanos(zone) or 0) // NANOS_PER_SECOND
    if seconds == 0:
        return "Z"
    size = abs(seconds)
    text = f"{'-' if seconds < 0 else '+'}{size // 3600:02d}:{size // 60 % 60:02d}"
    return text + (f":{size % 60:02d}" if size % 60 else "")
