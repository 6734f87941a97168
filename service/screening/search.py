"""Search the lists in force: retrieve by name keys in the database, score in `engine.screening`, explain each hit.

The database only proposes: entries that share a key with the query, those with the most shared keys first. Whether one is
a hit, and why, is decided by `engine.screening.compare`, and each hit names the version of the list that it stands on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import Session

from engine.screening import Entity, EntityError, Hit, compare, entity_keys, read_entity
from service import audit
from service.db import unit
from service.errors import Invalid, Problem
from service.identity.actor import Actor, Permission
from service.screening.freshness import ListVersion, in_force

MAX_CANDIDATES: Final = 200
LEAST: Final = 0.5


@dataclass(frozen=True, slots=True)
class ListedHit:
    """A hit, the version of the list it stands on, and the list's own words about it."""

    hit: Hit
    list: ListVersion
    programme: str
    reference: str
    countries: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            **self.hit.to_dict(),
            "list": self.list.name,
            "list_kind": self.list.kind,
            "list_version": self.list.id,
            "programme": self.programme,
            "reference": self.reference,
            "countries": list(self.countries),
        }


def search(actor: Actor, query: Mapping[str, object], limit: int = 5) -> list[dict[str, Any]]:
    """The best hits for a Follow-the-Money query over all lists in force. Needs SCREEN; Invalid for a query that is none."""
    actor.must(Permission.SCREEN)
    try:
        entity = read_entity(query)
    except EntityError as fault:
        raise Invalid("the query cannot be searched for", (Problem("/query", str(fault)),)) from None
    with unit(actor.tenant) as session:
        versions = in_force(session)
        hits = find(session, entity, versions)[: max(1, min(limit, 50))]
        facts = {"hits": len(hits), "lists": [version.id for version in versions]}
        audit.append(session, actor, "screening.searched", "screening", facts)
    return [hit.to_dict() for hit in hits]


def find(session: Session, query: Entity, versions: Sequence[ListVersion]) -> list[ListedHit]:
    """Every candidate scoring at least `LEAST`, best first; ties in order of list and id."""
    by_id = {version.id: version for version in versions}
    if not by_id:
        return []
    facts = {"keys": sorted(entity_keys(query)), "lists": sorted(by_id), "most": MAX_CANDIDATES}
    found = []
    for row in session.execute(_CANDIDATES, facts):
        hit = compare(query, row.entity)
        if hit.score >= LEAST:
            found.append(_listed(hit, by_id[row.list], row.entity))
    return sorted(found, key=lambda each: (-each.hit.score, each.list.name, each.hit.entity_id))


def _listed(hit: Hit, version: ListVersion, entity: Mapping[str, Any]) -> ListedHit:
    countries = tuple(entity["properties"].get("country", ()))
    return ListedHit(hit, version, str(entity.get("programme", "")), str(entity.get("reference", "")), countries)


# A function of the database, see the migration: it walks the index of the name keys and holds the tenant's wall itself.
_CANDIDATES = text(
    "SELECT list, entity FROM verdict_list_candidates(CAST(:keys AS text[]), CAST(:lists AS text[]), :most)"
)
