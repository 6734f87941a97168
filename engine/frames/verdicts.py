"""The verdict's rules over rows: two bits for each rule, and what they fold to.

Rows with the same answers of all rules share a state; the fold to a verdict is done once for each state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import polars as pl

from engine.frames.decided import State

_FIRED: Final = 1
_UNKNOWN: Final = 2


@dataclass
class VerdictCoder:
    """Some of the verdict's rules, in pack order: for each its id, its severity, and whether it is skipped if unknown."""

    MOST: ClassVar[int] = 30

    variable: str
    rules: tuple[tuple[str, int, bool], ...]
    states: list[State] = field(default_factory=list)
    _floors: list[bool] = field(default_factory=list)
    _severities: list[int] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)

    @property
    def reads(self) -> list[str]:
        """The columns it needs."""
        return [f"{self.variable}k"]

    @property
    def writes(self) -> list[str]:
        """The columns it adds."""
        return [f"{self.variable}t", f"{self.variable}f", f"{self.variable}s"]

    def run(self, work: pl.DataFrame, lists: Mapping[str, Any]) -> dict[str, pl.Series]:
        """The state's number, whether it floors the verdict, and the severity of the worst rule that fired."""
        del lists
        codes = work[f"{self.variable}k"]
        seen = codes.unique()
        numbers = pl.Series([self._number(code) for code in seen.to_list()], dtype=pl.UInt32)
        ids = codes.replace_strict(seen, numbers, return_dtype=pl.UInt32)
        return {
            f"{self.variable}t": ids,
            f"{self.variable}f": pl.Series(self._floors, dtype=pl.Boolean).gather(ids),
            f"{self.variable}s": pl.Series(self._severities, dtype=pl.UInt8).gather(ids),
        }

    def _number(self, code: int) -> int:
        number = self._numbers.get(code)
        if number is None:
            number = self._numbers[code] = len(self.states)
            bits = [code >> 2 * place & 3 for place in range(len(self.rules))]
            pairs = list(zip(self.rules, bits, strict=True))
            fired = [rule for rule, bit in pairs if bit == _FIRED]
            undecided = [rule for rule, bit in pairs if bit == _UNKNOWN and not rule[2]]
            self.states.append(State(tuple(rule[0] for rule in fired), tuple(rule[0] for rule in undecided)))
            self._floors.append(bool(undecided))
            self._severities.append(max((rule[1] for rule in fired), default=0))
        return number
