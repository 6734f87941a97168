"""Reports: asked for a period, made by a worker, downloaded when they are ready."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Asked, Told

ReportFormat = Literal["xlsx", "csv"]


class ReportBody(Asked):
    """A period, both days included, and a format. Days are RFC 3339 full-dates, in UTC."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"from": "2026-09-01", "to": "2026-09-30", "format": "xlsx"}}
    )

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    format: ReportFormat = "xlsx"


class ReportRun(Told):
    """One run: queued, running, done or failed."""

    id: str
    name: str
    status: str


class ReportCatalogue(Told):
    """What can be asked for, and what was."""

    catalogue: list[dict[str, Any]]
    items: list[ReportRun]
    next: str | None = None
