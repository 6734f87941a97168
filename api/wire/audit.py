"""The audit trail as it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.wire.base import Told


class AuditLine(Told):
    """One link: who did what to which subject, when; `content` holds no personal data."""

    id: str = Field(description="lane.position in the chains")
    at: datetime
    actor: str
    action: str
    subject: str
    content: Any = None


class AuditReport(Told):
    """What a walk over all chains found (invariant 8)."""

    ok: bool
    entries: int
    lanes: int
    faults: list[Any] = Field(default_factory=list)
