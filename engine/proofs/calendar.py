"""Dates in formulas: years, months and days of a day number, months between two days, a day moved by months.

A day is its number in the proleptic Gregorian calendar, 1 for 0001-01-01, as in the engine; its parts are its month,
counted through all years, and its day of the month. That days are ordered as their parts are, and that a month has the
same length wherever it is named, is said with the definitions; it is all that comparisons of ages and dates need. Which
number the parts make is exact integer arithmetic, costly, and said with the products.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

import z3

from engine.proofs.terms import Formula, Scalar, Term, Value, either
from engine.proofs.world import MONTHS, World

_BEFORE: Final = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH_DAYS: Final = "30.436875"  # 146,097 days in 4,800 months
_DRIFT: Final = 8  # days that a month's first day lies off the mean at most, leap years and months together
_ORDERED: Final = 40  # dates of a pack that each date with parts is held against


class Parts(NamedTuple):
    """A date's month, counted from year 0, and its day of the month."""

    month: Term
    day: Term


def _by_month(month: Term, numbers: tuple[int, ...]) -> Term:
    found: Term = z3.IntVal(numbers[-1], month.ctx)
    for index in range(len(numbers) - 1, 0, -1):
        found = z3.If(month <= index - 1, z3.IntVal(numbers[index - 1], month.ctx), found)
    return found


def _leap(year: Term) -> Term:
    return z3.And(year % 4 == 0, z3.Or(year % 100 != 0, year % 400 == 0))


def _length(world: World, month: Term) -> Term:
    """How many days a month has: a function of the month, defined with the products."""
    if "length" not in world.defined:
        whole = z3.IntSort(world.context)
        world.defined["length"] = z3.Function("length", whole, whole)
    found = world.defined["length"](month)
    key = ("length", month.get_id())
    if key not in world.defined:
        world.defined[key] = True
        world.keep(month)
        of_year = month % 12
        exact = _by_month(of_year, _LENGTHS) + z3.If(z3.And(of_year == 1, _leap(month / 12)), 1, 0)
        world.definitions.append(z3.And(found >= 28, found <= 31))
        world.products.append(found == exact)
    return found


def _number(parts: Parts) -> Term:
    """The number of a day, from its parts."""
    past, of_year = parts.month / 12 - 1, parts.month % 12
    leap_day = z3.If(z3.And(of_year > 1, _leap(parts.month / 12)), 1, 0)
    return 365 * past + past / 4 - past / 100 + past / 400 + _by_month(of_year, _BEFORE) + leap_day + parts.day


def _before(one: Parts, other: Parts) -> Formula:
    return z3.Or(one.month < other.month, z3.And(one.month == other.month, one.day < other.day))


def parts_of(world: World, day: Term) -> Parts:
    """The parts of a day: free, with their definition."""
    known: Parts | None = world.defined.get(("parts", day.get_id()))
    if known is None:
        known = Parts(world.fresh("Int", "month"), world.fresh("Int", "day"))
        _define(world, day, known)
        world.definitions.append(known.day <= _length(world, known.month))
    return known


def _define(world: World, day: Term, parts: Parts) -> None:
    """Say what holds of a day and its parts."""
    world.keep(day)
    world.defined["parts", day.get_id()] = parts
    world.facts.append(z3.And(parts.day >= 1, parts.day <= 31))
    mean = z3.ToReal(parts.month - 12) * z3.RealVal(_MONTH_DAYS, day.ctx) + z3.ToReal(parts.day)
    world.facts.append(z3.And(z3.ToReal(day) - mean <= _DRIFT, z3.ToReal(day) - mean >= -_DRIFT))
    world.products.append(day == _number(parts))
    for other, theirs in world.dated[:_ORDERED]:
        world.definitions.append((day < other) == _before(parts, theirs))
        world.definitions.append((day == other) == z3.And(parts.month == theirs.month, parts.day == theirs.day))
    world.dated.append((day, parts))


def know_dates(world: World) -> None:
    """Hold every date with parts against the constants of the pack."""
    if not world.dated:
        return
    for day in world.dates:
        if ("date", day) not in world.defined:
            world.defined["date", day] = True
            months = world.whole(day.year * 12 + day.month - 1)
            _define(world, world.whole(day.toordinal()), Parts(months, world.whole(day.day)))
    world.dates.clear()


def is_date(world: World, day: Term, plain: date) -> list[Formula]:
    """That a day is a date, with its parts where they are spoken of."""
    found: list[Formula] = [day == plain.toordinal()]
    parts: Parts | None = world.defined.get(("parts", day.get_id()))
    if parts is not None:
        found += [parts.month == plain.year * 12 + plain.month - 1, parts.day == plain.day]
    return found


def months_between(world: World, start: Scalar, end: Scalar) -> Value:
    """Whole months from one day to another, with a sign."""
    null = either(start.null, end.null)
    first, last = parts_of(world, start.term), parts_of(world, end.term)
    return Scalar(MONTHS, z3.If(end.term < start.term, -_whole(last, first), _whole(first, last)), null)


def _whole(first: Parts, last: Parts) -> Term:
    months = last.month - first.month
    return z3.If(last.day < first.day, months - 1, months)


def moved(world: World, start: Scalar, months: Term) -> Term:
    """The day that lies so many months from another; its day of the month is the last where there are too few."""
    key = ("moved", start.term.get_id(), months.get_id())
    known = world.defined.get(key)
    if known is None:
        known = world.fresh("Int", "moved")
        world.defined[key] = known
        world.keep(start.term, months)
        origin = parts_of(world, start.term)
        month = origin.month + months
        last = _length(world, month)
        _define(world, known, Parts(month, z3.If(origin.day <= last, origin.day, last)))
    return known


def years(months: Term) -> Term:
    """Whole years of a count of months, toward zero."""
    return z3.If(months >= 0, months / 12, -((-months) / 12))
