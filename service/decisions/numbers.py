"""Case numbers in blocks, so that a decision waits neither for another's commit nor for a trip of its own.

A process takes `BLOCK` numbers of a tenant at a time. Numbers are never given twice; those that a process takes and does not
use stay gaps, and two processes give theirs in turns, so a number says which case and not how many there are.
"""

from __future__ import annotations

import threading
from typing import Final

from sqlalchemy import Engine

from service.db import engine
from service.decisions.trips import Way

BLOCK: Final = 20

# For a transaction of the caller's own (flow B): not the function of the trips, which lets its commit be forgotten.
NUMBER_WITHIN: Final = (
    "INSERT INTO case_counter AS c (tenant_id, last) VALUES (%(tenant)s, 1)"
    " ON CONFLICT (tenant_id) DO UPDATE SET last = c.last + 1 RETURNING last"
)


class _Blocks:
    def __init__(self) -> None:
        self._held: dict[str, tuple[Engine, list[int]]] = {}
        self._lock = threading.Lock()

    def take(self, way: Way, tenant: str) -> int:
        """The tenant's next number; asks the database where the block is used up."""
        number = self._next(tenant)
        while number is None:
            fresh = list(reversed(way.numbers(BLOCK)))
            with self._lock:
                left = self._of(tenant)
                self._held[tenant] = (engine(), fresh + left)
            number = self._next(tenant)
        return number

    def _next(self, tenant: str) -> int | None:
        with self._lock:
            left = self._of(tenant)
            return left.pop() if left else None

    def _of(self, tenant: str) -> list[int]:
        """What is left of the tenant's block, of this database: another one counts for itself."""
        pool, left = self._held.get(tenant, (None, []))
        return left if pool is engine() else []


_blocks = _Blocks()


def next_number(way: Way, tenant: str) -> int:
    """The number of the tenant's next case."""
    return _blocks.take(way, tenant)
