"""Dates as cards print them, to ISO form. Day before month, as on Indian documents; an impossible date is no date."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMERIC: Final = re.compile(r"(?<!\d)(\d{1,2})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{4})(?!\d)")
_ISO: Final = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_WORDED: Final = re.compile(r"(?<!\d)(\d{1,2})[\s.-]*([A-Za-z]{3,9})[\s.,-]*(\d{4})(?!\d)")


def date_in(text: str) -> date | None:
    """The first date in `text`, or None."""
    if match := _ISO.search(text):
        return _date(match[1], match[2], match[3])
    if match := _NUMERIC.search(text):
        return _date(match[3], match[2], match[1])
    if match := _WORDED.search(text):
        month = match[2][:3].lower()
        return _date(match[3], str(_MONTHS.index(month) + 1), match[1]) if month in _MONTHS else None
    return None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
