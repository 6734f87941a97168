"""The one HTTP client for providers: JSON out, JSON in, within a deadline, or an error that says what to do next.

One call may take several attempts, with full-jitter back-off and honouring Retry-After, but all of it ends within the
deadline. Around each attempt stands a circuit breaker, around each call a bulkhead that refuses at once instead of
queueing. Compressed, oversize, non-JSON or ambiguous (duplicate keys, NaN) answers and redirects are refused as
garbage. Logs and errors name provider, attempt, status and cause, never an address, header or body.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx
import structlog

from connectors.breaker import BreakerState, CircuitBreaker, CircuitOpenError
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, GarbageAnswer, ProviderRefused, RetryLater
from connectors.settings import ProviderSettings
from connectors.wire import Reply, Wire, WireError, WireFailure
from engine.signal import Reason, Value

USER_AGENT = "verdict-connectors/1"
_RETRY_STATUS = frozenset({408, 425, 429})
_log = structlog.get_logger("connectors.http")


class Exchanger(Protocol):
    """What the client needs of the wire."""

    def exchange(
        self, request: httpx.Request, *, deadline: Deadline, connect_timeout_s: float, max_bytes: int | None
    ) -> Reply:
        """One bounded exchange; raises WireError."""

    def close(self) -> None:
        """Close every connection."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful (2xx) reply. `body` is the parsed JSON, its decimal numbers as Decimal; `elapsed_ms` of the call."""

    status: int
    body: Value
    elapsed_ms: float


class ProviderClient:
    """The client of one provider; safe for threads, made once per process.

    `clock` gives monotonic seconds, `sleep` waits, `jitter(low, high)` draws a wait: injectable for tests.
    """

    def __init__(
        self,
        settings: ProviderSettings,
        *,
        wire: Exchanger | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float, float], float] | None = None,
    ) -> None:
        self.settings = settings
        self._wire = wire or Wire(max_connections=settings.max_concurrency)
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter or secrets.SystemRandom().uniform
        self._breaker = CircuitBreaker(settings.breaker, clock)
        self._places = threading.BoundedSemaphore(settings.max_concurrency)
        self._base = httpx.URL(settings.base_url.rstrip("/") + "/")

    @property
    def breaker_state(self) -> BreakerState:
        """The state of this provider's circuit breaker, for health pages."""
        return self._breaker.state

    def post_json(
        self,
        path: str,
        body: Mapping[str, object],
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """POST `body` to `path` (relative to the base address) and return the provider's JSON.

        `repeatable=False` repeats only attempts that the provider certainly did not work on.
        Raises RetryLater, ProviderRefused or GarbageAnswer, all ConnectorError.
        """
        if not self._places.acquire(blocking=False):
            # Not "down": we did not ask. The queue brings the call back when a place is free.
            raise RetryLater(self.settings.name, "all places for calls are taken", reason=Reason.NOT_EXECUTED)
        try:
            content = json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
            return self._call(path, content, headers or {}, repeatable=repeatable)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close the connections; the client must not be used afterwards."""
        self._wire.close()

    def _call(self, path: str, content: bytes, headers: Mapping[str, str], *, repeatable: bool) -> Answer:
        started = self._clock()
        deadline = Deadline(self.settings.deadline_s, self._clock)
        for attempt in range(1, self.settings.attempts + 1):
            try:
                with self._breaker.attempt():
                    reply = self._attempt(path, content, headers, deadline)
                    parsed = self._parse(reply)
                return Answer(reply.status, parsed, (self._clock() - started) * 1000)
            except CircuitOpenError as error:
                raise RetryLater(
                    self.settings.name, "not called, its circuit is open", retry_after_s=error.retry_after_s
                ) from None
            except _NotArrivedError as error:
                failure, again = error.failure, True
            except RetryLater as error:
                # Only 429 promises that the request was not worked on; a gateway's 503 may hide that it was.
                failure, again = error, repeatable or error.status == 429
            except ConnectorError as error:
                self._report(error, attempt, started)
                raise
            self._report(failure, attempt, started)
            wait_s = self._wait_s(attempt, failure)
            if not again or attempt == self.settings.attempts or wait_s >= deadline.remaining_s():
                raise failure
            self._sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempt(self, path: str, content: bytes, headers: Mapping[str, str], deadline: Deadline) -> Reply:
        request = httpx.Request(
            "POST",
            self._base.join(path.lstrip("/")),
            content=content,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
                "User-Agent": USER_AGENT,
                **self.settings.headers,
                **headers,
            },
        )
        limit_s = min(self.settings.attempt_timeout_s, deadline.remaining_s())
        try:
            reply = self._wire.exchange(
                request,
                deadline=Deadline(limit_s, self._clock),
                connect_timeout_s=self.settings.connect_timeout_s,
                max_bytes=self.settings.max_response_bytes,
            )
        except WireError as error:
            raise self._from_wire(error) from None
        self._check_status(reply)
        return reply

    def _from_wire(self, error: WireError) -> Exception:
        name = self.settings.name
        if error.failure in {WireFailure.TOO_LARGE, WireFailure.ENCODED}:
            return GarbageAnswer(name, error.detail)
        if error.failure is WireFailure.BLOCKED:
            return ProviderRefused(name, error.detail, reason=Reason.NOT_EXECUTED)
        reason = Reason.TIMED_OUT if error.failure is WireFailure.TIMED_OUT else Reason.PROVIDER_DOWN
        failure = RetryLater(name, error.detail, reason=reason)
        return failure if error.arrived else _NotArrivedError(failure)

    def _check_status(self, reply: Reply) -> None:
        name, status = self.settings.name, reply.status
        if 200 <= status < 300:
            return
        if status >= 500 or status in _RETRY_STATUS:
            reason = Reason.TIMED_OUT if status in {408, 504} else Reason.PROVIDER_DOWN
            wait_s = retry_after_s(reply.headers.get("retry-after"))
            raise RetryLater(name, f"answered {status}", reason=reason, status=status, retry_after_s=wait_s)
        if status >= 400:
            raise ProviderRefused(name, f"answered {status}", status=status)
        raise GarbageAnswer(name, f"answered {status}, which is not followed", status=status)

    def _parse(self, reply: Reply) -> Value:
        media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise GarbageAnswer(self.settings.name, "the answer is not marked as JSON", status=reply.status)
        try:
            return parse_json(reply.body)
        except (ValueError, RecursionError):
            # `from None`: the decoder's text would quote the body.
            raise GarbageAnswer(self.settings.name, "the answer is not sound JSON", status=reply.status) from None

    def _wait_s(self, attempt: int, failure: RetryLater) -> float:
        """Full jitter: uniform from zero to the doubling, capped back-off; never sooner than Retry-After."""
        most_s = min(self.settings.backoff_cap_s, self.settings.backoff_base_s * 2 ** (attempt - 1))
        return max(self._jitter(0.0, most_s), failure.retry_after_s or 0.0)

    def _report(self, error: ConnectorError, attempt: int, started: float) -> None:
        _log.warning(
            "provider_attempt_failed",
            provider=self.settings.name,
            attempt=attempt,
            outcome=type(error).__name__,
            reason=error.reason.value,
            status=error.status,
            elapsed_ms=round((self._clock() - started) * 1000),
            breaker=self._breaker.state.value,
        )


class _NotArrivedError(Exception):
    """The attempt failed before anything was sent, so even an unrepeatable request may be repeated."""

    def __init__(self, failure: RetryLater) -> None:
        super().__init__(str(failure))
        self.failure = failure


def parse_json(body: bytes) -> Value:
    """Parse JSON that has one meaning only: no duplicate keys, no NaN or Infinity, decimals kept exact. ValueError."""
    parsed: Value = json.loads(
        body, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object_without_duplicates
    )
    return parsed


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or HTTP date, RFC 9110 10.2.3); None when absent or unsound."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def _refuse_constant(name: str) -> Value:
    raise ValueError(f"{name} is not JSON")


def _object_without_duplicates(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("an object has a key twice")
    return made
