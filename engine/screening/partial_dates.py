"""Dates of birth with their precision: a year, a month or a day, as lists and applicants give them.

1 January counts as a year only: registers write it where the day is unknown. Nothing is filled in.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from enum import StrEnum

_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z", re.ASCII)


class DateAgreement(StrEnum):
    """How two dates of birth stand to each other, the strongest agreement first."""

    EXACT = "exact"
    MONTH = "month"
    YEAR = "year"
    NEAR = "near"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """Year, and month and day where they are known."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read `1971`, `1971-05` or `1971-05-02`; raises ValueError for anything else and for dates that are none."""
        found = _FORM.match(text.strip())
        if not found:
            raise ValueError("a date is YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = (int(part) if part else None for part in found.groups())
        if year is None or year < 1:
            raise ValueError("no such year")
        if month is not None and not 1 <= month <= 12:
            raise ValueError("no such month")
        if month is not None and day is not None and not 1 <= day <= monthrange(year, month)[1]:
            raise ValueError("no such day")
        return cls(year, month, day)

    def agreement(self, other: PartialDate) -> DateAgreement:
        """Compare as far as both are known."""
        a, b = self._honest(), other._honest()
        if a.year == b.year:
            return _within_year(a, b)
        if abs(a.year - b.year) == 1 and (None in {a.month, b.month} or (a.month, a.day) == (b.month, b.day)):
            return DateAgreement.NEAR
        return DateAgreement.CONFLICT

    def _honest(self) -> PartialDate:
        return PartialDate(self.year) if (self.month, self.day) == (1, 1) else self

    def __str__(self) -> str:
        parts = [f"{self.year:04}"] + [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


def _within_year(a: PartialDate, b: PartialDate) -> DateAgreement:
    if a.month is None or b.month is None:
        return DateAgreement.YEAR
    if a.month == b.month:
        if a.day is None or b.day is None:
            return DateAgreement.MONTH
        return DateAgreement.EXACT if a.day == b.day else DateAgreement.NEAR
    swapped = (a.month, a.day) == (b.day, b.month)
    return DateAgreement.NEAR if swapped else DateAgreement.CONFLICT
