"""Name matching for screening: `compare` two entities, `Screener` over many. Pure: no clock, no file, no network.

It refuses what is not an entity, never guesses a name into another script, and explains each score by evidence.
"""

from engine.screening.entity import Entity, EntityError, entity_keys, read_entity
from engine.screening.evidence import Evidence, Outcome
from engine.screening.match import ENGINE, THRESHOLD, Band, Hit, band_of, compare
from engine.screening.screener import Screener

__all__ = [
    "ENGINE",
    "THRESHOLD",
    "Band",
    "Entity",
    "EntityError",
    "Evidence",
    "Hit",
    "Outcome",
    "Screener",
    "band_of",
    "compare",
    "entity_keys",
    "read_entity",
]
