"""Which versions of which lists are in force, and how old they are.

A list that was not confirmed within `list_max_age_hours` may still accuse but can no longer clear: its silence is
`Missing(stale)`. A kind of list that was never imported clears nobody either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, col

from service.tables import Watchlist

KINDS: Final = ("sanctions", "pep", "watchlist")


@dataclass(frozen=True, slots=True)
class ListVersion:
    """One list as it is in force; `id` names the version in decisions, `checked_at` when it was last confirmed new."""

    id: str
    name: str
    kind: str
    digest: str
    entries: int
    created_at: datetime
    checked_at: datetime

    def age_hours(self, now: datetime) -> float:
        """Hours since the content was last confirmed."""
        return max(0.0, (now - self.checked_at) / timedelta(hours=1))

    def to_dict(self, now: datetime, max_age_hours: float) -> dict[str, Any]:
        """JSON-able form with its freshness."""
        age = self.age_hours(now)
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "digest": self.digest,
            "entries": self.entries,
            "created_at": self.created_at.isoformat(),
            "checked_at": self.checked_at.isoformat(),
            "age_hours": round(age, 2),
            "stale": age > max_age_hours,
        }


def in_force(session: Session) -> list[ListVersion]:
    """Every active list of the transaction's tenant, by name."""
    query = select(Watchlist).where(col(Watchlist.active)).order_by(col(Watchlist.name))
    return [version_of(row) for row in session.execute(query).scalars()]


def version_of(row: Watchlist) -> ListVersion:
    """The row as a value."""
    checked = row.checked_at or row.created_at
    return ListVersion(row.id, row.name, row.kind, row.digest, row.entries, row.created_at, checked)
