"""Membership in columns: `in`, `between` and ranges, as the scalar engine compiles them."""

from __future__ import annotations

import polars as pl

from engine.feel import nodes
from engine.frames.sheet import Column, Sheet, either
from engine.frames.translate import (
    EMITTERS,
    ORDERED,
    Translator,
    Unsupported,
    combined,
    compare,
    constant_column,
)


def _between(translator: Translator, node: nodes.Between) -> Column:
    value, low, high = (translator.translate(part) for part in (node.value, node.low, node.high))
    value = translator.sheet.kept(value)
    lower = compare(translator.sheet, ">=", value, low)
    return combined(translator.sheet, "and", [lower, compare(translator.sheet, "<=", value, high)])


def _in(translator: Translator, node: nodes.In) -> Column:
    return _any_of(translator, node.tests, translator.translate(node.value))


def _any_of(translator: Translator, tests: tuple[nodes.Node, ...], value: Column) -> Column:
    if value.kind not in ORDERED | {"boolean"}:
        raise Unsupported(f"membership of a {value.kind}")
    value = translator.sheet.kept(value)
    return combined(translator.sheet, "or", [_test(translator, test, value) for test in tests])


def _test(translator: Translator, test: nodes.Node, value: Column) -> Column:
    sheet = translator.sheet
    if isinstance(test, nodes.UnaryTest):
        return compare(sheet, test.operator, value, translator.translate(test.operand))
    if isinstance(test, nodes.RangeLiteral):
        return _in_range(translator, test, value)
    if isinstance(test, nodes.ListLiteral):
        items = [translator.translate(item) for item in test.items]
        return _in_list(sheet, value, [item.constant for item in items], all(item.is_constant for item in items))
    found = translator.translate(test)
    if found.kind == "list":
        assert isinstance(found.constant, list)
        return _in_list(sheet, value, found.constant, known=True)
    if found.kind == "boolean" != value.kind:
        raise Unsupported("a condition as a test of something else")
    return compare(sheet, "=", value, found)


def _in_list(sheet: Sheet, value: Column, items: list[object], known: bool) -> Column:  # noqa: FBT001 - of one caller
    if not known or not items:
        raise Unsupported("a list that is not constant, or empty")
    columns = [constant_column(item) for item in items]
    if any(column.kind != value.kind for column in columns):
        raise Unsupported("a list of mixed kinds")
    if value.kind == "string":
        texts = pl.Series([str(item) for item in items]).implode()
        return Column("boolean", value.value.is_in(texts), doubt=value.doubt)
    return combined(sheet, "or", [compare(sheet, "=", value, column) for column in columns])


def _in_range(translator: Translator, test: nodes.RangeLiteral, value: Column) -> Column:
    sheet = translator.sheet
    low = None if test.low is None else translator.translate(test.low)
    high = None if test.high is None else translator.translate(test.high)
    ends = [end for end in (low, high) if end is not None]
    if any(end.kind != value.kind for end in ends) or value.kind not in ORDERED:
        if all(end.kind in {value.kind, "null"} for end in ends):
            return Column("boolean", pl.lit(None, pl.Boolean), doubt=value.doubt)
        raise Unsupported("a range of another kind")
    parts = []
    if low is not None:
        parts.append(compare(sheet, ">=" if test.low_closed else ">", value, low))
    if high is not None:
        parts.append(compare(sheet, "<=" if test.high_closed else "<", value, high))
    within = combined(sheet, "and", parts)
    if low is None or high is None:
        return within
    # The ends may be unknown, or the wrong way round: then nothing is known of the value either.
    ordered = sheet.kept(compare(sheet, "<=", low, high))
    known = ordered.value & value.value.is_not_null()
    doubt = either([within.doubt, ordered.doubt])
    return Column("boolean", pl.when(known.fill_null(value=False)).then(within.value), doubt=doubt)


EMITTERS[nodes.Between] = _between
EMITTERS[nodes.In] = _in
