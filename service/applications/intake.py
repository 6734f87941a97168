"""Taking an application in: the declaration and the caller's signals, then the documents, until it is submitted.

Everything is checked at once and refused with every problem before anything is written. A document's bytes are hardened
by `ml.images` (type by content, size and pixel limits, no truncated pictures, no PDFs that could run something) and rest
sealed in the blob store; an upload of the same kind again is the next ordinal, and the newest counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from ml.errors import DocumentRejected
from ml.images import load_pages, sniff
from service import audit
from service.applications import reading
from service.applications.consents import check_consents
from service.applications.fields import check_applicant, check_signals
from service.blobs import blobs
from service.db import unit
from service.errors import Conflict, Invalid, NotFound, Problem
from service.identity.actor import Actor, Permission
from service.packs import ActivePack, active
from service.sealed import declared_of, given_of, seal_applicant, seal_given
from service.settings import settings
from service.tables import Applicant, Application, Document, utc_now

DOCUMENT_KINDS: Final = ("pan_card", "address_proof", "selfie")
MAX_DOCUMENTS: Final = 30
_REFERENCE = re.compile(r"[!-~]{1,128}\Z")


@dataclass(frozen=True)
class ApplicationRequest:
    """What a caller posts: pack, its own reference, the declaration, the signals it has, and the consents."""

    pack: str
    reference: str
    applicant: Mapping[str, Any] = field(repr=False)
    signals: Mapping[str, Any] = field(default_factory=dict, repr=False)
    consents: Sequence[Any] = ()


def create(actor: Actor, request: ApplicationRequest) -> dict[str, Any]:
    """Store a new application as a draft and return it. Needs APPLY.

    The same reference with the same content returns the application made before (invariant 7).

    Raises:
        Invalid: the declaration, signals or consents are wrong, all problems listed. NotFound: no active version of the
        pack. Conflict: the reference belongs to another application.
    """
    actor.must(Permission.APPLY)
    if not _REFERENCE.match(request.reference):
        raise Invalid("the application is malformed", (Problem("/reference", "1 to 128 visible ASCII characters"),))
    pack = active(actor.tenant, request.pack)
    declared, given, consents = checked(pack, request)
    applicant = seal_applicant(actor.tenant, declared)
    application = Application(
        tenant_id=actor.tenant,
        applicant_id=applicant.id,
        reference=request.reference,
        pack_id=request.pack,
        given_signals=seal_given(actor.tenant, given),
        consents=consents,
    )
    try:
        with unit(actor.tenant) as session:
            session.add(applicant)
            session.flush()
            session.add(application)
            session.flush()
            facts = {"pack": request.pack, "reference": request.reference}
            audit.append(session, actor, "application.created", application.id, facts)
    except IntegrityError:
        return _made_before(actor, request, declared, given)
    return reading.view(actor, application.id)


def _made_before(actor: Actor, request: ApplicationRequest, declared: object, given: object) -> dict[str, Any]:
    """The application that holds the reference, where it says the same: a caller whose answer was lost asks again."""
    with unit(actor.tenant) as session:
        query = select(Application).where(col(Application.reference) == request.reference)
        held = session.execute(query).scalar_one_or_none()
        applicant = None if held is None else session.get(Applicant, held.applicant_id)
    if held is None or applicant is None:
        raise Conflict("an application with this reference is being made; send it again")
    if (held.pack_id, declared_of(applicant), given_of(held)) != (request.pack, declared, given):
        raise Conflict("there is already another application with this reference")
    return reading.view(actor, held.id)


def checked(
    pack: ActivePack, request: ApplicationRequest
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Declaration, signals and consents in typed form; raises `Invalid` with every problem."""
    now, specs = utc_now(), pack.pack.signals
    declared, problems = check_applicant(request.applicant, specs, now.date())
    provided = {name: check.id for check in pack.pack.checks.values() for name in check.provides}
    given, more = check_signals(request.signals, specs, provided)
    consents, most = check_consents(request.consents, now)
    problems += more + most
    if problems:
        raise Invalid("the application cannot be taken", tuple(problems))
    return declared, given, consents


def add_document(actor: Actor, application_id: str, kind: str, content: bytes, file_name: str = "") -> dict[str, Any]:
    """Store a file of a draft application and return its line. Needs APPLY.

    `file_name` is the caller's and is not kept: it often holds a name, and the type is taken from the content.
    Raises Invalid with the applicant's sentence, NotFound, or Conflict once the application was submitted.
    """
    del file_name
    actor.must(Permission.APPLY)
    with unit(actor.tenant) as session:
        _draft(session, application_id)  # before the picture is decoded: this refusal is the cheapest
    media_type = _accepted(kind, content)
    content_key = blobs().put(actor.tenant, content)
    with unit(actor.tenant) as session:
        _draft(session, application_id)
        held = session.execute(
            select(func.count(), func.max(col(Document.ordinal)).filter(col(Document.kind) == kind)).where(
                col(Document.application_id) == application_id
            )
        ).one()
        if held[0] >= MAX_DOCUMENTS:
            raise Conflict(f"an application has at most {MAX_DOCUMENTS} files")
        row = Document(
            tenant_id=actor.tenant,
            application_id=application_id,
            kind=kind,
            content_key=content_key,
            media_type=media_type,
            size=len(content),
            ordinal=(held[1] or 0) + 1,
        )
        session.add(row)
        session.flush()
        facts = {"document": row.id, "kind": kind, "ordinal": row.ordinal}
        audit.append(session, actor, "document.added", application_id, facts)
    return reading.document_line(row)


def document(actor: Actor, document_id: str) -> tuple[str, bytes]:
    """A file's media type and bytes. Needs SEE_PERSONAL_DATA; every look is audited."""
    actor.must(Permission.SEE_PERSONAL_DATA)
    with unit(actor.tenant) as session:
        row = session.get(Document, document_id)
        if row is None:
            raise NotFound("there is no such document")
        audit.append(session, actor, "document.seen", row.application_id, {"document": row.id})
    return row.media_type, blobs().get(actor.tenant, row.content_key)


def _accepted(kind: str, content: bytes) -> str:
    if kind not in DOCUMENT_KINDS:
        raise Invalid("the document cannot be taken", (Problem("/kind", f"one of {', '.join(DOCUMENT_KINDS)}"),))
    most = settings().max_upload_bytes
    if len(content) > most:
        raise Invalid("the document cannot be taken", (Problem("/file", f"the file is larger than {most} bytes"),))
    try:
        media_type = sniff(content)
        load_pages(content)
    except DocumentRejected as refused:
        raise Invalid(str(refused), (Problem("/file", refused.message, refused.remedy),)) from None
    return media_type


def _draft(session: Session, application_id: str) -> Application:
    query = select(Application).where(col(Application.id) == application_id).with_for_update()
    row: Application | None = session.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound("there is no such application")
    if row.status != "draft":
        raise Conflict("the application was submitted and takes no more files")
    return row
