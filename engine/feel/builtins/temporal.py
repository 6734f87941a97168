"""Built-in functions on dates and date-times. None of them reads a clock: `now` and `today` are not here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from engine.feel.builtins.table import Table
from engine.feel.temporal.arithmetic import Moment, months_between
from engine.feel.temporal.calendar import AnyDate, date_of, day_number, day_part, make_date
from engine.feel.types import NUMBER, STRING, YEARS_MONTHS
from engine.feel.values import WideDate, WideDateTime, YearsMonths

TABLE: Final = Table()
_ANY_DAY: Final = "date: date|date and time"
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@TABLE.add("years and months duration", "from: date|date and time, to: date|date and time", YEARS_MONTHS)
def years_and_months(start: Moment, end: Moment) -> YearsMonths:
    """Whole months from one moment to another: an age is its `years`."""
    return months_between(start, end)


def _day(value: Moment) -> AnyDate:
    if isinstance(value, datetime | WideDateTime):
        return day_part(value)
    assert isinstance(value, date | WideDate)
    return value


@TABLE.add("day of year", _ANY_DAY, NUMBER)
def day_of_year(value: Moment) -> int:
    """1-366."""
    day = _day(value)
    return day_number(day) - day_number(make_date(day.year, 1, 1)) + 1


@TABLE.add("day of week", _ANY_DAY, STRING)
def day_of_week(value: Moment) -> str:
    """The English name of the day."""
    return _DAYS[(day_number(_day(value)) - 1) % 7]


@TABLE.add("month of year", _ANY_DAY, STRING)
def month_of_year(value: Moment) -> str:
    """The English name of the month."""
    return _MONTHS[_day(value).month - 1]


@TABLE.add("week of year", _ANY_DAY, NUMBER)
def week_of_year(value: Moment) -> int:
    """The week as ISO 8601 counts: the first has the year's first Thursday."""
    number = day_number(_day(value))
    thursday = number - (number - 1) % 7 + 3
    return (thursday - day_number(make_date(date_of(thursday).year, 1, 1))) // 7 + 1
