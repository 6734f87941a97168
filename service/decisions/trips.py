"""The two trips to the database of flow A, each one round trip: claim the key, then write everything at once.

Trip 1 claims the idempotency key and reads which version is active in the same statement. It commits without waiting for
the disk: a claim that a crash forgets was never answered, so the caller's retry makes it anew; the decision's own commit
waits for the disk, and with it everything before. Trip 2 finishes the claim and writes decision, case, timeline, outbox
and audit link in one statement, and only where the claim is still this call's (invariant 7). Both go as a psycopg
pipeline through the common pool, the tenant set first, so that row-level security holds for every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from service.db import engine
from service.errors import Unavailable
from service.ids import new_id

ROUTE: Final = "decisions"
# Longer than the longest statement (30 s) and its wait for a lock: a claim that has run out has no living owner.
CLAIM_S: Final = 60

_TENANT: Final = "SELECT set_config('verdict.tenant', %(tenant)s, true)"
_LATER: Final = "SET LOCAL synchronous_commit = off"

_CLAIM: Final = """
WITH mine AS (
  INSERT INTO idempotency_key (tenant_id, id, route, key, body_digest, claimed_until, created_at)
  VALUES (%(tenant)s, %(claim)s, %(route)s, %(key)s, %(body)s, now() + make_interval(secs => %(seconds)s), now())
  ON CONFLICT (tenant_id, route, key) DO UPDATE SET id = EXCLUDED.id, claimed_until = EXCLUDED.claimed_until
  WHERE idempotency_key.answer IS NULL AND idempotency_key.claimed_until < now()
    AND idempotency_key.body_digest = EXCLUDED.body_digest
  RETURNING id
)
SELECT (SELECT id FROM mine), held.body_digest, held.answer, version.id, version.digest
FROM (VALUES (1)) AS one
LEFT JOIN idempotency_key AS held ON held.tenant_id = %(tenant)s AND held.route = %(route)s AND held.key = %(key)s
LEFT JOIN pack_version AS version
  ON version.tenant_id = %(tenant)s AND version.pack_id = %(pack)s AND version.status = 'active'
"""

_RELEASE: Final = "DELETE FROM idempotency_key WHERE tenant_id = %(tenant)s AND id = %(claim)s AND answer IS NULL"

_NUMBER: Final = """
INSERT INTO case_counter (tenant_id, last) VALUES (%(tenant)s, 1)
ON CONFLICT (tenant_id) DO UPDATE SET last = case_counter.last + 1 RETURNING last
"""

_FINISHED: Final = """
mine AS (
  UPDATE idempotency_key SET answer = %(pointer)s, claimed_until = NULL
  WHERE tenant_id = %(tenant)s AND id = %(claim)s AND answer IS NULL RETURNING id
)"""
_GRANTED: Final = "mine AS (SELECT 1)"
_DECISION: Final = """,
made AS (
  INSERT INTO decision (tenant_id, id, application_id, reference, pack_id, pack_version, pack_digest, engine_version,
    as_of, verdict, risk_score, risk_category, queue, fired, models, lists, signals, answer, digest, created_at)
  SELECT %(tenant)s, %(id)s, %(application)s::text, %(reference)s, %(pack_id)s, %(pack_version)s, %(pack_digest)s,
    %(engine_version)s, %(as_of)s::date, %(verdict)s, %(score)s::numeric, %(category)s::text, %(queue)s::text,
    %(fired)s::text[], %(models)s::jsonb, %(lists)s::jsonb, %(signals)s, %(answer)s, %(digest)s, %(now)s
  FROM mine RETURNING id
), told AS (
  INSERT INTO outbox (tenant_id, id, kind, topic, payload, status, attempts, available_at, created_at)
  SELECT %(tenant)s, %(message)s, 'webhook', 'decision.made', %(payload)s, 'pending', 0, %(now)s, %(now)s FROM made
)"""
_CASE: Final = """,
opened AS (
  INSERT INTO "case" (tenant_id, id, number, decision_id, application_id, reference, queue, priority, role, four_eyes,
    actions, risk_score, risk_category, headline, due_at, status, created_at, version)
  SELECT %(tenant)s, %(case)s, %(number)s, %(id)s, %(application)s::text, %(reference)s, %(queue)s, %(priority)s,
    %(role)s, %(four_eyes)s, %(actions)s::text[], %(score)s::numeric, %(category)s::text, %(headline)s,
    %(due)s::timestamptz, 'open', %(now)s, 1 FROM made RETURNING id
), noted AS (
  INSERT INTO case_event (tenant_id, id, case_id, kind, actor_id, actor_name, data, created_at)
  SELECT %(tenant)s, %(event)s, id, 'opened', %(actor)s, %(actor_name)s,
    jsonb_build_object('verdict', %(verdict)s::text, 'queue', %(queue)s::text), %(now)s FROM opened
), announced AS (
  INSERT INTO outbox (tenant_id, id, kind, topic, payload, status, attempts, available_at, created_at)
  SELECT %(tenant)s, %(case_message)s, 'webhook', 'case.opened', %(case_payload)s, 'pending', 0, %(now)s, %(now)s
  FROM opened
)"""
_LINK: Final = " SELECT verdict_audit_append(%(actor)s, 'decision.made', id, %(audit)s) FROM made"

WRITE: Final = "WITH " + _GRANTED + _DECISION + _LINK
WRITE_CASE: Final = "WITH " + _GRANTED + _DECISION + _CASE + _LINK
NEXT_NUMBER: Final = _NUMBER
_FINISH: Final = "WITH " + _FINISHED + _DECISION + _LINK
_FINISH_CASE: Final = "WITH " + _FINISHED + _DECISION + _CASE + _LINK


@dataclass(frozen=True, slots=True)
class Claim:
    """What trip 1 found. `id` where the key is ours; otherwise the holder's body and, when finished, its answer."""

    id: str | None
    body_digest: str | None
    answer: bytes | None
    version_id: str | None
    pack_digest: str | None


def claim(tenant: str, key: str, body_digest: str, pack_id: str) -> Claim:
    """Trip 1: claim the key for `CLAIM_S` seconds, or see who holds it; a dead owner's claim is taken over."""
    facts = {"tenant": tenant, "claim": new_id("idk"), "route": ROUTE, "key": key, "body": body_digest}
    row = _one_trip(tenant, (_LATER, _CLAIM), {**facts, "pack": pack_id, "seconds": CLAIM_S}).fetchone()
    if row is None:
        raise Unavailable("the database gave no answer to a claim")
    return Claim(*row)


def release(tenant: str, claim_id: str) -> None:
    """Give a claim back that came to nothing, so that the same key may be used with a corrected body."""
    _one_trip(tenant, (_LATER, _RELEASE), {"claim": claim_id, "tenant": tenant})


def next_number(tenant: str) -> int:
    """The number of the tenant's next case; taken in a trip of its own, so that no decision waits on another's disk."""
    row = _one_trip(tenant, (_LATER, _NUMBER), {"tenant": tenant}).fetchone()
    if row is None:
        raise Unavailable("the database gave no number")
    return int(row[0])


def finish(tenant: str, claim_id: str, pointer: bytes, parameters: Mapping[str, Any], *, case: bool) -> bool:
    """Trip 2: write everything and answer whether the claim was still ours; where not, nothing was written."""
    facts = {**parameters, "claim": claim_id, "pointer": pointer}
    return _one_trip(tenant, (_FINISH_CASE if case else _FINISH,), facts).rowcount == 1


def _one_trip(tenant: str, statements: Sequence[str], parameters: Mapping[str, Any]) -> psycopg.Cursor[Any]:
    with _connection() as connection, connection.pipeline():
        connection.execute(_TENANT, {"tenant": tenant}, prepare=True)
        for statement in statements[:-1]:
            connection.execute(statement, prepare=True)
        cursor = connection.execute(statements[-1], parameters, prepare=True)
        connection.commit()
    return cursor


@contextmanager
def _connection() -> Iterator[psycopg.Connection[Any]]:
    """A psycopg connection of the common pool; whatever goes wrong, it goes back with nothing open."""
    try:
        pooled = engine().raw_connection()
    except SQLAlchemyError as failure:
        raise Unavailable("the database does not answer; nothing was written") from failure
    try:
        raw = pooled.driver_connection
        if not isinstance(raw, psycopg.Connection):
            raise TypeError("the pool's driver is psycopg 3")
        yield raw
    except psycopg.OperationalError as failure:
        pooled.invalidate()
        raise Unavailable("the database does not answer; send the same call again") from failure
    finally:
        pooled.close()
