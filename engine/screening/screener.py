"""Search among many entities without a database: an inverted index over retrieval keys, then `compare` on its finds.

Immutable once built; swap the whole object when the list changes. Candidates are ranked by how rare the shared keys
are, so that a common word neither hides the right entry nor brings in the whole list.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import log

from engine.screening.entity import Entity, EntityError, entity_keys, read_entity
from engine.screening.match import THRESHOLD, Hit, compare

MAX_CANDIDATES = 200


class Screener:
    """The entities of one or more lists, ready to be searched; raises `EntityError` with a bad entity's position."""

    def __init__(self, entities: Iterable[Mapping[str, object] | Entity]) -> None:
        self._entities: list[Entity] = []
        postings: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for position, source in enumerate(entities):
            try:
                entity = read_entity(source)
            except EntityError as fault:
                raise EntityError(f"entity {position}: {fault}") from None
            self._entities.append(entity)
            for key in entity_keys(entity):
                postings[key].append(position)
        self._postings = dict(postings)

    def __len__(self) -> int:
        return len(self._entities)

    def search(
        self, query: Mapping[str, object] | Entity, limit: int = 5, *, least: float = 0.5, threshold: float = THRESHOLD
    ) -> list[Hit]:
        """The best `limit` candidates of at least `least`, best first; ties in order of id. Raises `EntityError`."""
        mine = read_entity(query)
        hits = [compare(mine, self._entities[position], threshold=threshold) for position in self._candidates(mine)]
        kept = [hit for hit in hits if hit.score >= least]
        return sorted(kept, key=lambda hit: (-hit.score, hit.entity_id))[: max(0, limit)]

    def _candidates(self, query: Entity) -> list[int]:
        weights: dict[int, float] = defaultdict(float)
        total = len(self._entities) + 1
        for key in sorted(entity_keys(query)):
            found = self._postings.get(key)
            if found is None:
                continue
            rarity = log(total / len(found)) + 0.01
            for position in found:
                weights[position] += rarity
        ranked = sorted(weights, key=lambda position: (-weights[position], position))
        return ranked[:MAX_CANDIDATES]
