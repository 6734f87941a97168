"""Decisions read again: one, a page of them, why one came out as it did, and the same one decided anew.

An answer holds no personal value, for the engine leaves them out of reasons, warnings and trace (invariant 9); the
signals do, and are opened here only to decide again or for a page that masks them. `replay` takes the stored pack,
signals and date and compares digests: invariant 1, checked on the record itself.
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import col

from engine.explain import explain as explained
from engine.pack import ENGINE_VERSION
from service import audit
from service.db import unit
from service.decisions.making import decide_with
from service.decisions.rendering import SIGNALS, decode_signals, open_answer
from service.decisions.trying import get_tried
from service.errors import NotFound
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.packs import ActivePack, by_digest
from service.packs.active import by_version
from service.paging import Page, page_size
from service.tables import DecisionRow

TRIED: Final = "try_"

_EXPLAINED: Final = frozenset(
    {"near_misses", "counterfactuals", "to_approve", "to_approve_smallest", "applicant", "search"}
)


def get(actor: Actor, decision_id: str) -> dict[str, Any]:
    """The answer as it was given. Needs READ_DECISIONS; raises `NotFound`. A tried one needs READ_PACKS as well."""
    actor.must(Permission.READ_DECISIONS)
    if decision_id.startswith(TRIED):
        return get_tried(actor, decision_id)
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
    """Why: the rules that fired with their legal basis in words, what was unknown, and the trace of the same run.

    With it what nearly happened and which smallest changes would change the verdict, found by deciding again on changed
    signals; `explained_same` says whether the engine of today still makes the stored decision of them. `applicant` alone
    may be read to the applicant.
    """
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
    found = explained(pack, signals_of(row), row.as_of)
    more = {key: value for key, value in found.to_dict().items() if key in _EXPLAINED}
    more |= {
        "sentences": [one.to_dict() for one in found.sentences],
        "explained_same": found.decision.digest == row.digest,
    }
    return {key: answer[key] for key in keys} | {"reasons": reasons, "summary": _summary(answer)} | more


def replay(actor: Actor, decision_id: str, version_id: str | None = None) -> dict[str, Any]:
    """Decide again with the stored signals and date, by the stored pack or by the version named. Needs READ_DECISIONS. Audited.

    `same` says whether the digests agree: for the same content they must (invariant 1). Another version needs READ_PACKS too.
    """
    actor.must(Permission.READ_DECISIONS)
    if version_id is not None:
        actor.must(Permission.READ_PACKS)
    row = row_of(actor.tenant, decision_id)
    pack, status = _replaying(actor.tenant, row, version_id)
    again = decide_with(pack, signals_for(row, pack), row.as_of)
    same = again.digest == row.digest
    content = {"same": same, "digest": again.digest, "pack": pack.digest}
    with unit(actor.tenant) as session:
        audit.append(session, actor, "decision.replayed", row.id, content)
    answer, before = again.answer(), set(row.fired)
    after = {reason["rule"] for reason in answer["reasons"]}
    return {
        "id": row.id,
        "same": same,
        "same_content": pack.digest == row.pack_digest,
        "digest": row.digest,
        "digest_again": again.digest,
        "verdict": row.verdict,
        "verdict_again": str(again.verdict),
        "risk": _risk(row),
        "risk_again": answer["risk"],
        "rules_added": sorted(after - before),
        "rules_removed": sorted(before - after),
        "reasons_again": answer["reasons"],
        "unknowns_again": answer["unknowns"],
        "engine_version": row.engine_version,
        "engine_version_again": ENGINE_VERSION,
        "pack": {"id": row.pack_id, "version": row.pack_version, "digest": row.pack_digest},
        "pack_again": {"id": pack.pack.id, "version": pack.version, "digest": pack.digest},
        "version_again": {"id": pack.id, "status": status},
    }


def _replaying(tenant: str, row: DecisionRow, version_id: str | None) -> tuple[ActivePack, str | None]:
    if version_id is None:
        return by_digest(tenant, row.pack_id, row.pack_digest), None
    pack, status = by_version(tenant, version_id)
    if pack.pack.id != row.pack_id:
        raise NotFound("there is no such version of this decision's pack")
    return pack, status


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


def signals_for(row: DecisionRow, pack: ActivePack) -> dict[str, Any]:
    """The decision's signals as another version would have got them on the same road.

    An application's checks give what a pack declares; a caller's signals are the caller's, and must fit or be refused.
    """
    signals = signals_of(row)
    if row.application_id is None:
        return signals
    return {name: value for name, value in signals.items() if name in pack.pack.signals}


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
        "risk": _risk(row),
        "queue": row.queue,
        "as_of": row.as_of.isoformat(),
        "created_at": row.created_at.isoformat(),
    }


def _risk(row: DecisionRow) -> dict[str, Any]:
    return {"score": None if row.risk_score is None else float(row.risk_score), "category": row.risk_category}


def _basis(cite: str, source: dict[str, Any]) -> dict[str, Any]:
    return {"source": cite, "title": source.get("title"), "reference": source.get("reference")}


def _summary(answer: dict[str, Any]) -> str:
    rules = [str(reason["text"]) for reason in answer["reasons"]]
    unknown = sorted({str(one["signal"]) for one in answer["unknowns"] if one.get("signal")})
    said = f"The verdict is {answer['verdict']}: {'; '.join(rules) or 'no rule fired'}."
    return said + (f" Unknown were {', '.join(unknown)}." if unknown else "")
