"""The two trips to the database of flow A, each one round trip: claim the key, then write everything at once.

Trip 1 claims the idempotency key and reads which version is active, its challenger, and whether a scheduled version is
due. It commits without waiting for the disk: a claim that a crash forgets was never answered, so the caller's retry makes it
anew; the decision's own commit waits for the disk, and with it everything before. Trip 2 finishes the claim and writes
decision, case, timeline, outbox, trials and audit link, and only where the claim is still this call's (invariant 7).

Each trip is one call of a function of the database (migrations 0003, 0005) and one transaction: the function sets the tenant, and
row-level security holds for every row it touches. A function, because the tenant must be set before the first row and the
round trip and the parsing of four statements cost more than the work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from service.db import wire
from service.errors import Unavailable
from service.ids import new_id

ROUTE: Final = "decisions"
# Longer than the longest statement (30 s) and its wait for a lock: a claim that has run out has no living owner.
CLAIM_S: Final = 60

_NUMBERS: Final = "SELECT verdict_case_numbers(%s, %s)"
WRITE: Final = "SELECT verdict_write(%s, %s, %s, %s::jsonb, %s, %s, %s, %s)"
_CLAIM: Final = "SELECT * FROM verdict_claim(%s, %s, %s, %s, %s, %s, %s)"
_RELEASE: Final = "SELECT verdict_release(%s, %s)"


@dataclass(frozen=True, slots=True)
class Claim:
    """What trip 1 found. `id` where the key is ours; otherwise the holder's body and, when finished, its answer.

    `due`: a scheduled version must be activated first. The last four name the pack's running challenger, if there is one.
    """

    id: str | None
    body_digest: str | None
    answer: bytes | None
    version_id: str | None
    pack_digest: str | None
    due: bool | None
    trial_id: str | None
    trial_version: str | None
    trial_digest: str | None
    trial_percent: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """What trip 2 stores: the facts as one JSON object, and what is sealed."""

    facts: str
    signals: bytes
    answer: bytes
    payload: bytes
    case_payload: bytes | None

    def parameters(self, tenant: str, claim_id: str | None, pointer: bytes | None) -> tuple[Any, ...]:
        """The parameters of `WRITE`; without a claim nothing is finished (flow B)."""
        return (tenant, claim_id, pointer, self.facts, self.signals, self.answer, self.payload, self.case_payload)


class Way:
    """One tenant's way to the database for the length of a call: a connection, and no transaction between the trips."""

    def __init__(self, connection: psycopg.Connection[Any], tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def claim(self, key: str, body_digest: str, pack_id: str) -> Claim:
        """Trip 1: claim the key for `CLAIM_S` seconds, or see who holds it; a dead owner's claim is taken over."""
        return Claim(*self._trip(_CLAIM, new_id("idk"), ROUTE, key, body_digest, CLAIM_S, pack_id))

    def release(self, claim_id: str) -> None:
        """Give a claim back that came to nothing, so that the same key may be used with a corrected body."""
        self._trip(_RELEASE, claim_id)

    def numbers(self, count: int) -> range:
        """The tenant's next `count` case numbers; what is not used of them stays a gap."""
        last = int(self._trip(_NUMBERS, count)[0])
        return range(last - count + 1, last + 1)

    def finish(self, claim_id: str, pointer: bytes, written: Written) -> bool:
        """Trip 2: write everything and answer whether the claim was still ours; where not, nothing was written."""
        _, *parameters = written.parameters(self._tenant, claim_id, pointer)
        return bool(self._trip(WRITE, *parameters)[0])

    def _trip(self, statement: str, *parameters: Any) -> tuple[Any, ...]:
        row = self._connection.execute(statement, (self._tenant, *parameters), prepare=True).fetchone()
        if row is None:
            raise Unavailable("the database gave no answer; send the same call again")
        return tuple(row)


@contextmanager
def way(tenant: str) -> Iterator[Way]:
    """A bare connection for the trips of one call; a broken one does not go back to the pool."""
    try:
        with wire().connection() as connection:
            yield Way(connection, tenant)
    except psycopg.OperationalError as failure:
        raise Unavailable("the database does not answer; send the same call again") from failure
