"""The lists of facts that patterns read: the documents of the application, and the applicant's earlier applications.

Names and numbers go in as keys (a name's words in one order, a keyed hash of a number), so that patterns can tell equal
from different and nothing more. A field that was not read is null: unknown, and neither equal nor different.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, col

from engine.screening.names import parse_name
from engine.signal import Missing, Reason, Signal
from service.checks.context import DocumentFile
from service.keys import keyring
from service.tables import Applicant, Application

MAX_PRIOR: Final = 200
# Which check reads which file; a selfie carries neither name nor number and is no document in this sense.
_READ_BY: Final = {"pan_card": "pan_card", "address_proof": "address_document"}


def document_facts(
    tenant: str, files: Mapping[str, DocumentFile], evidence: Mapping[str, Mapping[str, Any]], now: datetime
) -> Signal:
    """`facts.document`: one fact for the newest file of each kind that a check reads, in a fixed order."""
    facts: list[Any] = []
    for kind, check in _READ_BY.items():
        file = files.get(kind)
        if file is None:
            continue
        read = evidence.get(check, {})
        facts.append(
            {
                "ordinal": len(facts) + 1,
                "kind": str(read.get("kind") or kind),
                "name_key": _name_key(_field(read, "name")),
                "number_key": _number_key(tenant, _field(read, "number")),
                "date_of_birth": _day(_field(read, "date_of_birth")),
                "image_digest": file.content_key[:32],
            }
        )
    return Signal("facts.document", facts, "service", now)


def prior_facts(session: Session, application: Application, applicant: Applicant, now: datetime) -> Signal:
    """`facts.prior_application`: the newest other applications with the same PAN, drafts not counted."""
    name = "facts.prior_application"
    if applicant.pan_index is None:
        return Signal(name, Missing(Reason.NOT_PROVIDED, "no PAN was declared to look for"), "service", now)
    query = (
        select(Application)
        .join(Applicant, col(Applicant.id) == col(Application.applicant_id))
        .where(col(Applicant.pan_index) == applicant.pan_index, col(Application.id) != application.id)
        .where(col(Application.submitted_at).is_not(None))
        .order_by(col(Application.submitted_at).desc())
        .limit(MAX_PRIOR)
    )
    rows: Sequence[Application] = session.execute(query).scalars().all()
    key = applicant.pan_index.hex()[:32]
    facts: list[Any] = [
        {
            "reference": row.reference,
            "status": row.status,
            "days_ago": max(0, (now - row.submitted_at).days),
            "pan_key": key,
        }
        for row in rows
        if row.submitted_at is not None
    ]
    return Signal(name, facts, "service", now)


def _field(read: Mapping[str, Any], name: str) -> str | None:
    found = read.get("fields", {}).get(name)
    value = found.get("value") if isinstance(found, Mapping) else None
    return value if isinstance(value, str) and value.strip() else None


def _name_key(name: str | None) -> str | None:
    return None if name is None else parse_name(name).key or None


def _number_key(tenant: str, number: str | None) -> str | None:
    if number is None:
        return None
    return keyring().blind_index(number, tenant=tenant, field="document.number").hex()[:32]


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None
