"""Compare a person or body with a list entry: a score, a band, and the evidence for both.

score = 0.9 x likeness of the names, plus the points of date of birth, country and gender (`evidence`); an equal
identity number lifts it to 0.95 at least. Agreement adds only where the names are at least 0.60 alike, so that a shared
birthday is never a hit by itself. Scores of different `ENGINE` versions are not comparable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.screening.entity import Entity, read_entity
from engine.screening.evidence import (
    Evidence,
    Outcome,
    birth_date_evidence,
    country_evidence,
    gender_evidence,
    name_evidence,
    number_evidence,
)

ENGINE: Final = "verdict-screening/1"
THRESHOLD: Final = 0.70
CORROBORATES_FROM: Final = 0.60
NUMBER_FLOOR: Final = 0.95


class Band(StrEnum):
    """Strength in words; stable while numbers move with versions."""

    EXACT = "EXACT"
    STRONG = "STRONG"
    MEDIUM = "MEDIUM"
    WEAK = "WEAK"
    NONE = "NONE"


_BANDS: Final = ((0.95, Band.EXACT), (0.85, Band.STRONG), (THRESHOLD, Band.MEDIUM), (0.50, Band.WEAK))


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate with its score (0-1). `match` says that the score reaches the threshold: a person must look."""

    entity_id: str
    caption: str
    schema: str
    score: float
    match: bool
    band: Band
    evidence: tuple[Evidence, ...]
    topics: tuple[str, ...] = ()
    engine: str = ENGINE

    def to_dict(self) -> dict[str, object]:
        """JSON-able form."""
        return {
            "entity_id": self.entity_id,
            "caption": self.caption,
            "schema": self.schema,
            "score": self.score,
            "match": self.match,
            "band": self.band.value,
            "evidence": [line.to_dict() for line in self.evidence],
            "topics": list(self.topics),
            "engine": self.engine,
        }


def compare(
    query: Mapping[str, object] | Entity, candidate: Mapping[str, object] | Entity, *, threshold: float = THRESHOLD
) -> Hit:
    """Score one candidate; raises `EntityError` (a ValueError) where either is no entity."""
    mine, theirs = read_entity(query), read_entity(candidate)
    if not mine.comparable(theirs):
        text = f"a {mine.schema} cannot be a {theirs.schema}"
        line = Evidence("schema", Outcome.NOT_MATCHED, -1.0, mine.schema, theirs.schema, text)
        return _hit(theirs, 0.0, (line,), threshold)
    name, likeness = name_evidence(mine, theirs)
    others = [birth_date_evidence(mine, theirs), country_evidence(mine, theirs), gender_evidence(mine, theirs)]
    number = number_evidence(mine, theirs)
    counts = [line.points for line in others if line.points < 0 or likeness >= CORROBORATES_FROM]
    score = max(0.0, min(1.0, name.points + sum(counts)))
    if number.outcome is Outcome.MATCHED:
        score = max(score, NUMBER_FLOOR)
    return _hit(theirs, score, (name, *others, number), threshold)


def band_of(score: float) -> Band:
    """The band of a score."""
    return next((band for least, band in _BANDS if score >= least), Band.NONE)


def _hit(candidate: Entity, score: float, evidence: tuple[Evidence, ...], threshold: float) -> Hit:
    rounded = round(score, 4)
    listed = (*candidate.names, *candidate.weak_names)
    caption = listed[0].text
    return Hit(
        candidate.id,
        caption,
        candidate.schema,
        rounded,
        rounded >= threshold,
        band_of(rounded),
        evidence,
        candidate.topics,
    )
