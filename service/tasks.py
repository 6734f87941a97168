"""The Celery tasks: thin, with ids for arguments; the work and its guarantees are in the modules they call.

A task never fails towards Celery: what it could not do is logged by type and place (an exception's text may quote personal
data), and found again by the sweeper or by the row's own lease.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from sqlmodel import Session

from service import applications, notifications, outbox, reports, sweeper, webhooks
from service.celery_app import app
from service.checks import running
from service.db import tenant_ids
from service.dispatch import placed
from service.packs import job_running
from service.trials import comparing

_ROUNDS = 50  # batches of one tenant in one run; the rest waits for the next, so that no tenant starves the others
_log = structlog.get_logger("service.tasks")


def _task(name: str, **limits: int) -> Callable[[Callable[..., object]], Any]:
    def register(function: Callable[..., object]) -> Any:
        @wraps(function)
        def guarded(*ids: str) -> None:
            try:
                function(*ids)
            except Exception as failure:  # noqa: BLE001 - see above: logged by place, found again by the sweeper
                _log.error("task.failed", task=name, row=ids[-1] if ids else None, **placed(failure))

        return app.task(name=name, **limits)(guarded)

    return register


@_task("verdict.run_check")
def run_check(tenant: str, check_run_id: str) -> None:
    """Run one check of one application, if it is still free."""
    running.run_check(tenant, check_run_id)


@_task("verdict.make_decision")
def make_decision(tenant: str, application_id: str) -> None:
    """Decide an application whose checks have all ended, if nobody has yet."""
    applications.make_decision(tenant, application_id)


@_task("verdict.sweep")
def sweep() -> None:
    """Find what was left lying."""
    sweeper.sweep()


@_task("verdict.relay_outbox")
def relay_outbox() -> None:
    """Send what must leave, for every tenant; one tenant's trouble does not stop the others' letters."""
    for tenant in tenant_ids():
        try:
            relay_all(tenant)
        except Exception as failure:  # noqa: BLE001 - the others' letters must leave; the next round tries again
            _log.error("relay.failed", tenant=tenant, **placed(failure))


@_task("verdict.run_report")
def run_report(tenant: str, run_id: str) -> None:
    """Make a report that was asked for."""
    reports.run(tenant, run_id)


@_task("verdict.run_pack_job", soft_time_limit=job_running.LIMIT_S, time_limit=job_running.LIMIT_S + 60)
def run_pack_job(tenant: str, job_id: str) -> None:
    """Prove a pack version, or try it on stored decisions."""
    job_running.run(tenant, job_id)


@_task("verdict.compare_trials")
def compare_trials() -> None:
    """Let candidates decide what champions decided, for every tenant; one tenant's trouble does not stop the others'."""
    for tenant in tenant_ids():
        try:
            comparing.compare(tenant)
        except Exception as failure:  # noqa: BLE001 - a shadow has no effect, its failure included
            _log.error("trials.failed", tenant=tenant, **placed(failure))


def relay_all(tenant: str) -> int:
    """Send what is due for one tenant until nothing is; returns how many messages were taken."""
    senders = {"webhook": webhooks.send, "mail": notifications.send_mail, "sms": notifications.send_sms}
    taken = 0
    for _ in range(_ROUNDS):
        found = outbox.relay(tenant, senders, expand)
        taken += found
        if found == 0:
            break
    return taken


def expand(session: Session, message: outbox.Message) -> None:
    """Turn an event into its subscribers' messages and the applicant's letters."""
    webhooks.fan_out(session, message)
    notifications.tell(session, message)
