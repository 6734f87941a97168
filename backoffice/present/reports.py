"""Runs of reports in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backoffice.present.words import MISSING, Badge, ago, count

Run = Mapping[str, Any]


def unfinished(run: Run) -> bool:
    """Whether a worker still has to come to its end."""
    return run.get("status") in {"queued", "running"}


def badge(run: Run) -> Badge:
    """The state of a run."""
    known = {
        "queued": Badge("Waiting for a worker", "gray"),
        "running": Badge("Being made", "blue"),
        "done": Badge("Ready", "green"),
        "failed": Badge("Failed", "red"),
    }
    status = str(run.get("status"))
    return known.get(status, Badge(status, "gray"))


def period(run: Run) -> str:
    """First and last day, and the format."""
    return f"{run.get('from', MISSING)} to {run.get('to', MISSING)} · {str(run.get('format', '')).upper()}"


def facts(run: Run, now: datetime) -> str:
    """How large it came out and when, or why it failed."""
    if run.get("error"):
        return str(run["error"])
    when = ago(run.get("finished_at") or run.get("created_at"), now)
    rows = run.get("rows")
    return f"{count(rows, 'row')} · {when}" if isinstance(rows, int) else when
