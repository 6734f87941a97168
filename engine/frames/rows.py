"""Rows one by one: what the scalar engine says of rows that columns cannot settle.

This is the yardstick that columns are equal to, and where they hand over what they cannot prove: the same
`Pack.decide`, its decision reduced to what a column holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.frames.decided import State

if TYPE_CHECKING:
    from engine.pack.pack import Pack


@dataclass(slots=True)
class States:
    """States with their numbers; equal ones share a number."""

    items: list[State] = field(default_factory=list)
    _numbers: dict[State, int] = field(default_factory=dict)

    def number(self, state: State) -> int:
        """The number of a state."""
        found = self._numbers.get(state)
        if found is None:
            found = self._numbers[state] = len(self.items)
            self.items.append(state)
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """A decision as a line of columns."""

    verdict: str
    score: int | Decimal | None
    category: str | None
    route: str | None
    state: State


def decide_rows(pack: Pack, rows: Iterable[tuple[Mapping[str, Any], date]]) -> Iterator[Row]:
    """Decide rows of admitted signals, each with its date. Raises `SignalError` as `Pack.decide` does."""
    for signals, as_of in rows:
        decision = pack.decide({name: value for name, value in signals.items() if value is not None}, as_of)
        route = decision.route
        yield Row(
            decision.verdict.value,
            decision.risk.score,
            decision.risk.category,
            None if route is None else route.id,
            State(decision.rules("fired"), decision.rules("undecided")),
        )
