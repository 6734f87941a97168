"""Writes scorecards as Python: the first band of each characteristic that accepts its input, and the sum of their points.

A characteristic whose bands are simple cells finds its band by the class of the input, in one look-up; bands that are
anything else are asked one after the other. An input that is unknown, or lies in no band, has a number of its own and
no points; the verdict is floored for it elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.pack.columns import build_index
from engine.pack.emit_tables import class_source, split_cells
from engine.pack.hit_policy import Fault
from engine.pack.model import Scorecard
from engine.pack.typed import Column, TypedDecision, skips
from engine.pack.writer import Writer

NO_BAND: Final = -1
UNKNOWN_BAND: Final = -2
SKIPPED_BAND: Final = -3
"""Band numbers that are none; the points of a characteristic end in their zeros."""


class ScorecardWriter:
    """Writes one decision's scorecard."""

    def __init__(self, writer: Writer, decision: TypedDecision, constants: Mapping[str, object]) -> None:
        self.writer = writer
        self.decision = decision
        self.constants = constants
        self.index = decision.index

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
        below = " or ".join(f"{name} < 0" for name in names)
        with self.writer.block(f"if {below}:"):
            self.writer.line(f"if _gaps(F, {self.index}, ({', '.join(names)},)): open_ = True")
        return names

    def _band(self, place: int, column: Column, band: str, *, skipped: bool) -> None:
        simple, other = split_cells(column, self.constants)
        missing = SKIPPED_BAND if skipped else UNKNOWN_BAND
        if other:
            self._one_by_one(column, band, missing)
            return
        name, variable = f"{self.index}_{place}", column.variable
        index = build_index([(cell.row, found) for cell, found in simple], 0)
        substitute = column.cells[0].substitute if column.cells else None
        if substitute is not None:
            missing = first_band(index.rows(substitute))
        if index.by_value is None:
            bands = self.writer.constant(f"_S{name}", tuple(first_band(rows) for rows in index.sets))
            known = f"{bands}[{class_source(self.writer, name, index, variable)}]"
        else:
            named = {value: first_band(rows) for value, rows in index.by_value.items()}
            known = f"{self.writer.constant(f'_X{name}', named)}.get({variable}, {first_band(index.other)})"
        self.writer.line(f"{band} = {missing} if {variable} is None else {known}")

    def _one_by_one(self, column: Column, band: str, missing: int) -> None:
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
