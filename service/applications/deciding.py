"""Making an application's decision once all its checks have ended: flow A from step 3, in one transaction.

The application's row is locked, so that of several calls one decides and the others find it done; the unique index on
(tenant, application) holds the same in the database (invariant 7). Signals come from three sources that cannot overlap:
what was declared, what the caller gave, what the checks observed. A value that the pack's declaration refuses becomes
`Missing(failed)`: an application is never stuck, and never decided on a value that does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlmodel import Session, col

from engine.pack import Decision, SignalError
from engine.signal import Missing, Reason, Signal
from service import decisions, outbox
from service.applications.facts import document_facts, prior_facts
from service.checks.completion import lock
from service.checks.graph import FINISHED
from service.checks.loading import newest_files
from service.db import unit
from service.decisions.challenging import champion_instead
from service.identity.actor import system
from service.packs import ActivePack, by_digest
from service.sealed import declared_of, evidence_of, given_of, signal_of
from service.tables import Applicant, Application, CheckRun, Evidence, SignalRow, utc_now

STATUS_OF: Final = {"approve": "approved", "review": "in_review", "reject": "rejected"}
_log = structlog.get_logger("service.applications")


def make_decision(tenant: str, application_id: str) -> str | None:
    """Decide an application whose checks have all ended; returns the new decision's id, None where there is none to make.

    Safe to call any number of times, from any number of workers.
    """
    with unit(tenant) as session:
        found = session.get(Application, application_id)
    if found is None or found.status != "checking" or found.pack_digest is None:
        return None
    pack = by_digest(tenant, found.pack_id, found.pack_digest)
    with unit(tenant) as session:
        row = lock(session, application_id)
        if row is None or row.status != "checking" or not _all_ended(session, application_id):
            return None
        return _decide(session, tenant, row, pack, utc_now())


def gather(session: Session, tenant: str, row: Application, now: datetime) -> tuple[dict[str, Signal], dict[str, Any]]:
    """Every signal of the application by name, and the evidence's bodies by check."""
    applicant = session.get_one(Applicant, row.applicant_id)
    signals = {
        f"applicant.{name}": Signal(f"applicant.{name}", value, "applicant", row.submitted_at)
        for name, value in declared_of(applicant).items()
    }
    signals |= {name: Signal(name, value, "caller", row.submitted_at) for name, value in given_of(row).items()}
    observed = select(SignalRow).where(col(SignalRow.application_id) == row.id)
    signals |= {each.name: signal_of(each) for each in session.execute(observed).scalars()}
    kept = select(Evidence).where(col(Evidence.application_id) == row.id).order_by(col(Evidence.id))
    evidence = {each.source: evidence_of(each) for each in session.execute(kept).scalars()}
    files = newest_files(session, tenant, row.id)
    for fact in (document_facts(tenant, files, evidence, now), prior_facts(session, row, applicant, now)):
        signals[fact.name] = fact
    return signals, evidence


def fitting(pack: ActivePack, signals: Mapping[str, Signal], as_of: date) -> tuple[Decision, dict[str, Signal]]:
    """Decide on the signals that the pack declares; one whose value it refuses is `Missing(failed)` instead."""
    admitted = {name: signal for name, signal in signals.items() if name in pack.pack.signals}
    try:
        return pack.pack.decide(admitted, as_of), admitted
    except SignalError as failure:
        for problem in failure.problems:
            detail = f"the value is {problem.got}, the pack expects {problem.expected}"
            source = admitted[problem.name].source
            admitted[problem.name] = Signal(problem.name, Missing(Reason.FAILED, detail), source)
            _log.warning("decision.signal_refused", signal=problem.name, source=source)
        return pack.pack.decide(admitted, as_of), admitted


def _decide(session: Session, tenant: str, row: Application, pack: ActivePack, now: datetime) -> str:
    signals, evidence = gather(session, tenant, row, now)
    challenge = None
    try:
        decision, admitted = fitting(pack, signals, now.date())
    except Exception as failure:
        instead = champion_instead(tenant, pack, failure)
        if instead is None:
            raise
        pack, challenge = instead
        decision, admitted = fitting(pack, signals, now.date())
    status = STATUS_OF[str(decision.verdict)]
    row.status, row.decided_at, row.version = status, now, row.version + 1
    session.add(row)
    event = {
        "application_id": row.id,
        "reference": row.reference,
        "verdict": str(decision.verdict),
        "status": status,
        "customer_reasons": list(decision.customer_reasons),
    }
    outbox.put(session, tenant, "webhook", "application.decided", event)
    answer = decisions.record(
        session,
        actor=system(tenant, "worker"),
        pack=pack,
        decision=decision,
        reference=row.reference,
        application=row,
        models=_models(evidence),
        lists=dict(evidence.get("screening", {}).get("lists", {})),
        signals=admitted,
        challenge=challenge,
    )
    row.decision_id = answer["id"]
    session.add(row)
    return str(answer["id"])


def _models(evidence: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {check: list(body["model_ids"]) for check, body in sorted(evidence.items()) if body.get("model_ids")}


def _all_ended(session: Session, application_id: str) -> bool:
    query = select(col(CheckRun.status)).where(col(CheckRun.application_id) == application_id)
    return all(status in FINISHED for status in session.execute(query).scalars())
