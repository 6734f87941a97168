"""SMS through an HTTP gateway: one short text to one number in international form.

The caller's delivery key goes along as the gateway's idempotency reference, so a repeated request sends no second text.
A number that is not E.164 and an over-long text are refused before any call. In India the text must be a registered
template of the sender (TRAI's DLT register), so its template id is part of the message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.errors import GarbageAnswer, ProviderRefused
from connectors.http import ProviderClient

MAX_TEXT_CHARS = 640  # four concatenated parts; longer belongs in a mail
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """One text message. ValueError, without repeating the value, when the number or the text is not sendable."""

    key: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    template_id: str | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError("a text message's key is 1 to 100 letters, digits or _.-")
        if not _E164.fullmatch(self.to):
            raise ValueError("a text message's number is in international form: + and 7 to 15 digits")
        if not 0 < len(self.text) <= MAX_TEXT_CHARS:
            raise ValueError(f"a text message has 1 to {MAX_TEXT_CHARS} characters")


@dataclass(frozen=True, slots=True)
class SmsReceipt:
    """The gateway accepted the text (which is not yet its arrival) under its own `message_id`."""

    message_id: str


class SmsSender(Protocol):
    """A way to send text messages."""

    def send(self, sms: Sms) -> SmsReceipt:
        """Hand the text over. Raises ConnectorError."""


class HttpSmsSender:
    """A gateway that takes JSON: {to, text, sender, reference, template_id} -> {message_id, status}."""

    def __init__(self, client: ProviderClient, *, sender_id: str, path: str = "sms/v1/messages") -> None:
        self._client = client
        self._sender_id = sender_id
        self._path = path

    def send(self, sms: Sms) -> SmsReceipt:
        """As SmsSender.send."""
        body = {
            "to": sms.to,
            "text": sms.text,
            "sender": self._sender_id,
            "reference": sms.key,
            "template_id": sms.template_id,
        }
        answer = self._client.post_json(self._path, body, headers={"Idempotency-Key": sms.key})
        name = self._client.settings.name
        try:
            accepted = _Accepted.model_validate(answer.body)
        except ValidationError:
            raise GarbageAnswer(name, "the answer has not the promised fields") from None
        if accepted.status == "rejected":
            raise ProviderRefused(name, "the gateway rejected the message")
        return SmsReceipt(accepted.message_id)


class _Accepted(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    message_id: str = Field(min_length=1, max_length=200)
    status: Literal["queued", "sent", "rejected"]
