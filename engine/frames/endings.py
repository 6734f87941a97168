"""The ends of a program: the verdict's rules, and the route of what is not approved."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from engine.frames import numbers
from engine.frames.builder import Builder
from engine.frames.coder import Coder
from engine.frames.sheet import Column, either
from engine.frames.translate import Unsupported, constant_column
from engine.frames.verdicts import VerdictCoder
from engine.pack.typed import skips


def add_verdict(builder: Builder) -> None:
    """Translated rules are packed into numbers; a rule that has no column form is decided by slice."""
    waiting: list[tuple[int, pl.Expr]] = []
    for number, (rule, compiled) in enumerate(zip(builder.pack.source.verdict.rules, builder.typed.rules, strict=True)):
        try:
            overrides = _substitutes(builder, rule.if_missing)
            column = builder.translator(overrides).boolean(compiled.node)
        except Unsupported as reason:
            _pack_rules(builder, waiting)
            waiting = []
            builder.program.fallbacks[rule.id] = str(reason)
            cut = builder.slicer.rule(number)
            keys = builder.raw_keys(cut)
            if keys is None:
                raise Unsupported(f"{rule.id} reads what has no column form") from None
            severity = 0 if rule.verdict is None else rule.verdict.severity
            builder.add(Coder(rule.id, f"r{number}", cut, keys, builder.as_of, severity=severity))
            continue
        builder.doubts.append(column.doubt)
        waiting.append((number, builder.sheet.keep(column.value)))
        if len(waiting) == VerdictCoder.MOST:
            _pack_rules(builder, waiting)
            waiting = []
    _pack_rules(builder, waiting)


def _pack_rules(builder: Builder, rules: list[tuple[int, pl.Expr]]) -> None:
    if not rules:
        return
    variable = f"v{rules[0][0]}"
    code: pl.Expr = pl.lit(0, pl.UInt64)
    for place, (_, value) in enumerate(rules):
        # Two bits for a rule: 1 where it fired, 2 where it is not known.
        two = pl.when(value.is_null()).then(pl.lit(2, pl.UInt64)).otherwise(value.cast(pl.UInt64))
        code = code + two * 4**place
    builder.sheet.put(code, f"{variable}k")
    source = builder.pack.source.verdict.rules
    facts = [
        (source[number].id, source[number].verdict.severity, skips(source[number].if_missing)) for number, _ in rules
    ]
    builder.add(VerdictCoder(variable, tuple(facts)))


def _substitutes(builder: Builder, if_missing: object) -> dict[str, Column]:
    """The columns of names for which a rule gives a value where they are missing."""
    found: dict[str, Column] = {}
    if not isinstance(if_missing, Mapping):
        return found
    for name, value in if_missing.items():
        column = builder.columns.get(name)
        given = constant_column(value)
        if column is None or given.kind != column.kind:
            raise Unsupported(f"{name} has no column form")
        if column.kind == "number":
            column, given = (builder.sheet.kept(one) for one in numbers.aligned(builder.sheet, [column, given]))
        error = None if column.error is None or given.error is None else column.error.fill_null(given.error)
        doubt = either([column.doubt, given.doubt])
        found[name] = Column(column.kind, column.value.fill_null(given.value), column.form, error, doubt)
    return found


def add_routes(builder: Builder) -> None:
    """Score and category as they are reported, and the first route that is not false."""
    score = builder.pack.source.verdict.score
    builder.program.score_column = builder.columns.get(score) if score else None
    builder.columns["verdict"] = Column("string", pl.col("verdict"))
    builder.sheet.levels["verdict"] = max(builder.sheet.levels.values(), default=0)
    builder.program.route_at = builder.sheet.levels["verdict"]
    conditions: list[tuple[int, pl.Expr]] = []
    for number, compiled in enumerate(builder.typed.routes):
        if compiled is None:
            conditions.append((number, pl.lit(value=True)))
            break
        source = builder.pack.source.routes[number]
        try:
            column = builder.translator().boolean(compiled.node)
        except Unsupported as reason:
            builder.program.fallbacks[f"route {source.id}"] = f"its rows are decided one by one: {reason}"
            column = Column("boolean", pl.lit(None, pl.Boolean), doubt=pl.lit(value=True))
        if column.doubt is not None:
            passed = [value for _, value in conditions]
            asked = pl.col("verdict") != "approve"
            for value in passed:
                asked = asked & ~value
            builder.doubts.append(column.doubt & asked)
        conditions.append((number, builder.sheet.keep(column.value.fill_null(value=True))))
    route: pl.Expr = pl.lit(None, pl.Int16)
    for number, value in reversed(conditions):
        route = pl.when(value).then(pl.lit(number, pl.Int16)).otherwise(route)
    builder.sheet.put(pl.when(pl.col("verdict") != "approve").then(route), "route")
