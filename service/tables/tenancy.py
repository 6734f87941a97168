"""Who uses Verdict: tenants, people who sign in, systems that hold keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.tables.base import Owned, at, json, key, made, names, sealed, text


class Tenant(SQLModel, table=True):
    """A licensed company; sees its own row and no other."""

    id: str = text(primary_key=True)
    name: str = text()
    settings: dict[str, Any] = json()
    created_at: datetime = made()


class Person(Owned, table=True):
    """Somebody who signs in; name and e-mail are sealed, the e-mail is found by its blind index."""

    __table_args__ = (UniqueConstraint("tenant_id", "email_index"),)
    id: str = key("per")
    email: bytes | None = sealed()
    email_index: bytes = Field(sa_type=LargeBinary)
    name: str = text()
    password_hash: str = text()
    roles: list[str] = names()
    status: str = text(default="active")
    failed_attempts: int = 0
    locked_until: datetime | None = at()
    totp_secret: bytes | None = sealed()
    totp_last_step: int = 0
    last_login_at: datetime | None = at()
    created_at: datetime = made()


class RefreshToken(Owned, table=True):
    """A refresh token's hash; used once, and a second use revokes its whole family (theft)."""

    __tablename__ = "refresh_token"
    id: str = key("rft")
    person_id: str = text(foreign_key="person.id", index=True)
    family: str = text(index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    expires_at: datetime | None = at()
    used_at: datetime | None = at()
    revoked_at: datetime | None = at()
    created_at: datetime = made()


class ApiKey(Owned, table=True):
    """A system's key: only the hash of its secret is kept; the key's text names the row."""

    __tablename__ = "api_key"
    id: str = key("key")
    name: str = text()
    secret_hash: bytes = Field(sa_type=LargeBinary)
    scopes: list[str] = names()
    created_by: str = text()
    expires_at: datetime | None = at()
    revoked_at: datetime | None = at()
    created_at: datetime = made()
