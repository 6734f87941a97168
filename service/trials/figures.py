"""A trial in figures: how often the two agree, where verdicts and categories move, which rules are why, and what became of it.

Everything is counted in the database over the trial's own rows; what could not be compared is counted beside and never
added to either side. Outcomes are the newest that each decision has; a rate is given with its counts, and is null where there is
nothing to divide by.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Row, text
from sqlmodel import Session

from service.db import unit
from service.identity.actor import Actor
from service.tables import Trial
from service.trials.running import told, trial_of

VERDICTS: Final = ("approve", "review", "reject")
_MOST: Final = 50


def figures(actor: Actor, version_id: str, trial_id: str) -> dict[str, Any]:
    """The trial with its figures and the newest decisions on which the two differ. Needs READ_PACKS; raises `NotFound`."""
    trial = trial_of(actor, version_id, trial_id)
    with unit(actor.tenant) as session:
        return told(trial) | _figures(session, trial)


def _figures(session: Session, trial: Trial) -> dict[str, Any]:
    facts = {"trial": trial.id, "most": _MOST}
    cells = session.execute(_CELLS, facts).all()
    compared = [cell for cell in cells if cell.status == "compared"]
    states = session.execute(_STATES, facts).all()
    agreed = sum(cell.rows for cell in compared if cell.champion_verdict == cell.candidate_verdict)
    count = sum(cell.rows for cell in compared)
    return {
        "compared": count,
        "agree": agreed,
        "differ": count - agreed,
        "agreement": _rate(agreed, count),
        "pending": sum(state.rows for state in states if state.status == "pending"),
        "failed": sum(state.rows for state in states if state.status == "failed"),
        "fallbacks": sum(state.fallbacks for state in states),
        "verdicts": _matrix((cell.champion_verdict, cell.candidate_verdict, cell.rows) for cell in compared),
        "categories": _matrix(
            (r.champion_category, r.candidate_category, r.rows) for r in _all(session, _CATEGORIES, facts)
        ),
        "rules": [{"rule": row.rule, "count": row.rows} for row in _all(session, _RULES, facts)],
        "arms": {arm: _arm(arm, cells) for arm in ("champion", "challenger")},
        "outcomes": [_outcome(cell) for cell in compared if cell.good or cell.bad],
        "differing": [_differing(row) for row in _all(session, _DIFFERING, facts)],
        "errors": [{"error": row.error, "count": row.rows} for row in _all(session, _ERRORS, facts)],
    }


def _arm(arm: str, cells: Iterable[Row[Any]]) -> dict[str, Any]:
    """What one side really answered, and how those decisions turned out."""
    own = [cell for cell in cells if cell.arm == arm]
    decided = {verdict: sum(cell.rows for cell in own if cell.decided == verdict) for verdict in VERDICTS}
    approved = [cell for cell in own if cell.decided == "approve"]
    good, bad = sum(cell.good for cell in approved), sum(cell.bad for cell in approved)
    total = sum(decided.values())
    return {
        "decided": total,
        "verdicts": decided,
        "review_rate": _rate(decided["review"], total),
        "approved_good": good,
        "approved_bad": bad,
        "bad_rate": _rate(bad, good + bad),
    }


def _outcome(cell: Row[Any]) -> dict[str, Any]:
    keys = ("arm", "champion_verdict", "candidate_verdict", "good", "bad")
    return {key: getattr(cell, key) for key in keys}


def _differing(row: Row[Any]) -> dict[str, Any]:
    keys = ("decision_id", "reference", "arm", "champion_verdict", "candidate_verdict", "rules")
    return {key: getattr(row, key) for key in keys} | {"created_at": row.created_at.isoformat()}


def _matrix(cells: Iterable[tuple[str | None, str | None, int]]) -> dict[str, dict[str, int]]:
    """From champion to candidate; a category that is not known is the word "none"."""
    found: dict[str, dict[str, int]] = {}
    for champion, candidate, count in cells:
        row = found.setdefault(champion or "none", {})
        row[candidate or "none"] = row.get(candidate or "none", 0) + count
    return found


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _all(session: Session, query: Any, facts: dict[str, Any]) -> Iterable[Row[Any]]:
    rows: list[Row[Any]] = list(session.execute(query, facts).all())
    return rows


_CELLS: Final = text(
    "SELECT r.arm, r.status, d.verdict AS decided, r.champion_verdict, r.candidate_verdict, count(*) AS rows,"
    " count(*) FILTER (WHERE o.outcome = 'good') AS good, count(*) FILTER (WHERE o.outcome = 'bad') AS bad"
    " FROM trial_result r JOIN decision d ON d.id = r.decision_id"
    " LEFT JOIN LATERAL (SELECT o.outcome FROM decision_outcome o WHERE o.decision_id = r.decision_id"
    " ORDER BY o.id DESC LIMIT 1) o ON true"
    " WHERE r.trial_id = :trial GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
)
_STATES: Final = text(
    "SELECT status, count(*) AS rows, count(fallback) AS fallbacks FROM trial_result WHERE trial_id = :trial GROUP BY 1"
)
_CATEGORIES: Final = text(
    "SELECT champion_category, candidate_category, count(*) AS rows FROM trial_result"
    " WHERE trial_id = :trial AND status = 'compared' GROUP BY 1, 2 ORDER BY 1, 2"
)
_RULES: Final = text(
    "SELECT rule, count(*) AS rows FROM trial_result r, unnest(r.rules) AS rule WHERE r.trial_id = :trial"
    " AND r.status = 'compared' AND r.champion_verdict <> r.candidate_verdict"
    " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :most"
)
_DIFFERING: Final = text(
    "SELECT r.decision_id, d.reference, r.arm, r.champion_verdict, r.candidate_verdict, r.rules, d.created_at"
    " FROM trial_result r JOIN decision d ON d.id = r.decision_id WHERE r.trial_id = :trial AND r.status = 'compared'"
    " AND r.champion_verdict <> r.candidate_verdict ORDER BY r.decision_id DESC LIMIT :most"
)
_ERRORS: Final = text(
    "SELECT error, count(*) AS rows FROM trial_result WHERE trial_id = :trial AND status = 'failed'"
    " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :most"
)
