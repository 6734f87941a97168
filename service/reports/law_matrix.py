"""The law matrix: legal source to values and rules, to the cases that exercise them, to the decisions of the period.

One row a dated value or rule and source, for every version that decided in the period and every version that is active.
`decisions` counts the stored decisions in which the rule was a reason; a source nobody cites and a rule citing none stand
in rows of their own. Holds rules and counts, and nothing of an applicant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlmodel import Session, col

from engine import PackError, parse_pack
from engine import law as laws
from service.tables import PackVersion

COLUMNS: Final = ("pack", "pack_version", "pack_digest", "decided", *laws.COLUMNS)

_DECIDED: Final = text("""
SELECT pack_id, pack_digest, count(*) AS decided
FROM decision WHERE created_at >= :start AND created_at < :end GROUP BY pack_id, pack_digest
""")
_FIRED: Final = text("""
SELECT d.pack_id, d.pack_digest, rule.id AS rule, count(*) AS fired
FROM decision d, unnest(d.fired) AS rule(id)
WHERE d.created_at >= :start AND d.created_at < :end GROUP BY d.pack_id, d.pack_digest, rule.id
""")
_Key = tuple[str, str]


def rows(session: Session, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The matrix of every version that decided from `start` until before `end`, and of those active now."""
    period = {"start": start, "end": end}
    decided: dict[_Key, int] = {
        (one.pack_id, one.pack_digest): one.decided for one in session.execute(_DECIDED, period)
    }
    fired: dict[_Key, dict[str, int]] = defaultdict(dict)
    for one in session.execute(_FIRED, period):
        fired[one.pack_id, one.pack_digest][one.rule] = one.fired
    found: list[dict[str, Any]] = []
    for version in _versions(session, decided):
        key = (version.pack_id, version.digest)
        about = {
            "pack": version.pack_id,
            "pack_version": version.version,
            "pack_digest": version.digest,
            "decided": decided.get(key, 0),
        }
        found += [{**about, **row} for row in _matrix(version.files, fired[key])]
    return found


def summary(made: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures that stand beside the file."""
    rules = [row for row in made if row["kind"] == "rule"]
    return {
        "versions": len({(row["pack"], row["pack_digest"]) for row in made}),
        "sources": len({(row["pack_digest"], row["source"]) for row in made if row["source"]}),
        "rules": len({(row["pack_digest"], row["id"]) for row in rules}),
        "rules_that_fired": len({(row["pack_digest"], row["id"]) for row in rules if row["decisions"]}),
        "without_source": sum(not row["source"] for row in made),
        "without_case": sum(bool(row["id"]) and not row["cases"] for row in made),
    }


def _versions(session: Session, decided: Mapping[_Key, int]) -> list[PackVersion]:
    """The versions that decided or are active, each digest once, by pack and number."""
    query = select(PackVersion).order_by(col(PackVersion.pack_id), col(PackVersion.number))
    wanted = col(PackVersion.digest).in_(sorted(digest for _, digest in decided))
    found = session.execute(query.where((col(PackVersion.status) == "active") | wanted)).scalars()
    once: dict[_Key, PackVersion] = {}
    for version in found:
        if version.status not in {"draft", "rejected"}:
            once.setdefault((version.pack_id, version.digest), version)
    return list(once.values())


def _matrix(files: Mapping[str, str], fired: Mapping[str, int]) -> list[dict[str, Any]]:
    try:
        pack = parse_pack(files)
    except PackError as failure:
        # A version of an older engine may not load any more; the report says so instead of leaving it out.
        empty = dict.fromkeys(laws.COLUMNS, "")
        said = f"the version does not load with this engine: {failure.problems[0]}"
        return [{**empty, "text": said, "line": None, "cases": 0, "decisions": None}]
    return laws.law(pack, fired).rows()
