"""What is told of packs: the list, a pack's versions, one version, the semantic difference of two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from engine.pack import diff_packs
from service.db import unit
from service.errors import NotFound
from service.identity.actor import Actor, Permission
from service.packs import evidence
from service.packs.compiling import compile_files
from service.tables import PackVersion
from service.values import jsonable

_OPEN = ("draft", "submitted", "approved", "scheduled")


def listing(actor: Actor) -> list[dict[str, Any]]:
    """Every pack with its active version and those on their way. Needs READ_PACKS."""
    actor.must(Permission.READ_PACKS)
    query = select(PackVersion).order_by(col(PackVersion.pack_id), col(PackVersion.number).desc())
    with unit(actor.tenant) as session:
        rows = list(session.execute(query).scalars())
    packs: dict[str, dict[str, Any]] = {}
    for row in rows:
        told = packs.setdefault(row.pack_id, {"id": row.pack_id, "active": None, "on_the_way": [], "versions": 0})
        told["versions"] += 1
        if row.status == "active":
            told["active"] = summary(row)
        elif row.status in _OPEN:
            told["on_the_way"].append(summary(row))
    return list(packs.values())


def versions(actor: Actor, pack_id: str) -> list[dict[str, Any]]:
    """Every version of a pack, newest first; raises `NotFound` for an unknown pack. Needs READ_PACKS."""
    actor.must(Permission.READ_PACKS)
    query = select(PackVersion).where(col(PackVersion.pack_id) == pack_id).order_by(col(PackVersion.number).desc())
    with unit(actor.tenant) as session:
        found = [summary(row) for row in session.execute(query).scalars()]
    if not found:
        raise NotFound("there is no such pack")
    return found


def get(actor: Actor, version_id: str) -> dict[str, Any]:
    """One version with its files, its last check, and what an approval finds. Needs READ_PACKS."""
    actor.must(Permission.READ_PACKS)
    with unit(actor.tenant) as session:
        row = row_of(session, version_id)
        found = None if row.status in {"draft", "rejected"} else evidence.of(session, row).to_dict()
    more = {"files": dict(row.files), "check_report": row.check_report or None, "evidence": found}
    return summary(row) | more


def diff(actor: Actor, a: str, b: str) -> dict[str, Any]:
    """What moves from version `a` to version `b`, in the pack's terms; raises `Invalid` where one does not compile."""
    actor.must(Permission.READ_PACKS)
    with unit(actor.tenant) as session:
        first, second = row_of(session, a), row_of(session, b)
    changes = diff_packs(compile_files(first.files), compile_files(second.files))
    return {"a": summary(first), "b": summary(second), "changes": jsonable([change.to_dict() for change in changes])}


def row_of(session: Session, version_id: str, *, lock: bool = False) -> PackVersion:
    """The version's row, locked until the transaction ends where asked; raises `NotFound`."""
    query = select(PackVersion).where(col(PackVersion.id) == version_id)
    row: PackVersion | None = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if row is None:
        raise NotFound("there is no such pack version")
    return row


def summary(row: PackVersion) -> dict[str, Any]:
    """A version without its files, ready for JSON."""
    times = ("created_at", "submitted_at", "approved_at", "effective_from", "activated_at", "retired_at")
    told: dict[str, Any] = {
        "id": row.id,
        "pack": row.pack_id,
        "number": row.number,
        "version": row.version,
        "digest": row.digest,
        "status": row.status,
        "authors": list(row.authors),
        "approver": row.approver_id,
        "scheduled_by": row.scheduled_by,
        "note": row.note,
        "checked": bool(row.check_report) and bool(row.check_report.get("ok")),
        "row_version": row.row_version,
    }
    return told | {name: _time(getattr(row, name)) for name in times}


def _time(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
