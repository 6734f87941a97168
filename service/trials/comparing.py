"""What the other would have said: worked out after the answer, by a worker, from the record itself.

Trip 2 of a decision leaves a pending row for each running trial; here the stored signals are opened, decided by the one of the
two that did not decide, and only verdict, category and the rules that differ are kept. A row is claimed by lease and written
once; a candidate that refuses or breaks ends as `failed` with its kind, and never as a verdict. Nothing of it reaches the
answer, the case or the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import select, text
from sqlalchemy.orm import defer
from sqlmodel import col

from engine.pack import SignalError
from service import dispatch
from service.db import unit
from service.decisions.reading import signals_for
from service.packs import pinned
from service.tables import DecisionRow, Trial, utc_now

LEASE_S: Final = 120
BATCH: Final = 100
ROUNDS: Final = 50
MAX_ATTEMPTS: Final = 3
_ANSWER: Final[Any] = DecisionRow.answer  # by far the longest column, and not wanted here
_log = structlog.get_logger("service.trials")


@dataclass(frozen=True, slots=True)
class _Claimed:
    trial_id: str
    decision_id: str
    arm: str
    attempt: int


@dataclass(frozen=True, slots=True)
class _Said:
    """One side of a comparison."""

    verdict: str
    category: str | None
    fired: frozenset[str]


def compare(tenant: str, now: datetime | None = None) -> int:
    """Work out what is pending for a tenant, at most `ROUNDS` batches; returns how many rows were ended."""
    ended = 0
    for _ in range(ROUNDS):
        taken = _claim(tenant, now or utc_now())
        ended += _end(tenant, taken)
        if len(taken) < BATCH:
            break
    return ended


def _claim(tenant: str, now: datetime) -> list[_Claimed]:
    facts = {"now": now, "until": now + timedelta(seconds=LEASE_S), "batch": BATCH}
    with unit(tenant) as session:
        return [_Claimed(*row) for row in session.execute(_CLAIM, facts)]


def _end(tenant: str, taken: Sequence[_Claimed]) -> int:
    """Work a batch out between two transactions; returns how many rows were still ours to end."""
    if not taken:
        return 0
    with unit(tenant) as session:
        wanted = select(Trial).where(col(Trial.id).in_({one.trial_id for one in taken}))
        trials = {trial.id: trial for trial in session.execute(wanted).scalars()}
        decided = select(DecisionRow).where(col(DecisionRow.id).in_({one.decision_id for one in taken}))
        rows = {row.id: row for row in session.execute(decided.options(defer(_ANSWER))).scalars()}
    ends = []
    for one in taken:
        key = {"trial": one.trial_id, "decision": one.decision_id, "attempt": one.attempt}
        ends.append(key | _compared(trials[one.trial_id], rows[one.decision_id], one))
    with unit(tenant) as session:
        return sum(session.execute(_END, end | {"now": utc_now()}).first() is not None for end in ends)


def _compared(trial: Trial, row: DecisionRow, one: _Claimed) -> dict[str, Any]:
    """The columns of the ended row; a failure of the other is told by kind, never by its text."""
    recorded = _Said(row.verdict, row.risk_category, frozenset(row.fired))
    if one.attempt > MAX_ATTEMPTS:
        return _failed(f"its worker was lost {one.attempt - 1} times")
    try:
        other = _other(trial, row, one.arm)
    except SignalError as refusal:
        names = sorted({problem.name for problem in refusal.problems})
        return _failed(f"it refuses the signals {', '.join(names)[:500]}")
    except Exception as failure:  # noqa: BLE001 - a candidate has no effect, its failure included
        _log.warning("trial.failed", trial=trial.id, row=row.id, **dispatch.placed(failure))
        return _failed(f"it broke off ({type(failure).__name__})")
    champion, candidate = (recorded, other) if one.arm == "champion" else (other, recorded)
    return {
        "status": "compared",
        "champion": champion.verdict,
        "champion_category": champion.category,
        "candidate": candidate.verdict,
        "candidate_category": candidate.category,
        "rules": sorted(champion.fired ^ candidate.fired),
        "error": None,
    }


def _other(trial: Trial, row: DecisionRow, arm: str) -> _Said:
    version = (trial.version_id, trial.digest) if arm == "champion" else (trial.champion_id, trial.champion_digest)
    pack = pinned(row.tenant_id, trial.pack_id, version[1], version[0])
    decision = pack.pack.decide(signals_for(row, pack), row.as_of)
    fired = frozenset(reason.rule for reason in decision.reasons)
    return _Said(str(decision.verdict), decision.risk.category, fired)


def _failed(error: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("champion", "champion_category", "candidate", "candidate_category"))
    return nothing | {"status": "failed", "rules": [], "error": error}


_CLAIM = text(
    "UPDATE trial_result SET attempts = attempts + 1, lease_until = :until WHERE (trial_id, decision_id) IN"
    " (SELECT trial_id, decision_id FROM trial_result WHERE status = 'pending'"
    " AND (lease_until IS NULL OR lease_until < :now) ORDER BY decision_id LIMIT :batch FOR UPDATE SKIP LOCKED)"
    " RETURNING trial_id, decision_id, arm, attempts"
)
_END = text(
    "UPDATE trial_result SET status = :status, champion_verdict = :champion, champion_category = :champion_category,"
    " candidate_verdict = :candidate, candidate_category = :candidate_category, rules = :rules, error = :error,"
    " compared_at = :now, lease_until = NULL WHERE trial_id = :trial AND decision_id = :decision AND attempts = :attempt"
    " AND status = 'pending' RETURNING trial_id"
)
