"""How much one caller may ask: leases, real Redis, Redis gone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from api import limits
from api.limits import Limiter, network
from service.errors import TooMany, Unavailable

pytestmark = pytest.mark.stack
# A sliding window that turns while it is counted rounds one or two requests away.
LIMIT = (40, 41, 42)
NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture
def limiter(stack: Any) -> Callable[..., Limiter]:
    """Build a limiter on the session's Redis."""

    def build(per_minute: int = 40, public: int = 3, url: str | None = None) -> Limiter:
        return Limiter(url or stack.redis_url, per_minute=per_minute, public_per_minute=public)

    return build


def _served(limiter: Limiter, caller: str, tries: int) -> int:
    done = 0
    for _ in range(tries):
        try:
            if not limiter.spend(caller):
                limiter.admit(caller)
        except TooMany:
            continue
        done += 1
    return done


def test_a_caller_gets_the_limit_and_no_more(limiter: Callable[..., Limiter]) -> None:
    assert _served(limiter(), uuid.uuid4().hex, 200) in LIMIT


def test_two_processes_share_one_limit(limiter: Callable[..., Limiter]) -> None:
    caller = uuid.uuid4().hex
    first, second = limiter(), limiter()
    assert sum(_served(one, caller, 1) for _ in range(100) for one in (first, second)) in LIMIT


def test_callers_do_not_share_their_limits(limiter: Callable[..., Limiter]) -> None:
    one = limiter()
    assert _served(one, uuid.uuid4().hex, 60) in LIMIT
    assert _served(one, uuid.uuid4().hex, 60) in LIMIT


def test_a_refusal_says_when_to_come_again(limiter: Callable[..., Limiter]) -> None:
    one, caller = limiter(per_minute=1), uuid.uuid4().hex
    one.admit(caller)
    with pytest.raises(TooMany) as refusal:
        one.admit(caller)
    assert refusal.value.retry_after_s >= 1


def test_most_requests_of_a_busy_caller_need_no_trip(limiter: Callable[..., Limiter], monkeypatch: Any) -> None:
    one, caller = limiter(per_minute=10_000), uuid.uuid4().hex
    trips = []
    counted = one._hit
    monkeypatch.setattr(one, "_hit", lambda who, cost: trips.append(cost) or counted(who, cost))
    assert _served(one, caller, 1000) == 1000
    assert sum(trips) < 1000 + limits.MAX_LEASE
    assert len(trips) < 30


def test_an_old_lease_is_not_spent(limiter: Callable[..., Limiter], monkeypatch: Any) -> None:
    one, caller = limiter(per_minute=1000), uuid.uuid4().hex
    _served(one, caller, 10)
    monkeypatch.setattr(limits, "monotonic", lambda: 1e12)
    assert not one.spend(caller)


def test_without_redis_authenticated_callers_are_counted_here(limiter: Callable[..., Limiter]) -> None:
    assert _served(limiter(url=NO_REDIS), uuid.uuid4().hex, 100) in LIMIT


def test_without_redis_sign_in_is_closed(limiter: Callable[..., Limiter]) -> None:
    one = limiter(url=NO_REDIS)
    with pytest.raises(Unavailable):
        one.admit_public("192.0.2.1", "name")
    one.failed("192.0.2.1")


def test_guessing_one_name_is_bounded_more_tightly_than_an_office(limiter: Callable[..., Limiter]) -> None:
    one = limiter()
    address = f"198.51.100.{uuid.uuid4().int % 250}"
    for _ in range(3):
        one.admit_public(address, "first")
    with pytest.raises(TooMany):
        one.admit_public(address, "first")
    one.admit_public(address, "second")
    for _ in range(25):
        one.admit_public(address)
    with pytest.raises(TooMany):
        one.admit_public(address)


def test_wrong_credentials_of_one_address_are_bounded(limiter: Callable[..., Limiter]) -> None:
    one, address = limiter(), f"203.0.113.{uuid.uuid4().int % 250}"
    for _ in range(30):
        one.failed(address)
    with pytest.raises(TooMany):
        one.failed(address)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("testclient", "unknown"),
    ],
)
def test_an_ipv6_subscriber_is_counted_by_the_network(address: str, counted: str) -> None:
    assert network(address) == counted
