"""The evidence of a match as a table: one line per attribute, with both values, an outcome, points and a sentence.

Outcomes are MATCHED, NOT_MATCHED and UNKNOWN; an attribute that one side lacks is UNKNOWN and moves nothing. A date of
birth that agrees raises a hit, one that conflicts lowers it, so that equal names are ordered by corroboration.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.screening.alignment import Likeness, compare_names
from engine.screening.entity import Entity
from engine.screening.names import Name
from engine.screening.partial_dates import DateAgreement, PartialDate

NAME_POINTS: Final = 0.9  # an equal name and nothing else to compare is 0.90: alike, but not confirmed
_DATE_POINTS: Final = {
    DateAgreement.EXACT: 0.08,
    DateAgreement.MONTH: 0.05,
    DateAgreement.YEAR: 0.04,
    DateAgreement.NEAR: -0.05,
    DateAgreement.CONFLICT: -0.25,
}
COUNTRY_AGREES: Final = 0.02
COUNTRY_DIFFERS: Final = -0.04
GENDER_DIFFERS: Final = -0.10


class Outcome(StrEnum):
    """What one attribute says."""

    MATCHED = "MATCHED"
    NOT_MATCHED = "NOT_MATCHED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of the table. `points` is what it adds to the score (0-1)."""

    feature: str
    outcome: Outcome
    points: float
    query: str | None
    candidate: str | None
    text: str

    def to_dict(self) -> dict[str, object]:
        """JSON-able form."""
        return {
            "feature": self.feature,
            "outcome": self.outcome.value,
            "points": round(self.points, 4),
            "query": self.query,
            "candidate": self.candidate,
            "text": self.text,
        }


def name_evidence(query: Entity, candidate: Entity) -> tuple[Evidence, float]:
    """The best pair of names and its likeness (0-1). Weak aliases count only word for word."""
    best: tuple[Likeness, Name, Name] | None = None
    for mine in query.names or query.weak_names:
        for theirs in candidate.names:
            best = _better(best, (compare_names(mine, theirs, person=query.person), mine, theirs))
        for theirs in candidate.weak_names:
            if mine.key == theirs.key:
                best = _better(best, (Likeness(0.74, "equal to a weak alias", 1), mine, theirs))
    if best is None:
        return Evidence("name", Outcome.UNKNOWN, 0.0, None, None, "nothing to compare the name with"), 0.0
    likeness, mine, theirs = best
    outcome = Outcome.MATCHED if likeness.score * NAME_POINTS >= 0.6 else Outcome.NOT_MATCHED
    line = Evidence("name", outcome, likeness.score * NAME_POINTS, mine.text, theirs.text, likeness.text)
    return line, likeness.score


def birth_date_evidence(query: Entity, candidate: Entity) -> Evidence:
    """The best agreement among all dates of birth of both sides."""
    pairs = [(mine.agreement(theirs), mine, theirs) for mine in query.birth_dates for theirs in candidate.birth_dates]
    if not pairs:
        return _unknown("birth_date", query.birth_dates, candidate.birth_dates, "date of birth")
    agreement, mine, theirs = max(pairs, key=lambda pair: _DATE_POINTS[pair[0]])
    points = _DATE_POINTS[agreement]
    outcome = Outcome.MATCHED if points > 0 else Outcome.NOT_MATCHED
    words = {
        DateAgreement.EXACT: "the dates of birth are equal",
        DateAgreement.MONTH: "year and month of birth are equal; a day is unknown",
        DateAgreement.YEAR: "the years of birth are equal; nothing finer is known of one side",
        DateAgreement.NEAR: "the dates of birth differ by a day, a year, or day and month exchanged",
        DateAgreement.CONFLICT: "the dates of birth differ",
    }
    return Evidence("birth_date", outcome, points, str(mine), str(theirs), words[agreement])


def country_evidence(query: Entity, candidate: Entity) -> Evidence:
    """Any country in common. Weak either way: birth, nationality and residence are often confused on lists."""
    mine, theirs = sorted(query.countries), sorted(candidate.countries)
    if not mine or not theirs:
        return _unknown("country", mine, theirs, "country")
    both = sorted(query.countries & candidate.countries)
    if both:
        text = f"{', '.join(both)} on both sides"
        return Evidence("country", Outcome.MATCHED, COUNTRY_AGREES, ", ".join(mine), ", ".join(theirs), text)
    text = "no country in common"
    return Evidence("country", Outcome.NOT_MATCHED, COUNTRY_DIFFERS, ", ".join(mine), ", ".join(theirs), text)


def gender_evidence(query: Entity, candidate: Entity) -> Evidence:
    """A different gender lowers; an equal one tells nothing, half of all people share it."""
    mine, theirs = sorted(query.genders), sorted(candidate.genders)
    if not mine or not theirs:
        return _unknown("gender", mine, theirs, "gender")
    if query.genders & candidate.genders:
        return Evidence("gender", Outcome.MATCHED, 0.0, ", ".join(mine), ", ".join(theirs), "the same gender")
    return Evidence("gender", Outcome.NOT_MATCHED, GENDER_DIFFERS, ", ".join(mine), ", ".join(theirs), "another gender")


def number_evidence(query: Entity, candidate: Entity) -> Evidence:
    """An equal identity number decides alone; different numbers tell nothing, people have several."""
    both = sorted(query.numbers & candidate.numbers)
    if both:
        return Evidence("id_number", Outcome.MATCHED, 0.0, both[0], both[0], "the same identity number")
    return _unknown("id_number", query.numbers, candidate.numbers, "identity number in common")


def _better(
    best: tuple[Likeness, Name, Name] | None, other: tuple[Likeness, Name, Name]
) -> tuple[Likeness, Name, Name]:
    return other if best is None or other[0].score > best[0].score else best


def _unknown(
    feature: str,
    mine: frozenset[str] | list[str] | tuple[PartialDate, ...],
    theirs: frozenset[str] | list[str] | tuple[PartialDate, ...],
    what: str,
) -> Evidence:
    side = "neither side has" if not mine and not theirs else ("the query has no" if not mine else "the list has no")
    joined = "there is no" if mine and theirs else side + (" a" if side == "neither side has" else "")
    return Evidence(feature, Outcome.UNKNOWN, 0.0, None, None, f"{joined} {what}")
