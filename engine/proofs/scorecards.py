"""Scorecards in formulas: for every characteristic the first band that holds, and the points of them all.

A missing input is unknown before any band is asked, as is a band that cannot be decided; an input in no band is a fault.
"""

from __future__ import annotations

from engine.pack.columns import simple_cell
from engine.pack.model import Scorecard
from engine.pack.typed import Column, TypedDecision, skips
from engine.proofs.arithmetic import added
from engine.proofs.hit_values import total
from engine.proofs.state import TableState
from engine.proofs.tables import CellTranslator
from engine.proofs.terms import Formula, Scalar, Value, both, disj, either, neg
from engine.proofs.translate import Names, Translator
from engine.proofs.world import World


class CardTranslator(CellTranslator):
    """The translation of one scorecard."""

    def __init__(self, world: World, names: Names, decision: TypedDecision) -> None:
        super().__init__(world, names)
        self.decision = decision

    def scorecard(self, card: Scorecard) -> TableState:
        """A scorecard: the first band that holds of every characteristic."""
        state = TableState()
        translator = Translator(self.world, self.names)
        sum_ = self.world.constant(card.base)
        assert isinstance(sum_, Scalar)
        for one, column in zip(card.characteristics, self.decision.columns, strict=True):
            value = self.column(column)
            state.columns.append(value)
            bands, unknown = self._bands(column, value)
            state.bands.append(bands)
            inside = disj(bands)
            state.fault = either(state.fault, both(neg(inside), neg(unknown)))
            skipped = skips(one.if_missing)
            state.open = either(state.open, False if skipped else unknown)
            state.undecided.append(unknown)
            fires = [bool(band.points) or bool(band.words.reason) for band in one.bands]
            state.fired.append(disj(band for band, fire in zip(bands, fires, strict=True) if fire))
            points = [(band, self.world.constant(one.bands[place].points)) for place, band in enumerate(bands)]
            gained = total(self.world, self.names, [(band, one) for band, one in points if isinstance(one, Scalar)])
            sum_ = added(translator, sum_, gained)
        state.value = sum_
        state.matched = state.fired
        state.warned = self.warned
        return state

    def _bands(self, column: Column, value: Value) -> tuple[list[Formula], Formula]:
        """When each band is the one, and when an unknown input or band stands before them all."""
        bands: list[Formula] = []
        substitute = column.cells[0].substitute if column.cells else None
        blocked = both(value.null, self._indexed(column)) if substitute is None else False
        unknown: list[Formula] = [blocked]
        reached = neg(blocked)
        for cell in column.cells:
            answer = self.cell(cell, value, path=reached)
            bands.append(both(reached, answer.yes))
            unknown.append(both(reached, answer.null))
            reached = both(reached, answer.no)
        return bands, disj(unknown)

    def _indexed(self, column: Column) -> Formula:
        """On which dates every band of a column is a simple cell, for then a missing input is unknown before any band."""
        found: list[Formula] = []
        for span, constants in self.world.spans():
            simple = all(
                simple_cell(cell.compiled.node, column.compiled.type, constants) is not None for cell in column.cells
            )
            found.append(span if simple else False)
        return disj(found)
