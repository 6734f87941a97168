"""A back-test as sentences and tables: where verdicts and categories move, the work that follows, and which rules are why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backoffice.present.packs import short_digest
from backoffice.present.words import MISSING, at, count, number, title

Json = Mapping[str, Any]
VERDICTS: Final = ("approve", "review", "reject")
CATEGORIES: Final = ("low", "medium", "high", "critical")
_STATES: Final = {"queued": "Waits for a worker", "running": "Running", "done": "Done", "failed": "Failed"}
_MOST_RULES: Final = 15


@dataclass(frozen=True)
class Matrix:
    """Counts from the one (rows) to the other (columns), in one order of words; `shares` of each row are 0 to 1."""

    words: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def shares(self) -> tuple[tuple[float, ...], ...]:
        """Each cell's part of its row."""
        return tuple(tuple(cell / (sum(row) or 1) for cell in row) for row in self.counts)

    @property
    def moved(self) -> int:
        """How many are off the diagonal."""
        return sum(cell for i, row in enumerate(self.counts) for j, cell in enumerate(row) if i != j)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(map(sum, self.counts))


def matrix(cells: Mapping[str, Mapping[str, int]] | None, order: tuple[str, ...] = ()) -> Matrix:
    """The matrix of nested counts; known categories from low to high, other words as they come, `order` always and first."""
    cells = cells or {}
    seen = [*cells, *(word for row in cells.values() for word in row)]
    words = tuple(dict.fromkeys([*order, *(word for word in CATEGORIES if word in seen), *seen]))
    return Matrix(words, tuple(tuple(int(cells.get(a, {}).get(b, 0)) for b in words) for a in words))


def job_line(job: Json) -> str:
    """A back-test in one line."""
    state = _STATES.get(str(job.get("status")), str(job.get("status")))
    if job.get("status") == "failed":
        return f"{state}: {job.get('error')}."
    if job.get("status") == "running" and job.get("total") is not None:
        return f"{state}: {job.get('done')} of {count(int(job['total']), 'row')}."
    return state + "."


def share_done(job: Json) -> float:
    """How far it is, 0 to 1."""
    total = job.get("total")
    if job.get("status") == "done":
        return 1.0
    return min(1.0, int(job.get("done") or 0) / int(total)) if total else 0.0


def job_row(job: Json) -> dict[str, str]:
    """A back-test in the list."""
    against = job.get("against") or {}
    return {
        "Asked for": at(job.get("created_at")),
        "Decisions from": at(job.get("from_at")),
        "to": at(job.get("to_at")),
        "Against": short_digest(against.get("digest")) if against else "no version",
        "State": job_line(job),
        "For approval": "yes" if job.get("covers_approval") else "no, the window is shorter",
    }


def summary(result: Json) -> list[tuple[str, str, str | None]]:
    """The figures to read first: label, value, and the change against the other version."""
    moved = result.get("migration") or {}
    changed = (result.get("changed") or {}).get("count")
    work = (result.get("workload") or {}).get("new") or {}
    delta = (moved.get("workload") or {}).get("hours")
    refused = (result.get("invalid") or {}).get("rows") or 0
    return [
        ("Stored decisions", number(result.get("rows")), None),
        ("Verdicts that change", number(changed) if moved else MISSING, None),
        ("Review work, hours", number(work.get("hours")), f"{float(delta):+,.1f}" if delta else None),
        ("Signals refused, rows", number(refused), None),
    ]


def queue_rows(result: Json) -> list[dict[str, str]]:
    """The review work by queue, beside what the other version asks for."""
    work = result.get("workload") or {}
    new, old = (work.get(side) or {} for side in ("new", "old"))
    queues = dict.fromkeys([*(new.get("queues") or {}), *(old.get("queues") or {})])
    return [
        {
            "Queue": title(queue),
            "Cases": number((new.get("queues") or {}).get(queue, {}).get("cases", 0)),
            "Hours": number((new.get("queues") or {}).get(queue, {}).get("hours", 0)),
            "Cases before": number((old.get("queues") or {}).get(queue, {}).get("cases", 0)) if old else MISSING,
            "Hours before": number((old.get("queues") or {}).get(queue, {}).get("hours", 0)) if old else MISSING,
        }
        for queue in queues
    ]


def rule_rows(result: Json) -> list[dict[str, str]]:
    """The rules whose hits change most; without another version, those that would fire most."""
    compared = result.get("migration") is not None
    lines = [one for one in result.get("rules") or [] if one.get("delta") or (not compared and one.get("would_fire"))]
    lines.sort(key=lambda one: -abs(int(one.get("delta" if compared else "would_fire") or 0)))
    return [
        {
            "Rule": str(one.get("rule")),
            "Would fire": number(one.get("would_fire")),
            "Before": number(one.get("would_fire_old")),
            "Change": f"{int(one['delta']):+d}" if one.get("delta") is not None else MISSING,
        }
        for one in lines[:_MOST_RULES]
    ]


def changed_rows(result: Json) -> list[dict[str, str]]:
    """The decisions whose verdict changes, with the rules that do it."""
    return [
        {
            "Reference": str(one.get("reference") or MISSING),
            "Was": title(str(one.get("old"))),
            "Would be": title(str(one.get("new"))),
            "Rules": ", ".join(one.get("rules") or []) or MISSING,
        }
        for one in (result.get("changed") or {}).get("shown") or []
    ]


def outcome_line(result: Json) -> str:
    """What is known of outcomes; without any, that nothing is claimed of right and wrong."""
    outcome = result.get("outcome")
    if not outcome:
        return "No outcome is recorded for these decisions, so this says what would fire, not what would be right."
    rate = outcome.get("base_rate")
    share = MISSING if rate is None else f"{100 * float(rate):.1f} %"
    return f"{count(int(outcome['known']), 'decision')} with a recorded outcome, {outcome['bad']} bad ({share})."
