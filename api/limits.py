"""How much one caller may ask, counted in Redis over a sliding minute.

A trip to Redis for every request would cost as much as the decision, so a process takes permits in leases: one at first,
twice as many each time a lease was used up before it grew old, and lets an unused rest fall. The count is therefore never
under what was served, and over it by less than the caller's own rate of `LEASE_S` seconds.

When Redis does not answer, callers who were authenticated are counted by this process alone (a limit times the number of
processes, and the product keeps deciding); the routes without sign-in refuse (503), because guessing must never be free.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Final

import redis
import structlog
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from service.errors import TooMany, Unavailable

LEASE_S: Final = 2.0
MAX_LEASE: Final = 64
MAX_CALLERS: Final = 10_000
_BLIND_S: Final = 5.0
_SENTENCE = "too many requests; wait and send it again"
_log = structlog.get_logger("api.limits")


@dataclass(slots=True)
class _Lease:
    left: int
    size: int
    ends: float


class Limiter:
    """The limits of one process; thread-safe."""

    def __init__(self, redis_url: str, *, per_minute: int, public_per_minute: int) -> None:
        """Connect lazily; a Redis that is down is met at the first request."""
        shared: Storage = RedisStorage(redis_url, wrap_exceptions=True, socket_timeout=1, socket_connect_timeout=1)
        self._shared = SlidingWindowCounterRateLimiter(shared)
        self._exact = MovingWindowRateLimiter(shared)
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._per_caller = RateLimitItemPerMinute(per_minute)
        self._public = RateLimitItemPerMinute(public_per_minute)
        # One address may be a whole office behind one back office; one name in it may not guess ten times as often.
        self._address = RateLimitItemPerMinute(public_per_minute * 10)
        self._leases: dict[str, _Lease] = {}
        self._lock = Lock()
        self._blind_until = 0.0

    def spend(self, caller: str) -> bool:
        """Take one permit of a lease in hand; False where `admit` must fetch one. Never waits."""
        lease = self._leases.get(caller)
        if lease is None or monotonic() >= lease.ends:
            return False
        with self._lock:
            lease.left -= 1
            return lease.left >= 0

    def admit(self, caller: str) -> None:
        """Count one request of an authenticated caller, fetching a lease; raises `TooMany`."""
        now = monotonic()
        before = self._leases.get(caller)
        used_up = before is not None and before.left <= 0 and now < before.ends
        size = min(before.size * 2, MAX_LEASE) if before is not None and used_up else 1
        for cost in dict.fromkeys((size, 1)):
            if self._hit(caller, cost):
                with self._lock:
                    if len(self._leases) >= MAX_CALLERS:
                        self._leases.pop(next(iter(self._leases)))
                    self._leases[caller] = _Lease(cost - 1, cost, now + LEASE_S)
                return
        raise TooMany(_SENTENCE, retry_after_s=10)

    def admit_public(self, address: str, name: str = "") -> None:
        """Count one request without sign-in, by address and by the name it tries; raises `TooMany` or `Unavailable`."""
        where = network(address)
        try:
            allowed = self._exact.hit(self._address, "address", where)
            if allowed and name:
                allowed = self._exact.hit(self._public, "name", where, name)
        except (StorageError, redis.RedisError):
            raise Unavailable("sign-in is closed while its limits cannot be counted") from None
        if not allowed:
            raise TooMany(_SENTENCE, retry_after_s=30)

    def failed(self, address: str) -> None:
        """Count a wrong credential; raises `TooMany` when there were too many of one address."""
        try:
            allowed = self._exact.hit(self._address, "failed", network(address))
        except (StorageError, redis.RedisError):
            return
        if not allowed:
            raise TooMany(_SENTENCE, retry_after_s=30)

    def _hit(self, caller: str, cost: int) -> bool:
        if monotonic() >= self._blind_until:
            try:
                return self._shared.hit(self._per_caller, "caller", caller, cost=cost)
            except (StorageError, redis.RedisError):
                self._blind_until = monotonic() + _BLIND_S
                _log.warning("limits_counted_locally")
        return self._local.hit(self._per_caller, "caller", caller, cost=cost)


def network(address: str) -> str:
    """The address as it is counted: IPv4 whole, IPv6 by its /64, which one subscriber holds."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
