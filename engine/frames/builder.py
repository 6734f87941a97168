"""A program in the making: its sheet, the columns that names stand for, and the nodes that slices decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

import polars as pl

from engine.frames import functions, membership, numbers
from engine.frames.coder import Coder
from engine.frames.codes import Key, raw
from engine.frames.facts import Usage
from engine.frames.sheet import AS_OF, Column, Form, Sheet
from engine.frames.slices import Slice, Slicer
from engine.frames.translate import Translator, Unsupported, constant_column
from engine.frames.verdicts import VerdictCoder
from engine.frames.views import FactView, View, WholeView

if TYPE_CHECKING:
    from engine.pack.pack import Pack

assert functions  # these two register what they translate
assert membership

KINDS: Final = frozenset({"number", "string", "boolean", "date"})
Node = Coder | VerdictCoder


@dataclass
class Program:
    """The steps of one compiled pack: the sheet's columns, and the nodes in pack order with the levels they run at.

    `fallbacks` names what is decided by slice for want of a column form, with the reason; `views` the numbers of list
    signals by column; `coders` the decisions that are nodes; `route_at` the level after which the verdict is known.
    """

    sheet: Sheet
    nodes: list[tuple[int, Node]] = field(default_factory=list)
    fallbacks: dict[str, str] = field(default_factory=dict)
    views: dict[str, tuple[str, View]] = field(default_factory=dict)
    score: str | None = None
    category: str | None = None
    score_column: Column | None = None
    coders: dict[str, Coder] = field(default_factory=dict)
    route_at: int = 0


class Builder:
    """Builds the program of a pack. `forms` says what the numbers of each signal's column stand for."""

    def __init__(self, pack: Pack, as_of: date, forms: Mapping[str, Form]) -> None:
        self.pack = pack
        self.as_of = as_of
        self.typed = pack.typed
        self.sheet = Sheet()
        self.program = Program(self.sheet)
        self.columns: dict[str, Column] = {AS_OF: Column("date", pl.col(AS_OF))}
        self.lists: set[str] = set()
        self.doubts: list[pl.Expr | None] = []
        self.slicer = Slicer(pack, self.held)
        found = pack.program.parameters(as_of)
        constants = {name: None if value is None else value.value for name, value in found.items()}
        # A parameter without a value makes its cells unknown for every value; any value shows which cells compare.
        last = {name: one.values[-1].value for name, one in pack.parameters.items() if one.values}
        self.landmarks = last | {name: value for name, value in constants.items() if value is not None}
        for name, value in constants.items():
            try:
                self.columns[name] = constant_column(list(value) if isinstance(value, tuple) else value)
            except Unsupported:
                continue
        self._signals(forms)

    def _signals(self, forms: Mapping[str, Form]) -> None:
        names = [AS_OF]
        for name, spec in self.pack.source.signals.items():
            variable = self.typed.variables[name]
            names.append(variable)
            if spec.type in KINDS:
                self.columns[name] = Column(spec.type, pl.col(variable), forms.get(name, numbers.SPELT))
            elif spec.type == "list":
                self.lists.add(name)
        self.sheet.given(names)

    def held(self, name: str) -> str | None:
        """The type of a decision that columns hold exactly, for slices to take as an input."""
        column = self.columns.get(name)
        if column is None or column.kind not in KINDS:
            return None
        exact = column.kind != "number" or column.form.scale is not None or column.form.spelt
        return column.kind if exact else None

    def translator(self, overrides: Mapping[str, Column] | None = None) -> Translator:
        """A translator of texts that speak of the pack's names; `overrides` have other columns for some."""
        found = {**self.columns, **(overrides or {})}
        return Translator(self.sheet, found.get)

    def raw_keys(self, cut: Slice, used: Mapping[str, Mapping[str, Usage]] | None = None) -> tuple[Key, ...] | None:
        """The plain columns that a slice takes; None where one has no column. `used` says how facts are looked at."""
        keys = []
        for name in cut.inputs:
            if name in self.lists:
                keys.append(self._list_key(name, (used or {}).get(name)))
                continue
            column = self.columns.get(name)
            if column is None or not column.value.meta.is_column():
                return None
            keys.append(raw(column, column.value.meta.output_name()))
        return tuple(keys)

    def _list_key(self, name: str, used: Mapping[str, Usage] | None) -> Key:
        """A list signal by number: of what is used of its facts, or as it is."""
        variable = self.typed.variables[name]
        view: View = WholeView()
        if used is not None:
            looks = FactView(self.pack.source.signals[name], used)
            view = looks if looks.fits else view
        column = f"{variable}p" if view.lasting else f"{variable}l"
        if column not in self.program.views:
            self.program.views[column] = (name, view)
            self.sheet.given([column])
        return Key(column, lambda value: value)

    def add(self, node: Node) -> None:
        """Put a node at the level where all it reads is there."""
        level = max((self.sheet.levels[name] for name in node.reads), default=0)
        self.program.nodes.append((level, node))
        self.sheet.levels |= dict.fromkeys(node.writes, level)
        if isinstance(node, Coder):
            self.doubts.append(pl.col(f"{node.variable}x"))
