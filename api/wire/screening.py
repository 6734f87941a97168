"""Watchlists and searches in them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.wire.base import Asked, Told

ListKind = Literal["sanctions", "pep", "watchlist"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Property = Annotated[str, StringConstraints(pattern="^[A-Za-z][A-Za-z0-9]{0,63}$")]


class SearchBody(Asked):
    """A person or body in Follow-the-Money form; dates of birth keep their precision (`1971`, `1971-05`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "schema": "Person",
                "properties": {"name": ["Specimen Listed"], "birthDate": ["1971-05"], "country": ["in"]},
                "limit": 5,
            }
        }
    )

    entity_schema: Literal["Person", "Organization", "Company", "LegalEntity"] = Field(default="Person", alias="schema")
    properties: dict[Property, Annotated[list[Text], Field(max_length=50)]] = Field(min_length=1, max_length=50)
    limit: int = Field(default=5, ge=1, le=50)


class SearchAnswer(Told):
    """Hits, best first, each with its score and the evidence for it."""

    hits: list[dict[str, Any]]


class ListAnswer(Told):
    """An imported version of a list."""

    id: str
    name: str
    kind: str
    entries: int
    created_at: datetime | None = None
