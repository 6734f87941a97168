"""Handing work to the queues after commit. A broker that is down loses nothing: the sweeper finds the row and sends again.

Messages carry a tenant and a row's id, never personal data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from service.celery_app import app
from service.checks.registry import queue_of
from service.observability import exception_place

GRACE_S: Final = 10  # between the soft limit, at which a check may still say that it timed out, and the kill
_log = structlog.get_logger("service.dispatch")


@dataclass(frozen=True, slots=True)
class Due:
    """A check run to send, no earlier than `not_before`."""

    id: str
    name: str
    timeout_s: int
    not_before: datetime | None = None


def send_checks(tenant: str, runs: Iterable[Due]) -> int:
    """Queue check runs; returns how many the broker took."""
    return sum(
        _send(
            "verdict.run_check",
            [tenant, run.id],
            queue=queue_of(run.name).value,
            soft_time_limit=run.timeout_s,
            time_limit=run.timeout_s + GRACE_S,
            eta=run.not_before,
        )
        for run in runs
    )


def send_decision(tenant: str, application_id: str) -> bool:
    """Queue the making of an application's decision."""
    return _send("verdict.make_decision", [tenant, application_id])


def send_report(tenant: str, run_id: str) -> bool:
    """Queue a report run."""
    return _send("verdict.run_report", [tenant, run_id])


def send_pack_job(tenant: str, job_id: str) -> bool:
    """Queue what proves a pack version: its check with proofs, or its back-test."""
    return _send("verdict.run_pack_job", [tenant, job_id])


def placed(failure: BaseException) -> dict[str, Any]:
    """An exception for the log: its type, its cause's type and the places it went through, never its text."""
    return dict(exception_place(None, "", {"exc_info": failure}))


def _send(task: str, ids: list[str], **options: Any) -> bool:
    try:
        app.send_task(task, args=ids, retry=False, **options)
    except (OperationalError, RedisError, OSError) as failure:
        _log.warning("dispatch.broker_down", task=task, row=ids[-1], failure=type(failure).__name__)
        return False
    return True
