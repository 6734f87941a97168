"""The audit trail: append-only and hash-linked; any changed, dropped or reordered row is found (invariant 8).

A tenant has eight chains, its lanes, so that writers need not wait on one another: each takes a lane that nobody holds
and keeps it until its transaction ends, which is why `append` is the last statement of a transaction. A link is
`sha256(previous link, lane, position, time, sha256 of actor, action, subject and content)`. Entries carry no personal
data: they name rows, people's ids and digests. `verify` computes every link again, in Python, apart from the function
of the database that wrote it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, text, tuple_
from sqlmodel import Session, col

from service.db import unit
from service.errors import Invalid
from service.identity.actor import Actor, Permission
from service.paging import Page, page_size
from service.tables import AuditEntry, AuditLane

LANES: Final = 8
FIRST_LINK: Final = bytes(32)
MAX_FAULTS: Final = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
APPEND_SQL: Final = "SELECT verdict_audit_append(%s, %s, %s, %s)"
_APPEND = text("SELECT verdict_audit_append(:actor, :action, :subject, :content)")
_LANES = text(
    "SELECT l.lane, l.length, l.head, (SELECT max(e.position) FROM audit_entry e"
    " WHERE e.tenant_id = l.tenant_id AND e.lane = l.lane) AS last FROM audit_lane l ORDER BY l.lane"
)
_STRAY = text(
    "SELECT DISTINCT e.lane FROM audit_entry e WHERE NOT EXISTS"
    " (SELECT FROM audit_lane l WHERE l.tenant_id = e.tenant_id AND l.lane = e.lane) ORDER BY e.lane"
)


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Where a chain is broken; `kind` is changed, dropped, tail, surplus or lane_gone."""

    lane: int
    position: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What `verify` found; at most `MAX_FAULTS` faults are listed, in order of lane and position."""

    ok: bool
    entries: int
    lanes: int
    faults: tuple[AuditFault, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        faults = [{"lane": f.lane, "position": f.position, "kind": f.kind, "message": f.message} for f in self.faults]
        return {"ok": self.ok, "entries": self.entries, "lanes": self.lanes, "faults": faults}


def open_lanes(session: Session, tenant: str) -> None:
    """Give a new tenant its lanes, in the transaction that makes it; without them it can write nothing."""
    rows = [{"tenant_id": tenant, "lane": lane, "length": 0, "head": FIRST_LINK} for lane in range(LANES)]
    session.execute(insert(AuditLane), rows)


def append(session: Session, actor: Actor, action: str, subject: str, content: Mapping[str, Any]) -> None:
    """Add one link in the caller's transaction. Call it last: the lane is held until the transaction ends."""
    session.flush()
    session.execute(_APPEND, {"actor": actor.id, "action": action, "subject": subject, "content": canonical(content)})


def canonical(content: Mapping[str, Any]) -> str:
    """The one JSON text of a content: sorted keys, no spaces; refuses NaN and what JSON does not have."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def verify(who: Actor | str) -> AuditReport:
    """Compute every link of the tenant's chains again. An actor needs READ_AUDIT; the command line gives a tenant."""
    if isinstance(who, Actor):
        who.must(Permission.READ_AUDIT)
    tenant = who.tenant if isinstance(who, Actor) else who
    faults: list[AuditFault] = []
    checked = 0
    with unit(tenant) as session:
        # One statement sees one moment: length, head and last position agree whatever is appended meanwhile.
        lanes = session.execute(_LANES).all()
        for lane, length, head, last in lanes:
            walk = _Walk(lane, length)
            for row in _rows(session, lane, length):
                walk.step(row)
            faults += walk.end(head, last or 0)
            checked += walk.seen
        faults += [
            AuditFault(lane, 0, "lane_gone", f"the lane {lane} has entries but its head was removed")
            for (lane,) in session.execute(_STRAY)
        ]
    if len(lanes) < LANES and not faults:
        faults.append(AuditFault(len(lanes), 0, "lane_gone", f"{LANES} lanes were opened, {len(lanes)} are left"))
    return AuditReport(not faults, checked, len(lanes), tuple(faults[:MAX_FAULTS]))


def entries(
    actor: Actor, after: str | None = None, limit: int = 50, subject: str | None = None, action: str | None = None
) -> Page:
    """Return a page, newest first; `after` is the `next` of the page before. Needs READ_AUDIT."""
    actor.must(Permission.READ_AUDIT)
    size = page_size(limit)
    order = (col(AuditEntry.at), col(AuditEntry.lane), col(AuditEntry.position))
    query = select(AuditEntry).order_by(*(part.desc() for part in order)).limit(size + 1)
    if after is not None:
        query = query.where(tuple_(*order) < tuple_(*_cursor(after)))
    if subject is not None:
        query = query.where(col(AuditEntry.subject) == subject)
    if action is not None:
        query = query.where(col(AuditEntry.action) == action)
    with unit(actor.tenant) as session:
        rows = list(session.execute(query).scalars())
    page = rows[:size]
    following = f"{_micros(page[-1].at)}.{page[-1].lane}.{page[-1].position}" if len(rows) > size else None
    return Page([_as_dict(row) for row in page], following)


class _Walk:
    """One lane, read in order: keeps the link before, and names each break once."""

    def __init__(self, lane: int, length: int) -> None:
        self.lane, self.length, self.seen = lane, length, 0
        self.faults: list[AuditFault] = []
        self._expected, self._before = 1, FIRST_LINK

    def step(self, row: AuditEntry) -> None:
        """Take the next row; a gap or a link that does not follow is a fault, and the walk goes on from this row."""
        self.seen += 1
        if row.position != self._expected:
            gone = f"{self._expected}" if row.position == self._expected + 1 else f"{self._expected}-{row.position - 1}"
            self._fault(self._expected, "dropped", f"entry {gone} of lane {self.lane} is gone")
        elif link(self._before, row) != row.hash:
            self._fault(row.position, "changed", f"entry {row.position} of lane {self.lane} was changed or moved here")
        self._expected, self._before = row.position + 1, row.hash

    def end(self, head: bytes, last: int) -> list[AuditFault]:
        """Compare the end of the chain with its head and return all faults of the lane."""
        if self._expected <= self.length:
            lost = f"lane {self.lane} ends at entry {self._expected - 1}, its head says {self.length}"
            self._fault(self._expected, "tail", lost)
        elif self._before != head:
            self._fault(self.length, "tail", f"the head of lane {self.lane} is not the link of its last entry")
        if last > self.length:
            self._fault(self.length + 1, "surplus", f"lane {self.lane} has entries past its head")
        return self.faults

    def _fault(self, position: int, kind: str, message: str) -> None:
        self.faults.append(AuditFault(self.lane, position, kind, message))


def link(before: bytes, row: AuditEntry) -> bytes:
    """The link of an entry after the link `before`; the same formula as the database's `verdict_audit_append`."""
    body = [before, row.lane.to_bytes(2, "big"), row.position.to_bytes(8, "big"), _micros(row.at).to_bytes(8, "big")]
    parts = (row.actor, row.action, row.subject, row.content)
    return hashlib.sha256(b"".join(body + [hashlib.sha256(part.encode()).digest() for part in parts])).digest()


def _rows(session: Session, lane: int, length: int) -> Iterator[AuditEntry]:
    here = (col(AuditEntry.lane) == lane, col(AuditEntry.position) <= length)
    position = 0
    while True:
        query = select(AuditEntry).where(*here, col(AuditEntry.position) > position)
        page = list(session.execute(query.order_by(col(AuditEntry.position)).limit(2000)).scalars())
        if not page:
            return
        yield from page
        position = page[-1].position
        session.expunge_all()


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _cursor(after: str) -> tuple[datetime, int, int]:
    try:
        micros, lane, position = (int(part) for part in after.split("."))
        return _EPOCH + timedelta(microseconds=micros), lane, position
    except (ValueError, OverflowError):
        raise Invalid("the cursor is not one of ours") from None


def _as_dict(row: AuditEntry) -> dict[str, Any]:
    return {
        "id": f"{row.lane}.{row.position}",
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "content": json.loads(row.content),
        "hash": row.hash.hex(),
    }
