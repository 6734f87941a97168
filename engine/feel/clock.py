"""`now()` and `today()` for those who know what time it is: the engine has no clock of its own.

The caller gives the moment; without one the functions are there and say, with a null and a warning, that none was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from engine.feel.failure import Failure
from engine.feel.types import DATE, DATE_TIME
from engine.feel.values import FeelFunction

CLOCK_NAMES: Final = ("now", "today")
"""The names of the functions that need a clock."""


def clock_functions(moment: datetime | None) -> Mapping[str, FeelFunction]:
    """The functions `now` and `today` of a moment, to be put in a scope under their names."""

    def now() -> datetime:
        if moment is None:
            raise Failure("clock", "now() has no value: the caller gave no moment")
        return moment

    def today() -> date:
        if moment is None:
            raise Failure("clock", "today() has no value: the caller gave no moment")
        return moment.date()

    return {"now": FeelFunction((), now, result=DATE_TIME), "today": FeelFunction((), today, result=DATE)}
