"""Importing a list: a new version, whole and active at once, or none at all.

The file is hashed first: the same bytes again only confirm the version in force. Else it is read once, as a stream, into
one transaction that also puts the version before out of force; any problem rolls all of it back. A version that is much
shorter than the one before is refused, because a truncated download with status 200 would otherwise clear everybody it
lost. Old versions stay, since decisions name them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlmodel import Session, col

from engine.screening import Entity, entity_keys
from service import audit
from service.db import unit
from service.errors import Invalid, Problem
from service.identity.actor import Actor, Permission
from service.ids import new_id
from service.screening.csv_file import ListEntry, file_digest, read_entries
from service.screening.freshness import KINDS, in_force, version_of
from service.settings import settings
from service.tables import Watchlist, utc_now

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
    digest = file_digest(file)
    with unit(actor.tenant) as session:
        _alone(session, actor.tenant, name)
        before = _active(session, name)
        if before is not None and before.digest == digest and before.kind == kind:
            before.checked_at = utc_now()
            session.add(before)
            audit.append(session, actor, "list.confirmed", before.id, {"name": name, "digest": digest})
            return {**_answer(before), "unchanged": True}
        if before is not None:
            session.execute(update(Watchlist).where(col(Watchlist.id) == before.id).values(active=False))
        row = Watchlist(tenant_id=actor.tenant, name=name, kind=kind, digest=digest, entries=0, checked_at=utc_now())
        session.add(row)
        session.flush()
        row.entries = _write(session, actor.tenant, row, file)
        if before is not None and row.entries < MAX_SHRINK * before.entries and not allow_shrink:
            message = f"{row.entries} entries where the version before has {before.entries}: the file may be cut off"
            raise Invalid("the list is not imported; the version before stays in force", (Problem(name, message),))
        session.add(row)
        facts = {"name": name, "digest": digest, "entries": row.entries}
        audit.append(session, actor, "list.imported", row.id, facts)
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


def _write(session: Session, tenant: str, row: Watchlist, file: Path | bytes) -> int:
    count = 0
    for batch in _batches(read_entries(file, row.name)):
        session.execute(_INSERT, _columns(tenant, row.id, batch))
        count += len(batch)
    return count


def _columns(tenant: str, list_id: str, batch: list[ListEntry]) -> dict[str, Any]:
    """The batch by column: one statement of a few arrays is many times faster than a statement a row."""
    return {
        "tenant": tenant,
        "list": list_id,
        "ids": [new_id("wle") for _ in batch],
        "entities": [entry.id for entry in batch],
        "properties": [json.dumps(entry.entity, ensure_ascii=False) for entry in batch],
        "keys": [json.dumps(sorted(entity_keys(entry.read))) for entry in batch],
        "born": [_exact_birth(entry.read) for entry in batch],
    }


def _exact_birth(entity: Entity) -> date | None:
    born = entity.birth_dates[0] if len(entity.birth_dates) == 1 else None
    if born is None or born.month is None or born.day is None:
        return None
    return date(born.year, born.month, born.day)


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


_INSERT = text(
    "INSERT INTO watchlist_entry (tenant_id, id, watchlist_id, entity_id, properties, name_keys, birth_date)"
    " SELECT :tenant, e.id, :list, e.entity, CAST(e.properties AS jsonb),"
    " ARRAY(SELECT jsonb_array_elements_text(CAST(e.keys AS jsonb))), e.born FROM unnest(CAST(:ids AS text[]),"
    " CAST(:entities AS text[]), CAST(:properties AS text[]), CAST(:keys AS text[]), CAST(:born AS date[]))"
    " AS e (id, entity, properties, keys, born)"
)
