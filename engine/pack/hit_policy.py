"""DMN's hit policies over sets of rows, with a place for what is undecided.

`resolve` turns matched and undecided rows into the table's value and, where something is wrong, a fault. A fault or an
undecided row floors the verdict elsewhere; here it also withholds the value wherever the undecided rows could change it:
a single-hit table with different possible outcomes is null (unknown), an aggregate or list is that of the rows known to
match. UNIQUE with two matches and ANY with different outputs are faults with a null value, never a choice.

No match gives the outputs' default; without one, null, an empty list, or 0 for COUNT. COUNT counts matched rules, equal
outputs included.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from engine.feel.numbers import CONTEXT, ArithmeticFailure, shrink
from engine.feel.values import kind_of
from engine.pack.limits import MAX_MEMO_ENTRIES
from engine.pack.model import LISTING, HitPolicy

Fault: TypeAlias = tuple[str, int]  # code, and the row at fault or -1
Entry: TypeAlias = tuple[Any, ...]  # one value for each output
Outcome: TypeAlias = tuple[Any, Fault | None]

_AGREEING: Final = frozenset({HitPolicy.UNIQUE, HitPolicy.ANY})


def bits(rows: int) -> Iterator[int]:
    """The row numbers in a set of rows, ascending."""
    while rows:
        low = rows & -rows
        yield low.bit_length() - 1
        rows ^= low


@dataclass(slots=True)
class Resolver:
    """The hit policy of one table; `constants` has the outputs of rows that are constant, by row.

    Outcomes of all-constant tables are remembered by what matched, within a bound; the same sets give the same answer.
    """

    policy: HitPolicy
    names: tuple[str, ...]
    constants: Mapping[int, Entry]
    default: Entry | None
    ranks: tuple[Mapping[Any, int] | None, ...]
    memo: dict[tuple[int, int], Outcome] = field(default_factory=dict)

    def constant(self, key: tuple[int, int]) -> Outcome:
        """The outcome for (matched, undecided) of a table whose outputs are all constant."""
        outcome = self.resolve(key[0], key[1], self.constants)
        if len(self.memo) < MAX_MEMO_ENTRIES:
            self.memo[key] = outcome
        return outcome

    def alone(self, rows: int) -> tuple[Outcome, ...]:
        """The outcomes with nothing undecided: where no row matches, and where only the first, the second, ... does."""
        return tuple(self.resolve(1 << row >> 1, 0, self.constants) for row in range(rows + 1))

    def best(self, matched: int, entries: Mapping[int, Entry]) -> int:
        """The set of the one matched row that comes first by priority."""
        return 1 << min(bits(matched), key=lambda row: self._order(entries[row]))

    def resolve(
        self, matched: int, undecided: int, entries: Mapping[int, Entry], default: Entry | None = None
    ) -> Outcome:
        """The table's value and fault; `entries` has the outputs of every row in either set."""
        default = self.default if default is None else default
        rows = list(bits(matched))
        if self.policy in _AGREEING and len(rows) > 1:
            if self.policy is HitPolicy.UNIQUE:
                return None, ("unique_violation", rows[1])
            differing = next((row for row in rows if entries[row] != entries[rows[0]]), None)
            if differing is not None:
                return None, ("any_violation", differing)
        fault = self._entry_fault(rows, entries)
        if self.policy in LISTING:
            return self._list(rows, entries, default), fault
        if self.policy is HitPolicy.COUNT:
            return (len(rows) if rows or default is None else default[0]), fault
        if self.policy in {HitPolicy.SUM, HitPolicy.MIN, HitPolicy.MAX}:
            return self._aggregate(rows, entries, default, fault)
        return self._single(rows, undecided, entries, default)

    def _entry_fault(self, rows: list[int], entries: Mapping[int, Entry]) -> Fault | None:
        for row in rows:
            for value, rank in zip(entries[row], self.ranks, strict=True):
                if value is None:
                    return "null_output", row
                if rank is not None and _place(value, rank) == len(rank):
                    return "output_outside_values", row
        return None

    def _single(self, rows: list[int], undecided: int, entries: Mapping[int, Entry], default: Entry | None) -> Outcome:
        chosen = None if not rows else min(rows, key=lambda row: self._order(entries[row]))
        if self.policy is not HitPolicy.PRIORITY and rows:
            chosen = rows[0]
        known = default if chosen is None else entries[chosen]
        for row in bits(undecided):
            if chosen is not None and self._comes_after(row, chosen, entries):
                continue
            if known is None or entries[row] != known:
                return None, None  # unknown; that the row is undecided is reported and floors by itself
        if known is None:
            return None, None
        fault = None if chosen is None else self._entry_fault([chosen], entries)
        return self._value(known), fault

    def _comes_after(self, row: int, chosen: int, entries: Mapping[int, Entry]) -> bool:
        """Whether an undecided row could not displace the chosen one."""
        if self.policy is HitPolicy.FIRST:
            return row > chosen
        if self.policy is HitPolicy.PRIORITY:
            mine, theirs = self._order(entries[row]), self._order(entries[chosen])
            return mine > theirs or (mine == theirs and row > chosen)
        return False

    def _order(self, entry: Entry) -> tuple[int, ...]:
        """Priority by the listed values, column by column; an unlisted value comes last."""
        pairs = zip(entry, self.ranks, strict=True)
        return tuple(_place(value, rank) for value, rank in pairs if rank is not None)

    def _value(self, entry: Entry) -> Any:
        return entry[0] if len(entry) == 1 else dict(zip(self.names, entry, strict=True))

    def _list(self, rows: list[int], entries: Mapping[int, Entry], default: Entry | None) -> list[Any]:
        if not rows and default is not None:
            value = self._value(default)
            return value if isinstance(value, list) else [value]
        if self.policy is HitPolicy.OUTPUT_ORDER:
            rows = sorted(rows, key=lambda row: self._order(entries[row]))
        return [self._value(entries[row]) for row in rows]

    def _aggregate(
        self, rows: list[int], entries: Mapping[int, Entry], default: Entry | None, fault: Fault | None
    ) -> Outcome:
        if not rows:
            return (None if default is None else default[0]), None
        values = [entries[row][0] for row in rows]
        if fault is not None and fault[0] == "null_output":
            return None, fault
        kinds = {kind_of(value) for value in values}
        if len(kinds) > 1 or (self.policy is HitPolicy.SUM and kinds != {"number"}):
            return None, ("mixed_kinds", rows[0])
        if self.policy is HitPolicy.SUM:
            sum_ = total(values)
            return sum_, (("not_a_number", rows[0]) if sum_ is None else fault)
        return (min(values) if self.policy is HitPolicy.MIN else max(values)), fault


def _place(value: Any, rank: Mapping[Any, int]) -> int:
    """The priority of a value; one that is not listed, or of a kind that cannot be, comes last."""
    return rank.get(value, len(rank)) if isinstance(value, Hashable) else len(rank)


def total(values: list[Any]) -> Any:
    """The sum in FEEL's arithmetic: exact for integers, 34 digits otherwise; None where it is too large."""
    found: Any = 0
    try:
        for value in values:
            whole = isinstance(found, int) and isinstance(value, int)
            found = shrink(found + value) if whole else CONTEXT.add(found, value)
    except ArithmeticFailure:
        return None
    return found
