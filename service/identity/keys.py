"""API keys: how systems sign in.

A key's text is `vk_<tenant>.<key id>.<secret>`; the secret is 32 random bytes of which only the SHA-256 is kept. Keys carry
scopes (the originator's role, or single permissions) out of what a machine may do: the acts that need a person's name and
judgement, and reading personal data, are not to be had by key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import col

from service import audit
from service.db import unit
from service.errors import Conflict, Invalid, NotFound, Problem, Unauthenticated
from service.identity import remembered
from service.identity.actor import Actor, Permission, Role, granted
from service.paging import Page, page_size
from service.tables import ApiKey, utc_now

MACHINE_PERMISSIONS: Final = frozenset(
    {
        Permission.DECIDE,
        Permission.READ_DECISIONS,
        Permission.APPLY,
        Permission.READ_APPLICATIONS,
        Permission.READ_CASES,
        Permission.READ_PACKS,
        Permission.READ_LISTS,
        Permission.WRITE_LISTS,
        Permission.SCREEN,
        Permission.READ_REPORTS,
        Permission.MAKE_REPORTS,
        Permission.READ_AUDIT,
        Permission.MANAGE_WEBHOOKS,
    }
)
ROTATION_OVERLAP: Final = timedelta(hours=24)

_TEXT = re.compile(r"vk_([a-z][a-z0-9_]{1,30})\.(key_[0-9a-hjkmnp-tv-z]{26})\.([A-Za-z0-9_-]{43})")
_WRONG = "the key is wrong, expired or revoked"


def create_key(
    actor: Actor, name: str, scopes: list[str] | None = None, expires_at: datetime | None = None
) -> dict[str, Any]:
    """Make a key; the answer's `key` is shown this once. Needs ADMIN; raises `Invalid` for scopes no key may have."""
    actor.must(Permission.ADMIN)
    wanted = sorted(set(scopes or [Role.ORIGINATOR]))
    known = {str(Role.ORIGINATOR), *map(str, MACHINE_PERMISSIONS)}
    # The scope's own text is not repeated: what is not known may be anything.
    wrong = tuple(Problem("/scopes", "names what is not for keys") for scope in wanted if scope not in known)
    if wrong:
        raise Invalid("a key cannot have these scopes", wrong)
    if expires_at is not None and expires_at <= utc_now():
        raise Invalid("the key would be expired already", (Problem("/expires_at", "is not in the future"),))
    secret = secrets.token_urlsafe(32)
    row = ApiKey(
        tenant_id=actor.tenant,
        name=name,
        secret_hash=_digest(secret),
        scopes=wanted,
        created_by=actor.id,
        expires_at=expires_at,
    )
    with unit(actor.tenant) as session:
        session.add(row)
        audit.append(session, actor, "key.created", row.id, {"scopes": wanted})
    return _as_dict(row) | {"key": f"vk_{actor.tenant}.{row.id}.{secret}"}


def rotate_key(actor: Actor, key_id: str) -> dict[str, Any]:
    """Make a new key with the same name and scopes; the old one works for another 24 hours. Needs ADMIN."""
    actor.must(Permission.ADMIN)
    now = utc_now()
    secret = secrets.token_urlsafe(32)
    with unit(actor.tenant) as session:
        old = session.execute(select(ApiKey).where(col(ApiKey.id) == key_id).with_for_update()).scalar_one_or_none()
        if old is None:
            raise NotFound("there is no such key")
        if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
            raise Conflict("the key is revoked or expired; make a new one")
        new = ApiKey(
            tenant_id=actor.tenant,
            name=old.name,
            secret_hash=_digest(secret),
            scopes=list(old.scopes),
            created_by=actor.id,
            expires_at=old.expires_at,
        )
        old.expires_at = min(old.expires_at or datetime.max.replace(tzinfo=UTC), now + ROTATION_OVERLAP)
        session.add(new)
        audit.append(session, actor, "key.rotated", old.id, {"new": new.id})
    remembered.KEYS.forget(key_id)
    return _as_dict(new) | {"key": f"vk_{actor.tenant}.{new.id}.{secret}"}


def revoke_key(actor: Actor, key_id: str) -> dict[str, Any]:
    """End a key, everywhere within `remembered.MAX_AGE_S`; a second time changes nothing. Needs ADMIN."""
    actor.must(Permission.ADMIN)
    with unit(actor.tenant) as session:
        row = session.execute(select(ApiKey).where(col(ApiKey.id) == key_id).with_for_update()).scalar_one_or_none()
        if row is None:
            raise NotFound("there is no such key")
        if row.revoked_at is None:
            row.revoked_at = utc_now()
            audit.append(session, actor, "key.revoked", row.id, {})
    remembered.KEYS.forget(key_id)
    return _as_dict(row)


def list_keys(actor: Actor, after: str | None = None, limit: int = 50) -> Page:
    """A page of the tenant's keys, newest first, without secrets. Needs ADMIN."""
    actor.must(Permission.ADMIN)
    size = page_size(limit)
    query = select(ApiKey).order_by(col(ApiKey.id).desc()).limit(size + 1)
    if after is not None:
        query = query.where(col(ApiKey.id) < after)
    with unit(actor.tenant) as session:
        rows = list(session.execute(query).scalars())
    return Page([_as_dict(row) for row in rows[:size]], rows[size - 1].id if len(rows) > size else None)


def remembered_key(text: str) -> Actor | None:
    """The actor of a key that was seen a moment ago; costs no trip to the database."""
    return remembered.KEYS.get(_digest(text))


def authenticate_key(text: str) -> Actor:
    """The actor of a key's text; raises `Unauthenticated`, always in the same words."""
    digest = _digest(text)
    known = remembered.KEYS.get(digest)
    if known is not None:
        return known
    found = _TEXT.fullmatch(text)
    if found is None:
        raise Unauthenticated(_WRONG)
    tenant, key_id, secret = found.groups()
    with unit(tenant) as session:
        row = session.execute(select(ApiKey).where(col(ApiKey.id) == key_id)).scalar_one_or_none()
    # An unknown id is compared as well, so that ids cannot be told apart by time.
    right = hmac.compare_digest(row.secret_hash if row else bytes(32), _digest(secret))
    now = utc_now()
    if row is None or not right or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise Unauthenticated(_WRONG)
    actor = Actor(tenant, row.id, row.name, _permissions(row.scopes))
    left_s = (row.expires_at - now).total_seconds() if row.expires_at else remembered.MAX_AGE_S
    remembered.KEYS.put(digest, actor, for_s=left_s)
    return actor


def _permissions(scopes: list[str]) -> frozenset[Permission]:
    singles = {Permission(scope) for scope in scopes if scope in Permission.__members__.values()}
    return (granted(scopes) | singles) & MACHINE_PERMISSIONS


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _as_dict(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "scopes": list(row.scopes),
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
    }
