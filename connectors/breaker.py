"""Circuit breaker: stop calling a provider that fails, then let one call at a time find out whether it recovered.

Closed: calls pass; `failures` failures in a row open it. Open: calls are refused at once for `open_s` seconds.
Half-open: one probe passes; its success closes the breaker, its failure opens it again. An answer to a call that began
before the last change of state is ignored, so a late success of a slow call cannot close a breaker that has just
opened. Safe for threads; each process has its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from connectors.errors import ProviderRefused
from connectors.settings import BreakerSettings


class BreakerState(StrEnum):
    """The three states, named as everywhere else."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitOpenError(Exception):
    """The call was not made; the next probe is allowed in `retry_after_s` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("circuit open")
        self.retry_after_s = retry_after_s


class CircuitBreaker:
    """The breaker of one provider. `clock` gives monotonic seconds."""

    def __init__(self, settings: BreakerSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._opened_at = 0.0
        self._probing = False
        self._generation = 0

    @property
    def state(self) -> BreakerState:
        """The state a call would meet now."""
        with self._lock:
            if self._state is BreakerState.OPEN and self._wait_s() <= 0:
                return BreakerState.HALF_OPEN
            return self._state

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Guard one attempt: raises CircuitOpenError before it, or records how it ended.

        A refusal by the provider counts as a success: it is up and it answered. Everything else that raises, an
        interrupted worker included, counts as a failure, so a probe can never be left hanging.
        """
        generation = self._admit()
        try:
            yield
        except ProviderRefused:
            self._record(generation, ok=True)
            raise
        except BaseException:
            self._record(generation, ok=False)
            raise
        self._record(generation, ok=True)

    def _admit(self) -> int:
        with self._lock:
            if self._state is BreakerState.OPEN:
                wait_s = self._wait_s()
                if wait_s > 0:
                    raise CircuitOpenError(wait_s)
                self._move(BreakerState.HALF_OPEN)
            if self._state is BreakerState.HALF_OPEN:
                if self._probing:
                    raise CircuitOpenError(self._settings.open_s)
                self._probing = True
            return self._generation

    def _record(self, generation: int, *, ok: bool) -> None:
        with self._lock:
            if generation != self._generation:
                return
            if ok:
                self._failures = 0
                if self._state is BreakerState.HALF_OPEN:
                    self._move(BreakerState.CLOSED)
                return
            self._failures += 1
            if self._state is BreakerState.HALF_OPEN or self._failures >= self._settings.failures:
                self._opened_at = self._clock()
                self._move(BreakerState.OPEN)

    def _move(self, state: BreakerState) -> None:
        self._state = state
        self._failures = 0
        self._probing = False
        self._generation += 1

    def _wait_s(self) -> float:
        return self._opened_at + self._settings.open_s - self._clock()
