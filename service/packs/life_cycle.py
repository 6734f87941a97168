"""The life of a version: draft, submitted, approved, scheduled, active, retired, or rejected.

Whoever wrote on a version cannot approve it (invariant 6), a version that left draft never changes (invariant 5), and
only what was checked green, proofs included, and tried on stored decisions is approved. This module says so in words;
constraints and triggers of the database say it again to everybody. Submitting starts what an approval needs, so that
nobody has to ask for it; when a version takes effect stands in `scheduling`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from service import audit
from service.db import unit
from service.dispatch import send_pack_job
from service.errors import Conflict, Forbidden, Invalid, Problem
from service.identity.actor import Actor, Permission
from service.packs import evidence, jobs
from service.packs.drafting import check, new_row, report_on
from service.packs.reading import get
from service.packs.transition import (
    AUTHOR_NEVER_APPROVES,
    active_row,
    end_trials,
    expect,
    make_active,
    must_say_why,
    transition,
)
from service.tables import PackVersion, utc_now


def submit(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Hand a draft over for approval: checked, frozen under its digest, its proofs and back-test begun. Needs WRITE_PACKS."""
    actor.must(Permission.WRITE_PACKS)
    if get(actor, version_id)["status"] != "draft":
        raise Conflict("only a draft can be submitted")
    report = check(actor, version_id)
    if not report["ok"]:
        raise Invalid("the check of this version is not green", _problems(report))
    begun: list[str] = []

    def act(session: Session, row: PackVersion, now: datetime) -> None:
        expect(row, "draft")
        if row.check_report.get("digest") != report["digest"]:
            raise Conflict("the draft was saved after its check; submit it again")
        row.status, row.digest, row.submitted_at = "submitted", report["digest"], now
        session.flush()
        begun.extend(job.id for job in jobs.begin_evidence(session, actor, row, now))

    told = transition(actor, version_id, "pack.submitted", note, act)
    for job_id in begun:
        send_pack_job(actor.tenant, job_id)
    return told


def approve(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Approve what somebody else wrote, on a green check with proofs and a back-test on record. Needs APPROVE_PACKS.

    Raises `Conflict` that names everything which is still running, red or absent.
    """
    actor.must(Permission.APPROVE_PACKS)

    def act(session: Session, row: PackVersion, now: datetime) -> dict[str, Any]:
        expect(row, "submitted")
        if actor.id in row.authors:
            raise Forbidden(AUTHOR_NEVER_APPROVES)
        active_row(session, row.pack_id, lock=True)  # the version that the back-test was made against stays active
        found = evidence.of(session, row)
        if not found.ready:
            raise Conflict("not ready to be approved: " + "; ".join(item.text for item in found.wanting))
        row.status, row.approver_id, row.approved_at = "approved", actor.id, now
        return {"evidence": {item.what: item.job for item in found.items}}

    return transition(actor, version_id, "pack.approved", note, act)


def reject(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Refuse a submitted version for good; a new draft may be made from it. Needs APPROVE_PACKS and a note."""
    actor.must(Permission.APPROVE_PACKS)
    must_say_why(note)

    def act(_session: Session, row: PackVersion, _now: datetime) -> None:
        expect(row, "submitted")
        row.status = "rejected"

    return transition(actor, version_id, "pack.rejected", note, act)


def activate(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Make an approved or scheduled version decide now, or a retired one again, with a reason. Needs ACTIVATE_PACKS."""
    actor.must(Permission.ACTIVATE_PACKS)

    def begin(row: PackVersion) -> None:
        expect(row, "approved", "scheduled", "retired")
        if row.status == "retired":
            was_active(row)
            must_say_why(note)

    return _activated(actor, version_id, "pack.activated", note, begin)


def retire(actor: Actor, version_id: str, note: str = "") -> dict[str, Any]:
    """Stop a version; where it was active, the pack decides nothing until another one is. Needs ACTIVATE_PACKS."""
    actor.must(Permission.ACTIVATE_PACKS)

    def act(session: Session, row: PackVersion, now: datetime) -> None:
        expect(row, "active", "approved", "scheduled")
        if row.status == "active":
            end_trials(session, actor, now, "the active version was retired", pack_id=row.pack_id)
        else:
            end_trials(session, actor, now, "the candidate was retired", version_id=row.id)
        row.status, row.retired_at = "retired", now

    return transition(actor, version_id, "pack.retired", note, act)


def roll_back(actor: Actor, pack_id: str, note: str, to: str | None = None) -> dict[str, Any]:
    """Let the version before decide again, or the one named, in one act with its reason. Needs ACTIVATE_PACKS.

    Raises `Conflict` where no version of the pack was active before, or the one named never was.
    """
    actor.must(Permission.ACTIVATE_PACKS)
    must_say_why(note)
    with unit(actor.tenant) as session:
        target = to or _last_active(session, pack_id)
    if target is None:
        raise Conflict("no other version of this pack has been active")

    def begin(row: PackVersion) -> None:
        expect(row, "retired")
        was_active(row)

    return _activated(actor, target, "pack.rolled_back", note, begin)


def install(actor: Actor, pack_id: str, files: dict[str, str], author: str) -> str:
    """Bring files in as the first active version, checked; returns the version's id. The installation's way only.

    Its proofs are the installation's own business (`make packs`): a start must not wait for them.
    """
    report = report_on(pack_id, files)
    if not report["ok"]:
        raise Invalid(f"the pack {pack_id} does not pass its check", _problems(report))
    now = utc_now()
    with unit(actor.tenant) as session:
        row = new_row(session, actor.tenant, pack_id, files)
        held = active_row(session, pack_id)
        if held is not None:
            return held.id
        row.digest, row.check_report, row.authors = report["digest"], report, [author]
        row.status, row.approver_id = "active", actor.id
        row.submitted_at = row.approved_at = row.activated_at = now
        session.add(row)
        audit.append(session, actor, "pack.installed", row.id, {"pack": pack_id, "digest": row.digest})
    return row.id


def was_active(row: PackVersion) -> None:
    """Raise `Conflict` for a version that was retired before it ever decided."""
    if row.activated_at is None:
        raise Conflict("the version was withdrawn before it was ever active; make a new draft from it")


def _last_active(session: Session, pack_id: str) -> str | None:
    """The version that was active before the one that is."""
    query = select(col(PackVersion.id)).where(
        col(PackVersion.pack_id) == pack_id,
        col(PackVersion.status) == "retired",
        col(PackVersion.activated_at).is_not(None),
    )
    return session.execute(query.order_by(col(PackVersion.retired_at).desc()).limit(1)).scalar_one_or_none()


def _activated(
    actor: Actor, version_id: str, action: str, note: str, begin: Callable[[PackVersion], None]
) -> dict[str, Any]:
    """Make a version active; those that wait for approval were tried against the one before, and are tried again."""
    begun: list[str] = []

    def act(session: Session, row: PackVersion, now: datetime) -> dict[str, Any]:
        begin(row)
        replaced = make_active(session, actor, row, now)
        begun.extend(jobs.begin_backtests(session, actor, row.pack_id, now))
        return replaced

    told = transition(actor, version_id, action, note, act)
    for job_id in begun:
        send_pack_job(actor.tenant, job_id)
    return told


def _problems(report: dict[str, Any]) -> tuple[Problem, ...]:
    found = [
        Problem(f"{p['file']}:{p['line']}:{p['column']}", str(p["message"]), str(p.get("remedy", "")))
        for p in report.get("problems", [])
    ]
    return tuple(found) or (Problem("/check", "lints or cases fail; the check report lists them"),)
