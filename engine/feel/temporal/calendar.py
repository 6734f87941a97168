"""The proleptic Gregorian calendar over all the years that FEEL can write, and the instants of date-times.

A day is its number from 0001-01-01 (which is 1, as `date.toordinal` has it), a time of day its nanoseconds. Values are
given back as Python's types where those can hold them. Named zones come from the system's zone database; a zone it does
not know is refused, never taken for UTC. No clock is read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from engine.feel import limits
from engine.feel.failure import Failure
from engine.feel.values import NANOS_PER_DAY, NANOS_PER_SECOND, FeelTime, WideDate, WideDateTime, WideDuration

AnyDate: TypeAlias = date | WideDate
AnyDateTime: TypeAlias = datetime | WideDateTime
DaysTime: TypeAlias = timedelta | WideDuration

_DAYS_PER_ERA: Final = 146_097
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIRST_OF_MARCH: Final = 306
_REFERENCE_DAY: Final = date(1970, 1, 1)
"""Which day's offset a time of day in a named zone has; a time alone does not say."""


_MICRO: Final = timedelta(microseconds=1)
_MOST_NANOS: Final = 10**30
"""The longest duration that is computed with: about 3e13 years, far beyond the years of FEEL."""


def duration_nanos(length: DaysTime) -> int:
    """A days-and-time duration in nanoseconds."""
    return length.nanos if isinstance(length, WideDuration) else length // _MICRO * 1000


def make_duration(nanos: int) -> DaysTime:
    """The days-and-time duration of so many nanoseconds, as Python's where that can hold it. Raises `Failure`."""
    if not nanos % 1000:
        try:
            return timedelta(microseconds=nanos // 1000)
        except OverflowError:
            pass
    if abs(nanos) > _MOST_NANOS:
        raise Failure("limit", "the duration is too long")
    return WideDuration(nanos)


def is_leap(year: int) -> bool:
    """Whether a year has a 29th of February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """28-31."""
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def make_date(year: int, month: int, day: int) -> AnyDate:
    """A date. Raises `Failure` where there is no such day."""
    if not 1 <= month <= 12 or not 1 <= day <= month_length(year, month) or abs(year) > limits.MAX_YEAR:
        raise Failure("argument", "there is no such date")
    return date(year, month, day) if 1 <= year <= 9999 else WideDate(year, month, day)


def day_number(day: AnyDate) -> int:
    """The number of a day, 1 for 0001-01-01."""
    if isinstance(day, date):
        return day.toordinal()
    # Years that begin in March end with the leap day; a whole era of 400 of them has a fixed length.
    year = day.year - (day.month < 3)
    month = (day.month + 9) % 12
    era, of_era = divmod(year, 400)
    in_year = (153 * month + 2) // 5 + day.day - 1
    return era * _DAYS_PER_ERA + of_era * 365 + of_era // 4 - of_era // 100 + in_year - _FIRST_OF_MARCH + 1


def date_of(number: int) -> AnyDate:
    """The day of a number. Raises `Failure` beyond the years of FEEL."""
    if 1 <= number <= 3_652_059:
        return date.fromordinal(number)
    era, in_era = divmod(number + _FIRST_OF_MARCH - 1, _DAYS_PER_ERA)
    of_era = (in_era - in_era // 1460 + in_era // 36_524 - in_era // 146_096) // 365
    in_year = in_era - (365 * of_era + of_era // 4 - of_era // 100)
    month = (5 * in_year + 2) // 153
    day = in_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return make_date(era * 400 + of_era + (month < 3), month, day)


def add_months(day: AnyDate, months: int) -> AnyDate:
    """The day so many months later; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if abs(year) > limits.MAX_YEAR:
        raise Failure("limit", "the date is beyond the years of FEEL")
    return make_date(year, month + 1, min(day.day, month_length(year, month + 1)))


def make_time(hour: int, minute: int, nanos: int, zone: tzinfo | None) -> FeelTime:
    """A time of day; `nanos` are those within the minute. Raises `Failure` where there is no such time."""
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= nanos < 60 * NANOS_PER_SECOND):
        raise Failure("argument", "there is no such time of day")
    return FeelTime((hour * 60 + minute) * 60 * NANOS_PER_SECOND + nanos, zone)


def make_datetime(day: AnyDate, nanos: int, zone: tzinfo | None) -> AnyDateTime:
    """A date-time, as Python's where that can hold it."""
    if not isinstance(day, date) or nanos % 1000:
        return WideDateTime(day, nanos, zone)
    seconds, rest = divmod(nanos, NANOS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    return datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, second, rest // 1000, zone)


def split(moment: AnyDateTime) -> tuple[AnyDate, int, tzinfo | None]:
    """Day, nanoseconds of the day, and zone of a date-time."""
    if isinstance(moment, WideDateTime):
        return moment.date, moment.nanos, moment.zone
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return moment.date(), seconds * NANOS_PER_SECOND + moment.microsecond * 1000, moment.tzinfo


def day_part(moment: AnyDateTime) -> AnyDate:
    """The day of a date-time."""
    return split(moment)[0]


def offset_nanos(zone: tzinfo | None, day: AnyDate = _REFERENCE_DAY, nanos: int = 0) -> int | None:
    """How far a zone is ahead of UTC at a local moment; None without a zone."""
    if zone is None:
        return None
    near = day if isinstance(day, date) else date(2000, day.month, min(day.day, 28))
    whole = make_datetime(near, nanos - nanos % 1000, zone)
    assert isinstance(whole, datetime)
    offset = whole.utcoffset()
    return 0 if offset is None else (offset.days * 86_400 + offset.seconds) * NANOS_PER_SECOND


def local_nanos(moment: AnyDateTime) -> int:
    """Nanoseconds since 0001-01-01 less a day, in local time."""
    day, nanos, _ = split(moment)
    return day_number(day) * NANOS_PER_DAY + nanos


def instant(moment: AnyDateTime) -> tuple[int, bool]:
    """Nanoseconds since 0001-01-01 less a day, in UTC where the second part says so, else in local time."""
    day, nanos, zone = split(moment)
    local = day_number(day) * NANOS_PER_DAY + nanos
    offset = offset_nanos(zone, day, nanos)
    return (local, False) if offset is None else (local - offset, True)


def from_local(local: int, zone: tzinfo | None) -> AnyDateTime:
    """The date-time of local nanoseconds in a zone."""
    number, nanos = divmod(local, NANOS_PER_DAY)
    return make_datetime(date_of(number), nanos, zone)


def from_instant(utc: int, zone: tzinfo) -> AnyDateTime:
    """The date-time of an instant as a zone shows it."""
    number, nanos = divmod(utc, NANOS_PER_DAY)
    day = date_of(number)
    if isinstance(day, date) and 1 < number < 3_652_058:
        whole = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(microseconds=nanos // 1000)
        shown = whole.astimezone(zone)
        shown_day, shown_nanos, _ = split(shown)
        return make_datetime(shown_day, shown_nanos + nanos % 1000, zone)
    offset = offset_nanos(zone, day, nanos)
    return from_local(utc + (offset or 0), zone)


def time_instant(time: FeelTime) -> tuple[int, bool]:
    """Nanoseconds since midnight, in UTC where the second part says so, else in local time."""
    offset = offset_nanos(time.zone)
    return (time.nanos, False) if offset is None else (time.nanos - offset, True)


def midnight_utc(day: AnyDate) -> AnyDateTime:
    """A date where a date-time is wanted: 00:00 UTC, as the standard converts it."""
    return make_datetime(day, 0, UTC)


@lru_cache(maxsize=1024)
def named_zone(name: str) -> tzinfo:
    """A zone of the IANA database. Raises `Failure` where the system knows none of that name."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise Failure("argument", "there is no time zone of that name") from None


def fixed_zone(seconds: int) -> tzinfo:
    """An offset from UTC. Raises `Failure` beyond 18 hours."""
    if abs(seconds) > 18 * 3600:
        raise Failure("argument", "an offset is at most 18 hours")
    return UTC if seconds == 0 else timezone(timedelta(seconds=seconds))
