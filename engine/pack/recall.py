"""Outcomes of whole tables, recalled by the classes that the input values fall into.

Two inputs whose values lie in the same class of every column cannot be told apart by the table, so their outcome is one
object, worked out once and shared by all decisions that meet it: value, fault, the rows that matched and those that were
possible. How many are kept is bounded; when the bound is reached all are dropped, so that what occurs now is kept rather
than what came first. Nothing of the inputs but their classes, and declared or named values, is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from engine.pack.columns import ColumnIndex
from engine.pack.hit_policy import Fault, Resolver
from engine.pack.limits import MAX_MEMO_ENTRIES
from engine.pack.model import HitPolicy

OTHER: Final = object()
"""The class of all values that no cell of the column names; it equals none of them."""

Mark: TypeAlias = tuple[int, int, Any]  # rows that matched, rows that were possible, outputs where they are computed
Recalled: TypeAlias = tuple[Any, tuple[bool, Fault | None] | None, Mark]


@dataclass(frozen=True, slots=True)
class ColumnSets:
    """A column: the rows for each value, and for null the rows that match and those that may."""

    index: ColumnIndex
    nulls: tuple[int, int]

    def of(self, key: Any) -> tuple[int, int]:
        """The rows that match and those that may, for a class or named value; null is None."""
        if key is None:
            return self.nulls
        rows = self.index.sets[key] if self.index.by_value is None else self.index.by_value.get(key, self.index.other)
        return rows, rows


class Recall(dict[tuple[Any, ...], Recalled]):
    """The outcomes of one table that occurred, by tuple of classes; one that did not is worked out when it is asked for.

    An outcome is the value, whether it is open and the fault where there is either, and the mark of the table. `counted`
    are the rows whose doubt counts.
    """

    def __init__(self, resolver: Resolver, columns: tuple[ColumnSets, ...], every: int, counted: int) -> None:
        super().__init__()
        self.resolver = resolver
        self.columns = columns
        self.every = every
        self.counted = counted

    def __missing__(self, key: tuple[Any, ...]) -> Recalled:
        matched = possible = self.every
        for column, one in zip(self.columns, key, strict=True):
            true, maybe = column.of(one)
            matched &= true
            possible &= maybe
        if self.resolver.policy is HitPolicy.FIRST and matched:  # what comes after the first match is not asked
            matched &= -matched
            possible &= 2 * matched - 1
        undecided = (matched ^ possible) & self.counted
        value, fault = self.resolver.resolve(matched, undecided, self.resolver.constants)
        if self.resolver.policy is HitPolicy.PRIORITY and matched & (matched - 1):  # of those that match one has fired
            best = self.resolver.best(matched, self.resolver.constants)
            matched, possible = best, possible & ~(matched ^ best)
        if len(self) >= MAX_MEMO_ENTRIES:
            self.clear()
        trouble = (undecided != 0, fault) if undecided or fault else None
        found = self[key] = value, trouble, (matched, possible, None)
        return found
