"""One delivery of one webhook, signed as Standard Webhooks says, to an address that a tenant chose.

Because a tenant chose it, the address is not trusted: HTTPS only, no credentials in it, and no host that is or resolves
to a private, loopback or link-local address, checked on the very addresses that are dialled. Redirects are not
followed, the answer's body is never read, and the deadline holds against a receiver that drips bytes.
`allow_private` lifts HTTPS and the private networks for tests and the embedded demo, never the metadata addresses.
Whether and when to try again is the outbox's to decide; the result says what to do next.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import httpx
from standardwebhooks.webhooks import Webhook

from connectors.addresses import Resolver, system_resolver, vetted
from connectors.deadline import Deadline
from connectors.http import USER_AGENT, Exchanger, retry_after_s
from connectors.settings import WebhookSettings, is_loopback
from connectors.wire import Reply, Wire, WireError, WireFailure

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_HOST = re.compile(rb"[A-Za-z0-9._:-]+")
_MAX_URL_CHARS = 2000


class DeliveryOutcome(StrEnum):
    """What the outbox does next."""

    DELIVERED = "delivered"  # 2xx: done
    RETRY = "retry"  # no answer, 5xx, 408, 425, 429 and other 4xx: try again by the schedule
    GONE = "gone"  # 410: the receiver wants no more of these; switch the endpoint off
    BLOCKED = "blocked"  # the address may not be called: a person must change it


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMessage:
    """What to deliver: `payload` is sent byte for byte as signed; `secrets` (newest first) sign it each.

    Two secrets during a rotation let the receiver verify with either. ValueError on an unusable id, address or secret.
    """

    message_id: str
    url: str = field(repr=False)
    payload: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    sent_at: datetime

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.message_id):
            raise ValueError("a webhook's id is 1 to 100 letters, digits, _ or -")
        if self.sent_at.tzinfo is None:
            raise ValueError("sent_at must be aware")
        if not 1 <= len(self.secrets) <= 4:
            raise ValueError("a webhook is signed with 1 to 4 secrets")
        signature_headers(self.message_id, self.sent_at, self.payload, self.secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """How one attempt ended. `detail` holds no address and nothing of the answer."""

    outcome: DeliveryOutcome
    status: int | None
    elapsed_ms: float
    detail: str
    retry_after_s: float | None = None


class WebhookSender:
    """Delivers webhooks; safe for threads, made once per process. `resolve` and `clock` are injectable for tests."""

    def __init__(
        self,
        settings: WebhookSettings,
        *,
        resolve: Resolver = system_resolver,
        wire: Exchanger | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._wire = wire or Wire(
            # Receivers are many and rarely called twice in a row: no connection is kept.
            keep_alive=False,
            dial=lambda host, port: vetted(host, port, allow_private=settings.allow_private, resolve=resolve),
        )

    def deliver(self, message: WebhookMessage) -> DeliveryResult:
        """Make one attempt. Never raises for what the receiver or the address does."""
        started = self._clock()
        refused = refusal(message.url, allow_private=self._settings.allow_private)
        if refused is None and len(message.payload) > self._settings.max_payload_bytes:
            refused = f"the payload is larger than {self._settings.max_payload_bytes} bytes"
        if refused is not None:
            return DeliveryResult(outcome=DeliveryOutcome.BLOCKED, status=None, elapsed_ms=0.0, detail=refused)
        request = httpx.Request("POST", message.url, content=message.payload, headers=_headers(message))
        try:
            reply = self._wire.exchange(
                request,
                deadline=Deadline(self._settings.deadline_s, self._clock),
                connect_timeout_s=self._settings.connect_timeout_s,
                max_bytes=None,
            )
        except WireError as error:
            outcome = DeliveryOutcome.BLOCKED if error.failure is WireFailure.BLOCKED else DeliveryOutcome.RETRY
            return DeliveryResult(
                outcome=outcome, status=None, elapsed_ms=(self._clock() - started) * 1000, detail=error.detail
            )
        return _judged(reply, (self._clock() - started) * 1000)

    def close(self) -> None:
        """Close the connections; the sender must not be used afterwards."""
        self._wire.close()


def refusal(url: str, *, allow_private: bool) -> str | None:
    """Why `url` can never be a webhook's address, or None. Looks nothing up, so it also serves registration forms."""
    if len(url) > _MAX_URL_CHARS:
        return f"the address is longer than {_MAX_URL_CHARS} characters"
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "the address is not a URL"
    rules = {
        "the address is not an absolute https URL": parsed.scheme not in {"http", "https"} or not parsed.host,
        "the host is neither a name nor an address": not _HOST.fullmatch(parsed.raw_host),
        "the port is not one": parsed.port is not None and not 0 < parsed.port < 65536,
        "the address carries credentials; the signature is the credential": bool(parsed.userinfo),
        "the address is not https": parsed.scheme != "https" and not allow_private,
        "the address is this machine": is_loopback(parsed.host) and not allow_private,
    }
    return next((text for text, broken in rules.items() if broken), None)


def signature_headers(message_id: str, sent_at: datetime, payload: bytes, secrets: tuple[str, ...]) -> dict[str, str]:
    """The three Standard Webhooks headers; one signature a secret, space-separated. ValueError on a bad secret."""
    text = payload.decode("utf-8")
    sent_at = sent_at.astimezone(UTC)  # the library reads the wall clock and calls it UTC
    try:
        signatures = [Webhook(secret).sign(message_id, sent_at, text) for secret in secrets]
    except Exception:  # noqa: BLE001 - the library raises base64's and its own errors; all mean a bad secret
        raise ValueError("a webhook secret is whsec_ and base64 of at least one byte") from None
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _headers(message: WebhookMessage) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": USER_AGENT,
        **signature_headers(message.message_id, message.sent_at, message.payload, message.secrets),
    }


def _judged(reply: Reply, elapsed_ms: float) -> DeliveryResult:
    if 200 <= reply.status < 300:
        outcome, detail = DeliveryOutcome.DELIVERED, "accepted"
    elif reply.status == 410:
        outcome, detail = DeliveryOutcome.GONE, "the receiver wants no more of these"
    elif 300 <= reply.status < 400:
        outcome, detail = DeliveryOutcome.RETRY, f"answered {reply.status}; redirects are not followed"
    else:
        outcome, detail = DeliveryOutcome.RETRY, f"answered {reply.status}"
    return DeliveryResult(
        outcome=outcome,
        status=reply.status,
        elapsed_ms=elapsed_ms,
        detail=detail,
        retry_after_s=retry_after_s(reply.headers.get("retry-after")),
    )
