"""A pack compiled to columns, for the parameters of one span of dates and the forms of one frame's numbers.

Expressions become columns of the work sheet. Tables, scorecards and patterns become coders: their inputs are columns or
codes, and what they do is decided by the scalar engine once for each different input. So is what has no column form;
those nodes are named in `fallbacks`, with the reason. Whatever the columns leave in doubt ends in one column `doubt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from engine.frames.builder import KINDS, Builder, Program
from engine.frames.coder import Coder
from engine.frames.endings import add_routes, add_verdict
from engine.frames.facts import usages
from engine.frames.sheet import Column, Form, either
from engine.frames.tables import add_coder, add_table
from engine.frames.translate import Unsupported
from engine.pack.model import Expr
from engine.pack.typed import TypedDecision

if TYPE_CHECKING:
    from engine.pack.pack import Pack


def compile_program(pack: Pack, as_of: date, forms: Mapping[str, Form]) -> Program:
    """The program of a pack with the parameters in force on a date.

    Raises:
        Unsupported: where not even a slice of the pack has its inputs in columns; then rows are decided one by one.
    """
    builder = Builder(pack, as_of, forms)
    _patterns(builder)
    for decision in pack.typed.decisions:
        _decision(builder, decision)
    add_verdict(builder)
    spec = pack.source.verdict
    builder.program.score, builder.program.category = spec.score, spec.category
    add_routes(builder)
    doubt = either(builder.doubts)
    builder.sheet.put(pl.lit(value=False) if doubt is None else doubt, "doubt")
    return builder.program


def _patterns(builder: Builder) -> None:
    if not builder.pack.source.patterns:
        return
    cut, exposed = builder.slicer.patterns()
    keys = builder.raw_keys(cut, usages(builder.pack, builder.landmarks))
    if keys is None:
        raise Unsupported("patterns over signals without a column form")
    coder = Coder("patterns", "n", cut, keys, builder.as_of, parts=tuple(exposed))
    builder.add(coder)
    for number, name in enumerate(exposed):
        builder.columns[name] = Column("boolean", pl.col(f"n{number}v"))


def _decision(builder: Builder, decision: TypedDecision) -> None:
    name, logic = decision.source.id, decision.source.logic
    plain = isinstance(logic, Expr)
    reason = _expression(builder, decision) if plain else add_table(builder, decision, logic)
    if reason is None:
        return
    cut = builder.slicer.decision(decision.source)
    builder.program.fallbacks[name] = reason
    keys = builder.raw_keys(cut)
    if keys is None:
        raise Unsupported(f"{name} reads what has no column form")
    add_coder(builder, decision, cut, keys)


def _expression(builder: Builder, decision: TypedDecision) -> str | None:
    """Translate an expression; why not, where it cannot be."""
    assert decision.expression is not None
    name = decision.source.id
    try:
        column = builder.translator().translate(decision.expression.node)
    except Unsupported as reason:
        return str(reason)
    if column.kind not in KINDS | {"days", "months", "null"}:
        return f"a {column.kind} as a value"
    if name == builder.pack.source.verdict.score and column.kind == "number" and column.error is not None:
        return "the reported score is not exact in columns"
    builder.doubts.append(column.doubt)
    variable = builder.typed.variables[name]
    value = column.value.cast(pl.Boolean) if column.kind == "null" else column.value
    value = builder.sheet.put(value, variable)
    error = None if column.error is None else builder.sheet.put(column.error, f"{variable}e")
    builder.columns[name] = Column(column.kind, value, column.form, error)
    return None
