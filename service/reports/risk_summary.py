"""The risk-categorisation summary: counts by month, product and channel, who moved, and the six-monthly review.

RBI's KYC directions ask that customers be put into low, medium and high risk and that the category be reviewed at least
every six months. A subject is the applicant (by the blind index of the PAN) or, for decisions on posted signals, the
caller's reference. `reviewed_within_6m_percent` and `overdue_reviews` look at all subjects known at the month's end.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import Session

REVIEW_EVERY: Final = timedelta(days=183)
COLUMNS: Final = (
    "month", "product", "channel", "decisions", "low", "medium", "high", "uncategorised", "approve", "review", "reject",
    "moved_up", "moved_down", "reviewed_within_6m_percent", "overdue_reviews",
)  # fmt: skip
_ORDER: Final = {"low": 1, "medium": 2, "high": 3}

_QUERY: Final = text("""
SELECT d.created_at, d.pack_id, d.application_id IS NOT NULL AS applied, d.verdict, d.risk_category,
  coalesce(encode(a.pan_index, 'hex'), a.id, 'reference ' || d.reference) AS subject
FROM decision d
LEFT JOIN application p ON p.id = d.application_id
LEFT JOIN applicant a ON a.id = p.applicant_id
WHERE d.created_at < :end
ORDER BY d.created_at, d.id
""")

_Group = tuple[str, str, str]


@dataclass
class _Known:
    """What has been seen of one product and channel so far, and of the month that is being counted."""

    category: dict[str, str] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)


def rows(session: Session, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """One row a month, product and channel in which something was decided from `start` until before `end`."""
    known: dict[tuple[str, str], _Known] = defaultdict(_Known)
    months: dict[_Group, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    reviews: dict[_Group, dict[str, datetime]] = {}
    for found in session.execute(_QUERY, {"end": end}).yield_per(5000):
        channel = "application" if found.applied else "signals"
        seen = known[found.pack_id, channel]
        before = seen.category.get(found.subject)
        if found.risk_category is not None:
            seen.category[found.subject], seen.last[found.subject] = found.risk_category, found.created_at
        if found.created_at >= start:
            group = (found.created_at.strftime("%Y-%m"), found.pack_id, channel)
            _count(months[group], found, before)
            reviews[group] = dict(seen.last)
    return [_row(group, months[group], reviews[group], end) for group in sorted(months)]


def summary(made: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures that stand beside the file."""
    return {name: sum(row[name] for row in made) for name in ("decisions", "low", "medium", "high", "uncategorised")}


def _count(month: dict[str, int], found: Any, before: str | None) -> None:
    month["decisions"] += 1
    month[found.verdict] += 1
    month[found.risk_category if found.risk_category in _ORDER else "uncategorised"] += 1
    rank, earlier = _ORDER.get(str(found.risk_category)), _ORDER.get(str(before))
    if rank is not None and earlier is not None and rank != earlier:
        month["moved_up" if rank > earlier else "moved_down"] += 1


def _row(group: _Group, month: dict[str, int], last: dict[str, datetime], end: datetime) -> dict[str, Any]:
    name, product, channel = group
    year, number = int(name[:4]), int(name[5:])
    close = min(end, end.replace(year=year + number // 12, month=number % 12 + 1, day=1, hour=0, minute=0, second=0))
    overdue = sum(close - moment > REVIEW_EVERY for moment in last.values())
    percent = round(100 * (len(last) - overdue) / len(last), 1) if last else None
    counts = {name: month[name] for name in COLUMNS[3:13]}
    return {"month": name, "product": product, "channel": channel, **counts} | {
        "reviewed_within_6m_percent": percent,
        "overdue_reviews": overdue,
    }
