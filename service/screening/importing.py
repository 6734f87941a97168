"""Importing a list: a new version, whole and active at once, or none at all.

The file is read twice: first to find every problem, its digest and its length, then into the database in one
transaction that also puts the version before out of force. A version that is much shorter than the one before is
refused, because a truncated download with status 200 would otherwise clear everybody it lost. Old versions stay, since
decisions name them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select, text, update
from sqlmodel import Session, col

from engine.screening import entity_keys, read_entity
from service import audit
from service.db import unit
from service.errors import Invalid, Problem
from service.identity.actor import Actor, Permission
from service.ids import new_id
from service.screening.csv_file import ListEntry, read_entries
from service.screening.freshness import KINDS, in_force, version_of
from service.settings import settings
from service.tables import Watchlist, WatchlistEntry, utc_now
from service.values import encode

MAX_SHRINK: Final = 0.5  # a new version with under half of the entries of the one before needs `allow_shrink`
BATCH: Final = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")


def import_list(
    actor: Actor,
    name: str,
    kind: str,
    source: Path | str | bytes,
    *,
    format: str = "csv",  # noqa: A002 - the word of the command line and of the API
    allow_shrink: bool = False,
) -> dict[str, Any]:
    """Import a file as the new version of list `name` and return it with `unchanged`.

    The same content again only confirms the version in force. Raises `Invalid` with all problems; then nothing changed.
    """
    actor.must(Permission.WRITE_LISTS)
    _check(name, kind, format)
    file = Path(source) if isinstance(source, str) else source
    digest, count = _measure(file, name)
    with unit(actor.tenant) as session:
        _alone(session, actor.tenant, name)
        before = _active(session, name)
        if before is not None and before.digest == digest and before.kind == kind:
            before.checked_at = utc_now()
            session.add(before)
            audit.append(session, actor, "list.confirmed", before.id, {"name": name, "digest": digest})
            return {**_answer(before), "unchanged": True}
        if before is not None and count < MAX_SHRINK * before.entries and not allow_shrink:
            message = f"{count} entries where the version before has {before.entries}: the file may be cut off"
            raise Invalid("the list is not imported; the version before stays in force", (Problem(name, message),))
        row = _write(session, actor, before, Watchlist(
            tenant_id=actor.tenant, name=name, kind=kind, digest=digest, entries=count, checked_at=utc_now(),
        ), file)  # fmt: skip
        audit.append(session, actor, "list.imported", row.id, {"name": name, "digest": digest, "entries": count})
        return {**_answer(row), "unchanged": False}


def lists(actor: Actor) -> list[dict[str, Any]]:
    """The lists in force with their age. Needs READ_LISTS."""
    actor.must(Permission.READ_LISTS)
    with unit(actor.tenant) as session:
        found = in_force(session)
    now, limit = utc_now(), settings().list_max_age_hours
    return [version.to_dict(now, limit) for version in found]


def _check(name: str, kind: str, form: str) -> None:
    problems = []
    if not _NAME.match(name):
        problems.append(Problem("/name", "a list's name is 1 to 64 lower-case letters, digits and _"))
    if kind not in KINDS:
        problems.append(Problem("/kind", f"one of {', '.join(KINDS)}"))
    if form != "csv":
        problems.append(Problem("/format", "the format that can be read is csv"))
    if problems:
        raise Invalid("the list cannot be imported", tuple(problems))


def _measure(file: Path | bytes, name: str) -> tuple[str, int]:
    digest, count = hashlib.sha256(), 0
    for entry in read_entries(file, name):
        digest.update(encode(entry.entity))
        count += 1
    return digest.hexdigest(), count


def _write(session: Session, actor: Actor, before: Watchlist | None, row: Watchlist, file: Path | bytes) -> Watchlist:
    if before is not None:
        session.execute(update(Watchlist).where(col(Watchlist.id) == before.id).values(active=False))
    session.add(row)
    session.flush()
    digest, count = hashlib.sha256(), 0
    for batch in _batches(read_entries(file, row.name)):
        session.execute(insert(WatchlistEntry), [_entry_row(actor.tenant, row.id, entry) for entry in batch])
        count += len(batch)
        for entry in batch:
            digest.update(encode(entry.entity))
    if (digest.hexdigest(), count) != (row.digest, row.entries):
        raise Invalid("the list's file changed while it was read; the version before stays in force")
    return row


def _entry_row(tenant: str, list_id: str, entry: ListEntry) -> dict[str, Any]:
    entity = read_entity(entry.entity)
    born = entity.birth_dates[0] if len(entity.birth_dates) == 1 else None
    exact = born is not None and born.month is not None and born.day is not None
    return {
        "id": new_id("wle"),
        "tenant_id": tenant,
        "watchlist_id": list_id,
        "entity_id": entry.id,
        "properties": entry.entity,
        "name_keys": sorted(entity_keys(entity)),
        "birth_date": date(born.year, born.month, born.day) if exact and born and born.month and born.day else None,
    }


def _batches(entries: Iterator[ListEntry]) -> Iterator[list[ListEntry]]:
    batch: list[ListEntry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _alone(session: Session, tenant: str, name: str) -> None:
    """Let imports of one list wait for one another."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"list:{tenant}:{name}"})


def _active(session: Session, name: str) -> Watchlist | None:
    query = select(Watchlist).where(col(Watchlist.name) == name, col(Watchlist.active))
    return session.execute(query).scalar_one_or_none()


def _answer(row: Watchlist) -> dict[str, Any]:
    return version_of(row).to_dict(utc_now(), settings().list_max_age_hours)
