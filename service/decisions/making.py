"""Flow A: one key, one decision (invariant 7).

Claim the key; where somebody else holds it, answer with what is stored, refuse another body, or wait a little for the
holder. Take the pinned pack from memory (the champion, or the challenger that the reference falls to), decide once, write
once, answer from what is in hand. Whatever fails on the way gives the claim back and leaves nothing behind; a process that
is killed leaves a claim that runs out and is taken over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final

import psycopg
from sqlalchemy.engine import Connection
from sqlmodel import Session

from engine.pack import Decision, SignalError
from service.db import unit
from service.decisions import trips
from service.decisions.challenging import Challenge
from service.decisions.numbers import NUMBER_WITHIN, next_number
from service.decisions.rendering import Made, Subject, open_answer, render
from service.decisions.request import Answer, BatchItem, DecisionRequest
from service.errors import Conflict, Invalid, NotFound, Problem, ServiceError
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.packs import ActivePack, active, pinned
from service.packs.scheduling import activate_due
from service.tables import Application, DecisionRow, utc_now

MAX_BATCH: Final = 100
# How long a second call waits for the first one to finish before it is told to come again: about one second.
_WAITS_S: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4)
_POINTER: Final = "idempotency_key.answer"


def decide(actor: Actor, request: DecisionRequest, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Decide on signals in hand and store it, or return what the key was answered with. Needs DECIDE.

    Raises:
        Invalid: signals of a wrong type, all listed. NotFound: no active version of the pack.
        Conflict: the key belongs to another body, or its first call is still running. Unavailable: nothing was written.
    """
    actor.must(Permission.DECIDE)
    request.check()
    for wait in (*_WAITS_S, None):
        with trips.way(actor.tenant) as way:
            found = way.claim(request.idempotency_key, request.body_digest, request.pack)
            answer = None if found.id is None else _owned(way, actor, request, found, found.id)
        if answer is not None:
            return answer
        if found.id is None and found.body_digest is not None and found.body_digest != request.body_digest:
            raise Conflict("this idempotency key was used with another body")
        if found.id is None and found.answer is not None:
            return Answer(_stored(actor.tenant, found.answer), replayed=True)
        if wait is not None:
            sleep(wait)
    raise Conflict("a call with this idempotency key is in progress; send it again later")


def decide_batch(actor: Actor, requests: Sequence[DecisionRequest]) -> list[BatchItem]:
    """Decide each request by itself, in order; one refusal stops none of the others. At most `MAX_BATCH`."""
    actor.must(Permission.DECIDE)
    if len(requests) > MAX_BATCH:
        raise Invalid(f"a batch has at most {MAX_BATCH} decisions")
    return [_item(actor, request) for request in requests]


def record(
    session: Session,
    *,
    actor: Actor,
    pack: ActivePack,
    decision: Decision,
    reference: str,
    application: Application | None,
    models: Mapping[str, Any],
    lists: Mapping[str, Any],
    signals: Mapping[str, Any],
    challenge: Challenge | None = None,
) -> dict[str, Any]:
    """Write a decision, its case, outbox rows and audit link in the caller's transaction and return the answer.

    Call it last in the transaction: the audit's lane is held until the end. The unique index on the application makes a
    second decision of one application an IntegrityError.
    """
    session.flush()
    connection: Connection = session.connection()
    made = Made(pack, decision, utc_now(), challenge)
    number = 0
    if not made.approves:
        number = connection.exec_driver_sql(NUMBER_WITHIN, {"tenant": actor.tenant}).scalar_one()
    subject = Subject(reference, application.id if application else None, signals, models, lists)
    rendered = render(keyring(), actor, made, subject, number)
    connection.exec_driver_sql(trips.WRITE, rendered.written.parameters(actor.tenant, None, None))
    answer: dict[str, Any] = json.loads(rendered.raw)
    return answer


def decide_with(pack: ActivePack, signals: Mapping[str, Any], as_of: date) -> Decision:
    """The engine's decision; raises `Invalid` with every refused signal, named without its value."""
    try:
        return pack.pack.decide(signals, as_of)
    except SignalError as failure:
        problems = tuple(
            Problem(f"/signals/{p.name}", f"is {p.got}", f"expected {p.expected}") for p in failure.problems
        )
        raise Invalid("the signals do not fit the pack", problems) from None


def _owned(way: trips.Way, actor: Actor, request: DecisionRequest, found: trips.Claim, claim_id: str) -> Answer | None:
    """Decide under our claim; None where the claim was lost meanwhile, so that the caller looks again."""
    try:
        return _write(way, actor, request, claim_id, _made(actor.tenant, request, found))
    except BaseException:
        with suppress(
            ServiceError, psycopg.Error
        ):  # the claim runs out by itself; the first failure is the one to tell
            way.release(claim_id)
        raise


def _made(tenant: str, request: DecisionRequest, found: trips.Claim) -> Made:
    """Decide by the champion, or by its challenger where the reference falls to it and it can."""
    now = utc_now()
    as_of = request.as_of or now.date()
    challenge = None if found.due else Challenge.of(found, request.reference)
    challenged = None if challenge is None else challenge.decide(tenant, request.pack, request.signals, as_of)
    if challenge is not None and challenged is not None:
        return Made(challenged[0], challenged[1], now, challenge)
    champion = _champion(tenant, request.pack, found)
    return Made(champion, decide_with(champion, request.signals, as_of), now, challenge)


def _champion(tenant: str, pack_id: str, found: trips.Claim) -> ActivePack:
    if found.due:
        activate_due(tenant, utc_now(), pack_id)
        return active(tenant, pack_id)
    if found.version_id is None or found.pack_digest is None:
        raise NotFound(f"no version of the pack {pack_id} is active")
    return pinned(tenant, pack_id, found.pack_digest, found.version_id)


def _write(way: trips.Way, actor: Actor, request: DecisionRequest, claim_id: str, made: Made) -> Answer | None:
    keys = keyring()
    number = 0 if made.approves else next_number(way, actor.tenant)
    rendered = render(keys, actor, made, Subject(request.reference, None, request.signals, {}, {}), number)
    pointer = keys.seal(rendered.id.encode(), tenant=actor.tenant, field=_POINTER)
    won = way.finish(claim_id, pointer, rendered.written)
    return Answer(rendered.raw, replayed=False) if won else None


def _stored(tenant: str, pointer: bytes) -> bytes:
    keys = keyring()
    decision_id = keys.open(pointer, tenant=tenant, field=_POINTER).decode()
    with unit(tenant) as session:
        row = session.get(DecisionRow, decision_id)
    if row is None or row.answer is None:
        raise NotFound("the decision of this idempotency key is gone")
    return open_answer(keys, row.answer, tenant)


def _item(actor: Actor, request: DecisionRequest) -> BatchItem:
    try:
        return BatchItem(request.idempotency_key, decide(actor, request))
    except ServiceError as refusal:
        return BatchItem(request.idempotency_key, error=refusal)
