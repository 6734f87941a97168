"""The check `screening`: is the applicant on a sanctions, PEP or in-house list.

A hit is a candidate over the threshold: it accuses until a person has looked. Silence clears only where it can: with no
list of a kind imported, or one older than the limit, the kind's signals are `Missing`; an old list may still accuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from engine.screening import ENGINE, THRESHOLD, read_entity
from engine.signal import Finding, Missing, Reason, Signal, Value, missing
from service.checks.context import CheckContext
from service.db import unit
from service.screening.freshness import ListVersion, in_force
from service.screening.search import ListedHit, find
from service.values import jsonable

SOURCE: Final = "screening"
MAX_HITS: Final = 20
SIGNALS: Final = tuple(
    f"screening.{name}"
    for name in ("sanctions_hit", "sanctions_score", "pep_hit", "pep_type", "watchlist_hit", "list_age_hours")
)
# Of several hits the gravest counts: a foreign PEP means enhanced due diligence by law.
_PEP_GRAVITY: Final = ("foreign", "associate", "domestic")


def run(context: CheckContext) -> Finding:
    """Search the lists in force for the declared person."""
    query = _query(context)
    if query is None:
        return Finding(missing(SIGNALS, Reason.NOT_PROVIDED, "the applicant's name was not declared", SOURCE))
    with unit(context.tenant) as session:
        versions = in_force(session)
        hits = find(session, read_entity(query), versions)
    limit = context.settings.list_max_age_hours
    told = [version.to_dict(context.now, limit) for version in versions]
    return Finding(
        signals(context, versions, hits),
        {
            "hits": [_plain(hit.to_dict()) for hit in hits[:MAX_HITS]],
            "hits_found": len(hits),
            "lists": {version.name: version.id for version in versions},
            "list_versions": [_plain(each) for each in told],
            "threshold": THRESHOLD,
            "model_ids": [ENGINE],
        },
    )


def signals(context: CheckContext, versions: Sequence[ListVersion], hits: Sequence[ListedHit]) -> tuple[Signal, ...]:
    """The six signals of a search over `versions`."""
    limit = context.settings.list_max_age_hours
    over = [each for each in hits if each.hit.match]
    clear = {kind: _can_clear(kind, versions, context, limit) for kind in ("sanctions", "pep", "watchlist")}
    sanctions = [each.hit.score for each in hits if each.list.kind == "sanctions"]
    best = max(sanctions, default=0.0)
    accused = {kind: any(each.list.kind == kind for each in over) for kind in clear}
    peps = [_pep_type(each, context.settings.data_region) for each in over if each.list.kind == "pep"]
    values: dict[str, Value | Missing] = {
        "sanctions_hit": True if accused["sanctions"] else _silence(clear["sanctions"], False),
        "sanctions_score": best if accused["sanctions"] else _silence(clear["sanctions"], best),
        "pep_hit": True if accused["pep"] else _silence(clear["pep"], False),
        "pep_type": _gravest(peps) if peps else _silence(clear["pep"], "none"),
        "watchlist_hit": True if accused["watchlist"] else _silence(clear["watchlist"], False),
        "list_age_hours": _oldest(versions, context),
    }
    return tuple(Signal(f"screening.{name}", value, SOURCE, context.now) for name, value in values.items())


def _query(context: CheckContext) -> dict[str, object] | None:
    facts = context.declared
    name = facts.get("applicant.name")
    if not isinstance(name, str):
        return None
    born = facts.get("applicant.date_of_birth")
    properties = {
        "name": [name],
        "birthDate": [born.isoformat()] if isinstance(born, date) else [],
        "nationality": _texts(facts, "applicant.nationality"),
        "country": _texts(facts, "applicant.residence_country"),
        "gender": _texts(facts, "applicant.gender"),
        "taxNumber": _texts(facts, "applicant.pan"),
    }
    return {"id": "applicant", "schema": "Person", "properties": properties}


def _texts(facts: Mapping[str, object], name: str) -> list[str]:
    value = facts.get(name)
    return [value] if isinstance(value, str) else []


def _can_clear(kind: str, versions: Iterable[ListVersion], context: CheckContext, limit: float) -> Missing | None:
    """None where silence of this kind's lists means something, else why it does not."""
    mine = [version for version in versions if version.kind == kind]
    if not mine:
        return Missing(Reason.NOT_EXECUTED, f"no {kind} list has been imported")
    old = [version.name for version in mine if version.age_hours(context.now) > limit]
    if old:
        return Missing(Reason.STALE, f"older than {limit:g} hours: {', '.join(sorted(old))}")
    return None


def _silence(doubt: Missing | None, value: Value) -> Value | Missing:
    return value if doubt is None else doubt


def _oldest(versions: Sequence[ListVersion], context: CheckContext) -> float | Missing:
    if not versions:
        return Missing(Reason.NOT_EXECUTED, "no list has been imported")
    return round(max(version.age_hours(context.now) for version in versions), 2)


def _pep_type(each: ListedHit, home: str) -> str:
    if "role.rca" in each.hit.topics:
        return "associate"
    if each.programme in {"foreign", "domestic"}:
        return each.programme
    # Without a country it is not known to be a domestic one; the graver reading is the safe one.
    return "domestic" if set(each.countries) == {home.lower()} else "foreign"


def _gravest(kinds: Sequence[str]) -> str:
    return min(kinds, key=_PEP_GRAVITY.index)


def _plain(told: Mapping[str, Any]) -> dict[str, Value]:
    plain: dict[str, Value] = jsonable(told)
    return plain
