"""Sums and differences of temporal values, and durations times and by numbers.

Every function gives a value or raises `Failure`; none takes null. A date meets a date-time as its midnight in UTC; of two
moments either both have a zone or neither has, for otherwise their distance is not known.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from engine.feel.failure import Failure
from engine.feel.numbers import CONTEXT, Number
from engine.feel.temporal.calendar import (
    AnyDate,
    AnyDateTime,
    DaysTime,
    add_months,
    date_of,
    day_number,
    duration_nanos,
    from_instant,
    from_local,
    instant,
    make_datetime,
    make_duration,
    midnight_utc,
    split,
    time_instant,
)
from engine.feel.values import NANOS_PER_DAY, FeelTime, WideDate, WideDateTime, WideDuration, YearsMonths

Duration: TypeAlias = YearsMonths | DaysTime
Moment: TypeAlias = AnyDate | AnyDateTime

_TIMED: Final = (datetime, WideDateTime)
_MOST_MONTHS: Final = 10**19


def is_date(value: object) -> bool:
    """Whether a value is a FEEL date: `datetime` is a subclass of `date` in Python, not here."""
    return isinstance(value, date | WideDate) and not isinstance(value, datetime)


def shift(value: object, length: Duration, sign: int) -> object:
    """A date, date-time, time or duration moved by a duration."""
    if isinstance(length, YearsMonths):
        return _shift_months(value, sign * length.total)
    nanos = sign * duration_nanos(length)
    if isinstance(value, FeelTime):
        return FeelTime((value.nanos + nanos) % NANOS_PER_DAY, value.zone)
    if isinstance(value, datetime | WideDateTime):
        return _shift_nanos(value, nanos)
    if isinstance(value, date | WideDate):
        return date_of((day_number(value) * NANOS_PER_DAY + nanos) // NANOS_PER_DAY)
    if isinstance(value, timedelta | WideDuration):
        return make_duration(duration_nanos(value) + nanos)
    raise Failure("type", "a days and time duration cannot be added to this")


def _shift_months(value: object, months: int) -> object:
    if isinstance(value, YearsMonths):
        return _months(value.total + months)
    if isinstance(value, datetime | WideDateTime):
        day, nanos, zone = split(value)
        return make_datetime(add_months(day, months), nanos, zone)
    if isinstance(value, date | WideDate):
        return add_months(value, months)
    raise Failure("type", "a years and months duration cannot be added to this")


def _shift_nanos(moment: AnyDateTime, nanos: int) -> AnyDateTime:
    start, zoned = instant(moment)
    zone = split(moment)[2]
    if zoned and zone is not None:
        return from_instant(start + nanos, zone)
    return from_local(start + nanos, None)


def distance(left: Any, right: Any) -> DaysTime:
    """Left minus right, of two moments or two times."""
    if left.__class__ is date and right.__class__ is date:  # by far the most frequent, and both without a zone
        days: timedelta = left - right
        return days
    if isinstance(left, FeelTime) and isinstance(right, FeelTime):
        first, second = time_instant(left), time_instant(right)
    else:
        first, second = instant(_moment(left)), instant(_moment(right))
    if first[1] != second[1]:
        raise Failure("type", "one of the two has a time zone and the other has not")
    return make_duration(first[0] - second[0])


def _moment(value: object) -> AnyDateTime:
    if isinstance(value, datetime | WideDateTime):
        return value
    if isinstance(value, date | WideDate):
        return midnight_utc(value)
    raise Failure("type", "these two cannot be subtracted")


def negate(length: Duration) -> Duration:
    """The duration the other way."""
    return YearsMonths(-length.total) if isinstance(length, YearsMonths) else make_duration(-duration_nanos(length))


def scale(length: Duration, factor: Number) -> Duration:
    """A duration times a number: months toward zero, nanoseconds half-even."""
    size = length.total if isinstance(length, YearsMonths) else duration_nanos(length)
    return _sized(length, CONTEXT.multiply(Decimal(size), Decimal(factor)))


def divide(length: Duration, divisor: Number) -> Duration:
    """A duration by a number, rounded as in `scale`."""
    if divisor == 0:
        raise Failure("division_by_zero", "a duration is divided by zero")
    size = length.total if isinstance(length, YearsMonths) else duration_nanos(length)
    return _sized(length, CONTEXT.divide(Decimal(size), Decimal(divisor)))


def ratio(left: Duration, right: Duration) -> Decimal:
    """How many times one duration goes into another of its kind."""
    if isinstance(left, YearsMonths) and isinstance(right, YearsMonths):
        sizes = left.total, right.total
    elif isinstance(left, YearsMonths) or isinstance(right, YearsMonths):
        raise Failure("type", "the two durations are of different kinds")
    else:
        sizes = duration_nanos(left), duration_nanos(right)
    if sizes[1] == 0:
        raise Failure("division_by_zero", "a duration is divided by an empty duration")
    return CONTEXT.divide(Decimal(sizes[0]), Decimal(sizes[1]))


_lasting: Final = lru_cache(maxsize=2048)(YearsMonths)  # ages and terms repeat


def months_between(start: Moment, end: Moment) -> YearsMonths:
    """Whole months from the day of one moment to the day of another; the time of day does not count."""
    first, last = _day(start), _day(end)
    return _lasting(-_whole_months(last, first) if last < first else _whole_months(first, last))


def _whole_months(first: AnyDate, last: AnyDate) -> int:
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - 1 if last.day < first.day else months


def _day(value: Moment) -> AnyDate:
    if value.__class__ is date:  # most are
        return value
    return split(value)[0] if isinstance(value, _TIMED) else value


def _sized(like: Duration, size: Decimal) -> Duration:
    if isinstance(like, YearsMonths):
        return _months(int(size.to_integral_value(ROUND_DOWN)))
    return make_duration(int(size.to_integral_value(ROUND_HALF_EVEN)))


def _months(total: int) -> YearsMonths:
    if abs(total) > _MOST_MONTHS:
        raise Failure("limit", "the duration is too long")
    return YearsMonths(total)
