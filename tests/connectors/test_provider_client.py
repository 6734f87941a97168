from __future__ import annotations

import contextlib
import json
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.breaker import BreakerState
from connectors.errors import ConnectorError, GarbageAnswer, ProviderRefused, RetryLater
from connectors.http import ProviderClient, parse_json, retry_after_s
from connectors.settings import BreakerSettings, ProviderSettings
from connectors.wire import Reply, WireError, WireFailure
from engine.signal import Missing, Reason

HANGS = WireError(WireFailure.TIMED_OUT, "no complete answer in time")
BROKEN = WireError(WireFailure.BROKEN_OFF, "the connection broke off")
UNREACHABLE = WireError(WireFailure.UNREACHABLE, "no connection", arrived=False)


def test_an_answer_is_parsed_and_the_request_says_what_it_accepts(scripted, reply):
    client, wire = scripted(reply(b'{"rate": 9.50, "ok": true}'), headers={"Authorization": "Bearer k"})
    answer = client.post_json("/v1/look up", {"name": "Zo\u00eb"})
    assert answer.body == {"rate": Decimal("9.50"), "ok": True}
    (request,) = wire.requests
    assert str(request.url) == "http://127.0.0.1:9/api/v1/look%20up"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["authorization"] == "Bearer k"
    assert json.loads(request.content) == {"name": "Zo\u00eb"}


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408, 425])
def test_a_busy_or_broken_provider_is_asked_again_and_then_left_for_later(scripted, reply, status):
    client, wire = scripted(reply(status=status), attempts=3)
    with pytest.raises(RetryLater) as error:
        client.post_json("v1", {})
    assert len(wire.requests) == 3
    assert error.value.status == status
    assert isinstance(error.value.as_missing(), Missing)
    assert error.value.reason in {Reason.PROVIDER_DOWN, Reason.TIMED_OUT}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_repeated(scripted, reply, status):
    client, wire = scripted(reply(status=status), attempts=3)
    with pytest.raises(ProviderRefused) as error:
        client.post_json("v1", {})
    assert len(wire.requests) == 1
    assert (error.value.status, error.value.reason) == (status, Reason.PROVIDER_REFUSED)


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200, {"content-type": "text/html"}, b"{}"),
        Reply(200, {}, b"{}"),
        Reply(200, {"content-type": "application/json"}, b'{"a": ['),
        Reply(200, {"content-type": "application/json"}, b""),
        Reply(200, {"content-type": "application/json"}, b'{"a": NaN}'),
        Reply(200, {"content-type": "application/json"}, b'{"a": 1, "a": 2}'),
        Reply(200, {"content-type": "application/json"}, b"\xff\xfe\x00"),
        Reply(200, {"content-type": "application/json"}, b"[" * 100_000),
        Reply(302, {"location": "http://elsewhere.example/"}, b""),
        WireError(WireFailure.TOO_LARGE, "the answer is larger"),
        WireError(WireFailure.ENCODED, "the answer is compressed"),
    ],
)
def test_what_is_not_the_promised_json_is_garbage_and_not_repeated(scripted, answer):
    client, wire = scripted(answer)
    with pytest.raises(GarbageAnswer) as error:
        client.post_json("v1", {})
    assert len(wire.requests) == 1
    assert error.value.reason is Reason.FAILED


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(HANGS, Reason.TIMED_OUT), (BROKEN, Reason.PROVIDER_DOWN), (UNREACHABLE, Reason.PROVIDER_DOWN)],
)
def test_a_lost_connection_says_whether_it_was_slow_or_down(scripted, failure, reason):
    client, _ = scripted(failure)
    with pytest.raises(RetryLater) as error:
        client.post_json("v1", {})
    assert error.value.reason is reason


def test_a_second_attempt_may_succeed(scripted, reply):
    client, wire = scripted(BROKEN, reply(status=503), reply(b"[1]"))
    assert client.post_json("v1", {}).body == [1]
    assert len(wire.requests) == 3


def test_the_waits_double_up_to_the_cap(scripted, reply, clock):
    client, _ = scripted(reply(status=500), attempts=5, backoff_base_s=1, backoff_cap_s=3, deadline_s=100)
    with pytest.raises(RetryLater):
        client.post_json("v1", {})
    assert clock.slept == [1, 2, 3, 3]


@given(st.floats(0, 1))
def test_the_jitter_is_full_any_wait_from_zero_to_the_back_off_may_be_drawn(draw):
    slept: list[float] = []

    class Down:
        def exchange(self, request, *, deadline, connect_timeout_s, max_bytes):
            raise BROKEN

        def close(self):
            pass

    settings = ProviderSettings(name="p", base_url="http://127.0.0.1:9", attempts=3, deadline_s=100)
    client = ProviderClient(
        settings, wire=Down(), clock=lambda: 0.0, sleep=slept.append, jitter=lambda low, high: low + draw * (high - low)
    )
    with pytest.raises(RetryLater):
        client.post_json("v1", {})
    assert slept == [draw * 0.25, draw * 0.5]


def test_retry_after_is_waited_for_when_it_fits_the_deadline(scripted, reply, clock):
    client, _ = scripted(reply(status=429, retry_after="7"), reply(b"{}"), deadline_s=20)
    client.post_json("v1", {})
    assert clock.slept == [7]


def test_retry_after_beyond_the_deadline_is_handed_to_the_caller_at_once(scripted, reply, clock):
    client, wire = scripted(reply(status=503, retry_after="120"), deadline_s=20)
    with pytest.raises(RetryLater) as error:
        client.post_json("v1", {})
    assert error.value.retry_after_s == 120
    assert (len(wire.requests), clock.slept) == (1, [])


def test_all_attempts_together_end_within_the_deadline(scripted, clock):
    client, wire = scripted(HANGS, takes_s=60, attempts=10, attempt_timeout_s=8, deadline_s=20)
    started = clock()
    with pytest.raises(RetryLater) as error:
        client.post_json("v1", {})
    assert clock() - started <= 20
    assert error.value.reason is Reason.TIMED_OUT
    assert wire.allowed_s[0] == 8
    assert wire.allowed_s[-1] < 8


def test_an_unrepeatable_request_is_repeated_only_when_it_never_arrived(scripted, reply):
    client, wire = scripted(UNREACHABLE, reply(status=429), BROKEN, reply(), attempts=4)
    with pytest.raises(RetryLater):
        client.post_json("v1", {}, repeatable=False)
    assert len(wire.requests) == 3


def test_an_address_we_may_not_dial_is_a_refusal_and_was_not_executed(scripted):
    client, _ = scripted(WireError(WireFailure.BLOCKED, "the host may not be dialled", arrived=False))
    with pytest.raises(ProviderRefused) as error:
        client.post_json("v1", {})
    assert error.value.reason is Reason.NOT_EXECUTED


def test_a_failing_provider_is_no_longer_called_until_its_probe(scripted, reply, clock):
    breaker = BreakerSettings(failures=2, open_s=30)
    client, wire = scripted(BROKEN, BROKEN, reply(), attempts=2, breaker=breaker)
    with pytest.raises(RetryLater):
        client.post_json("v1", {})
    assert client.breaker_state is BreakerState.OPEN
    with pytest.raises(RetryLater) as refused:
        client.post_json("v1", {})
    assert len(wire.requests) == 2
    assert refused.value.retry_after_s == pytest.approx(30, abs=1)
    clock.advance(30)
    client.post_json("v1", {})
    assert client.breaker_state is BreakerState.CLOSED


def test_garbage_counts_against_the_provider(scripted):
    client, _ = scripted(WireError(WireFailure.TOO_LARGE, "large"), breaker=BreakerSettings(failures=2))
    for _ in range(2):
        with pytest.raises(GarbageAnswer):
            client.post_json("v1", {})
    assert client.breaker_state is BreakerState.OPEN


def test_the_bulkhead_refuses_at_once_and_frees_its_places(reply):
    inside, gate = threading.Event(), threading.Event()

    class Slow:
        def exchange(self, request, *, deadline, connect_timeout_s, max_bytes):
            inside.set()
            assert gate.wait(10)
            return reply()

        def close(self):
            pass

    settings = ProviderSettings(name="p", base_url="http://127.0.0.1:9", max_concurrency=1)
    client = ProviderClient(settings, wire=Slow())
    first = threading.Thread(target=client.post_json, args=("v1", {}))
    first.start()
    assert inside.wait(10)
    with pytest.raises(RetryLater) as refused:
        client.post_json("v1", {})
    assert refused.value.reason is Reason.NOT_EXECUTED
    gate.set()
    first.join(10)
    assert client.post_json("v1", {}).status == 200


def test_no_error_text_or_log_line_carries_what_was_sent_or_answered(scripted, reply, capsys):
    secret = "ZXKPV4271M"
    for script in (reply(status=400, body=secret.encode()), reply(body=b'{"x": ' + secret.encode()), BROKEN):
        client, _ = scripted(script, headers={"Authorization": secret})
        with pytest.raises(ConnectorError) as error:
            client.post_json(f"v1/{secret}", {"pan": secret})
        assert secret not in str(error.value) + repr(error.value) + error.value.as_missing().detail
        assert error.value.__cause__ is None
        assert secret not in repr(client.settings)
    assert secret not in "".join(capsys.readouterr())


def test_closing_the_client_closes_its_wire(scripted, reply):
    client, wire = scripted(reply())
    client.close()
    assert wire.closed


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("17", 17.0),
        ("soon", None),
        ("-3", None),
        ("Wed, 01 Jul 2026 12:00:30 GMT", 30.0),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0),
        ("Wed, 01 Jul 2026 12:00:30 -0000", 30.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert retry_after_s(header, datetime(2026, 7, 1, 12, tzinfo=UTC)) == seconds


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(_json)
def test_any_plain_json_survives_parsing(value):
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_a_value_error(body):
    with contextlib.suppress(ValueError):
        parse_json(body)
