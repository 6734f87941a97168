"""The Celery tasks: thin, with ids for arguments; the work and its guarantees are in the modules they call."""

from __future__ import annotations

import structlog
from sqlmodel import Session

from service import notifications, outbox, sweeper, webhooks
from service.applications import make_decision
from service.celery_app import app
from service.checks import running
from service.db import tenant_ids

_ROUNDS = 50  # batches of one tenant in one run; the rest waits for the next, so that no tenant starves the others
_log = structlog.get_logger("service.tasks")


@app.task(name="verdict.run_check")  # type: ignore[untyped-decorator]
def run_check(tenant: str, check_run_id: str) -> None:
    """Run one check of one application, if it is still free."""
    running.run_check(tenant, check_run_id)


@app.task(name="verdict.make_decision")  # type: ignore[untyped-decorator]
def decide(tenant: str, application_id: str) -> None:
    """Decide an application whose checks have all ended, if nobody has yet."""
    make_decision(tenant, application_id)


@app.task(name="verdict.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Find what was left lying."""
    sweeper.sweep()


@app.task(name="verdict.relay_outbox")  # type: ignore[untyped-decorator]
def relay_outbox() -> None:
    """Send what must leave, for every tenant."""
    for tenant in tenant_ids():
        try:
            relay_all(tenant)
        except Exception as failure:  # noqa: BLE001 - one tenant's trouble must not stop the others' letters
            _log.error("relay.failed", tenant=tenant, failure=type(failure).__name__)


@app.task(name="verdict.run_report")  # type: ignore[untyped-decorator]
def run_report(tenant: str, run_id: str) -> None:
    """Make a report that was asked for."""
    from service import reports

    reports.run(tenant, run_id)


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
