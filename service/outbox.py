"""The outbox: what must leave, written in the transaction that caused it, sent after commit, at least once.

A row is claimed by lease under `FOR UPDATE SKIP LOCKED`, sent outside any transaction, and finished in another one that
checks that the claim is still its own; a killed worker's claim ends with its lease. Failures come back by `SCHEDULE_S`
and are dead after its end. A webhook row without a target is an event: it becomes one row for each subscriber, and the
letters it calls for, in one transaction. Payloads rest sealed; events carry ids and references, never personal data.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from sqlalchemy import insert, text
from sqlmodel import Session

from service.crypto import SealError
from service.db import unit
from service.ids import new_id
from service.keys import keyring
from service.tables import Outbox, WebhookDelivery, utc_now
from service.values import seal, unseal

PAYLOAD: Final = "outbox.payload"
KINDS: Final = frozenset({"webhook", "mail", "sms"})
# Longer than a whole batch of hanging receivers takes (20 x the 10 s of a delivery).
LEASE_S: Final = 300
BATCH: Final = 20
# Seconds to wait after the n-th failure; about three days in all, then dead (the schedule of Standard Webhooks, roughly).
SCHEDULE_S: Final = (5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
_log = structlog.get_logger("service.outbox")


class Next(StrEnum):
    """What becomes of a message after a try."""

    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Message:
    """A claimed row; `attempt` is the fencing number of the claim; no `payload` where it does not open any more."""

    id: str
    tenant: str
    kind: str
    topic: str
    target: str | None
    payload: Mapping[str, Any] | None
    attempt: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended. `error` holds no address and nothing personal; `retry_after_s` is the receiver's wish."""

    next: Next
    error: str | None = None
    status_code: int | None = None
    duration_ms: int = 0
    retry_after_s: float | None = None


Sender = Callable[[Message], Outcome]
Expander = Callable[[Session, Message], None]


def put(
    session: Session, tenant: str, kind: str, topic: str, payload: Mapping[str, Any], *, target: str | None = None
) -> str:
    """Write a message in the caller's transaction and return its id. ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"an outbox message is one of {', '.join(sorted(KINDS))}")
    row = {
        "id": new_id("msg"),
        "tenant_id": tenant,
        "kind": kind,
        "topic": topic,
        "target": target,
        "payload": seal(keyring(), dict(payload), tenant=tenant, field=PAYLOAD),
        "status": "pending",
        "attempts": 0,
        "available_at": utc_now(),
        "created_at": utc_now(),
    }
    session.execute(insert(Outbox), row)
    return str(row["id"])


def relay(tenant: str, senders: Mapping[str, Sender], expand: Expander, now: datetime | None = None) -> int:
    """Send what is due, one batch; returns how many messages were taken. Raises nothing for what a receiver does."""
    taken = _claim(tenant, now or utc_now())
    for message in taken:
        if message.kind == "webhook" and message.target is None and message.payload is not None:
            _finish(message, Outcome(Next.DONE), now or utc_now(), expand)
            continue
        _finish(message, _sent(message, senders), now or utc_now())
    return len(taken)


def _sent(message: Message, senders: Mapping[str, Sender]) -> Outcome:
    sender = senders.get(message.kind)
    if sender is None:
        return Outcome(Next.DEAD, f"this installation sends no {message.kind}")
    if message.payload is None:
        return Outcome(Next.DEAD, "the sealed payload does not open")
    return sender(message)


def _claim(tenant: str, now: datetime) -> list[Message]:
    with unit(tenant) as session:
        rows = session.execute(_CLAIM, {"now": now, "until": now + timedelta(seconds=LEASE_S), "batch": BATCH}).all()
    return [
        Message(
            row.id, tenant, row.kind, row.topic, row.target, _opened(tenant, row.payload), row.attempts, row.created_at
        )
        for row in rows
    ]


def _opened(tenant: str, payload: bytes) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = unseal(keyring(), payload, tenant=tenant, field=PAYLOAD)
    except SealError:
        return None  # one broken row must not keep the others from leaving
    return found


def _finish(message: Message, outcome: Outcome, now: datetime, expand: Expander | None = None) -> None:
    wait = None
    if outcome.next is Next.RETRY:
        wait = _wait_s(message.attempt, outcome.retry_after_s)
    state = "dead" if outcome.next is Next.DEAD or (outcome.next is Next.RETRY and wait is None) else outcome.next.value
    facts = {
        "id": message.id,
        "attempt": message.attempt,
        "status": "pending" if wait is not None else state,
        "available_at": now + timedelta(seconds=wait or 0),
        "finished_at": None if wait is not None else now,
        "error": outcome.error,
    }
    with unit(message.tenant) as session:
        if session.execute(_FINISH, facts).first() is None:
            return  # the lease ran out and another worker has it: that worker's word counts
        if expand is not None:
            expand(session, message)
        if message.kind == "webhook" and message.target is not None and message.payload is not None:
            _record(session, message, outcome)
    if facts["status"] == "dead":
        _log.warning("outbox.dead", message=message.id, kind=message.kind, topic=message.topic, error=outcome.error)


def _wait_s(attempt: int, wished_s: float | None) -> float | None:
    if attempt > len(SCHEDULE_S):
        return None
    planned = SCHEDULE_S[attempt - 1] * (0.8 + 0.4 * secrets.randbelow(1000) / 1000)
    return max(planned, min(wished_s or 0.0, 86_400.0))


def _record(session: Session, message: Message, outcome: Outcome) -> None:
    session.add(
        WebhookDelivery(
            tenant_id=message.tenant,
            endpoint_id=str(message.target),
            outbox_id=message.id,
            attempt=message.attempt,
            ok=outcome.next is Next.DONE,
            status_code=outcome.status_code,
            error=outcome.error,
            duration_ms=outcome.duration_ms,
        )
    )


_CLAIM = text(
    "UPDATE outbox SET lease_until = :until, attempts = attempts + 1 WHERE id IN (SELECT id FROM outbox"
    " WHERE status = 'pending' AND available_at <= :now AND (lease_until IS NULL OR lease_until < :now)"
    " ORDER BY available_at, id LIMIT :batch FOR UPDATE SKIP LOCKED)"
    " RETURNING id, kind, topic, target, payload, attempts, created_at"
)
_FINISH = text(
    "UPDATE outbox SET status = :status, available_at = :available_at, finished_at = :finished_at, last_error = :error,"
    " lease_until = NULL WHERE id = :id AND attempts = :attempt AND status = 'pending' RETURNING id"
)
