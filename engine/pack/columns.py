"""One column of a table as an index: from a value to the set of rows whose cell it satisfies.

A cell of literals and parameters (`"A","B"`, `< 18`, `[650..750)`, `not("X")`) is a set of elementary intervals over
the endpoints that the column's cells name. Where the set of accepting rows does not change from one interval to the
next the two are one class, so a column has as many classes as its cells can tell apart. Row sets are integers, one bit
per row. The class of a value is one dictionary access, a comparison per cut where there are few, or a bisection,
whatever the number of rows. A cell that is anything else is not simple and is compiled instead. A null value satisfies
no simple cell and refutes none: its rows are unknown, never matched.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

from engine.feel import nodes
from engine.feel.types import FeelType

Atom: TypeAlias = tuple[str, Any]  # operator and endpoint: "=", "!=", "<", "<=", ">", ">="
INDEXED: Final = frozenset({"number", "string", "boolean", "date"})
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (int, Decimal),
    "string": (str,),
    "boolean": (bool,),
    "date": (date,),
}


@dataclass(frozen=True, slots=True)
class SimpleCell:
    """A disjunction of conjunctions of atoms over constants; `negated` turns it around."""

    terms: tuple[tuple[Atom, ...], ...]
    negated: bool = False

    def constants(self) -> list[Any]:
        """Every endpoint the cell names."""
        return [endpoint for term in self.terms for _, endpoint in term]

    def holds(self, position: int, rank: Mapping[Any, int]) -> bool:
        """Whether the cell accepts an elementary position; `rank` gives each endpoint its place in order."""
        found = any(all(_atom_holds(op, 2 * rank[end] + 1, position) for op, end in term) for term in self.terms)
        return found is not self.negated


def _atom_holds(operator: str, at: int, position: int) -> bool:
    if operator == "=":
        return position == at
    if operator == "!=":
        return position != at
    if operator in {"<", "<="}:
        return position < at or (position == at and operator == "<=")
    return position > at or (position == at and operator == ">=")


def simple_cell(node: nodes.Node, subject: FeelType, constants: Mapping[str, object]) -> SimpleCell | None:
    """The cell as a simple one, or None where only compiled FEEL can say; `constants` are parameters in force."""
    if subject.name not in INDEXED:
        return None
    tests, negated = (node.tests, node.negated) if isinstance(node, nodes.Tests) else ((node,), False)
    terms: list[tuple[Atom, ...]] = []
    for test in tests:
        found = _terms(test, subject.name, constants)
        if found is None:
            return None
        terms += found
    return SimpleCell(tuple(terms), negated)


def _terms(test: nodes.Node, kind: str, constants: Mapping[str, object]) -> list[tuple[Atom, ...]] | None:
    if isinstance(test, nodes.Wildcard):
        return [()]
    if isinstance(test, nodes.UnaryTest):
        end = _constant(test.operand, constants)
        fits = _fits(end, kind) and (test.operator in {"=", "!="} or kind != "boolean")
        return [((test.operator, end),)] if fits else None
    if isinstance(test, nodes.RangeLiteral):
        return _interval(test, kind, constants)
    value = _constant(test, constants)
    if isinstance(value, list | tuple) and value and all(_fits(item, kind) for item in value):
        return [(("=", item),) for item in value]
    return [(("=", value),)] if _fits(value, kind) else None


def _interval(test: nodes.RangeLiteral, kind: str, constants: Mapping[str, object]) -> list[tuple[Atom, ...]] | None:
    if test.low is None or test.high is None or kind == "boolean":
        return None
    low: Any = _constant(test.low, constants)
    high: Any = _constant(test.high, constants)
    if not (_fits(low, kind) and _fits(high, kind)) or low > high:  # FEEL makes an inverted interval null
        return None
    return [((">=" if test.low_closed else ">", low), ("<=" if test.high_closed else "<", high))]


def _fits(value: object, kind: str) -> bool:
    return type(value) in _TYPES[kind]


def _constant(node: nodes.Node, constants: Mapping[str, object]) -> object:
    """The value of a literal, a parameter, a negated number or a date; None for everything else."""
    if isinstance(node, nodes.Literal | nodes.Name):
        return node.value if isinstance(node, nodes.Literal) else constants.get(node.name)
    if isinstance(node, nodes.Negate):
        return _negative(_constant(node.operand, constants))
    text: object = node.text if isinstance(node, nodes.AtLiteral) else None
    if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name) and node.function.name == "date":
        text = _constant(node.arguments[0], constants) if len(node.arguments) == 1 else None
    if isinstance(text, str) and len(text) == 10:
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    return None


def _negative(value: object) -> object:
    if isinstance(value, Decimal):
        return value.copy_negate()
    return -value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class ColumnIndex:
    """The rows that accept a value.

    `by_value` serves columns of equalities; a value it does not name is accepted by `other`. Ordered columns have `sets`,
    one for each class: a value's class is how many of `starts` it has reached and how many of `afters` it has passed.
    `ends` are all endpoints that cells name, ascending.
    """

    by_value: Mapping[Any, int] | None
    other: int
    ends: tuple[Any, ...]
    starts: tuple[Any, ...] = ()
    afters: tuple[Any, ...] = ()
    sets: tuple[int, ...] = ()

    def rows(self, value: Any) -> int:
        """The rows whose cell a non-null value satisfies."""
        if self.by_value is not None:
            return self.by_value.get(value, self.other)
        return self.sets[bisect_right(self.starts, value) + bisect_left(self.afters, value)]

    @property
    def classes(self) -> int:
        """How many classes of non-null values the column tells apart."""
        return len(self.sets) if self.by_value is None else len(self.by_value) + 1


def build_index(cells: Sequence[tuple[int, SimpleCell]], free: int) -> ColumnIndex:
    """Index simple cells by row number; `free` are the rows without a simple cell here, which accept every value."""
    ends = tuple(sorted({end for _, cell in cells for end in cell.constants()}))
    rank = {end: place for place, end in enumerate(ends)}
    flips: dict[int, int] = {}  # position -> the rows whose answer changes there
    shared: dict[SimpleCell, int] = {}
    for row, cell in cells:
        shared[cell] = shared.get(cell, 0) | 1 << row
    for cell, rows in shared.items():
        before = False
        for position in _edges(cell, rank):
            now = cell.holds(position, rank)
            if now is not before:
                flips[position] = flips.get(position, 0) ^ rows
                before = now
    first = free ^ flips.get(0, 0)
    if all(op in {"=", "!="} for cell in shared for term in cell.terms for op, _ in term):
        # Rows that flip at a value and back after it: what stands between two values is as what stands before them.
        return ColumnIndex({end: first ^ flips.get(2 * place + 1, 0) for end, place in rank.items()}, first, ends)
    starts: list[Any] = []
    afters: list[Any] = []
    sets = [first]
    for position in sorted(flips.keys() - {0}):
        (starts if position % 2 else afters).append(ends[(position - 1) // 2])
        sets.append(sets[-1] ^ flips[position])
    return ColumnIndex(None, 0, ends, tuple(starts), tuple(afters), tuple(sets))


def _edges(cell: SimpleCell, rank: Mapping[Any, int]) -> list[int]:
    """The positions where a cell's answer may change, ascending: an endpoint's own is odd, what follows it is even."""
    found = {0}
    for end in cell.constants():
        at = 2 * rank[end] + 1
        found.update((at, at + 1))
    return sorted(found)
