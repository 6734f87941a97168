"""Running a job about a pack version: claim it, work outside any transaction, write its end once.

A check compiles, lints, runs the cases and proves the invariants; its report becomes the version's, where the version
still has that content. A back-test decides stored decisions again. What cannot be made ends as `failed` with the reason
in words that quote nothing; it never ends as a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlmodel import Session

from service import dispatch
from service.blobs import blobs
from service.db import unit
from service.errors import ServiceError
from service.identity.actor import system
from service.packs import jobs
from service.packs.drafting import PROOFS, report_on
from service.packs.jobs import Claimed, LeaseLost
from service.packs.reading import row_of
from service.tables import utc_now

LIMIT_S: Final = 4 * 3600
_log = structlog.get_logger("service.packs")


@dataclass(frozen=True)
class _Ended:
    """What a job made: the columns of its row, a workbook, what the audit says, and what else is written with it."""

    facts: dict[str, Any]
    said: dict[str, Any]
    workbook: bytes | None = None
    also: Callable[[Session], None] = field(default=lambda _session: None)


def run(tenant: str, job_id: str) -> bool:
    """Run a job if it is free; returns whether this call ended it. Safe to call any number of times."""
    claimed = jobs.claim(tenant, job_id, utc_now())
    if claimed is None:
        return False
    try:
        if claimed.attempt > jobs.MAX_ATTEMPTS:
            ended = _failed(f"its worker was lost {claimed.attempt - 1} times")
        else:
            ended = _KINDS[claimed.kind](tenant, claimed)
    except LeaseLost:
        _log.warning("pack_job.lease_lost", job=job_id, attempt=claimed.attempt)
        return False
    except ServiceError as refusal:
        ended = _failed(str(refusal))
    except SoftTimeLimitExceeded:
        ended = _failed(f"it took longer than {LIMIT_S // 3600} hours")
    except Exception as failure:  # noqa: BLE001 - the text of an unforeseen error may quote signals; its type may not
        _log.error("pack_job.error", job=job_id, kind=claimed.kind, **dispatch.placed(failure))
        ended = _failed(f"it broke off ({type(failure).__name__})")
    return _write(tenant, claimed, ended)


def _write(tenant: str, claimed: Claimed, ended: _Ended) -> bool:
    facts = dict(ended.facts)
    if ended.workbook is not None:
        facts["content_key"] = blobs().put(tenant, ended.workbook)
    try:
        with unit(tenant) as session:
            ended.also(session)
            jobs.finish(session, system(tenant, "worker"), claimed, facts, ended.said)
    except LeaseLost:
        _log.warning("pack_job.lease_lost", job=claimed.id, attempt=claimed.attempt)
        return False
    _log.info("pack_job.ended", job=claimed.id, kind=claimed.kind, status=facts["status"], attempt=claimed.attempt)
    return True


def _check(tenant: str, claimed: Claimed) -> _Ended:
    with unit(tenant) as session:
        row = row_of(session, claimed.version_id)
    if row.digest != claimed.digest:
        return _failed("the draft was saved while it waited; prove it again")
    report = report_on(row.pack_id, row.files, proofs=True)
    report |= {"checked_by": "system:worker", "checked_at": utc_now().isoformat()}

    def keep(session: Session) -> None:
        again = row_of(session, claimed.version_id, lock=True)
        if again.digest == claimed.digest:
            again.check_report = report

    proofs = _counted(report)
    facts = {"status": "done", "result": {"ok": report["ok"], "digest": report["digest"], "proofs": proofs}}
    return _Ended(facts, {"ok": report["ok"], "proofs": proofs}, also=keep)


def _backtest(tenant: str, claimed: Claimed) -> _Ended:
    from service.packs import backtesting  # columns are heavy, and only the workers of this queue need them

    made = backtesting.run(tenant, claimed)
    facts = {"status": "done", "result": made.result, "done": made.rows, "total": made.rows}
    return _Ended(facts, {"rows": made.rows}, made.workbook)


def _counted(report: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for proof in report.get(PROOFS, ()):
        status = str(proof["status"])
        counts[status] = counts.get(status, 0) + 1
    return counts


def _failed(error: str) -> _Ended:
    return _Ended({"status": "failed", "error": error}, {"error": error})


_KINDS: Final[dict[str, Callable[[str, Claimed], _Ended]]] = {"check": _check, "backtest": _backtest}
