"""Tokens of people: a signed access token for minutes, a refresh token for hours that is used once.

The access token names person, tenant and session (the refresh tokens' family) and carries no role: roles, status and the
session's end are read from the database and remembered for at most `remembered.MAX_AGE_S`. A refresh token that comes a
second time was stolen from one of its two holders, so its whole family ends.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import jwt
from sqlalchemy import select, text, update
from sqlmodel import Session, col

from service import audit
from service.crypto import decode_key
from service.db import unit
from service.errors import Unauthenticated
from service.identity import remembered
from service.identity.actor import Actor, granted
from service.ids import new_id
from service.settings import settings
from service.tables import Person, RefreshToken, utc_now

ISSUER: Final = "verdict"
AUDIENCE: Final = "verdict:api"
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ("exp", "iat", "aud", "iss", "sub", "tid", "fam")
_WRONG = "the token is wrong, expired or revoked"
_REFRESH = re.compile(r"vr_([a-z][a-z0-9_]{1,30})\.(rft_[0-9a-hjkmnp-tv-z]{26})\.([A-Za-z0-9_-]{43})")
_TENANT = re.compile(r"[a-z][a-z0-9_]{1,30}")
_WHO = text(
    "SELECT p.name, p.roles FROM person p WHERE p.id = :person AND p.status = 'active' AND EXISTS"
    " (SELECT FROM refresh_token r WHERE r.person_id = p.id AND r.family = :family AND r.revoked_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in or a refresh gives; `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int

    def to_dict(self) -> dict[str, Any]:
        """The answer of the token routes (RFC 6749, 5.1)."""
        return {
            "access_token": self.access_token,
            "token_type": "bearer",
            "expires_in": self.expires_in,
            "refresh_token": self.refresh_token,
        }


def open_session(session: Session, person: Person) -> Tokens:
    """Begin a family for a person who has just signed in, in the caller's transaction."""
    ends = utc_now() + timedelta(hours=settings().refresh_token_hours)
    return _issue(session, person.tenant_id, person.id, family=new_id("fam"), ends=ends)


def authenticate_token(text_: str) -> Actor:
    """The actor of an access token; raises `Unauthenticated`, always in the same words."""
    try:
        claims = jwt.decode(
            text_,
            _signing_key(settings().token_key.get_secret_value()),
            algorithms=[_ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": list(_CLAIMS)},
        )
    except (jwt.InvalidTokenError, UnicodeError, RecursionError):
        raise Unauthenticated(_WRONG) from None
    person, tenant, family = (str(claims[name]) for name in ("sub", "tid", "fam"))
    known = remembered.PEOPLE.get((tenant, person, family))
    if known is not None:
        return known
    if not _TENANT.fullmatch(tenant):
        raise Unauthenticated(_WRONG)
    with unit(tenant) as session:
        row = session.execute(_WHO, {"person": person, "family": family}).one_or_none()
    if row is None:
        raise Unauthenticated(_WRONG)
    actor = Actor(tenant, person, row.name, granted(row.roles), tuple(row.roles))
    remembered.PEOPLE.put((tenant, person, family), actor)
    return actor


def refresh(token: str) -> Tokens:
    """Change a refresh token for new tokens; raises `Unauthenticated`, and ends the family of one that was used before."""
    tenant, token_id, secret = _parts(token)
    stolen: RefreshToken | None = None
    with unit(tenant) as session:
        row = _find(session, token_id, secret)
        now = utc_now()
        live = row.revoked_at is None and row.expires_at is not None and row.expires_at > now
        if row.used_at is not None and live:
            stolen = row
            _end_family(session, row.family, now)
            holder = Actor(tenant, row.person_id, "", frozenset())
            audit.append(session, holder, "session.reuse_detected", row.person_id, {"family": row.family})
        elif live:
            active = select(col(Person.id)).where(col(Person.id) == row.person_id, col(Person.status) == "active")
            if session.execute(active).one_or_none() is not None and row.expires_at is not None:
                row.used_at = now
                return _issue(session, tenant, row.person_id, family=row.family, ends=row.expires_at)
    if stolen is not None:
        remembered.PEOPLE.forget(stolen.person_id)
    raise Unauthenticated(_WRONG)


def sign_out(token: str) -> None:
    """End the session of a refresh token; a token that is not ours, or was ended before, changes nothing (RFC 7009)."""
    try:
        tenant, token_id, secret = _parts(token)
        with unit(tenant) as session:
            row = _find(session, token_id, secret)
            if row.revoked_at is None:
                _end_family(session, row.family, utc_now())
                holder = Actor(tenant, row.person_id, "", frozenset())
                audit.append(session, holder, "session.signed_out", row.person_id, {"family": row.family})
    except Unauthenticated:
        return
    remembered.PEOPLE.forget(row.person_id)


def end_sessions(session: Session, person_id: str) -> None:
    """End every session of a person, in the caller's transaction (password changed, person disabled)."""
    live = (col(RefreshToken.person_id) == person_id, col(RefreshToken.revoked_at).is_(None))
    session.execute(update(RefreshToken).where(*live).values(revoked_at=utc_now()))


def _issue(session: Session, tenant: str, person_id: str, *, family: str, ends: datetime) -> Tokens:
    secret = secrets.token_urlsafe(32)
    row = RefreshToken(
        tenant_id=tenant, person_id=person_id, family=family, token_hash=_digest(secret), expires_at=ends
    )
    session.add(row)
    session.flush()
    lasts = timedelta(minutes=settings().access_token_minutes)
    now = utc_now()
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": person_id,
        "tid": tenant,
        "fam": family,
        "iat": now,
        "exp": now + lasts,
    }
    access = jwt.encode(claims, _signing_key(settings().token_key.get_secret_value()), algorithm=_ALGORITHM)
    return Tokens(access, f"vr_{tenant}.{row.id}.{secret}", int(lasts.total_seconds()))


def _find(session: Session, token_id: str, secret: str) -> RefreshToken:
    query = select(RefreshToken).where(col(RefreshToken.id) == token_id).with_for_update()
    row: RefreshToken | None = session.execute(query).scalar_one_or_none()
    if row is None or not hmac.compare_digest(row.token_hash, _digest(secret)):
        raise Unauthenticated(_WRONG)
    return row


def _end_family(session: Session, family: str, now: datetime) -> None:
    live = (col(RefreshToken.family) == family, col(RefreshToken.revoked_at).is_(None))
    session.execute(update(RefreshToken).where(*live).values(revoked_at=now))


def _parts(token: str) -> tuple[str, str, str]:
    found = _REFRESH.fullmatch(token)
    if found is None:
        raise Unauthenticated(_WRONG)
    return found.group(1), found.group(2), found.group(3)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


@lru_cache(maxsize=2)
def _signing_key(encoded: str) -> bytes:
    return decode_key(encoded)
