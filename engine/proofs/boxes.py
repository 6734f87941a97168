"""Tables of simple cells as boxes: gaps, overlaps and rows that are never reached, exactly and without a solver.

Every column of simple cells falls into elementary pieces (the values that its cells name, and the spans between them).
A row accepts or refuses a piece as a whole, so a walk through the columns that keeps the rows still in play meets every
case that the table distinguishes. At each column only the pieces at which a row in play changes its mind are taken, and
what was seen once is not seen again; so tables of thousands of rows are walked in moments. The walk is bounded by steps,
and says so where it was cut off. Columns are taken to be independent: what is found may still be impossible where they
are not, but nothing is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from engine.feel.types import FeelType
from engine.pack.columns import INDEXED, ColumnIndex, SimpleCell, build_index, simple_cell
from engine.pack.hit_policy import bits
from engine.pack.typed import Cell, Column, Typed

MAX_STEPS: Final = 200_000
MAX_FOUND: Final = 20


class CutOffError(Exception):
    """A walk that took too many steps."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One elementary piece of a column: a value in it, and the rows that accept it."""

    value: Any
    rows: int


@dataclass(slots=True)
class Axis:
    """The pieces of one column in order, and for each row the pieces at which its answer changes."""

    pieces: list[Piece]
    edges: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, (one, other) in enumerate(pairwise(self.pieces)):
            for row in bits(one.rows ^ other.rows):
                self.edges.setdefault(row, []).append(place + 1)

    def choices(self, live: int) -> Iterator[Piece]:
        """A piece for every way in which the rows in play may fare."""
        places = {0}
        for row in bits(live):
            places.update(self.edges.get(row, ()))
        seen: set[int] = set()
        for place in sorted(places):
            rows = self.pieces[place].rows & live
            if rows not in seen:
                seen.add(rows)
                yield self.pieces[place]

    @property
    def union(self) -> int:
        """The rows that accept any piece."""
        found = 0
        for piece in self.pieces:
            found |= piece.rows
        return found

    @property
    def common(self) -> int:
        """The rows that accept every piece."""
        found = -1
        for piece in self.pieces:
            found &= piece.rows
        return found


Values = tuple[Any, ...]


@dataclass(slots=True)
class Boxes:
    """A table's columns as axes; `count` is the number of rows."""

    axes: list[Axis]
    count: int
    _steps: int = 0

    @property
    def every(self) -> int:
        """The set of all rows."""
        return (1 << self.count) - 1

    def _walk(self, ends: Callable[[int, int], bool], leaf: Callable[[int, Values], bool]) -> None:
        """Walk all cases; `ends` prunes by (column, rows in play), `leaf` sees a whole case and may stop the walk.

        Raises:
            CutOffError: after too many steps.
        """
        seen: set[tuple[int, int]] = set()
        self._steps = 0

        def walk(place: int, live: int, values: Values) -> bool:
            if (place, live) in seen or ends(place, live):
                return False
            seen.add((place, live))
            if place == len(self.axes):
                return leaf(live, values)
            for piece in self.axes[place].choices(live):
                self._steps += 1
                if self._steps > MAX_STEPS:
                    raise CutOffError
                if walk(place + 1, live & piece.rows, (*values, piece.value)):
                    return True
            return False

        walk(0, self.every, ())

    def _free(self) -> list[int]:
        """For each column, the rows that accept every piece of it and of all that follow."""
        free = [self.every]
        for axis in reversed(self.axes):
            free.append(free[-1] & axis.common)
        return free[::-1]

    def gap(self) -> Values | None:
        """A case that no row accepts; None where there is none."""
        free = self._free()
        found: list[Values] = []

        def leaf(live: int, values: Values) -> bool:
            if not live:
                found.append(values)
            return not live

        self._walk(lambda place, live: bool(live & free[place]), leaf)
        return found[0] if found else None

    def overlaps(self, clash: Callable[[int, int], bool]) -> dict[tuple[int, int], Values]:
        """Pairs of rows that accept the same case and clash, each with a case; a bounded number of them."""
        found: dict[tuple[int, int], Values] = {}

        def leaf(live: int, values: Values) -> bool:
            rows = list(bits(live))
            for row in rows[1:]:
                if clash(rows[0], row):
                    found.setdefault((rows[0], row), values)
            return len(found) >= MAX_FOUND

        self._walk(lambda _, live: live & (live - 1) == 0, leaf)
        return found

    def reachable(self, *, first: bool) -> int:
        """The rows that some case reaches; where the order decides, those that are the first of a case."""
        inside = self.every
        for axis in self.axes:
            inside &= axis.union
        if not first:
            return inside
        free = self._free()
        reached = 0

        def ends(place: int, live: int) -> bool:
            nonlocal reached
            lowest = live & -live
            if lowest & free[place]:  # nothing behind it can be first any more
                reached |= lowest
                return True
            return not live & ~reached

        def leaf(live: int, values: Values) -> bool:
            nonlocal reached
            del values
            reached |= live & -live
            return False

        self._walk(ends, leaf)
        return reached & inside


# -- from columns to axes


def axis_of(typed: Typed, column: Column, constants: Mapping[str, object], count: int) -> Axis | None:
    """A column's axis with these constants in force; None where a cell is not simple."""
    if column.cells and column.compiled.type.name not in INDEXED:
        return None
    simple: list[tuple[int, SimpleCell]] = []
    for cell in column.cells:
        found = simple_cell(cell.compiled.node, column.compiled.type, constants)
        if found is None:
            return None
        simple.append((cell.row, found))
    free = ((1 << count) - 1) & ~_set_of(column.cells)
    index = build_index(simple, free)
    low, high = _bounds(typed, column)
    values = _representatives(index, column.compiled.type, low, high)
    return Axis([Piece(value, index.rows(value)) for value in values])


def _set_of(cells: Sequence[Cell]) -> int:
    found = 0
    for cell in cells:
        found |= 1 << cell.row
    return found


def _bounds(typed: Typed, column: Column) -> tuple[Any, Any]:
    name = plain_signal(typed, column)
    spec = None if name is None else typed.signals[name]
    return (None, None) if spec is None else (spec.low, spec.high)


def plain_signal(typed: Typed, column: Column) -> str | None:
    """The signal that a column is, where it is nothing else."""
    names = list(column.compiled.names)
    if len(names) == 1 and names[0] in typed.signals and column.compiled.source == typed.variables[names[0]]:
        return names[0]
    return None


def _representatives(index: ColumnIndex, kind: FeelType, low: Any, high: Any) -> Iterator[Any]:
    """A value of every elementary piece that the type and the declared range can take."""
    if kind.name == "boolean":
        yield from (True, False)
    elif kind.name == "string":
        if kind.values is not None:
            yield from kind.values
        else:
            yield from index.ends
            yield _between(None, index.ends[-1] if index.ends else None, "string")
    else:
        inside = [end for end in index.ends if (low is None or end > low) and (high is None or end < high)]
        cuts = [low, *inside, high]
        for place, end in enumerate(cuts):
            if end is not None:
                yield end
            if place + 1 < len(cuts) and (end is None or end != cuts[place + 1]):
                value = _between(end, cuts[place + 1], kind.name)
                if value is not None:
                    yield value


def _between(low: Any, high: Any, kind: str) -> Any:
    """A value strictly between two ends, one of which may be open; None where there is none."""
    if kind == "string":
        return "another value" if high != "another value" else "yet another value"
    if kind == "number":
        if low is None or high is None:
            return 0 if low is None and high is None else high - 1 if low is None else low + 1
        middle = (Decimal(low) + Decimal(high)) / 2
        return int(middle) if middle == middle.to_integral_value() else middle
    day = timedelta(days=1)
    if low is None or high is None:
        return date(2000, 1, 1) if low is None and high is None else high - day if low is None else low + day
    return low + day if high - low > day else None
