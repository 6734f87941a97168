"""Tables and scorecards in a program: their columns coded, the rest decided by slice once for each combination."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import polars as pl

from engine.feel import NOT_CONSTANT
from engine.frames import numbers
from engine.frames.builder import KINDS, Builder
from engine.frames.coder import MAX_DENSE, Coder
from engine.frames.codes import Key, coded, ends_of, usable
from engine.frames.sheet import Column, Form
from engine.frames.slices import Slice
from engine.frames.translate import Unsupported
from engine.pack.model import Expr, HitPolicy, Scorecard, SignalSpec, Table
from engine.pack.problems import Place
from engine.pack.typed import Column as TableColumn
from engine.pack.typed import TypedDecision

_SLICE: Final = Place("slice")


def add_table(builder: Builder, decision: TypedDecision, logic: Table | Scorecard | Expr) -> str | None:
    """Code a table's or scorecard's columns; why not, where one cannot be."""
    inputs: dict[str, SignalSpec] = {}
    keys: dict[str, Key] = {}
    texts: list[Expr] = []
    doubts: list[pl.Expr | None] = []
    for place, column in enumerate(decision.columns):
        found = _key(builder, f"k{decision.index}_{place}", column, doubts)
        if found is None:
            texts.append(_text(logic, place))
            continue
        key, kind = found
        signal = f"column.c{decision.index}_{place}"
        inputs[signal] = SignalSpec(signal, kind, _SLICE)
        keys[signal] = key
        texts.append(Expr(signal))
    cut = builder.slicer.decision(replace(decision.source, logic=_with_inputs(logic, texts)), inputs)
    if any(name not in keys for name in cut.inputs):
        more = builder.raw_keys(replace(cut, inputs=tuple(name for name in cut.inputs if name not in keys)))
        if more is None:
            return "it reads what has no column form"
        names = [name for name in cut.inputs if name not in keys]
        keys |= dict(zip(names, more, strict=True))
        builder.program.fallbacks[decision.source.id] = f"decided for each different {', '.join(names)}"
    builder.doubts += doubts
    add_coder(builder, decision, cut, tuple(keys[name] for name in cut.inputs))
    return None


def _key(builder: Builder, name: str, column: TableColumn, doubts: list[pl.Expr | None]) -> tuple[Key, str] | None:
    """The codes of one column of a table, and its kind; None where the scalar engine must see its inputs."""
    ends = ends_of(column, builder.landmarks)
    if ends is None:
        return None
    try:
        found = builder.translator().translate(column.compiled.node)
    except Unsupported:
        return None
    if found.kind not in KINDS or found.kind != column.compiled.type.name:
        return None
    key = coded(builder.sheet, found, ends, name)
    if key is None or not usable(key[0]):
        return None
    doubts.append(key[1])
    return key[0], found.kind


def _text(logic: Table | Scorecard | Expr, place: int) -> Expr:
    if isinstance(logic, Table):
        return list(logic.inputs.values())[place]
    assert isinstance(logic, Scorecard)
    return logic.characteristics[place].input


def add_coder(builder: Builder, decision: TypedDecision, cut: Slice, keys: tuple[Key, ...]) -> None:
    """Let a slice decide a decision; what it gives is a column, where its type has one."""
    kind = decision.type.name if decision.type.name in KINDS else None
    form = static_form(decision) if kind == "number" else Form(0)
    variable = f"d{decision.index}"
    coder = Coder(decision.source.id, variable, cut, keys, builder.as_of, kind, form)
    spec = builder.pack.source.verdict
    coder.reported = decision.source.id in {spec.score, spec.category}
    size = 1
    for key in keys:
        size *= key.radix or MAX_DENSE
    if keys and size <= MAX_DENSE and all(key.radix for key in keys):
        coder.dense = f"k{decision.index}"
        code: pl.Expr = pl.lit(0, pl.UInt32)
        for key in keys:
            code = code * (key.radix or 1) + pl.col(key.column)
        builder.sheet.put(code.cast(pl.UInt32), coder.dense)
    builder.add(coder)
    if kind is not None:
        rough = kind == "number" and form.scale is None
        error = pl.col(f"{variable}e") if rough else None
        builder.columns[decision.source.id] = Column(kind, pl.col(variable), form, error)
    builder.program.coders[decision.source.id] = coder


def _with_inputs(logic: Table | Scorecard | Expr, texts: list[Expr]) -> Table | Scorecard:
    if isinstance(logic, Table):
        return replace(logic, inputs=dict(zip(logic.inputs, texts, strict=True)))
    assert isinstance(logic, Scorecard)
    pairs = zip(logic.characteristics, texts, strict=True)
    return replace(logic, characteristics=tuple(replace(one, input=text) for one, text in pairs))


def static_form(decision: TypedDecision) -> Form:
    """The scale at which every number that a table or scorecard can give is exact; none where it computes them."""
    logic = decision.source.logic
    values: list[Any] = []
    if isinstance(logic, Scorecard):
        values = [logic.base, *(band.points for one in logic.characteristics for band in one.bands)]
    elif isinstance(logic, Table):
        counts = logic.hit_policy is HitPolicy.COUNT
        entries: Iterable[Any] = () if counts else decision.outputs
        values = [compiled.constant for entry in (*entries, decision.default or ()) for compiled in entry]
    else:
        return numbers.ROUGH
    if NOT_CONSTANT in values:
        return numbers.ROUGH
    scales = [numbers.scale_of(value) for value in values if value is not None]
    known = [scale for scale in scales if scale is not None]
    return numbers.exact(max(known, default=0)) if len(known) == len(scales) else numbers.ROUGH
