"""The whole case page in one answer: the case, why it is here, what was declared and read, hits, documents, timeline.

Personal values are shown whole only to who may see them (invariant 9); everybody else gets them masked, and notes and
evidence not at all. Nothing on this page is for the applicant (invariant 11).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from engine.signal import Missing
from service.cases.reading import line
from service.cases.reasons import reason_codes
from service.cases.timeline import NOTE, case_row, may_take
from service.db import unit
from service.decisions.masking import HIDDEN, masked
from service.decisions.reading import answer_of, personal_names, signals_of
from service.errors import NotFound
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.packs import by_digest
from service.sealed import declared_of, evidence_of
from service.tables import Applicant, Application, Case, CaseEvent, DecisionRow, Document, Evidence, Person, SignalRow
from service.values import jsonable


def get(actor: Actor, case_id: str) -> dict[str, Any]:
    """Everything an officer needs to decide, in one read. Needs READ_CASES; raises `NotFound`."""
    actor.must(Permission.READ_CASES)
    with unit(actor.tenant) as session:
        row = case_row(session, case_id)
        decision = session.get(DecisionRow, row.decision_id)
        if decision is None:
            raise NotFound("the decision of this case is gone")
        names = _names(session, row)
        told = line(row, names.get(row.assignee_id or "")) | {
            "decided_by_name": names.get(row.decided_by or ""),
            "second_by_name": names.get(row.second_by or ""),
            "application": _application(session, actor, row),
            "documents": _documents(session, row),
            "timeline": _timeline(session, actor, row),
        }
        origins, evidence = _origins(session, row), _evidence(session, actor, row)
    told["decision"] = answer_of(decision)
    told["signals"] = _signals(actor, decision, origins)
    told["evidence"] = evidence
    told["hits"] = [hit for one in evidence for hit in (one["body"] or {}).get("hits", [])]
    told["reason_codes"] = reason_codes()
    told["may"] = _may(actor, row)
    return told


def _application(session: Session, actor: Actor, row: Case) -> dict[str, Any] | None:
    application = None if row.application_id is None else session.get(Application, row.application_id)
    if application is None:
        return None
    applicant = session.get(Applicant, application.applicant_id)
    declared = {} if applicant is None else declared_of(applicant)
    if not actor.may(Permission.SEE_PERSONAL_DATA):
        declared = {name: masked(name, value) for name, value in declared.items()}
    return {
        "id": application.id,
        "reference": application.reference,
        "status": application.status,
        "declared": jsonable(declared),
        "submitted_at": None if application.submitted_at is None else application.submitted_at.isoformat(),
    }


def _documents(session: Session, row: Case) -> list[dict[str, Any]]:
    if row.application_id is None:
        return []
    query = select(Document).where(col(Document.application_id) == row.application_id)
    found = session.execute(query.order_by(col(Document.kind), col(Document.ordinal).desc())).scalars()
    keys = ("id", "kind", "media_type", "size", "ordinal")
    return [
        {key: getattr(one, key) for key in keys} | {"created_at": one.created_at.isoformat(), "new": _is_new(one, row)}
        for one in found
    ]


def _is_new(document: Document, row: Case) -> bool:
    """Evidence that came after the case was opened, so that nobody decides on what was replaced."""
    return document.created_at > row.created_at


def _timeline(session: Session, actor: Actor, row: Case) -> list[dict[str, Any]]:
    query = select(CaseEvent).where(col(CaseEvent.case_id) == row.id).order_by(col(CaseEvent.id).desc())
    return [
        {
            "id": event.id,
            "kind": event.kind,
            "actor": {"id": event.actor_id, "name": event.actor_name},
            "at": event.created_at.isoformat(),
            "note": _note(actor, event.note),
            "data": dict(event.data),
        }
        for event in session.execute(query).scalars()
    ]


def _note(actor: Actor, sealed: bytes | None) -> str | None:
    if sealed is None:
        return None
    if not actor.may(Permission.SEE_PERSONAL_DATA):
        return HIDDEN
    return keyring().open(sealed, tenant=actor.tenant, field=NOTE).decode()


def _origins(session: Session, row: Case) -> dict[str, SignalRow]:
    if row.application_id is None:
        return {}
    query = select(SignalRow).where(col(SignalRow.application_id) == row.application_id)
    return {one.name: one for one in session.execute(query).scalars()}


def _evidence(session: Session, actor: Actor, row: Case) -> list[dict[str, Any]]:
    if row.application_id is None:
        return []
    query = select(Evidence).where(col(Evidence.application_id) == row.application_id).order_by(col(Evidence.id))
    whole = actor.may(Permission.SEE_PERSONAL_DATA)
    return [
        {
            "id": one.id,
            "source": one.source,
            "models": dict(one.models),
            "created_at": one.created_at.isoformat(),
            "body": jsonable(evidence_of(one)) if whole else None,
        }
        for one in session.execute(query).scalars()
    ]


def _signals(actor: Actor, decision: DecisionRow, origins: dict[str, SignalRow]) -> list[dict[str, Any]]:
    active = by_digest(decision.tenant_id, decision.pack_id, decision.pack_digest)
    personal, whole = personal_names(active), actor.may(Permission.SEE_PERSONAL_DATA)
    told = []
    for name, value in sorted(signals_of(decision).items()):
        origin = origins.get(name)
        gone = value if isinstance(value, Missing) else None
        hide = name in personal and not whole
        told.append(
            {
                "name": name,
                "value": None if gone is not None else masked(name, value) if hide else jsonable(value),
                "missing": None if gone is None else gone.reason.value,
                "detail": "" if gone is None else gone.detail,
                "personal": name in personal,
                "masked": hide,
                "source": None if origin is None else origin.source,
                "confidence": None if origin is None else origin.confidence,
                "observed_at": None if origin is None else origin.observed_at.isoformat(),
                "evidence_id": None if origin is None else origin.evidence_id,
            }
        )
    return told


def _names(session: Session, row: Case) -> dict[str, str]:
    ids = [one for one in (row.assignee_id, row.decided_by, row.second_by) if one is not None]
    query = select(col(Person.id), col(Person.name)).where(col(Person.id).in_(ids))
    return {row.id: row.name for row in session.execute(query)}


def _may(actor: Actor, row: Case) -> dict[str, bool]:
    """What this actor can do with the case now: for the screen only, every act checks again."""
    works = actor.may(Permission.WORK_CASES) and may_take(actor, row.role)
    holds = works and row.assignee_id == actor.id and row.status in {"claimed", "waiting"}
    seconds = actor.may(Permission.SECOND_CASES) and may_take(actor, row.role) and row.decided_by != actor.id
    return {
        "claim": works and (row.status == "open" or (row.status == "waiting" and row.assignee_id == actor.id)),
        "release": holds or (actor.may(Permission.ASSIGN_CASES) and row.status in {"claimed", "waiting"}),
        "decide": holds,
        "escalate": holds,
        "request_information": holds,
        "assign": actor.may(Permission.ASSIGN_CASES) and row.status in {"open", "claimed", "waiting"},
        "second": seconds and row.status == "second",
    }
