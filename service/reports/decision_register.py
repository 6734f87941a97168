"""The decision register: every decision of a period, what people made of it, and where they overrode it.

Covers the register of rejected and referred KYC applications (machine reasons, officer, the officer's reason) and the
register of overrides (machine decision, human decision, reason code, second pair of eyes) that RBI's directions ask for.
Holds ids, codes and people of the house, and nothing of the applicant.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import Session

from service.decisions.rendering import shown_number

COLUMNS: Final = (
    "decision", "decided_at", "reference", "application", "pack", "pack_version", "pack_digest", "engine_version",
    "as_of", "machine_verdict", "risk_score", "risk_category", "rules_fired", "queue", "case", "case_status",
    "human_decision", "reason_code", "officer", "second_officer", "override", "human_decided_at", "hours_to_close",
    "late", "decision_digest",
)  # fmt: skip

_QUERY: Final = text("""
SELECT d.id, d.created_at, d.reference, d.application_id, d.pack_id, d.pack_version, d.pack_digest, d.engine_version,
  d.as_of, d.verdict, d.risk_score, d.risk_category, d.fired, c.queue, c.number, c.status, c.outcome, c.reason_code,
  maker.name AS officer, checker.name AS second_officer, c.decided_at AS human_at, c.closed_at, c.due_at, d.digest
FROM decision d
LEFT JOIN "case" c ON c.decision_id = d.id
LEFT JOIN person maker ON maker.id = c.decided_by
LEFT JOIN person checker ON checker.id = c.second_by
WHERE d.created_at >= :start AND d.created_at < :end
ORDER BY d.created_at, d.id
""")


def rows(session: Session, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """One row a decision made from `start` until before `end`, in order of time."""
    return [_row(found) for found in session.execute(_QUERY, {"start": start, "end": end})]


def summary(made: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures that stand beside the file."""
    verdicts = {
        verdict: sum(row["machine_verdict"] == verdict for row in made) for verdict in ("approve", "review", "reject")
    }
    overrides = sum(row["override"] == "yes" for row in made)
    return {"decisions": len(made), **verdicts, "overrides": overrides}


def _row(found: Any) -> dict[str, Any]:
    closed_hours = None
    if found.closed_at is not None:
        closed_hours = round((found.closed_at - found.created_at).total_seconds() / 3600, 2)
    late = found.closed_at is not None and found.due_at is not None and found.closed_at > found.due_at
    return {
        "decision": found.id,
        "decided_at": found.created_at.isoformat(),
        "reference": found.reference,
        "application": found.application_id,
        "pack": found.pack_id,
        "pack_version": found.pack_version,
        "pack_digest": found.pack_digest,
        "engine_version": found.engine_version,
        "as_of": found.as_of.isoformat(),
        "machine_verdict": found.verdict,
        "risk_score": None if found.risk_score is None else float(found.risk_score),
        "risk_category": found.risk_category,
        "rules_fired": ", ".join(found.fired),
        "queue": found.queue,
        "case": None if found.number is None else shown_number(found.number),
        "case_status": found.status,
        "human_decision": found.outcome,
        "reason_code": found.reason_code,
        "officer": found.officer,
        "second_officer": found.second_officer,
        "override": "yes" if _overrides(found.verdict, found.outcome) else "no",
        "human_decided_at": None if found.human_at is None else found.human_at.isoformat(),
        "hours_to_close": closed_hours,
        "late": "yes" if late else "no",
        "decision_digest": found.digest,
    }


def _overrides(verdict: str, outcome: str | None) -> bool:
    """A human decision against the machine's; a review leaves it open, so neither outcome overrides one."""
    return (verdict, outcome) in {("reject", "approve"), ("approve", "decline")}
