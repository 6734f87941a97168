"""Writes decision tables as Python: which rows match, which are not ruled out, and what the hit policy makes of them.

Two ways lead there, chosen when the table is compiled. Where every cell is simple and the outputs constant, and the
columns tell few classes of values apart, a value is reduced to its class and the tuple of classes recalls the outcome
of the whole table in one look-up (`Recall`); an unseen tuple is worked out once. Every other table computes two sets of
rows as integers: a column of simple cells contributes both with one look-up, other cells are compiled FEEL, one test
each. Either way a decision costs what its columns cost, hardly what its rows do. What matched and what is undecided is
kept for the trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, Final

from engine.feel import NOT_CONSTANT
from engine.pack.columns import ColumnIndex, SimpleCell, build_index, simple_cell
from engine.pack.hit_policy import Entry, Resolver
from engine.pack.model import HitPolicy, Output, Table
from engine.pack.recall import OTHER, ColumnSets, Recall
from engine.pack.typed import Cell, Column, TypedDecision, skips
from engine.pack.writer import Writer

MAX_CLASS_TUPLES: Final = 1 << 20
"""Tables whose columns could combine to more tuples of classes than this would mostly meet new ones."""

_INLINE_CUTS: Final = 3
"""So many comparisons in a row are quicker than a call of `bisect`."""

_SINGLE_HIT: Final = frozenset({HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY})


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


def class_source(writer: Writer, name: str, index: ColumnIndex, variable: str) -> str:
    """The number of the class that a non-null value of an ordered column is in."""
    if len(index.starts) + len(index.afters) <= _INLINE_CUTS:
        cuts = [f"({variable} >= {_end(writer, f'_L{name}_{n}', end)})" for n, end in enumerate(index.starts)]
        cuts += [f"({variable} > {_end(writer, f'_H{name}_{n}', end)})" for n, end in enumerate(index.afters)]
        return " + ".join(cuts) or "0"
    parts = [f"_br({writer.constant(f'_L{name}', index.starts)}, {variable})"] if index.starts else []
    parts += [f"_bl({writer.constant(f'_H{name}', index.afters)}, {variable})"] if index.afters else []
    return " + ".join(parts)


def _end(writer: Writer, name: str, end: object) -> str:
    """An endpoint: a small integer stands in the text, anything else is a constant."""
    return str(end) if end.__class__ is int and abs(end) < 1 << 62 else writer.constant(name, end)


class TableWriter:
    """Writes one decision's table."""

    def __init__(self, writer: Writer, decision: TypedDecision, constants: Mapping[str, object]) -> None:
        self.writer = writer
        self.decision = decision
        self.constants = constants
        self.index = decision.index
        self.resolver: Resolver

    def table(self, table: Table) -> str:
        """Write a table; the name of the variable that goes into the trace: (matched, possible, computed outputs)."""
        skipping = sum(1 << number for number, row in enumerate(table.rows) if skips(row.if_missing))
        every = (1 << len(table.rows)) - 1
        split = [split_cells(column, self.constants) for column in self.decision.columns]
        sets = [
            self._sets(column, simple, every) for column, (simple, _) in zip(self.decision.columns, split, strict=True)
        ]
        dynamic, default = self._outputs(table)
        computed = self.decision.default is not None and default is None
        few = prod(one.index.classes + 1 for one in sets) <= MAX_CLASS_TUPLES
        if few and not dynamic and not computed and not any(other for _, other in split):
            self._recalled(Recall(self.resolver, tuple(sets), every, every & ~skipping))
        else:
            self._matched(table, sets, [other for _, other in split], skipping)
            self._resolved(table, dynamic, computed=computed)
        return f"r{self.index}"

    def _sets(self, column: Column, simple: list[tuple[Cell, SimpleCell]], every: int) -> ColumnSets:
        """The sets of rows of a column's values: constrained rows are unknown for null, unless the rule gives a value."""
        free = every & ~sum(1 << cell.row for cell in column.cells)
        index = build_index([(cell.row, found) for cell, found in simple], free)
        true = maybe = free
        for cell, _ in simple:
            bit = 1 << cell.row
            if cell.substitute is None:
                maybe |= bit
            elif index.rows(cell.substitute) & bit:
                true |= bit
                maybe |= bit
        return ColumnSets(index, (true, maybe))

    def _outputs(self, table: Table) -> tuple[list[int], Entry | None]:
        """Make the resolver; the rows whose outputs depend on the signals, and the default where it is constant."""
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
        self.resolver = Resolver(table.hit_policy, tuple(table.outputs), constants, default, ranks(table))
        return dynamic, default

    def _input(self, column: Column) -> str:
        """Write a column's expression; the variable that holds its value."""
        source = self.writer.feel(column.compiled)
        self.writer.line(f"{column.variable} = {source}")
        self.writer.warn(source, self.decision.source.id)
        return column.variable

    # -- by classes

    def _recalled(self, recall: Recall) -> None:
        number = self.index
        keys = ""
        for place, (column, sets) in enumerate(zip(self.decision.columns, recall.columns, strict=True)):
            source = column.compiled.source
            variable = source if source.isidentifier() else self._input(column)
            keys += f"{self._key(place, column, sets, variable)}, "
        recalled = self.writer.constant(f"_T{number}", recall)
        self.writer.line(f"d{number}, x, r{number} = {recalled}[{keys or '()'}]")
        with self.writer.block("if x:"):
            self.writer.line("if x[0]: open_ = True")
            self.writer.line(f"if x[1]: F.append(({number}, x[1]))")

    def _key(self, place: int, column: Column, sets: ColumnSets, variable: str) -> str:
        """What a column's value counts as: its class, or the value itself where few values can come."""
        name = f"{self.index}_{place}"
        if sets.index.by_value is None:
            return f"None if {variable} is None else {class_source(self.writer, name, sets.index, variable)}"
        if not sets.index.by_value:  # no cell says anything of it, nor of its being null
            return "0"
        if column.compiled.type.name == "boolean" or column.compiled.type.values is not None:
            return variable
        named: dict[Any, Any] = {value: value for value in sets.index.by_value}
        known = self.writer.constant(f"_X{name}", {None: None, **named})
        return f"{known}.get({variable}, {self.writer.constant('_OTHER', OTHER)})"

    # -- by sets of rows

    def _matched(self, table: Table, sets: list[ColumnSets], others: list[list[Cell]], skipping: int) -> None:
        """Write which rows match (m), which are not ruled out (q), and which are undecided (u)."""
        number = self.index
        matched, possible = f"m{number}", f"q{number}"
        pairs = [
            self._column(table, place, one, other) for place, (one, other) in enumerate(zip(sets, others, strict=True))
        ]
        every = self.writer.constant(f"_A{number}", (1 << len(table.rows)) - 1)
        self.writer.line(f"{matched} = {' & '.join(true for true, _ in pairs) or every}")
        known = " and ".join(f"{true} is {maybe}" for true, maybe in pairs) or "True"
        self.writer.line(f"{possible} = {matched} if {known} else {' & '.join(maybe for _, maybe in pairs) or every}")
        if table.hit_policy is HitPolicy.FIRST:  # what comes after the first match is not asked
            with self.writer.block(f"if {matched}:"):
                self.writer.line(f"{matched} &= -{matched}; {possible} &= 2 * {matched} - 1")
        mask = f" & {self.writer.constant(f'_K{number}', ~skipping)}" if skipping else ""
        self.writer.line(f"u{number} = ({matched} ^ {possible}){mask}")
        self.writer.line(f"if u{number}: open_ = True")

    def _column(self, table: Table, place: int, sets: ColumnSets, other: list[Cell]) -> tuple[str, str]:
        column = self.decision.columns[place]
        name = f"{self.index}_{place}"
        true, maybe = f"t{name}", f"y{name}"
        self._input(column)
        nulls = self.writer.constant(f"_N{name}", sets.nulls)
        with self.writer.block(f"if {column.variable} is None:"):
            self.writer.line(f"{true}, {maybe} = {nulls}")
        with self.writer.block("else:"):
            self.writer.line(f"{true} = {maybe} = {self._lookup(name, sets.index, column.variable)}")
        for cell in other:
            self._cell(cell, table.rows[cell.row].id, true, maybe)
        return true, maybe

    def _lookup(self, name: str, index: ColumnIndex, variable: str) -> str:
        """The expression that finds the rows for a non-null value."""
        if index.by_value is not None:
            rows, other = (
                self.writer.constant(f"_X{name}", index.by_value),
                self.writer.constant(f"_O{name}", index.other),
            )
            return f"{rows}.get({variable}, {other})" if index.by_value else other
        return f"{self.writer.constant(f'_S{name}', index.sets)}[{class_source(self.writer, name, index, variable)}]"

    def _cell(self, cell: Cell, rule: str, true: str, maybe: str) -> None:
        source = self.writer.feel(cell.compiled)
        bit = self.writer.constant(f"_B{cell.row}", 1 << cell.row)
        self.writer.line(f"g = {source}")
        self.writer.line(f"if g is True: {true} |= {bit}; {maybe} |= {bit}")
        self.writer.line(f"elif g is not False: {maybe} |= {bit}")
        self.writer.warn(source, rule)

    def _resolved(self, table: Table, dynamic: list[int], *, computed: bool) -> None:
        """Write what the hit policy makes of the sets, and the table's mark for the trace."""
        number = self.index
        entries = "None"
        if dynamic or computed:
            entries = self._dynamic(table, dynamic, computed=computed)
        else:
            memo = self.writer.constant(f"_M{number}", self.resolver.memo.get)
            resolve = self.writer.constant(f"_R{number}", self.resolver.constant)
            recalled = f"d{number}, f = {memo}(k := (m{number}, u{number})) or {resolve}(k)"
            if table.hit_policy in _SINGLE_HIT:  # one row or none: its number says all, and no large set is hashed
                alone = self.writer.constant(f"_V{number}", self.resolver.alone(len(table.rows)))
                self.writer.line(f"if u{number} or m{number} & (m{number} - 1): {recalled}")
                self.writer.line(f"else: d{number}, f = {alone}[m{number}.bit_length()]")
            else:
                self.writer.line(recalled)
        self.writer.line(f"if f: F.append(({number}, f))")
        if table.hit_policy is HitPolicy.PRIORITY:  # of those that match only the chosen one has fired
            pick = self.writer.constant(f"_G{number}", self.resolver.best)
            known = entries if entries != "None" else self.writer.constant(f"_C{number}", self.resolver.constants)
            with self.writer.block(f"if m{number} & (m{number} - 1):"):
                self.writer.line(f"k = {pick}(m{number}, {known}); q{number} &= ~(m{number} ^ k); m{number} = k")
        self.writer.line(f"r{number} = m{number}, q{number}, {entries}")

    def _dynamic(self, table: Table, rows: list[int], *, computed: bool) -> str:
        """Write outputs that depend on the signals: computed for the rows that match or may match."""
        entries = f"o{self.index}"
        known = self.writer.constant(f"_C{self.index}", dict(self.resolver.constants))
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
        resolve = self.writer.constant(f"_R{self.index}", self.resolver.resolve)
        self.writer.line(f"d{self.index}, f = {resolve}(m{self.index}, u{self.index}, {entries}, {fallback})")
        return entries


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
