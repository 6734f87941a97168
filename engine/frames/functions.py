"""The built-in functions of FEEL that have a column form.

A null argument gives null, as in the scalar engine; what would fail there is doubt here. Functions that are not listed
are refused, so a function that FEEL gains later is computed by the scalar engine until somebody writes it here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Final

import polars as pl

from engine.feel import nodes
from engine.feel.builtins import FUNCTIONS
from engine.feel.runtime.access import call_builtin
from engine.frames import numbers
from engine.frames.rounding import DIRECTED, MAX_PLACES, ROUNDINGS, rounded
from engine.frames.sheet import Column, Sheet, either
from engine.frames.translate import EMITTERS, Translator, Unsupported, compare, constant_column, invert

Function = Callable[[Sheet, list[Column]], Column]


def _call(translator: Translator, node: nodes.Call) -> Column:
    if not isinstance(node.function, nodes.Name) or node.names is not None:
        raise Unsupported("a call of a computed function, or with named arguments")
    name = node.function.name
    if name == "not" and len(node.arguments) == 1:
        return invert(translator.boolean(node.arguments[0]))
    arguments = _spread(name, node.arguments)
    columns = [translator.translate(argument) for argument in arguments]
    folded = _folded(name, node, columns)
    if folded is not None:
        return folded
    function = _TABLE.get(name)
    if function is None:
        raise Unsupported(f"the function {name}")
    if any(column.kind == "null" for column in columns):
        return Column("null", pl.lit(None), constant=None)
    return function(translator.sheet, columns)


def _spread(name: str, arguments: tuple[nodes.Node, ...]) -> tuple[nodes.Node, ...]:
    """The items of a written list, for the functions that take a list or its items."""
    if name in {"min", "max", "sum", "mean"} and len(arguments) == 1 and isinstance(arguments[0], nodes.ListLiteral):
        return arguments[0].items
    return arguments


def _folded(name: str, node: nodes.Call, columns: list[Column]) -> Column | None:
    """A call on constants, computed by the scalar engine."""
    if name not in FUNCTIONS or not all(column.is_constant and column.kind != "null" for column in columns):
        return None
    if len(columns) != len(node.arguments):
        return None
    warnings: list[tuple[str, str]] = []
    value = call_builtin(FUNCTIONS[name], [column.constant for column in columns], warnings)
    if warnings:
        raise Unsupported("a constant call without a value")
    return constant_column(value)


def _kinds(columns: list[Column], *wanted: str) -> None:
    if tuple(column.kind for column in columns) != wanted:
        raise Unsupported(f"arguments of the kinds {', '.join(column.kind for column in columns)}")


def _numbers(columns: list[Column]) -> None:
    if not columns or any(column.kind != "number" for column in columns):
        raise Unsupported("arguments that are not numbers")


def _absolute(sheet: Sheet, columns: list[Column]) -> Column:
    _kinds(columns, "number")
    return numbers.absolute(sheet, columns[0])


def _minimum(sheet: Sheet, columns: list[Column]) -> Column:
    _numbers(columns)
    return numbers.extreme(sheet, columns, largest=False)


def _maximum(sheet: Sheet, columns: list[Column]) -> Column:
    _numbers(columns)
    return numbers.extreme(sheet, columns, largest=True)


def _sum(sheet: Sheet, columns: list[Column]) -> Column:
    _numbers(columns)
    return reduce(lambda total, column: numbers.add(sheet, total, column), columns)


def _mean(sheet: Sheet, columns: list[Column]) -> Column:
    return numbers.divide(sheet, _sum(sheet, columns), numbers.constant(len(columns)))


def _rounding(name: str) -> Function:
    def function(sheet: Sheet, columns: list[Column]) -> Column:
        _numbers(columns)
        places = columns[1].constant if len(columns) == 2 else 0
        if len(columns) > 2 or not isinstance(places, int) or not 0 <= places <= MAX_PLACES:
            raise Unsupported(f"{name} to a computed number of places")
        return rounded(sheet, name, columns[0], places)

    return function


def _string_length(sheet: Sheet, columns: list[Column]) -> Column:
    del sheet
    _kinds(columns, "string")
    return Column("number", columns[0].value.str.len_chars().cast(pl.Float64), doubt=columns[0].doubt)


def _search(find: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Function:
    def function(sheet: Sheet, columns: list[Column]) -> Column:
        del sheet
        _kinds(columns, "string", "string")
        first, second = columns
        return Column("boolean", find(first.value, second.value), doubt=either([first.doubt, second.doubt]))

    return function


def _ascii(change: Callable[[pl.Expr], pl.Expr]) -> Function:
    """A change of case: beyond ASCII two libraries may differ on a letter, so such texts are in doubt."""

    def function(sheet: Sheet, columns: list[Column]) -> Column:
        _kinds(columns, "string")
        value = sheet.keep(columns[0].value)
        doubt = either([columns[0].doubt, value.str.len_bytes() != value.str.len_chars()])
        return Column("string", change(value), doubt=doubt)

    return function


def _list_contains(sheet: Sheet, columns: list[Column]) -> Column:
    listed, value = columns if len(columns) == 2 else (columns[0], columns[0])
    if not isinstance(listed.constant, list) or value.kind == "list" or None in listed.constant:
        raise Unsupported("list contains of a computed list")
    items = [constant_column(item) for item in listed.constant]
    value = sheet.kept(value)
    found = [compare(sheet, "=", value, item) for item in items if item.kind == value.kind]
    if not found:
        return Column("boolean", pl.when(value.value.is_not_null()).then(pl.lit(value=False)), doubt=value.doubt)
    if value.kind == "string":
        texts = pl.Series([item for item in listed.constant if isinstance(item, str)]).implode()
        return Column("boolean", value.value.is_in(texts), doubt=value.doubt)
    return Column(
        "boolean", reduce(lambda a, b: a | b, (one.value for one in found)), doubt=either(one.doubt for one in found)
    )


def _months(sheet: Sheet, columns: list[Column]) -> Column:
    """Whole months from one date to another, counted down where the second is the earlier one."""
    _kinds(columns, "date", "date")
    start, end = (sheet.kept(column) for column in columns)
    forward = sheet.keep(start.value <= end.value)
    years = end.value.dt.year().cast(pl.Int64) - start.value.dt.year().cast(pl.Int64)
    months = end.value.dt.month().cast(pl.Int64) - start.value.dt.month().cast(pl.Int64)
    days = end.value.dt.day().cast(pl.Int64) - start.value.dt.day().cast(pl.Int64)
    whole = years * 12 + months
    # A month is whole once its day is reached, seen from the earlier date.
    found = pl.when(forward).then(whole - (days < 0)).when(~forward).then(whole + (days > 0))
    return Column("months", found.cast(pl.Float64), doubt=either([start.doubt, end.doubt]))


def _date(sheet: Sheet, columns: list[Column]) -> Column:
    del sheet
    _kinds(columns, "date")
    return columns[0]


_TABLE: Final[dict[str, Function]] = {
    "abs": _absolute,
    "min": _minimum,
    "max": _maximum,
    "sum": _sum,
    "mean": _mean,
    **{name: _rounding(name) for name in (*ROUNDINGS, *DIRECTED)},
    "string length": _string_length,
    "contains": _search(lambda text, match: text.str.contains(match, literal=True)),
    "starts with": _search(lambda text, match: text.str.starts_with(match)),
    "ends with": _search(lambda text, match: text.str.ends_with(match)),
    "upper case": _ascii(lambda text: text.str.to_uppercase()),
    "lower case": _ascii(lambda text: text.str.to_lowercase()),
    "list contains": _list_contains,
    "years and months duration": _months,
    "date": _date,
}

EMITTERS[nodes.Call] = _call
