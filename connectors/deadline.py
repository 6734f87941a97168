"""A deadline: one moment by which a call with all its attempts must have ended, whatever each step was allowed.

It keeps the promise that a hanging provider costs a worker a known number of seconds. The clock is passed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Deadline:
    """`seconds` from now on `clock` (monotonic seconds)."""

    __slots__ = ("_clock", "_ends_at")

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends_at = clock() + seconds

    def remaining_s(self) -> float:
        """Seconds left; never below zero."""
        return max(0.0, self._ends_at - self._clock())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining_s() <= 0.0
