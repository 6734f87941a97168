"""Strings as places in their own order, so that equality and comparison hold of all strings at once.

A string that is spoken of gets a place between those of its neighbours; all other strings lie somewhere between, before
or behind. Places are fractions: there is always room for one more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction

_APART = 1024


class Texts:
    """The strings of one pack. `ordered` is set where their order was asked for."""

    def __init__(self) -> None:
        self.ordered = False
        self._sorted: list[tuple[str, Fraction]] = []
        self._places: dict[str, Fraction] = {}

    def place(self, text: str) -> Fraction:
        """The place of a string."""
        found = self._places.get(text)
        if found is None:
            at = bisect_left(self._sorted, (text, Fraction(0)))
            found = self._between(at)
            self._sorted.insert(at, (text, found))
            self._places[text] = found
        return found

    def _between(self, at: int) -> Fraction:
        if not self._sorted:
            return Fraction(0)
        if at == 0:
            return self._sorted[0][1] - _APART
        low = self._sorted[at - 1][1]
        return low + _APART if at == len(self._sorted) else (low + self._sorted[at][1]) / 2

    def text_at(self, place: Fraction, others: Mapping[Fraction, str]) -> str:
        """A string for a place: the known one, else one that no other place has, behind its neighbour if order counts."""
        known = others.get(place)
        if known is not None:
            return known
        at = bisect_left([one for _, one in self._sorted], place)
        if at < len(self._sorted) and self._sorted[at][1] == place:
            return self._sorted[at][0]
        taken = set(others.values()) | self._places.keys()
        stem = self._sorted[at - 1][0] if self.ordered and at else "another value"
        number = 2
        text = stem
        while text in taken:
            text = f"{stem} {number}"
            number += 1
        return text
