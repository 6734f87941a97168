"""The life of a version: draft, submitted, approved, active, retired, or rejected.

Whoever wrote on a version cannot approve it (invariant 6), a version that left draft never changes (invariant 5), and
only what was checked green goes on. This module says so in words; constraints and a trigger of the database say it again
to everybody. Activation retires the version before in the same transaction, and rolling back is activating the old one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from service import audit
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, Problem
from service.identity.actor import Actor, Permission
from service.packs.drafting import accept_note, check, new_row, report_on
from service.packs.reading import get, row_of
from service.tables import PackVersion, utc_now

_CONSTRAINTS: Final = {
    "uq_pack_digest": "a version with the same content exists already; a rule must change for a new version",
    "author_never_approves": "whoever wrote on a version cannot approve it",
    "uq_pack_active": "another version was activated at the same moment; read the list again",
}


def submit(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Hand a draft over for approval: it is checked, frozen under its digest, and changes no more. Needs WRITE_PACKS."""
    actor.must(Permission.WRITE_PACKS)
    if get(actor, version_id)["status"] != "draft":
        raise Conflict("only a draft can be submitted")
    report = check(actor, version_id)
    if not report["ok"]:
        raise Invalid("the check of this version is not green", _problems(report))

    def act(row: PackVersion, now: datetime) -> None:
        _expect(row, "draft")
        if row.check_report.get("digest") != report["digest"]:
            raise Conflict("the draft was saved after its check; submit it again")
        row.status, row.digest, row.submitted_at = "submitted", report["digest"], now

    return _transition(actor, version_id, "pack.submitted", note, act)


def approve(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Approve a submitted version that somebody else wrote and whose check is green. Needs APPROVE_PACKS."""
    actor.must(Permission.APPROVE_PACKS)

    def act(row: PackVersion, now: datetime) -> None:
        _expect(row, "submitted")
        if actor.id in row.authors:
            raise Forbidden(_CONSTRAINTS["author_never_approves"])
        if not row.check_report.get("ok") or row.check_report.get("digest") != row.digest:
            raise Conflict("there is no green check of exactly this content; check it first")
        row.status, row.approver_id, row.approved_at = "approved", actor.id, now

    return _transition(actor, version_id, "pack.approved", note, act)


def reject(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Refuse a submitted version for good; a new draft may be made from it. Needs APPROVE_PACKS and a note."""
    actor.must(Permission.APPROVE_PACKS)
    if not note.strip():
        raise Invalid("say why in the note", (Problem("/note", "is empty"),))

    def act(row: PackVersion, _now: datetime) -> None:
        _expect(row, "submitted")
        row.status = "rejected"

    return _transition(actor, version_id, "pack.rejected", note, act)


def activate(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Make an approved version the one that decides, or a retired one again (roll back). Needs ACTIVATE_PACKS."""
    actor.must(Permission.ACTIVATE_PACKS)

    def act(row: PackVersion, now: datetime) -> None:
        _expect(row, "approved", "retired")
        row.status, row.activated_at, row.retired_at = "active", now, None

    return _transition(actor, version_id, "pack.activated", note, act, before=_retire_active)


def retire(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Stop the active version; until another one is active, the pack decides nothing. Needs ACTIVATE_PACKS."""
    actor.must(Permission.ACTIVATE_PACKS)

    def act(row: PackVersion, now: datetime) -> None:
        _expect(row, "active", "approved")
        row.status, row.retired_at = "retired", now

    return _transition(actor, version_id, "pack.retired", note, act)


def install(actor: Actor, pack_id: str, files: dict[str, str], author: str) -> str:
    """Bring files in as the first active version, checked; returns the version's id. The installation's way only."""
    report = report_on(pack_id, files)
    if not report["ok"]:
        raise Invalid(f"the pack {pack_id} does not pass its check", _problems(report))
    now = utc_now()
    with unit(actor.tenant) as session:
        row = new_row(session, actor.tenant, pack_id, files)
        held = _active(session, pack_id)
        if held is not None:
            return held.id
        row.digest, row.check_report, row.authors = report["digest"], report, [author]
        row.status, row.approver_id = "active", actor.id
        row.submitted_at = row.approved_at = row.activated_at = now
        session.add(row)
        audit.append(session, actor, "pack.installed", row.id, {"pack": pack_id, "digest": row.digest})
    return row.id


def _retire_active(session: Session, row: PackVersion, now: datetime) -> None:
    held = _active(session, row.pack_id, lock=True)
    if held is not None and held.id != row.id:
        held.status, held.retired_at, held.row_version = "retired", now, held.row_version + 1
        session.flush()  # the unique index allows one active version at any moment, so the old one goes first


def _active(session: Session, pack_id: str, *, lock: bool = False) -> PackVersion | None:
    query = select(PackVersion).where(col(PackVersion.pack_id) == pack_id, col(PackVersion.status) == "active")
    return session.execute(query.with_for_update() if lock else query).scalar_one_or_none()


def _transition(
    actor: Actor,
    version_id: str,
    action: str,
    note: str,
    act: Callable[[PackVersion, datetime], None],
    *,
    before: Callable[[Session, PackVersion, datetime], None] | None = None,
) -> dict[str, Any]:
    note, now = accept_note(note), utc_now()
    try:
        with unit(actor.tenant) as session:
            row = row_of(session, version_id, lock=True)
            was = row.status
            if was in {"approved", "retired"} and before is not None:
                before(session, row, now)
            act(row, now)
            row.row_version += 1
            row.note = note or row.note
            content = {"pack": row.pack_id, "number": row.number, "digest": row.digest, "was": was, "note": note}
            audit.append(session, actor, action, row.id, content)
    except IntegrityError as failure:
        raise Conflict(_reason(failure)) from None
    return get(actor, version_id)


def _reason(failure: IntegrityError) -> str:
    name = getattr(getattr(failure.orig, "diag", None), "constraint_name", None)
    return _CONSTRAINTS.get(str(name), "the database refused the change; read the version again")


def _expect(row: PackVersion, *allowed: str) -> None:
    if row.status not in allowed:
        raise Conflict(f"the version is {row.status}; this needs one that is {' or '.join(allowed)}")


def _problems(report: dict[str, Any]) -> tuple[Problem, ...]:
    found = [
        Problem(f"{p['file']}:{p['line']}:{p['column']}", str(p["message"]), str(p.get("remedy", "")))
        for p in report.get("problems", [])
    ]
    return tuple(found) or (Problem("/check", "lints or cases fail; the check report lists them"),)
