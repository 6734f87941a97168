"""Decisions read again: one, a page of them, why one came out as it did, and the same one decided anew.

An answer holds no personal value, for the engine leaves them out of reasons, warnings and trace (invariant 9); the
signals do, and are opened here only to decide again or for a page that masks them. `replay` takes the stored pack,
signals and date and compares digests: invariant 1, checked on the record itself.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from engine.pack import ENGINE_VERSION
from service import audit
from service.db import unit
from service.decisions.making import decide_with
from service.decisions.rendering import SIGNALS, decode_signals, open_answer
from service.errors import NotFound
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.packs import ActivePack, by_digest
from service.paging import Page, page_size
from service.tables import DecisionRow


def get(actor: Actor, decision_id: str) -> dict[str, Any]:
    """The answer as it was given. Needs READ_DECISIONS; raises `NotFound`."""
    actor.must(Permission.READ_DECISIONS)
    return answer_of(row_of(actor.tenant, decision_id))


def listing(
    actor: Actor,
    after: str | None = None,
    limit: int = 50,
    reference: str | None = None,
    verdict: str | None = None,
) -> Page:
    """A page of decisions, newest first, without what is sealed. Needs READ_DECISIONS."""
    actor.must(Permission.READ_DECISIONS)
    size = page_size(limit)
    query = select(DecisionRow).order_by(col(DecisionRow.id).desc()).limit(size + 1)
    if after is not None:
        query = query.where(col(DecisionRow.id) < after)
    if reference is not None:
        query = query.where(col(DecisionRow.reference) == reference)
    if verdict is not None:
        query = query.where(col(DecisionRow.verdict) == verdict)
    with unit(actor.tenant) as session:
        rows = list(session.execute(query).scalars())
    return Page([_line(row) for row in rows[:size]], rows[size - 1].id if len(rows) > size else None)


def explanation(actor: Actor, decision_id: str) -> dict[str, Any]:
    """Why: the rules that fired with their legal basis in words, what was unknown, and the trace of the same run."""
    actor.must(Permission.READ_DECISIONS)
    row = row_of(actor.tenant, decision_id)
    answer = answer_of(row)
    pack = by_digest(actor.tenant, row.pack_id, row.pack_digest).pack
    sources = {key: dict(source.details) for key, source in pack.source.sources.items()}
    reasons = [
        {**reason, "basis": [_basis(cite, sources.get(cite, {})) for cite in reason["cite"]]}
        for reason in answer["reasons"]
    ]
    keys = ("id", "reference", "pack", "as_of", "verdict", "risk", "unknowns", "warnings", "route", "trace", "digest")
    return {key: answer[key] for key in keys} | {"reasons": reasons, "summary": _summary(answer)}


def replay(actor: Actor, decision_id: str) -> dict[str, Any]:
    """Decide again with the stored pack, signals and date; `same` says whether the digests agree. Audited."""
    actor.must(Permission.READ_DECISIONS)
    row = row_of(actor.tenant, decision_id)
    active = by_digest(actor.tenant, row.pack_id, row.pack_digest)
    again = decide_with(active, signals_of(row), row.as_of)
    same = again.digest == row.digest
    with unit(actor.tenant) as session:
        audit.append(session, actor, "decision.replayed", row.id, {"same": same, "digest": again.digest})
    return {
        "id": row.id,
        "same": same,
        "digest": row.digest,
        "digest_again": again.digest,
        "verdict": row.verdict,
        "verdict_again": str(again.verdict),
        "engine_version": row.engine_version,
        "engine_version_again": ENGINE_VERSION,
        "pack": {"id": row.pack_id, "version": row.pack_version, "digest": row.pack_digest},
    }


def row_of(tenant: str, decision_id: str) -> DecisionRow:
    """The stored decision; raises `NotFound`."""
    with unit(tenant) as session:
        row = session.get(DecisionRow, decision_id)
    if row is None or row.answer is None or row.signals is None:
        raise NotFound("there is no such decision")
    return row


def answer_of(row: DecisionRow) -> dict[str, Any]:
    """The stored answer."""
    answer: dict[str, Any] = json.loads(open_answer(keyring(), row.answer or b"", row.tenant_id))
    return answer


def signals_of(row: DecisionRow) -> dict[str, Any]:
    """The signals that the decision was made on, as the engine takes them."""
    return decode_signals(keyring().open(row.signals or b"", tenant=row.tenant_id, field=SIGNALS))


def personal_names(active: ActivePack) -> frozenset[str]:
    """The signals that the pack declares personal: whole ones, and lists with a personal field."""
    return frozenset(
        name
        for name, spec in active.pack.signals.items()
        if spec.pii or any(field.pii for field in (spec.fields or {}).values())
    )


def _line(row: DecisionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "reference": row.reference,
        "application": row.application_id,
        "pack": {"id": row.pack_id, "version": row.pack_version, "digest": row.pack_digest},
        "verdict": row.verdict,
        "risk": {
            "score": None if row.risk_score is None else float(row.risk_score),
            "category": row.risk_category,
        },
        "queue": row.queue,
        "as_of": row.as_of.isoformat(),
        "created_at": row.created_at.isoformat(),
    }


def _basis(cite: str, source: dict[str, Any]) -> dict[str, Any]:
    return {"source": cite, "title": source.get("title"), "reference": source.get("reference")}


def _summary(answer: dict[str, Any]) -> str:
    rules = [str(reason["text"]) for reason in answer["reasons"]]
    unknown = sorted({str(one["signal"]) for one in answer["unknowns"] if one.get("signal")})
    said = f"The verdict is {answer['verdict']}: {'; '.join(rules) or 'no rule fired'}."
    return said + (f" Unknown were {', '.join(unknown)}." if unknown else "")
