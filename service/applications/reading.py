"""What is told of applications: one with its checks, files, signals and decision, and pages of them.

Personal values are masked for who may not see them (invariant 9). Who may not read decisions is told only what an
applicant may know: no signals, and of the decision its state and the customer-safe reasons (invariant 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from engine.pack.model import SignalSpec
from engine.signal import Missing
from service import decisions
from service.db import unit
from service.decisions.masking import masked
from service.errors import NotFound
from service.identity.actor import Actor, Permission, system
from service.packs import active, by_digest
from service.paging import Page, page_size
from service.sealed import declared_of, given_of, signal_of
from service.tables import Applicant, Application, CheckRun, Document, SignalRow
from service.values import jsonable


def get(actor: Actor, application_id: str) -> dict[str, Any]:
    """One application. Needs READ_APPLICATIONS; NotFound for another tenant's."""
    actor.must(Permission.READ_APPLICATIONS)
    return view(actor, application_id)


def view(actor: Actor, application_id: str) -> dict[str, Any]:
    """As `get`, for callers whose act was permitted and who are told its result."""
    with unit(actor.tenant) as session:
        row = session.get(Application, application_id)
        if row is None:
            raise NotFound("there is no such application")
        about = col(CheckRun.application_id) == application_id
        runs = list(session.execute(select(CheckRun).where(about).order_by(col(CheckRun.id))).scalars())
        files = list(session.execute(_documents(application_id)).scalars())
        signals = _signals(session, row) if actor.may(Permission.READ_DECISIONS) else []
    return {
        **_line(row),
        "consents": row.consents,
        "checks": [_check(run) for run in runs],
        "documents": [document_line(file) for file in files],
        "signals": [_shown(signal, actor, _specs(actor.tenant, row)) for signal in signals],
        "decision": _decision(actor, row),
    }


def listing(
    actor: Actor,
    after: str | None = None,
    limit: int = 50,
    *,
    reference: str | None = None,
    status: str | None = None,
) -> Page:
    """A page of applications, newest first. Needs READ_APPLICATIONS."""
    actor.must(Permission.READ_APPLICATIONS)
    size = page_size(limit)
    query = select(Application).order_by(col(Application.id).desc()).limit(size + 1)
    if after is not None:
        query = query.where(col(Application.id) < after)
    if reference is not None:
        query = query.where(col(Application.reference) == reference)
    if status is not None:
        query = query.where(col(Application.status) == status)
    with unit(actor.tenant) as session:
        rows = list(session.execute(query).scalars())
    return Page([_line(row) for row in rows[:size]], rows[size - 1].id if len(rows) > size else None)


def document_line(row: Document) -> dict[str, Any]:
    """A file without its content."""
    return {
        "id": row.id,
        "kind": row.kind,
        "media_type": row.media_type,
        "size": row.size,
        "ordinal": row.ordinal,
        "created_at": row.created_at.isoformat(),
    }


def _documents(application_id: str) -> Any:
    order = (col(Document.kind), col(Document.ordinal))
    return select(Document).where(col(Document.application_id) == application_id).order_by(*order)


def _line(row: Application) -> dict[str, Any]:
    return {
        "id": row.id,
        "reference": row.reference,
        "status": row.status,
        "pack": {"id": row.pack_id, "digest": row.pack_digest},
        "created_at": row.created_at.isoformat(),
        "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "version": row.version,
    }


def _check(run: CheckRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "status": run.status,
        "attempts": run.attempts,
        "error": run.error,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }


def _signals(session: Session, row: Application) -> list[dict[str, Any]]:
    applicant = session.get(Applicant, row.applicant_id)
    declared = {} if applicant is None else declared_of(applicant)
    told = [
        {"name": f"applicant.{name}", "value": value, "source": "applicant"} for name, value in sorted(declared.items())
    ]
    told += [{"name": name, "value": value, "source": "caller"} for name, value in sorted(given_of(row).items())]
    query = select(SignalRow).where(col(SignalRow.application_id) == row.id).order_by(col(SignalRow.id))
    for observed in session.execute(query).scalars():
        signal = signal_of(observed)
        missing = signal.value if isinstance(signal.value, Missing) else None
        told.append(
            {
                "name": signal.name,
                "value": None if missing is not None else signal.value,
                "missing": missing.reason.value if missing is not None else None,
                "detail": missing.detail if missing is not None else "",
                "source": signal.source,
                "confidence": signal.confidence,
                "observed_at": observed.observed_at.isoformat(),
                "evidence_id": signal.evidence_id,
            }
        )
    return told


def _specs(tenant: str, row: Application) -> Mapping[str, SignalSpec]:
    pack = by_digest(tenant, row.pack_id, row.pack_digest) if row.pack_digest else active(tenant, row.pack_id)
    signals: Mapping[str, SignalSpec] = pack.pack.signals
    return signals


def _shown(signal: dict[str, Any], actor: Actor, specs: Mapping[str, SignalSpec]) -> dict[str, Any]:
    name, value = signal["name"], jsonable(signal["value"])
    spec = specs.get(name)
    # What the pack does not declare (a father's name, say) is personal until it says otherwise.
    personal = spec is None or spec.pii
    hidden = personal and not actor.may(Permission.SEE_PERSONAL_DATA)
    return {**signal, "value": masked(name, value) if hidden else value}


def _decision(actor: Actor, row: Application) -> dict[str, Any] | None:
    if row.decision_id is None:
        return None
    if actor.may(Permission.READ_DECISIONS):
        return decisions.get(actor, row.decision_id)
    answer = decisions.get(system(actor.tenant), row.decision_id)
    return {"id": row.decision_id, "status": row.status, "customer_reasons": answer["customer_reasons"]}
