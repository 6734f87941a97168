"""Signing in with e-mail, password and one-time code.

1. An attempt is paid for before it is checked: one UPDATE counts it and, at the fifth, locks the name for 15 minutes, so
   that guesses sent all at once are bounded like guesses sent one by one.
2. The password is checked outside any transaction; an unknown, disabled or locked name costs the same hash.
3. The code's step is used up in the same statement that clears the count, so that a code works once.
Every refusal has the same words: it says neither which part was wrong nor whether the name is known or locked.
"""

from __future__ import annotations

import re
from datetime import timedelta
from time import time
from typing import Any, Final

from sqlalchemy import Row, text, update
from sqlmodel import col

from service import audit
from service.db import unit
from service.errors import Unauthenticated
from service.identity import passwords, people, totp
from service.identity.actor import Actor, granted
from service.identity.tokens import Tokens, open_session
from service.tables import Person, utc_now

MAX_FAILURES: Final = 5
LOCK_OUT: Final = timedelta(minutes=15)
_REFUSED = "the e-mail, password or one-time code is wrong"
_TENANT = re.compile(r"[a-z][a-z0-9_]{1,30}")
_PAY = text(
    "UPDATE person SET"
    " failed_attempts = CASE WHEN locked_until IS NULL THEN failed_attempts + 1 ELSE 1 END,"
    " locked_until = CASE WHEN locked_until IS NULL AND failed_attempts + 1 >= :most"
    "  THEN CAST(:until AS timestamptz) END"
    " WHERE email_index = :email AND status = 'active' AND (locked_until IS NULL OR locked_until <= :now)"
    " RETURNING id, name, roles, password_hash, totp_secret, totp_last_step, locked_until"
)


def sign_in(tenant: str, email: str, password: str, code: str | None = None) -> Tokens:
    """Return tokens; raises `Unauthenticated` in the same words and time whatever was wrong."""
    known = _TENANT.fullmatch(tenant) is not None
    now = utc_now()
    paid = None
    if known:
        facts = {
            "email": people.email_index(tenant, email),
            "now": now,
            "until": now + LOCK_OUT,
            "most": MAX_FAILURES,
        }
        with unit(tenant) as session:
            paid = session.execute(_PAY, facts).one_or_none()
    right = passwords.verify_password(paid.password_hash if paid else None, password)
    if paid is None:
        raise Unauthenticated(_REFUSED)
    step = paid.totp_last_step
    secret = totp.opened(paid.totp_secret, tenant=tenant)
    if secret is not None and secret[1]:
        found = totp.matching_step(secret[0], code or "", at_s=time(), after_step=step)
        right, step = right and found is not None, found or step
    tokens = _admit(tenant, paid, step, password) if right else None
    if tokens is not None:
        return tokens
    if paid.locked_until is not None:
        who = Actor(tenant, paid.id, paid.name, granted(paid.roles), tuple(paid.roles))
        with unit(tenant) as session:
            audit.append(session, who, "person.locked", paid.id, {"until": paid.locked_until.isoformat()})
    raise Unauthenticated(_REFUSED)


def _admit(tenant: str, paid: Row[Any], step: int, password: str) -> Tokens | None:
    """Clear the count, use up the step, open the session; None where somebody was faster or the person changed."""
    changes: dict[str, Any] = {"failed_attempts": 0, "locked_until": None, "last_login_at": utc_now()}
    if passwords.outdated(paid.password_hash):
        changes["password_hash"] = passwords.rehash(password)
    unchanged = (
        col(Person.id) == paid.id,
        col(Person.status) == "active",
        col(Person.password_hash) == paid.password_hash,
        col(Person.totp_last_step) == paid.totp_last_step,
    )
    statement = update(Person).where(*unchanged).values(**changes, totp_last_step=step).returning(Person)
    with unit(tenant) as session:
        person = session.execute(statement).scalar_one_or_none()
        if person is None:
            return None
        tokens = open_session(session, person)
        who = Actor(tenant, person.id, person.name, granted(person.roles), tuple(person.roles))
        audit.append(session, who, "session.signed_in", person.id, {"second_factor": step != paid.totp_last_step})
    return tokens
