"""The life of a report: requested, made by a worker, downloaded; each step is in the audit.

A run may be made twice where a worker was killed, and ends as one file: the last act checks that it is still unfinished.
Files rest sealed in the blob store and are told only to who may read reports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, col

from service import audit
from service.blobs import blobs
from service.db import unit
from service.dispatch import send_report
from service.errors import Conflict, Invalid, NotFound, Problem, ServiceError
from service.identity.actor import Actor, Permission, system
from service.paging import Page, page_size
from service.reports import decision_register, law_matrix, risk_summary
from service.reports.cells import MEDIA_TYPES, as_file
from service.tables import ReportRun, utc_now

MAX_DAYS: Final = 366 * 3
Row = dict[str, Any]


@dataclass(frozen=True)
class _Report:
    """One kind of report: its words, its columns, how its rows and figures are made."""

    title: str
    text: str
    columns: tuple[str, ...]
    rows: Callable[[Session, datetime, datetime], list[Row]]
    summary: Callable[[list[Row]], dict[str, Any]]


_REPORTS: Final = {
    "decision_register": _Report(
        "Decision register",
        "Every decision of the period, what officers made of it, and overrides",
        decision_register.COLUMNS,
        decision_register.rows,
        decision_register.summary,
    ),
    "risk_categorisation_summary": _Report(
        "Risk-categorisation summary",
        "Low, medium and high risk by month, product and channel, with the six-monthly review",
        risk_summary.COLUMNS,
        risk_summary.rows,
        risk_summary.summary,
    ),
    "law_matrix": _Report(
        "Law matrix",
        "Legal sources with the values and rules that rest on them, their cases, and the decisions of the period",
        law_matrix.COLUMNS,
        law_matrix.rows,
        law_matrix.summary,
    ),
}


def catalogue() -> list[dict[str, Any]]:
    """What can be asked for, and in which formats."""
    return [
        {"name": name, "title": report.title, "text": report.text, "formats": sorted(MEDIA_TYPES)}
        for name, report in _REPORTS.items()
    ]


def request(actor: Actor, name: str, from_: date, to: date, file_format: str = "xlsx") -> dict[str, Any]:
    """Ask for a report of the days `from_` to `to` (UTC, both included); a worker makes it. Needs MAKE_REPORTS."""
    actor.must(Permission.MAKE_REPORTS)
    if name not in _REPORTS:
        raise NotFound("there is no such report")
    faults = []
    if to < from_ or (to - from_).days > MAX_DAYS or to > utc_now().date() + timedelta(days=366):
        faults.append(Problem("/to", f"is before the first day, more than {MAX_DAYS} days after it, or far ahead"))
    if file_format not in MEDIA_TYPES:
        faults.append(Problem("/format", f"is none of {', '.join(sorted(MEDIA_TYPES))}"))
    if faults:
        raise Invalid("the report cannot be made", tuple(faults))
    params = {"from": from_.isoformat(), "to": to.isoformat(), "format": file_format}
    row = ReportRun(tenant_id=actor.tenant, name=name, params=params, requested_by=actor.id)
    with unit(actor.tenant) as session:
        session.add(row)
        audit.append(session, actor, "report.requested", row.id, {"name": name, **params})
    # After commit; where the broker is down the run stays queued, and the sweeper sends it again.
    send_report(actor.tenant, row.id)
    return _told(row)


def run(tenant: str, run_id: str) -> None:
    """Make a requested report; called by a worker, any number of times. A refusal is kept in the run, not raised."""
    with unit(tenant) as session:
        row = session.get(ReportRun, run_id, with_for_update=True)
        if row is None or row.status in {"done", "failed"}:
            return
        row.status = "running"
        name, params = row.name, dict(row.params)
    try:
        made, content = _make(tenant, name, params)
    except ServiceError as failure:
        _finish(tenant, run_id, {"status": "failed", "error": str(failure)}, "report.failed")
        return
    facts = {
        "status": "done",
        "content_key": blobs().put(tenant, content),
        "file_name": f"{name}_{params['from']}_{params['to']}.{params['format']}",
        "rows": len(made),
        "summary": _REPORTS[name].summary(made),
    }
    _finish(tenant, run_id, facts, "report.made")


def listing(actor: Actor, after: str | None = None, limit: int = 50) -> Page:
    """A page of runs, newest first. Needs READ_REPORTS."""
    actor.must(Permission.READ_REPORTS)
    size = page_size(limit)
    query = select(ReportRun).order_by(col(ReportRun.id).desc()).limit(size + 1)
    if after is not None:
        query = query.where(col(ReportRun.id) < after)
    with unit(actor.tenant) as session:
        rows = list(session.execute(query).scalars())
    return Page([_told(row) for row in rows[:size]], rows[size - 1].id if len(rows) > size else None)


def get(actor: Actor, run_id: str) -> dict[str, Any]:
    """One run. Needs READ_REPORTS; raises `NotFound`."""
    actor.must(Permission.READ_REPORTS)
    with unit(actor.tenant) as session:
        return _told(_of(session, run_id))


def download(actor: Actor, run_id: str) -> tuple[str, str, bytes]:
    """File name, media type and content of a finished run. Needs READ_REPORTS; raises `Conflict` while there is none."""
    actor.must(Permission.READ_REPORTS)
    with unit(actor.tenant) as session:
        row = _of(session, run_id)
        if row.status != "done" or row.content_key is None or row.file_name is None:
            raise Conflict(f"the report is {row.status}")
        audit.append(session, actor, "report.downloaded", row.id, {"name": row.name})
    content = blobs().get(actor.tenant, row.content_key)
    return row.file_name, MEDIA_TYPES[str(row.params["format"])], content


def _make(tenant: str, name: str, params: dict[str, Any]) -> tuple[list[Row], bytes]:
    report = _REPORTS[name]
    start = datetime.combine(date.fromisoformat(params["from"]), time(), UTC)
    end = datetime.combine(date.fromisoformat(params["to"]), time(), UTC) + timedelta(days=1)
    with unit(tenant) as session:
        made = report.rows(session, start, end)
    about = {
        "Report": report.title,
        "First day (UTC)": params["from"],
        "Last day (UTC)": params["to"],
        "Made at": utc_now().isoformat(),
        "Rows": str(len(made)),
    }
    return made, as_file(made, report.columns, about, params["format"])


def _finish(tenant: str, run_id: str, facts: dict[str, Any], action: str) -> None:
    with unit(tenant) as session:
        row = session.get(ReportRun, run_id, with_for_update=True)
        if row is None or row.status != "running":
            return  # another worker has finished the same run
        for key, value in facts.items():
            setattr(row, key, value)
        row.finished_at = utc_now()
        content = {"name": row.name, "status": row.status, "rows": row.rows}
        audit.append(session, system(tenant, "reports"), action, row.id, content)


def _of(session: Session, run_id: str) -> ReportRun:
    row = session.get(ReportRun, run_id)
    if row is None:
        raise NotFound("there is no such report")
    return row


def _told(row: ReportRun) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "title": _REPORTS[row.name].title if row.name in _REPORTS else row.name,
        **{key: row.params.get(key) for key in ("from", "to", "format")},
        "status": row.status,
        "requested_by": row.requested_by,
        "file_name": row.file_name,
        "rows": row.rows,
        "summary": dict(row.summary),
        "error": row.error,
        "created_at": row.created_at.isoformat(),
        "finished_at": None if row.finished_at is None else row.finished_at.isoformat(),
    }
