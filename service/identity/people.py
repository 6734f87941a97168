"""People who sign in: made, changed and listed by an administrator; one's own password and one-time codes by oneself.

The e-mail is sealed and found by its blind index. There is always an active administrator left, and nobody disables
themselves. What was changed goes to the audit trail; names, e-mails and passwords do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from service import audit
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unauthenticated
from service.identity import passwords, remembered, totp
from service.identity.actor import Actor, Permission, Role
from service.identity.tokens import end_sessions
from service.keys import keyring
from service.paging import Page, page_size
from service.tables import Person

_FIELD = "person.email"


def email_index(tenant: str, email: str) -> bytes:
    """The blind index by which a person is found."""
    return keyring().blind_index(_encodable(email), tenant=tenant, field=_FIELD)


def rate_key(tenant: str, email: str) -> str:
    """A name for the e-mail in the counters of attempts, which tells nothing without our key."""
    return keyring().blind_index(_encodable(email[:320]), tenant=tenant[:64], field="limit.email").hex()


def create_person(actor: Actor, *, email: str, name: str, password: str, roles: Sequence[str]) -> dict[str, Any]:
    """Make a person. Needs ADMIN; raises `Conflict` for a known e-mail, `Invalid` for a weak password or unknown role."""
    actor.must(Permission.ADMIN)
    _check_roles(roles)
    row = Person(
        tenant_id=actor.tenant,
        email=keyring().seal(email.encode(), tenant=actor.tenant, field=_FIELD),
        email_index=email_index(actor.tenant, email),
        name=name,
        password_hash=passwords.hash_password(password, email=email),
        roles=sorted(set(roles)),
    )
    try:
        with unit(actor.tenant) as session:
            session.add(row)
            audit.append(session, actor, "person.created", row.id, {"roles": row.roles})
    except IntegrityError:
        raise Conflict("somebody with this e-mail exists") from None
    return _as_dict(row)


def change_person(
    actor: Actor,
    person_id: str,
    *,
    name: str | None = None,
    roles: Sequence[str] | None = None,
    status: str | None = None,
    password: str | None = None,
) -> dict[str, Any]:
    """Change what is given. Needs ADMIN. A new password or status ends the sessions; either also ends a lock-out."""
    actor.must(Permission.ADMIN)
    if status not in {None, "active", "disabled"}:
        raise Invalid("the status is not known", (Problem("/status", "is active or disabled"),))
    if person_id == actor.id and (status == "disabled" or roles is not None):
        raise Forbidden("nobody disables themselves or changes their own roles")
    if roles is not None:
        _check_roles(roles)
    with unit(actor.tenant) as session:
        row = _lock(session, person_id)
        if name is not None:
            row.name = name
        if roles is not None:
            row.roles = sorted(set(roles))
        if status is not None:
            row.status = status
        if password is not None:
            row.password_hash = passwords.hash_password(password, email=_email(row))
        if password is not None or status is not None:
            row.failed_attempts, row.locked_until = 0, None
            end_sessions(session, row.id)
        session.flush()
        _someone_administers(session)
        changed = {"roles": roles, "status": status, "password": password and "set", "name": name and "set"}
        told = {what: value for what, value in changed.items() if value is not None}
        audit.append(session, actor, "person.changed", row.id, told)
    remembered.PEOPLE.forget(person_id)
    return _as_dict(row)


def list_people(actor: Actor, after: str | None = None, limit: int = 50) -> Page:
    """A page of the tenant's people, newest first. Needs ADMIN."""
    actor.must(Permission.ADMIN)
    size = page_size(limit)
    query = select(Person).order_by(col(Person.id).desc()).limit(size + 1)
    if after is not None:
        query = query.where(col(Person.id) < after)
    with unit(actor.tenant) as session:
        rows = list(session.execute(query).scalars())
    return Page([_as_dict(row) for row in rows[:size]], rows[size - 1].id if len(rows) > size else None)


def assignees(actor: Actor) -> list[dict[str, Any]]:
    """Who may be given a case: id, name and roles of active people. Needs ASSIGN_CASES."""
    actor.must(Permission.ASSIGN_CASES)
    workers = [str(Role.OFFICER), str(Role.MANAGER)]
    query = select(Person).where(col(Person.status) == "active", col(Person.roles).overlap(workers))  # type: ignore[attr-defined]
    with unit(actor.tenant) as session:
        rows = session.execute(query.order_by(col(Person.name)).limit(500)).scalars()
        return [{"id": row.id, "name": row.name, "roles": list(row.roles)} for row in rows]


def me(actor: Actor) -> dict[str, Any]:
    """Who the caller is and may do; systems have no roles and no one-time codes."""
    with unit(actor.tenant) as session:
        row = session.execute(select(Person).where(col(Person.id) == actor.id)).scalar_one_or_none()
    return {
        "id": actor.id,
        "name": actor.name,
        "tenant": actor.tenant,
        "roles": list(actor.roles),
        "permissions": sorted(actor.permissions),
        "totp": row is not None and _has_totp(row),
    }


def change_own_password(actor: Actor, old: str, new: str) -> None:
    """Change one's own password; ends all sessions, this one too. Raises `Unauthenticated` where the old one is wrong."""
    with unit(actor.tenant) as session:
        row = _lock(session, actor.id)
        if not passwords.verify_password(row.password_hash, old):
            raise Unauthenticated("the old password is wrong")
        row.password_hash = passwords.hash_password(new, email=_email(row))
        end_sessions(session, row.id)
        audit.append(session, actor, "person.password_changed", row.id, {})
    remembered.PEOPLE.forget(actor.id)


def enrol_totp(actor: Actor) -> dict[str, str]:
    """Begin one-time codes for oneself; they count from `confirm_totp` on. Raises `Conflict` where they already do."""
    with unit(actor.tenant) as session:
        row = _lock(session, actor.id)
        if _has_totp(row):
            raise Conflict("one-time codes are on; an administrator takes them off")
        secret = totp.new_secret()
        row.totp_secret = totp.seal(secret, tenant=actor.tenant, confirmed=False)
        audit.append(session, actor, "person.totp_enrolled", row.id, {})
        return {"secret": secret, "uri": totp.uri(secret, account=_email(row))}


def confirm_totp(actor: Actor, code: str) -> None:
    """Switch one-time codes on with a first right code; raises `Invalid` for a wrong one."""
    with unit(actor.tenant) as session:
        row = _lock(session, actor.id)
        held = totp.opened(row.totp_secret, tenant=actor.tenant)
        if held is None or held[1]:
            raise Conflict("there is no enrolment to confirm")
        step = totp.matching_step(held[0], code, at_s=time(), after_step=row.totp_last_step)
        if step is None:
            raise Invalid("the code is wrong", (Problem("/code", "is not the code of this moment"),))
        row.totp_secret = totp.seal(held[0], tenant=actor.tenant, confirmed=True)
        row.totp_last_step = step
        audit.append(session, actor, "person.totp_confirmed", row.id, {})


def remove_totp(actor: Actor, person_id: str) -> dict[str, Any]:
    """Take one-time codes off somebody who lost the device, and end their sessions. Needs ADMIN, and not for oneself."""
    actor.must(Permission.ADMIN)
    if person_id == actor.id:
        raise Forbidden("another administrator takes off one's one-time codes")
    with unit(actor.tenant) as session:
        row = _lock(session, person_id)
        row.totp_secret = None
        end_sessions(session, row.id)
        audit.append(session, actor, "person.totp_removed", row.id, {})
    remembered.PEOPLE.forget(person_id)
    return _as_dict(row)


def _encodable(email: str) -> str:
    # Half a surrogate pair names nobody; it must be wrong, not an error.
    return email.encode(errors="replace").decode()


def _lock(session: Session, person_id: str) -> Person:
    query = select(Person).where(col(Person.id) == person_id).with_for_update()
    row: Person | None = session.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound("there is no such person")
    return row


def _someone_administers(session: Session) -> None:
    admins = (col(Person.status) == "active", col(Person.roles).contains([str(Role.ADMIN)]))
    if not session.execute(select(func.count()).select_from(Person).where(*admins)).scalar_one():
        raise Conflict("the last active administrator stays one")


def _check_roles(roles: Sequence[str]) -> None:
    unknown = [role for role in roles if role not in Role.__members__.values()]
    if unknown or not roles:
        raise Invalid("a person has one known role or more", (Problem("/roles", "names no known role"),))


def _email(row: Person) -> str:
    assert row.email is not None
    return keyring().open(row.email, tenant=row.tenant_id, field=_FIELD).decode()


def _has_totp(row: Person) -> bool:
    held = totp.opened(row.totp_secret, tenant=row.tenant_id)
    return held is not None and held[1]


def _as_dict(row: Person) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "email": _email(row),
        "roles": list(row.roles),
        "status": row.status,
        "totp": _has_totp(row),
        "locked_until": row.locked_until.isoformat() if row.locked_until else None,
        "last_login_at": row.last_login_at.isoformat() if row.last_login_at else None,
        "created_at": row.created_at.isoformat(),
    }
