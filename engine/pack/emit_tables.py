"""Writes decision tables and scorecards as Python.

For every table the generated code computes two sets of rows as integers: those that match and those that are not ruled
out. A column of simple cells contributes both with one look-up; other cells are compiled FEEL, one test each. What
matched and what is undecided is kept for the trace, and the hit policy makes the value of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.feel import NOT_CONSTANT
from engine.pack.columns import ColumnIndex, SimpleCell, build_index, simple_cell
from engine.pack.hit_policy import Entry, Fault, Resolver
from engine.pack.model import HitPolicy, Output, Scorecard, Table
from engine.pack.typed import Cell, Column, TypedDecision, skips
from engine.pack.writer import Writer

NO_BAND, UNKNOWN_BAND, SKIPPED_BAND = -1, -2, -3  # band numbers that are none; lists of points end in their zeros


def split_cells(column: Column, constants: Mapping[str, object]) -> tuple[list[tuple[Cell, SimpleCell]], list[Cell]]:
    """The simple cells of a column with the constants in force, and those that stay FEEL."""
    simple: list[tuple[Cell, SimpleCell]] = []
    other: list[Cell] = []
    for cell in column.cells:
        found = simple_cell(cell.compiled.node, column.compiled.type, constants)
        if found is None:
            other.append(cell)
        else:
            simple.append((cell, found))
    return simple, other


def _lookup(writer: Writer, name: str, index: ColumnIndex, variable: str, convert: Callable[[int], Any]) -> str:
    """The expression that looks a non-null value up; `convert` turns a set of rows into what is stored."""
    if index.by_value is not None:
        table = writer.constant(f"_X{name}", {key: convert(rows) for key, rows in index.by_value.items()})
        other = writer.constant(f"_O{name}", convert(index.other))
        return f"{table}.get({variable}, {other})"
    ends = writer.constant(f"_E{name}", index.ends)
    sets = writer.constant(f"_S{name}", tuple(convert(rows) for rows in index.sets))
    return f"{sets}[_bl({ends}, {variable}) + _br({ends}, {variable})]"


class TableWriter:
    """Writes one decision's table or scorecard."""

    def __init__(self, writer: Writer, decision: TypedDecision, constants: Mapping[str, object]) -> None:
        self.writer = writer
        self.decision = decision
        self.constants = constants
        self.index = decision.index
        self.resolver: Resolver

    # -- tables

    def table(self, table: Table) -> list[str]:
        """Write a table; the names of the variables that go into the trace: matched, possible, dynamic outputs."""
        count = len(table.rows)
        matched, possible = f"m{self.index}", f"q{self.index}"
        pairs = [self._column(place, column, count) for place, column in enumerate(self.decision.columns)]
        every = self.writer.constant(f"_A{self.index}", (1 << count) - 1)
        self.writer.line(f"{matched} = {' & '.join(true for true, _ in pairs) or every}")
        self.writer.line(f"{possible} = {' & '.join(maybe for _, maybe in pairs) or every}")
        if table.hit_policy is HitPolicy.FIRST:  # what comes after the first match is not asked
            with self.writer.block(f"if {matched}:"):
                self.writer.line(f"{matched} &= -{matched}; {possible} &= 2 * {matched} - 1")
        skipping = sum(1 << number for number, row in enumerate(table.rows) if skips(row.if_missing))
        undecided = f"u{self.index}"
        mask = f" & {self.writer.constant(f'_K{self.index}', ~skipping)}" if skipping else ""
        self.writer.line(f"{undecided} = ({matched} ^ {possible}){mask}")
        self.writer.line(f"if {undecided}: open_ = True")
        entries = self._outputs(table, matched, undecided)
        if table.hit_policy is HitPolicy.PRIORITY:  # only the rule that was chosen has fired
            pick = self.writer.constant(f"_G{self.index}", self.resolver.best)
            known = entries if entries != "None" else self.writer.constant(f"_C{self.index}", self.resolver.constants)
            self.writer.line(f"if {matched} & ({matched} - 1): {matched} = {pick}({matched}, {known})")
        return [matched, possible, entries]

    def _column(self, place: int, column: Column, count: int) -> tuple[str, str]:
        name = f"{self.index}_{place}"
        source = self.writer.feel(column.compiled)
        self.writer.line(f"{column.variable} = {source}")
        self.writer.warn(source, self.decision.source.id)
        simple, other = split_cells(column, self.constants)
        constrained = sum(1 << cell.row for cell in column.cells)
        free = ((1 << count) - 1) & ~constrained
        index = build_index([(cell.row, found) for cell, found in simple], free)
        true, maybe = f"t{name}", f"y{name}"
        known = _lookup(self.writer, name, index, column.variable, int)
        null_true, null_maybe = self._null(simple, index, free)
        if simple or not other:
            nulls = self.writer.constant(f"_N{name}", (null_true, null_maybe))
            with self.writer.block(f"if {column.variable} is None:"):
                self.writer.line(f"{true}, {maybe} = {nulls}")
            with self.writer.block("else:"):
                self.writer.line(f"{true} = {maybe} = {known}")
        else:
            self.writer.line(f"{true} = {maybe} = {self.writer.constant(f'_F{name}', free)}")
        for cell in other:
            self._cell(cell, true, maybe)
        return true, maybe

    @staticmethod
    def _null(simple: list[tuple[Cell, SimpleCell]], index: ColumnIndex, free: int) -> tuple[int, int]:
        """The sets for a null value: constrained rows are unknown, unless the rule gives a value for the missing one."""
        true = maybe = free
        for cell, _ in simple:
            bit = 1 << cell.row
            if cell.substitute is None:
                maybe |= bit
            elif index.rows(cell.substitute) & bit:
                true |= bit
                maybe |= bit
        return true, maybe

    def _cell(self, cell: Cell, true: str, maybe: str) -> None:
        source = self.writer.feel(cell.compiled)
        bit = self.writer.constant(f"_B{cell.row}", 1 << cell.row)
        self.writer.line(f"g = {source}")
        self.writer.line(f"if g is True: {true} |= {bit}; {maybe} |= {bit}")
        self.writer.line(f"elif g is not False: {maybe} |= {bit}")
        table = self.decision.source.logic
        if isinstance(table, Table):
            self.writer.warn(source, table.rows[cell.row].id)

    def _outputs(self, table: Table, matched: str, undecided: str) -> str:
        constants: dict[int, Entry] = {}
        dynamic: list[int] = []
        for number, entry in enumerate(self.decision.outputs):
            values = tuple(compiled.constant for compiled in entry)
            if NOT_CONSTANT in values:
                dynamic.append(number)
            else:
                constants[number] = values
        default = None
        if self.decision.default is not None:
            default = tuple(compiled.constant for compiled in self.decision.default)
            if NOT_CONSTANT in default:
                default = None
        resolver = self.resolver = Resolver(table.hit_policy, tuple(table.outputs), constants, default, ranks(table))
        value = f"d{self.index}"
        if not dynamic and (self.decision.default is None or default is not None):
            memo = self.writer.constant(f"_M{self.index}", resolver.memo.get)
            resolve = self.writer.constant(f"_R{self.index}", resolver.constant)
            self.writer.line(f"{value}, f = {memo}(k := ({matched}, {undecided})) or {resolve}(k)")
            self.writer.line(f"if f: F.append(({self.index}, f))")
            return "None"
        return self._dynamic(table, resolver, dynamic, computed=default is None)

    def _dynamic(self, table: Table, resolver: Resolver, rows: list[int], *, computed: bool) -> str:
        """Write outputs that depend on the signals: computed for the rows that match or may match."""
        entries = f"o{self.index}"
        known = self.writer.constant(f"_C{self.index}", dict(resolver.constants))
        self.writer.line(f"{entries} = {known}.copy()")
        for number in rows:
            bit = self.writer.constant(f"_B{number}", 1 << number)
            sources = [self.writer.feel(compiled) for compiled in self.decision.outputs[number]]
            with self.writer.block(f"if q{self.index} & {bit}:"):
                self.writer.line(f"{entries}[{number}] = ({', '.join(sources)},)")
                self.writer.warn(" ".join(sources), table.rows[number].id)
        fallback = "None"
        if computed and self.decision.default is not None:
            sources = [self.writer.feel(compiled) for compiled in self.decision.default]
            fallback = f"({', '.join(sources)},)"
            self.writer.line(f"f{self.index} = {fallback}")
            self.writer.warn(fallback, self.decision.source.id)
            fallback = f"f{self.index}"
        resolve = self.writer.constant(f"_R{self.index}", resolver.resolve)
        call = f"{resolve}(m{self.index}, u{self.index}, {entries}, {fallback})"
        self.writer.line(f"d{self.index}, f = {call}")
        self.writer.line(f"if f: F.append(({self.index}, f))")
        return entries

    # -- scorecards

    def scorecard(self, card: Scorecard) -> list[str]:
        """Write a scorecard; the names of the variables that hold the band of each characteristic."""
        names = []
        for place, (one, column) in enumerate(zip(card.characteristics, self.decision.columns, strict=True)):
            band = f"b{self.index}_{place}"
            source = self.writer.feel(column.compiled)
            self.writer.line(f"{column.variable} = {source}")
            self.writer.warn(source, one.id)
            self._band(place, column, band, skipped=skips(one.if_missing))
            names.append(band)
        points = [[band.points for band in one.bands] + [0, 0, 0] for one in card.characteristics]
        terms = [
            f"{self.writer.constant(f'_P{self.index}_{place}', tuple(points[place]))}[{name}]"
            for place, name in enumerate(names)
        ]
        base = self.writer.constant(f"_P{self.index}", card.base)
        whole = isinstance(card.base, int) and all(isinstance(value, int) for row in points for value in row)
        total = " + ".join([base, *terms]) if whole else f"_total([{', '.join([base, *terms])}])"
        self.writer.line(f"d{self.index} = {total}")
        if names:
            below = " or ".join(f"{name} < 0" for name in names)
            with self.writer.block(f"if {below}:"):
                self.writer.line(f"if _gaps(F, {self.index}, ({', '.join(names)},)): open_ = True")
        return names

    def _band(self, place: int, column: Column, band: str, *, skipped: bool) -> None:
        name = f"{self.index}_{place}"
        simple, other = split_cells(column, self.constants)
        missing = SKIPPED_BAND if skipped else UNKNOWN_BAND
        if not other:
            index = build_index([(cell.row, found) for cell, found in simple], 0)
            substitute = column.cells[0].substitute if column.cells else None
            if substitute is not None:
                missing = first_band(index.rows(substitute))
            known = _lookup(self.writer, name, index, column.variable, first_band)
            self.writer.line(f"{band} = {missing} if {column.variable} is None else {known}")
            return
        self.writer.line(f"{band} = {NO_BAND}")
        with self.writer.block("while True:"):
            for cell in column.cells:
                source = self.writer.feel(cell.compiled)
                self.writer.line(f"g = {source}")
                self.writer.warn(source, column.name)
                self.writer.line(f"if g is True: {band} = {cell.row}; break")
                self.writer.line(f"if g is not False: {band} = {missing}; break")
            self.writer.line("break")


def first_band(rows: int) -> int:
    """The number of the first band in a set, or that of none."""
    return (rows & -rows).bit_length() - 1 if rows else NO_BAND


def gaps(faults: list[tuple[int, Fault]], decision: int, bands: tuple[int, ...]) -> bool:
    """Record characteristics whose input lies in no band; whether any input is unknown."""
    faults.extend((decision, ("no_band", place)) for place, band in enumerate(bands) if band == NO_BAND)
    return UNKNOWN_BAND in bands


def ranks(table: Table) -> tuple[Mapping[Any, int] | None, ...]:
    """The order of priority of each output's values; None where none is declared."""
    return tuple(rank_of(output) for output in table.outputs.values())


def rank_of(output: Output) -> Mapping[Any, int] | None:
    """The order of priority of one output's values."""
    return None if output.values is None else {value: place for place, value in enumerate(output.values)}


def points_column(table: Table) -> int | None:
    """Which output holds a rule's points: the one named so, or the only one of a sum."""
    names = list(table.outputs)
    if "points" in names:
        return names.index("points")
    return 0 if table.hit_policy is HitPolicy.SUM else None
