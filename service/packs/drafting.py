"""Drafts: the only versions that change, and the check that says whether one may go on.

A draft may be wrong while it is written; its digest begins with `draft:` and names its files only. Every save states
the `row_version` it was made from, so that two people do not overwrite each other. Everybody who saved is an author,
for ever: the database lets none of them approve (invariant 6).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from engine.pack import check_pack
from engine.pack.limits import MAX_FILE_BYTES, MAX_FILES, MAX_PACK_BYTES
from service import audit
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from service.identity.actor import Actor, Permission
from service.packs.editing import declared_version
from service.packs.reading import get, row_of
from service.tables import PackVersion, utc_now
from service.values import jsonable

MAX_NOTE: Final = 1000
PROOFS: Final = "proofs"
_DRAFT: Final = "draft:"
_NUMBERING = text("SELECT pg_advisory_xact_lock(hashtextextended('verdict.pack:' || :tenant || ':' || :pack, 0))")


def create_draft(
    actor: Actor,
    pack_id: str,
    from_version: str | None = None,
    files: Mapping[str, str] | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Start a draft from a version, from files, or from the active version. Needs WRITE_PACKS."""
    actor.must(Permission.WRITE_PACKS)
    given = None if files is None else accept_files(files)
    with unit(actor.tenant) as session:
        content = given if given is not None else _copy(session, pack_id, from_version)
        row = new_row(session, actor.tenant, pack_id, content)
        row.authors, row.note = [actor.id], accept_note(note)
        session.add(row)
        audit.append(session, actor, "pack.drafted", row.id, {"pack": pack_id, "number": row.number})
    return get(actor, row.id)


def update_draft(actor: Actor, version_id: str, files: Mapping[str, str], row_version: int) -> dict[str, Any]:
    """Replace a draft's files; raises `Conflict` where it has changed since `row_version`. Needs WRITE_PACKS."""
    actor.must(Permission.WRITE_PACKS)
    content = accept_files(files)
    with unit(actor.tenant) as session:
        row = row_of(session, version_id, lock=True)
        if row.status != "draft":
            raise Conflict(f"the version is {row.status}, and only a draft changes; make a new draft from it")
        if row.row_version != row_version:
            raise Conflict("somebody has saved this draft since you read it; read it again")
        row.files, row.digest, row.version = content, draft_digest(content), declared_version(content)
        row.authors = [*row.authors, *([] if actor.id in row.authors else [actor.id])]
        row.check_report, row.row_version = {}, row.row_version + 1
        audit.append(session, actor, "pack.edited", row.id, {"pack": row.pack_id, "files": row.digest})
    return get(actor, version_id)


def must_work_on_packs(actor: Actor) -> None:
    """Raise `Forbidden` for who neither writes nor approves packs."""
    if not actor.may(Permission.WRITE_PACKS) and not actor.may(Permission.APPROVE_PACKS):
        raise Forbidden(f"this needs the permission {Permission.WRITE_PACKS} or {Permission.APPROVE_PACKS}")


def check(actor: Actor, version_id: str) -> dict[str, Any]:
    """Compile, lint and run the cases of a version and keep the report. Needs WRITE_PACKS or APPROVE_PACKS.

    Proofs take longer and are a worker's (`jobs.prove`); those that were made of exactly this content stay in the report.
    """
    must_work_on_packs(actor)
    with unit(actor.tenant) as session:
        row = row_of(session, version_id)
    # Running the cases takes seconds; no transaction stays open meanwhile, and the report is kept only for these files.
    report = report_on(row.pack_id, row.files) | {"checked_by": actor.id, "checked_at": utc_now().isoformat()}
    with unit(actor.tenant) as session:
        again = row_of(session, version_id, lock=True)
        if again.row_version != row.row_version:
            raise Conflict("the draft was saved while it was checked; check it again")
        report = with_proofs(report, again.check_report)
        again.check_report = report
        content = {"pack": row.pack_id, "ok": report["ok"], "digest": report["digest"]}
        audit.append(session, actor, "pack.checked", row.id, content)
    return report


def with_proofs(report: dict[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """The report with the proofs of the one held, where that is of the same content; a refuted one stays red."""
    if PROOFS not in held or held.get("digest") != report["digest"] or report["digest"] is None:
        return report
    return report | {PROOFS: held[PROOFS], "ok": bool(report["ok"] and held.get("ok"))}


def report_on(pack_id: str, files: Mapping[str, str], *, proofs: bool = False) -> dict[str, Any]:
    """The engine's report on the files, with the digest it is about; not `ok` where the files are another pack's.

    `proofs` is in the report only where they were made: an approval asks for it.
    """
    found = check_pack(dict(files), proofs=proofs)
    pack = found.pack
    report: dict[str, Any] = jsonable(found.to_dict()) | {"ok": found.ok, "digest": None}
    if report.get(PROOFS) is None:
        report.pop(PROOFS, None)
    if pack is None:
        return report | {"ok": False}
    if pack.id != pack_id:
        line = {"file": "pack.yaml", "line": 1, "column": 1, "code": "other_pack"}
        line |= {"message": f"these files are the pack {pack.id}", "remedy": f"write pack: {pack_id}"}
        return report | {"ok": False, "problems": [line]}
    return report | {"digest": pack.digest}


def new_row(session: Session, tenant: str, pack_id: str, files: Mapping[str, str]) -> PackVersion:
    """A draft's row with the next number of its pack; numbers are given one transaction at a time."""
    session.execute(_NUMBERING, {"tenant": tenant, "pack": pack_id})
    last = session.execute(
        select(func.max(col(PackVersion.number))).where(col(PackVersion.pack_id) == pack_id)
    ).scalar()
    return PackVersion(
        tenant_id=tenant,
        pack_id=pack_id,
        number=(last or 0) + 1,
        version=declared_version(files),
        digest=draft_digest(files),
        files=dict(files),
    )


def accept_files(files: Mapping[str, str]) -> dict[str, str]:
    """The files as they may be stored; raises `Invalid` with every file that is too large or not plain text."""
    problems = []
    if not 1 <= len(files) <= MAX_FILES or sum(len(content) for content in files.values()) > MAX_PACK_BYTES:
        problems.append(Problem("/files", f"a pack has 1 to {MAX_FILES} files, {MAX_PACK_BYTES} bytes together"))
    for name, content in files.items():
        if len(content.encode("utf-8", "replace")) > MAX_FILE_BYTES:
            problems.append(Problem(name, f"the file is larger than {MAX_FILE_BYTES} bytes"))
        if not is_plain_text(name + content):
            problems.append(Problem(name, "the file is not plain text", "remove NUL bytes and broken characters"))
    if problems:
        raise Invalid("the files cannot be stored", tuple(problems))
    return dict(files)


def accept_note(note: str) -> str:
    """A note of at most `MAX_NOTE` characters."""
    if len(note) > MAX_NOTE or not is_plain_text(note):
        raise Invalid(f"a note is plain text of at most {MAX_NOTE} characters")
    return note


def draft_digest(files: Mapping[str, str]) -> str:
    """A name for the files as they are, which no pack digest can equal."""
    return _DRAFT + hashlib.sha256(audit.canonical(dict(files)).encode()).hexdigest()


def is_draft(digest: str) -> bool:
    """Whether the digest names files that may still change."""
    return digest.startswith(_DRAFT)


def _copy(session: Session, pack_id: str, from_version: str | None) -> dict[str, str]:
    if from_version is not None:
        row = row_of(session, from_version)
        if row.pack_id != pack_id:
            raise NotFound("there is no such version of this pack")
        return dict(row.files)
    query = select(PackVersion).where(col(PackVersion.pack_id) == pack_id, col(PackVersion.status) == "active")
    active = session.execute(query).scalar_one_or_none()
    if active is None:
        raise NotFound("no version of this pack is active; give the files")
    return dict(active.files)


def is_plain_text(content: str) -> bool:
    """Say whether the database can hold the text: no NUL, no broken surrogate."""
    try:
        content.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in content
