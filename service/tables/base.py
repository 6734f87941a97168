"""Column types that every table shares: aware times, sealed bytes, JSON, text arrays, and the tenant of a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from service.ids import new_id


def utc_now() -> datetime:
    """The one clock of `service`; everything below takes time as an argument."""
    return datetime.now(UTC)


def key(prefix: str) -> Any:
    """A primary key that sorts by time of making."""
    return Field(default_factory=lambda: new_id(prefix), primary_key=True, sa_type=Text)


def at(*, index: bool = False) -> Any:
    """An aware time that may be null."""
    return Field(default=None, sa_type=DateTime(timezone=True), index=index)


def made() -> Any:
    """The aware time of making."""
    return Field(default_factory=utc_now, sa_type=DateTime(timezone=True))


def sealed() -> Any:
    """Bytes sealed by `service.crypto`; null where there is nothing."""
    return Field(default=None, sa_type=LargeBinary)


def text(**options: Any) -> Any:
    """Unbounded text; lengths are limited where the input is parsed."""
    return Field(sa_type=Text, **options)


def names(**options: Any) -> Any:
    """An array of text, empty by default."""
    return Field(default_factory=list, sa_type=ARRAY(Text), **options)


def json(**options: Any) -> Any:
    """A JSON object without personal data, empty by default."""
    return Field(default_factory=dict, sa_type=JSONB, **options)


class Owned(SQLModel):
    """A row of one tenant: row-level security lets no other tenant see it (invariant 10)."""

    tenant_id: str = Field(foreign_key="tenant.id", sa_type=Text)
