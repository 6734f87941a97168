"""Where a tenant wants to be told of what, and what was delivered."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from api.wire.base import Asked, RecordId, Told

Topic = Annotated[str, StringConstraints(pattern="^[a-z][a-z_]{0,39}([.][a-z_]{1,40}){0,3}$")]


class WebhookBody(Asked):
    """A new endpoint; signed as Standard Webhooks say, with a secret that the answer shows once."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"url": "https://los.example.org/verdict", "topics": ["decision.made", "case.closed"]}
        }
    )

    url: Annotated[str, StringConstraints(pattern="^https?://[!-~]{1,2000}$")]
    topics: list[Topic] = Field(min_length=1, max_length=20)


class WebhookAnswer(Told):
    """An endpoint without its secret."""

    id: str


class NewWebhook(WebhookAnswer):
    """An endpoint with its secret, which is shown this once."""

    secret: str


class DeliveryLine(Told):
    """One try of one delivery."""

    id: str


class RedeliverBody(Asked):
    """What to send again: a delivery or a message."""

    delivery_id: RecordId


class Webhooks(Told):
    """A tenant's endpoints."""

    items: list[dict[str, Any]]
