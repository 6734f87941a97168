"""Decision tables in formulas: which rows match, and which are undecided.

A table with more rows than the bound is not translated: it may be worth anything, so that no check takes minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.pack.model import LISTING, HitPolicy, Table
from engine.pack.typed import Cell, Column, TypedDecision, skips
from engine.proofs.hit_values import HitValues
from engine.proofs.state import TableState
from engine.proofs.terms import Formula, Nothing, Scalar, Truth, Value, both, disj, every, merged, neg
from engine.proofs.translate import Names, Translator
from engine.proofs.world import World

MAX_ROWS: Final = 1_000
"""Rows that a table is translated with; beyond them its value is left free."""


def substituted(world: World, value: Value, substitute: object) -> Value:
    """A value with a constant in place of null."""
    if substitute is None:
        return value
    found = merged(value.null, world.constant(substitute), value)
    if found is None:
        return world.any_value("any", "substitute", False)
    if isinstance(found, Truth | Nothing):
        return found
    return (
        Scalar(found.kind, found.term, False, found.grid, found.options, found.before, found.among)
        if isinstance(found, Scalar)
        else found
    )


class CellTranslator:
    """Columns and cells, and the warnings that they may give."""

    def __init__(self, world: World, names: Names) -> None:
        self.world = world
        self.names = names
        self._warned: list[Formula] = []

    @property
    def warned(self) -> Formula:
        """Whether anything translated so far warns."""
        return disj(self._warned)

    def column(self, column: Column) -> Value:
        """What a column is worth."""
        translator = Translator(self.world, self.names)
        value = translator.value(column.compiled.node)
        self._warned.append(translator.warned)
        return value

    def cell(self, cell: Cell, subject: Value, *, path: Formula) -> Truth:
        """Whether a cell accepts; it is asked only where the path holds."""
        translator = Translator(self.world, self.names, substituted(self.world, subject, cell.substitute))
        found = translator.truth(translator.value(cell.compiled.node))
        self._warned.append(both(path, translator.warned))
        return found


class TableTranslator(CellTranslator):
    """The translation of one decision table."""

    def __init__(self, world: World, names: Names, decision: TypedDecision) -> None:
        super().__init__(world, names)
        self.decision = decision
        self.state = TableState()

    def table(self, table: Table, columns: Sequence[Value] | None = None) -> TableState:
        """A table; `columns` gives its inputs where they are not to be computed."""
        state = self.state
        if len(table.rows) > MAX_ROWS:
            return self._untranslated(table)
        state.columns = [self.column(column) for column in self.decision.columns] if columns is None else list(columns)
        cells: list[list[Truth]] = [[] for _ in table.rows]
        for column, subject in zip(self.decision.columns, state.columns, strict=True):
            for cell in column.cells:
                cells[cell.row].append(self.cell(cell, subject, path=True))
        state.rows = [every(tests) for tests in cells]
        self._states(table)
        self._outputs(table)
        state.warned = self.warned
        return state

    def _untranslated(self, table: Table) -> TableState:
        """A table with too many rows: any value of its outputs' kinds, null or not, with or without a fault."""
        state = self.state
        kinds = {kind.type.name for row in self.decision.outputs for kind in row}
        single = len(table.outputs) == 1 and len(kinds) == 1 and table.hit_policy not in LISTING
        kind = "number" if table.hit_policy is HitPolicy.COUNT else kinds.pop() if single else "any"
        state.value = self.world.any_value(kind, "table")
        state.open, state.fault, state.warned = (self.world.fresh("Bool", name) for name in ("open", "fault", "warned"))
        state.translated = False
        return state

    def _states(self, table: Table) -> None:
        state = self.state
        reached: Formula = True
        for row, answer in zip(table.rows, state.rows, strict=True):
            # What comes after the first match of a FIRST table is not asked.
            state.matched.append(both(reached, answer.yes))
            open_ = both(reached, answer.null)
            state.possible.append(both(reached, answer.maybe))
            state.undecided.append(False if skips(row.if_missing) else open_)
            if table.hit_policy is HitPolicy.FIRST:
                reached = both(reached, neg(answer.yes))
        state.fired = state.matched
        state.open = disj(state.undecided)

    def _outputs(self, table: Table) -> None:
        entries = []
        for place, row in enumerate(self.decision.outputs):
            translator = Translator(self.world, self.names)
            entries.append([translator.value(one.node) for one in row])
            self._warned.append(both(self.state.possible[place], translator.warned))
        default: list[Value] | None = None
        if self.decision.default is not None:
            translator = Translator(self.world, self.names)
            default = [translator.value(one.node) for one in self.decision.default]
            self._warned.append(translator.warned)
        HitValues(self.world, self.names, table, self.state).resolve(entries, default)
