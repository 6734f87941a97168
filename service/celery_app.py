"""The Celery app: `celery -A service.celery_app worker -Q checks,ml,notify,bulk,packs -B`.

Configuration is read when it is first needed, so that importing this module needs no environment. A forked worker drops
what it must not share with its parent: database and provider connections.
"""

from __future__ import annotations

import logging

from celery import Celery
from celery.signals import setup_logging, worker_process_init

app = Celery("verdict", include=["service.tasks"])
app.config_from_object("service.queue_settings")


@setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
def log_as_every_process_does(loglevel: int | None = None, **_: object) -> None:
    """JSON lines without personal data, in place of Celery's own logging."""
    from service.observability import configure_logging

    configure_logging(level=loglevel or logging.INFO)


@worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
def forget_inherited_connections(**_: object) -> None:
    """Make a fresh pool and fresh clients in each forked worker."""
    from service import db, providers, webhooks

    db.forget()
    providers.forget_connections()
    webhooks.forget_connections()
