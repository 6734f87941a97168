from __future__ import annotations

import base64
import json
import socket
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connectors.settings import WebhookSettings
from connectors.webhook import DeliveryOutcome, WebhookMessage, WebhookSender, refusal, signature_headers

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OLDER = "whsec_" + base64.b64encode(b"another secret of enough length!").decode()
PAYLOAD = json.dumps({"type": "decision.made", "data": {"verdict": "review", "note": "\u20b9"}}).encode()


def _message(url, **changes):
    facts = {"message_id": "msg_1", "url": url, "payload": PAYLOAD, "secrets": (SECRET,), "sent_at": datetime.now(UTC)}
    return WebhookMessage(**(facts | changes))


@pytest.fixture
def sender():
    made = WebhookSender(WebhookSettings(deadline_s=5, allow_private=True))
    yield made
    made.close()


def _delivered(sandbox, inbox):
    return httpx.get(f"{sandbox}/webhooks/{inbox}", trust_env=False).json()


def test_a_delivery_arrives_and_its_signature_verifies(sandbox, sender):
    result = sender.deliver(_message(f"{sandbox}/webhooks/signed"))
    assert (result.outcome, result.status) == (DeliveryOutcome.DELIVERED, 204)
    (delivery,) = _delivered(sandbox, "signed")
    assert Webhook(SECRET).verify(delivery["body"], delivery["headers"]) == json.loads(PAYLOAD)
    assert delivery["headers"]["webhook-id"] == "msg_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(delivery["body"] + " ", delivery["headers"])


def test_while_a_secret_is_rotated_both_verify(sandbox, sender):
    sender.deliver(_message(f"{sandbox}/webhooks/rotated", secrets=(SECRET, OLDER)))
    (delivery,) = _delivered(sandbox, "rotated")
    for secret in (SECRET, OLDER):
        Webhook(secret).verify(delivery["body"], delivery["headers"])


def test_the_signed_time_is_the_moment_whatever_its_time_zone():
    moment = datetime.now(UTC)
    india = moment.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert signature_headers("m", india, PAYLOAD, (SECRET,)) == signature_headers("m", moment, PAYLOAD, (SECRET,))


@pytest.mark.parametrize("fault", ["500", "429", "refuse"])
def test_a_failing_receiver_is_tried_again(sandbox, sender, fault):
    result = sender.deliver(_message(f"{sandbox}/webhooks/failing?x-sandbox-fault={fault}"))
    assert result.outcome is DeliveryOutcome.RETRY
    assert result.status == {"500": 500, "429": 429, "refuse": 403}[fault]
    assert result.retry_after_s == (1 if fault == "429" else None)


def test_a_hanging_receiver_costs_the_deadline_and_is_tried_again(sandbox):
    hasty = WebhookSender(WebhookSettings(deadline_s=0.3, allow_private=True))
    result = hasty.deliver(_message(f"{sandbox}/webhooks/hanging?x-sandbox-fault=timeout"))
    assert (result.outcome, result.status) == (DeliveryOutcome.RETRY, None)
    hasty.close()


def _status_server(raw_server, head):
    def serve(connection, released):
        connection.recv(65536)
        connection.sendall(head + b"\r\n\r\n")
        released.wait()

    return f"http://127.0.0.1:{raw_server(serve)}/"


@pytest.mark.parametrize(
    ("head", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\nContent-Encoding: gzip", DeliveryOutcome.DELIVERED),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0", DeliveryOutcome.GONE),
        (b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0", DeliveryOutcome.RETRY),
        (b"nonsense", DeliveryOutcome.RETRY),
    ],
)
def test_the_status_decides_and_the_body_is_never_read(raw_server, sender, head, outcome):
    assert sender.deliver(_message(_status_server(raw_server, head))).outcome is outcome


def test_a_receiver_that_is_not_there_is_tried_again(sender):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert sender.deliver(_message(f"http://127.0.0.1:{port}/")).outcome is DeliveryOutcome.RETRY


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/hook",
        "https://localhost/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://user:pass@receiver.example/hook",
        "ftp://receiver.example/hook",
        "file:///etc/passwd",
        "//receiver.example/hook",
        "https://",
        "not a url",
        "https://[",
        "https://receiver%2eexample/",
        "https://receiver.example:port/",
        "https://receiver\x00.example/",
        "https://receiver.example:99999/",
        "https://receiver.example/" + "a" * 2000,
    ],
)
def test_an_address_that_can_never_be_right_is_blocked_without_a_look_up(url):
    def never(_host, _port):
        pytest.fail("the host was looked up")

    sender = WebhookSender(WebhookSettings(), resolve=never)
    result = sender.deliver(_message(url))
    assert result.outcome is DeliveryOutcome.BLOCKED
    assert "receiver" not in result.detail.replace("receiver's", "")
    sender.close()


@pytest.mark.parametrize("address", ["10.0.0.8", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.8"])
def test_a_public_name_that_points_inside_is_blocked(address):
    sender = WebhookSender(WebhookSettings(), resolve=lambda _host, _port: [address])
    result = sender.deliver(_message("https://receiver.example/hook"))
    assert (result.outcome, result.status) == (DeliveryOutcome.BLOCKED, None)
    sender.close()


def test_the_address_that_was_checked_is_the_one_dialled_so_rebinding_gains_nothing(sandbox):
    looked_up = []

    def rebinding(host, _port):
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["169.254.169.254"]

    sender = WebhookSender(WebhookSettings(allow_private=True), resolve=rebinding)
    port = sandbox.rpartition(":")[2]
    result = sender.deliver(_message(f"http://receiver.example:{port}/webhooks/rebound"))
    assert result.outcome is DeliveryOutcome.DELIVERED
    assert looked_up == ["receiver.example"]
    assert _delivered(sandbox, "rebound")[0]["headers"]["host"] == f"receiver.example:{port}"
    sender.close()


def test_the_metadata_address_is_blocked_even_where_private_networks_are_allowed(sender):
    result = sender.deliver(_message("http://169.254.169.254/latest/meta-data"))
    assert result.outcome is DeliveryOutcome.BLOCKED


def test_a_registration_form_can_ask_without_a_look_up():
    assert refusal("https://receiver.example/hook", allow_private=False) is None
    assert refusal("http://127.0.0.1:9/hook", allow_private=True) is None
    assert refusal("http://receiver.example/hook", allow_private=False) == "the address is not https"


def test_an_oversize_payload_is_not_sent(sandbox):
    small = WebhookSender(WebhookSettings(max_payload_bytes=10, allow_private=True))
    assert small.deliver(_message(f"{sandbox}/webhooks/small")).outcome is DeliveryOutcome.BLOCKED
    assert _delivered(sandbox, "small") == []
    small.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "a\r\nX: y"},
        {"message_id": ""},
        {"secrets": ()},
        {"secrets": ("whsec_",)},
        {"secrets": ("whsec_\u0939",)},
        {"secrets": (SECRET,) * 5},
        {"payload": b"\xff"},
        {"sent_at": datetime(2026, 7, 1)},  # noqa: DTZ001 - the naive time is the case
    ],
)
def test_an_unusable_message_is_refused_when_it_is_made(changes):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the texts differ, their kind is the promise
        _message("https://receiver.example/", **changes)
    assert SECRET not in str(error.value)


def test_a_message_shows_neither_secret_nor_address():
    shown = repr(_message("https://receiver.example/private-token"))
    assert SECRET not in shown
    assert "private-token" not in shown
