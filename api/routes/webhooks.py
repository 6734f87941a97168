"""Webhooks: endpoints, deliveries, sending again."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.declare import Caller, Routes
from api.json_body import Json
from api.params import Id, whole
from api.wire.base import Page
from api.wire.webhooks import DeliveryLine, NewWebhook, RedeliverBody, WebhookAnswer, WebhookBody
from service import webhooks
from service.identity.actor import Permission

routes = Routes("webhooks")


@routes.get("/v1/webhooks", Permission.MANAGE_WEBHOOKS, "List webhooks", answers=Page[WebhookAnswer])
def list_webhooks(caller: Caller) -> Response:
    """Without secrets."""
    return whole(webhooks.listing(caller))


@routes.post("/v1/webhooks", Permission.MANAGE_WEBHOOKS, "Register a webhook", answers=NewWebhook, status=201)
def register_webhook(caller: Caller, body: WebhookBody) -> Response:
    """Signed as Standard Webhooks say; the secret is shown this once. Private addresses are refused."""
    return Json(webhooks.register(caller, body.url, body.topics), 201)


@routes.delete("/v1/webhooks/{webhook_id}", Permission.MANAGE_WEBHOOKS, "Switch a webhook off", answers=WebhookAnswer)
def switch_webhook_off(caller: Caller, webhook_id: Id) -> Response:
    """Nothing more is sent there."""
    return Json(webhooks.switch_off(caller, webhook_id))


@routes.get(
    "/v1/webhooks/{webhook_id}/deliveries",
    Permission.MANAGE_WEBHOOKS,
    "List deliveries",
    answers=Page[DeliveryLine],
)
def list_deliveries(caller: Caller, webhook_id: Id, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Response:
    """The latest tries, newest first."""
    return whole(webhooks.deliveries(caller, webhook_id, limit))


@routes.post("/v1/webhooks/{webhook_id}:redeliver", Permission.MANAGE_WEBHOOKS, "Send again", answers=None, status=202)
def redeliver_webhook(caller: Caller, webhook_id: Id, body: RedeliverBody) -> Response:
    """A message, by its own id or by that of one of its deliveries; it keeps its `webhook-id`."""
    return Json(webhooks.redeliver(caller, webhook_id, body.delivery_id), 202)
