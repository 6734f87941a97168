"""Submitting an application: from here on nothing of it changes, and its checks run.

One transaction pins the active pack's digest, makes a run for each of the pack's checks, queues those that wait for
nobody, and writes the event and the audit link; the queues are told after commit. A second submission finds the first
one done and returns the same state (invariant 7).
"""

from __future__ import annotations

from typing import Any

from service import audit, dispatch, outbox
from service.applications import reading
from service.applications.fields import check_signals
from service.checks.completion import Follows, advance, lock
from service.db import unit
from service.decisions.challenging import assigned
from service.errors import Conflict, Invalid, NotFound
from service.identity.actor import Actor, Permission
from service.packs import ActivePack, active
from service.sealed import given_of
from service.tables import Application, CheckRun, utc_now

DEFAULT_TIMEOUT_S = 30


def submit(actor: Actor, application_id: str) -> dict[str, Any]:
    """Submit and return the application. Needs APPLY.

    Raises NotFound; Invalid where the pack was changed so that the given signals no longer fit it; Conflict for an
    application that was withdrawn.
    """
    actor.must(Permission.APPLY)
    with unit(actor.tenant) as session:
        found = session.get(Application, application_id)
    if found is None:
        raise NotFound("there is no such application")
    follows = None
    if found.status == "draft":
        follows = _submit(actor, application_id, _deciding(actor.tenant, found))
    elif found.status == "withdrawn":
        raise Conflict("the application was withdrawn")
    if follows is not None:
        dispatch.send_checks(actor.tenant, follows.ready)
        if follows.finished:
            dispatch.send_decision(actor.tenant, application_id)
    return reading.view(actor, application_id)


def _submit(actor: Actor, application_id: str, pack: ActivePack) -> Follows | None:
    now = utc_now()
    with unit(actor.tenant) as session:
        row = lock(session, application_id)
        if row is None or row.status != "draft":
            return None  # somebody else was faster; what they did stands
        _still_fits(row, pack)
        row.pack_digest, row.status, row.submitted_at, row.version = pack.digest, "checking", now, row.version + 1
        session.add(row)
        session.flush()
        for check in pack.pack.checks.values():
            session.add(
                CheckRun(
                    tenant_id=actor.tenant,
                    application_id=row.id,
                    name=check.id,
                    needs=list(check.needs),
                    provides=list(check.provides),
                    retries=check.retries,
                    timeout_s=int(str(check.timeout_s)) if check.timeout_s is not None else DEFAULT_TIMEOUT_S,
                )
            )
        session.flush()
        follows = advance(session, row.id, now)
        event = {"application_id": row.id, "reference": row.reference, "pack": row.pack_id}
        outbox.put(session, actor.tenant, "webhook", "application.submitted", event)
        audit.append(session, actor, "application.submitted", row.id, {"pack": row.pack_id, "digest": pack.digest})
    return follows


def _deciding(tenant: str, found: Application) -> ActivePack:
    """The active pack, or its challenger where the reference falls to it and the given signals fit it too."""
    pack = assigned(tenant, found.pack_id, found.reference)
    try:
        _still_fits(found, pack)
    except Invalid:
        return active(tenant, found.pack_id)
    return pack


def _still_fits(row: Application, pack: ActivePack) -> None:
    provided = {name: check.id for check in pack.pack.checks.values() for name in check.provides}
    problems = check_signals(given_of(row), pack.pack.signals, provided)[1]
    if problems:
        raise Invalid("the pack was changed since the application was made; its signals no longer fit", tuple(problems))
