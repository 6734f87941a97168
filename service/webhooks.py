"""Webhooks: where a tenant wants to be told, what was sent there, and sending again.

Every delivery is signed as Standard Webhooks says, under a secret that is shown once and rests sealed. The address is
checked when it is registered and again on every call (`connectors.webhook`). Events name rows and references; a receiver
fetches the rest through the API, with its own permissions.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, col

from connectors.settings import WebhookSettings
from connectors.webhook import DeliveryOutcome, WebhookMessage, WebhookSender, refusal
from service import audit, outbox
from service.db import unit
from service.errors import Conflict, Invalid, NotFound, Problem
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.outbox import Message, Next, Outcome
from service.settings import settings
from service.tables import Outbox, WebhookDelivery, WebhookEndpoint, utc_now
from service.values import jsonable

TOPICS: Final = (
    "application.submitted",
    "application.decided",
    "decision.made",
    "case.opened",
    "case.closed",
    "pack.activated",
)
MAX_ENDPOINTS: Final = 20
SECRET: Final = "webhook_endpoint.secret"  # noqa: S105 - the name of a field


def register(actor: Actor, url: str, topics: Sequence[str]) -> dict[str, Any]:
    """Add an endpoint and return `{id, secret, ...}`; the secret is shown here only. Invalid names every fault."""
    actor.must(Permission.MANAGE_WEBHOOKS)
    faults = [Problem("/topics", f"unknown topic; known are {', '.join(TOPICS)}") for t in topics if t not in TOPICS]
    if not topics:
        faults.append(Problem("/topics", "at least one topic"))
    refused = refusal(url, allow_private=settings().webhook_allow_private)
    if refused:
        faults.append(Problem("/url", refused))
    if faults:
        raise Invalid("the webhook cannot be registered", tuple(faults))
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    row = WebhookEndpoint(tenant_id=actor.tenant, url=url, topics=sorted(set(topics)))
    row.secret = keyring().seal(secret.encode(), tenant=actor.tenant, field=SECRET)
    with unit(actor.tenant) as session:
        if (
            len(session.execute(select(col(WebhookEndpoint.id)).where(col(WebhookEndpoint.active))).all())
            >= MAX_ENDPOINTS
        ):
            raise Conflict(f"a tenant has at most {MAX_ENDPOINTS} webhooks")
        session.add(row)
        audit.append(session, actor, "webhook.registered", row.id, {"topics": row.topics})
    return {**_endpoint(row), "secret": secret}


def listing(actor: Actor) -> list[dict[str, Any]]:
    """Every endpoint, newest first, without secrets."""
    actor.must(Permission.MANAGE_WEBHOOKS)
    with unit(actor.tenant) as session:
        rows = session.execute(select(WebhookEndpoint).order_by(col(WebhookEndpoint.id).desc())).scalars()
        return [_endpoint(row) for row in rows]


def switch_off(actor: Actor, endpoint_id: str) -> dict[str, Any]:
    """Send nothing more there; what waits for it ends as dead. NotFound for another tenant's endpoint."""
    actor.must(Permission.MANAGE_WEBHOOKS)
    with unit(actor.tenant) as session:
        row = _of(session, endpoint_id)
        row.active = False
        session.add(row)
        audit.append(session, actor, "webhook.switched_off", row.id, {})
        return _endpoint(row)


def deliveries(actor: Actor, endpoint_id: str, limit: int = 100) -> list[dict[str, Any]]:
    """The latest tries of one endpoint, newest first, each with the state of its message."""
    actor.must(Permission.MANAGE_WEBHOOKS)
    query = (
        select(WebhookDelivery, col(Outbox.topic), col(Outbox.status))
        .join(Outbox, col(Outbox.id) == col(WebhookDelivery.outbox_id))
        .where(col(WebhookDelivery.endpoint_id) == endpoint_id)
        .order_by(col(WebhookDelivery.id).desc())
        .limit(max(1, min(limit, 500)))
    )
    with unit(actor.tenant) as session:
        _of(session, endpoint_id)
        rows = session.execute(query).all()
    return [
        {
            "id": row.id,
            "message_id": row.outbox_id,
            "topic": topic,
            "status": status,
            "attempt": row.attempt,
            "ok": row.ok,
            "status_code": row.status_code,
            "error": row.error,
            "duration_ms": row.duration_ms,
            "created_at": row.created_at.isoformat(),
        }
        for row, topic, status in rows
    ]


def redeliver(actor: Actor, endpoint_id: str, message_id: str) -> dict[str, Any]:
    """Send a message again, by its own id or the id of one of its deliveries. It keeps its webhook-id."""
    actor.must(Permission.MANAGE_WEBHOOKS)
    with unit(actor.tenant) as session:
        endpoint = _of(session, endpoint_id)
        if not endpoint.active:
            raise Conflict("the webhook is switched off")
        delivery = session.get(WebhookDelivery, message_id)
        sought = delivery.outbox_id if delivery is not None else message_id
        query = select(Outbox).where(col(Outbox.id) == sought, col(Outbox.target) == endpoint_id).with_for_update()
        row = session.execute(query).scalar_one_or_none()
        if row is None:
            raise NotFound("there is no such delivery")
        if row.status == "pending" and row.lease_until is not None and row.lease_until > utc_now():
            raise Conflict("the message is being sent right now")
        row.status, row.attempts, row.available_at, row.finished_at = "pending", 0, utc_now(), None
        session.add(row)
        audit.append(session, actor, "webhook.redelivered", endpoint_id, {"message": row.id})
        return {"message_id": row.id, "status": "pending"}


def fan_out(session: Session, message: Message) -> None:
    """Turn an event into one message for each subscriber, in the caller's transaction."""
    query = select(col(WebhookEndpoint.id)).where(
        col(WebhookEndpoint.active), col(WebhookEndpoint.topics).contains([message.topic])
    )
    body = {"type": message.topic, "timestamp": message.created_at.isoformat(), "data": dict(message.payload or {})}
    for endpoint_id in session.execute(query).scalars().all():
        outbox.put(session, message.tenant, "webhook", message.topic, body, target=endpoint_id)


def send(message: Message) -> Outcome:
    """Deliver one message to its endpoint; a receiver that answers 410 is switched off."""
    with unit(message.tenant) as session:
        endpoint = session.get(WebhookEndpoint, message.target)
    if endpoint is None or not endpoint.active or endpoint.secret is None:
        return Outcome(Next.DEAD, "the endpoint is switched off")
    secret = keyring().open(endpoint.secret, tenant=message.tenant, field=SECRET).decode()
    result = _sender(settings().webhook_allow_private).deliver(
        WebhookMessage(
            message_id=message.id,
            url=endpoint.url,
            payload=json.dumps(jsonable(message.payload), ensure_ascii=False, separators=(",", ":")).encode(),
            secrets=(secret,),
            sent_at=utc_now(),
        )
    )
    if result.outcome is DeliveryOutcome.GONE:
        _switch_off_gone(message.tenant, endpoint.id)
    known = {DeliveryOutcome.DELIVERED: Next.DONE, DeliveryOutcome.RETRY: Next.RETRY}
    follows = known.get(result.outcome, Next.DEAD)
    error = None if follows is Next.DONE else result.detail
    return Outcome(follows, error, result.status, int(result.elapsed_ms), result.retry_after_s)


@lru_cache(maxsize=2)
def _sender(allow_private: bool) -> WebhookSender:  # noqa: FBT001 - the cache's key
    return WebhookSender(WebhookSettings(allow_private=allow_private))


def forget_connections() -> None:
    """Drop the sender; called in a worker right after a fork, since sockets must not be shared."""
    _sender.cache_clear()


def _switch_off_gone(tenant: str, endpoint_id: str) -> None:
    with unit(tenant) as session:
        row = session.get(WebhookEndpoint, endpoint_id)
        if row is not None:
            row.active = False
            session.add(row)


def _of(session: Session, endpoint_id: str) -> WebhookEndpoint:
    row = session.get(WebhookEndpoint, endpoint_id)
    if row is None:
        raise NotFound("there is no such webhook")
    return row


def _endpoint(row: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "topics": list(row.topics),
        "active": row.active,
        "created_at": row.created_at.isoformat(),
    }
