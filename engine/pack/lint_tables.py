"""Gaps, overlaps and unreachable rows of decision tables, each with a witness input.

Every column of simple cells falls into elementary pieces (the values its cells name, and the spans between them); over
all combinations of pieces a row either covers a combination or does not, so the answers are exact. Pieces that a column
cannot take (outside declared values or range) are left out. A table with other cells, or with more combinations than
the bound, is said to be not checked. Parameters are taken at every date on which one of them changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import prod
from typing import Any, Final

from engine.feel.types import FeelType
from engine.pack.columns import INDEXED, ColumnIndex, build_index
from engine.pack.emit_tables import split_cells
from engine.pack.model import SINGLE_HIT, Constant, HitPolicy, PackSource, Scorecard, Table
from engine.pack.problems import Place
from engine.pack.typed import Column, Typed, TypedDecision

MAX_COMBINATIONS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one table."""

    level: str
    code: str
    message: str
    remedy: str
    place: Place
    witness: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """One elementary piece of a column: a value in it, and the rows that accept it."""

    value: Any
    rows: int


def lint_tables(typed: Typed) -> list[Finding]:
    """The findings of all tables and scorecards, each once over all dates."""
    found: dict[tuple[str, Place, str], Finding] = {}
    for constants in _dates(typed.source):
        for decision in typed.decisions:
            logic = decision.source.logic
            findings: Iterator[Finding] = iter(())
            if isinstance(logic, Table):
                findings = _table(typed, decision, logic, constants)
            elif isinstance(logic, Scorecard):
                findings = _card(typed, decision, logic, constants)
            for one in findings:
                found.setdefault((one.code, one.place, one.message), one)
    return list(found.values())


def _dates(source: PackSource) -> Iterator[dict[str, Constant]]:
    """The parameters in force from each date on which one changes, once all have a value."""
    starts = [min(value.start for value in one.values) for one in source.parameters.values() if one.values]
    first = max(starts, default=date.min)
    changes = {value.start for one in source.parameters.values() for value in one.values if value.start > first}
    for day in sorted({first, *changes}):
        in_force = {name: one.in_force(day) for name, one in source.parameters.items()}
        yield {name: _plain(dated.value) for name, dated in in_force.items() if dated}


def _plain(value: Constant) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _pieces(typed: Typed, column: Column, constants: Mapping[str, object], count: int) -> list[Piece] | None:
    """The pieces of a column; None where a cell is not simple."""
    simple, other = split_cells(column, constants)
    if other or (column.cells and column.compiled.type.name not in INDEXED):
        return None
    constrained = sum(1 << cell.row for cell in column.cells)
    free = ((1 << count) - 1) & ~constrained
    index = build_index([(cell.row, found) for cell, found in simple], free)
    low, high = _bounds(typed, column)
    values = _representatives(index, column.compiled.type, low, high)
    return [Piece(value, index.rows(value)) for value in values]


def _bounds(typed: Typed, column: Column) -> tuple[Any, Any]:
    names = list(column.compiled.names)
    spec = typed.signals.get(names[0]) if len(names) == 1 else None
    alone = spec is not None and column.compiled.source == typed.variables[names[0]]
    return (spec.low, spec.high) if spec is not None and alone else (None, None)


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


def _combinations(pieces: Sequence[Sequence[Piece]], every: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Every combination of pieces: the rows that accept it, and the values."""
    if not pieces:
        yield every, ()
        return
    for piece in pieces[0]:
        for rows, values in _combinations(pieces[1:], every):
            yield rows & piece.rows, (piece.value, *values)


def _table(typed: Typed, decision: TypedDecision, table: Table, constants: Mapping[str, object]) -> Iterator[Finding]:
    name, place = decision.source.id, decision.source.place
    columns = [_pieces(typed, column, constants, len(table.rows)) for column in decision.columns]
    known = [pieces for pieces in columns if pieces is not None]
    if len(known) < len(columns) or prod(len(pieces) for pieces in known) > MAX_COMBINATIONS:
        why = "has cells that are not simple" if len(known) < len(columns) else "has too many combinations"
        if table.hit_policy in SINGLE_HIT:
            message = f"table {name} {why}: gaps and overlaps were not checked"
            yield Finding("warning", "not_checked", message, "see that its cases cover it", place)
        return
    names = [column.name for column in decision.columns]
    found = _walk(table, known)
    defaulted = any(output.default for output in table.outputs.values())
    if found.gap is not None and table.hit_policy in SINGLE_HIT and not defaulted:
        message = f"no rule of table {name} matches, and it has no default"
        yield Finding(
            "error", "gap", message, "add a rule or a default", place, dict(zip(names, found.gap, strict=True))
        )
    for (one, two), values in found.overlaps.items():
        message = f"rules {table.rows[one].id} and {table.rows[two].id} of UNIQUE table {name} both match"
        witness = dict(zip(names, values, strict=True))
        yield Finding("error", "overlap", message, "make the rules exclude each other", table.rows[two].place, witness)
    for number, row in enumerate(table.rows):
        if not found.reached >> number & 1:
            yield Finding(
                "warning", "unreachable", f"rule {row.id} of table {name} is never reached", "remove it", row.place
            )


@dataclass(slots=True)
class _Walk:
    """What all combinations of a table's pieces show."""

    gap: tuple[Any, ...] | None = None
    reached: int = 0
    overlaps: dict[tuple[int, int], tuple[Any, ...]] = field(default_factory=dict)


def _walk(table: Table, pieces: Sequence[Sequence[Piece]]) -> _Walk:
    found = _Walk()
    for rows, values in _combinations(pieces, (1 << len(table.rows)) - 1):
        first = rows & -rows
        found.reached |= first if table.hit_policy is HitPolicy.FIRST else rows
        if not rows and found.gap is None:
            found.gap = values
        rest = rows ^ first
        if rest and table.hit_policy is HitPolicy.UNIQUE:
            found.overlaps.setdefault((first.bit_length() - 1, (rest & -rest).bit_length() - 1), values)
    return found


def _card(typed: Typed, decision: TypedDecision, card: Scorecard, constants: Mapping[str, object]) -> Iterator[Finding]:
    for one, column in zip(card.characteristics, decision.columns, strict=True):
        pieces = _pieces(typed, column, constants, len(one.bands))
        if pieces is None:
            continue
        reached = 0
        for piece in pieces:
            reached |= piece.rows & -piece.rows
        gap = next((piece for piece in pieces if not piece.rows), None)
        if gap is not None:
            message = f"the input of {one.id} lies in no band"
            yield Finding("error", "gap", message, "add a band", one.place, {column.name: gap.value})
        for number, band in enumerate(one.bands):
            if not reached >> number & 1:
                message = f"band {number + 1} of {one.id} is never reached"
                yield Finding("warning", "unreachable", message, "remove it", band.place)
