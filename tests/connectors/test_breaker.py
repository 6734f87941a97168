from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.breaker import BreakerState, CircuitBreaker, CircuitOpenError
from connectors.errors import ProviderRefused, RetryLater
from connectors.settings import BreakerSettings


def _fail(breaker: CircuitBreaker, error: BaseException | None = None) -> None:
    with pytest.raises(type(error) if error else RetryLater), breaker.attempt():
        raise error or RetryLater("registry", "down")


def _succeed(breaker: CircuitBreaker) -> None:
    with breaker.attempt():
        pass


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(BreakerSettings(failures=3, open_s=30), clock)


def test_it_opens_after_the_set_number_of_failures_in_a_row(breaker):
    for _ in range(3):
        assert breaker.state is BreakerState.CLOSED
        _fail(breaker)
    assert breaker.state is BreakerState.OPEN
    with pytest.raises(CircuitOpenError) as refused, breaker.attempt():
        pytest.fail("an open circuit let a call through")
    assert 0 < refused.value.retry_after_s <= 30


def test_a_success_in_between_starts_the_count_again(breaker):
    for _ in range(5):
        _fail(breaker)
        _fail(breaker)
        _succeed(breaker)
    assert breaker.state is BreakerState.CLOSED


def test_a_refusal_is_an_answer_and_never_opens_it(breaker):
    for _ in range(10):
        _fail(breaker, ProviderRefused("registry", "answered 403"))
    assert breaker.state is BreakerState.CLOSED


def test_after_its_time_one_probe_closes_it_or_opens_it_again(breaker, clock):
    for _ in range(3):
        _fail(breaker)
    clock.advance(30)
    assert breaker.state is BreakerState.HALF_OPEN
    _fail(breaker)
    assert breaker.state is BreakerState.OPEN
    clock.advance(30)
    _succeed(breaker)
    assert breaker.state is BreakerState.CLOSED


def test_half_open_admits_only_one_probe_at_a_time(breaker, clock):
    for _ in range(3):
        _fail(breaker)
    clock.advance(31)
    with breaker.attempt(), pytest.raises(CircuitOpenError), breaker.attempt():
        pytest.fail("a second probe was admitted")
    assert breaker.state is BreakerState.CLOSED


def test_an_interrupted_probe_does_not_leave_it_half_open_for_ever(breaker, clock):
    for _ in range(3):
        _fail(breaker)
    clock.advance(30)
    _fail(breaker, KeyboardInterrupt())
    clock.advance(30)
    _succeed(breaker)
    assert breaker.state is BreakerState.CLOSED


def test_a_late_success_of_an_older_call_does_not_close_it(breaker):
    with breaker.attempt():
        for _ in range(3):
            _fail(breaker)
    assert breaker.state is BreakerState.OPEN


def test_many_threads_in_half_open_make_one_probe(breaker, clock):
    for _ in range(3):
        _fail(breaker)
    clock.advance(30)
    admitted, refused = [], []
    inside, gate = threading.Event(), threading.Event()

    def probe():
        with breaker.attempt():
            admitted.append(1)
            inside.set()
            gate.wait(10)

    def late():
        try:
            with breaker.attempt():
                admitted.append(1)
        except CircuitOpenError:
            refused.append(1)

    first = threading.Thread(target=probe)
    first.start()
    assert inside.wait(10)
    others = [threading.Thread(target=late) for _ in range(8)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join(10)
    gate.set()
    first.join(10)
    assert (len(admitted), len(refused)) == (1, 8)


@given(st.lists(st.one_of(st.booleans(), st.floats(0, 40)), max_size=60))
def test_it_follows_the_textbook_model_for_any_history(history):
    now = 0.0
    breaker = CircuitBreaker(BreakerSettings(failures=3, open_s=30), lambda: now)
    failures, opened_at = 0, None
    for step in history:
        if not isinstance(step, bool):
            now += step
            continue
        admitted = opened_at is None or now - opened_at >= 30
        try:
            with breaker.attempt():
                assert admitted
                if not step:
                    raise RetryLater("registry", "down")  # noqa: TRY301 - how an attempt fails
        except CircuitOpenError:
            assert not admitted
            continue
        except RetryLater:
            failures += 1
            if opened_at is not None or failures >= 3:
                failures, opened_at = 0, now
            continue
        failures, opened_at = 0, None
