"""FEEL into columns: from the syntax tree to Polars expressions that mean the same.

What the scalar engine does with nulls is done here by Polars' own nulls: comparison and arithmetic carry them, `and` and
`or` are Kleene's in both. What would raise a warning there is doubt here, and doubt only counts where the scalar engine
would have come to it. What has no column form is refused with `Unsupported`; nothing is approximated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any, Final

import polars as pl

from engine.feel import nodes
from engine.feel.failure import Failure
from engine.feel.operators.arithmetic import calculate
from engine.feel.temporal.text import parse_temporal
from engine.feel.values import YearsMonths
from engine.frames import numbers
from engine.frames.compare import compare_numbers, compared
from engine.frames.sheet import Column, Sheet, either

Emit = Callable[["Translator", Any], Column]
_DAY: Final = timedelta(days=1)
_MIRRORED: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DURATIONS: Final = frozenset({"days", "months"})
ORDERED: Final = frozenset({"number", "string", "date", "days", "months"})


class Unsupported(Exception):
    """A piece of FEEL that has no column form; the text says which."""


class Translator:
    """Translates texts that speak of the same names. `names` gives their columns, None for what has no column."""

    def __init__(self, sheet: Sheet, names: Callable[[str], Column | None]) -> None:
        self.sheet = sheet
        self.names = names

    def translate(self, node: nodes.Node) -> Column:
        """The column of a node. Raises `Unsupported`."""
        emit = EMITTERS.get(type(node))
        if emit is None:
            raise Unsupported(_words(type(node).__name__))
        return emit(self, node)

    def boolean(self, node: nodes.Node) -> Column:
        """The column of a condition."""
        column = self.translate(node)
        if column.kind == "null":
            return Column("boolean", pl.lit(None, pl.Boolean), constant=None)
        if column.kind != "boolean":
            raise Unsupported(f"a {column.kind} as a condition")
        return column

    def named(self, name: str) -> Column:
        """The column of a name."""
        found = self.names(name)
        if found is None:
            raise Unsupported(f"{name} has no column form")
        return found


def constant_column(value: object) -> Column:
    """The column of a value of the pack. Raises `Unsupported` for kinds without a column form."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return numbers.constant(value)
    for kind, is_one, plain in _CONSTANTS:
        if is_one(value):
            return Column(kind, plain(value), constant=value)
    if isinstance(value, list | tuple):
        return Column("list", pl.lit(None), constant=list(value))
    raise Unsupported(f"a constant {type(value).__name__}")


def _whole_days(value: object) -> bool:
    return isinstance(value, timedelta) and value % _DAY == timedelta(0)


def _few_months(value: object) -> bool:
    return isinstance(value, YearsMonths) and abs(value.total) < numbers.EXACT_MAX


_CONSTANTS: Final[tuple[tuple[str, Callable[[Any], bool], Callable[[Any], pl.Expr]], ...]] = (
    ("null", lambda value: value is None, pl.lit),
    ("boolean", lambda value: isinstance(value, bool), pl.lit),
    ("string", lambda value: isinstance(value, str), lambda value: pl.lit(value, pl.String)),
    ("date", lambda value: type(value) is date, lambda value: pl.lit(value, pl.Date)),
    ("days", _whole_days, lambda value: pl.lit(float(value // _DAY))),
    ("months", _few_months, lambda value: pl.lit(float(value.total))),
)


def _words(name: str) -> str:
    return "".join(f" {char.lower()}" if char.isupper() else char for char in name).strip()


# -- literals and names


def _literal(translator: Translator, node: nodes.Literal) -> Column:
    del translator
    column = constant_column(node.value)
    return Column("null", pl.lit(None), constant=LITERAL_NULL) if node.value is None else column


LITERAL_NULL: Final = object()
"""The constant of a written `null`, which tests for null; the null of a parameter without a value is unknown."""


def _at_literal(translator: Translator, node: nodes.AtLiteral) -> Column:
    del translator
    try:
        return constant_column(parse_temporal(node.text))
    except Failure:
        raise Unsupported("a temporal literal without a value") from None


def _name(translator: Translator, node: nodes.Name) -> Column:
    return translator.named(node.name)


def _path(translator: Translator, node: nodes.Path) -> Column:
    dotted = _dotted(node)
    found = None if dotted is None else translator.names(dotted)
    if found is not None:
        return found
    base = translator.translate(node.base)
    read = _PROPERTIES.get((base.kind, node.member))
    if read is None:
        raise Unsupported(f"the property {node.member} of a {base.kind}")
    return Column("number", read(base.value).cast(pl.Float64), doubt=base.doubt)


def _dotted(node: nodes.Path) -> str | None:
    if isinstance(node.base, nodes.Name):
        return f"{node.base.name}.{node.member}"
    inner = _dotted(node.base) if isinstance(node.base, nodes.Path) else None
    return None if inner is None else f"{inner}.{node.member}"


def _whole_years(months: pl.Expr) -> pl.Expr:
    return months.sign() * (months.abs().cast(pl.Int64) // 12).cast(pl.Float64)  # toward zero


_PROPERTIES: Final[Mapping[tuple[str, str], Callable[[pl.Expr], pl.Expr]]] = {
    ("date", "year"): lambda value: value.dt.year(),
    ("date", "month"): lambda value: value.dt.month(),
    ("date", "day"): lambda value: value.dt.day(),
    ("date", "weekday"): lambda value: value.dt.weekday(),
    ("months", "years"): _whole_years,
    ("months", "months"): lambda value: value - _whole_years(value) * 12,
    ("days", "days"): lambda value: value,
}


def _list(translator: Translator, node: nodes.ListLiteral) -> Column:
    """A list of constants; any other has no column form of its own."""
    items = [translator.translate(item) for item in node.items]
    if not all(item.is_constant and item.kind != "null" for item in items):
        raise Unsupported("a list that is not constant")
    return Column("list", pl.lit(None), constant=[item.constant for item in items])


# -- arithmetic


def _negate(translator: Translator, node: nodes.Negate) -> Column:
    operand = translator.translate(node.operand)
    if operand.kind == "number":
        if isinstance(operand.constant, int | Decimal):
            return numbers.constant(-operand.constant)
        return numbers.negate(translator.sheet, operand)
    if operand.kind in {"days", "months"}:
        return Column(operand.kind, -operand.value, doubt=operand.doubt)
    if operand.kind == "null":
        return operand
    raise Unsupported(f"minus of a {operand.kind}")


def _arithmetic(translator: Translator, node: nodes.Arithmetic) -> Column:
    left, right = translator.translate(node.left), translator.translate(node.right)
    if left.is_constant and right.is_constant and "null" not in {left.kind, right.kind}:
        warnings: list[tuple[str, str]] = []
        value = calculate(node.operator, left.constant, right.constant, warnings)
        if warnings:
            raise Unsupported("a constant expression without a value")
        return constant_column(value)
    if "null" in {left.kind, right.kind}:
        return Column("null", pl.lit(None), constant=None)
    return combine(translator.sheet, node.operator, left, right)


def combine(sheet: Sheet, operator: str, left: Column, right: Column) -> Column:
    """An arithmetic operator on two columns. Raises `Unsupported`."""
    kinds = left.kind, right.kind
    if kinds == ("number", "number"):
        if operator in {"+", "-"}:
            return numbers.add(sheet, left, right, 1 if operator == "+" else -1)
        return {"*": numbers.multiply, "/": numbers.divide, "**": numbers.power}[operator](sheet, left, right)
    doubt = either([left.doubt, right.doubt])
    if operator == "+" and kinds == ("string", "string"):
        return Column("string", left.value + right.value, doubt=doubt)
    if operator == "-" and kinds == ("date", "date"):
        days = (left.value - right.value).dt.total_days().cast(pl.Float64)
        return Column("days", days, doubt=doubt)
    if left.kind == right.kind and left.kind in _DURATIONS and operator in {"+", "-", "/"}:
        return _durations(sheet, operator, left, right)
    raise Unsupported(f"{operator} of a {left.kind} and a {right.kind}")


def _durations(sheet: Sheet, operator: str, left: Column, right: Column) -> Column:
    doubt = either([left.doubt, right.doubt])
    if operator != "/":
        value = left.value + right.value if operator == "+" else left.value - right.value
        return Column(left.kind, value, doubt=doubt)
    if right.constant == _DAY:
        return Column("number", left.value, doubt=doubt)
    first = Column("number", left.value, doubt=left.doubt)
    return numbers.divide(sheet, first, Column("number", right.value, doubt=right.doubt))


# -- comparison and logic


def _comparison(translator: Translator, node: nodes.Comparison) -> Column:
    left, right = translator.translate(node.left), translator.translate(node.right)
    return compare(translator.sheet, node.operator, left, right)


def compare(sheet: Sheet, operator: str, left: Column, right: Column) -> Column:
    """A comparison of two columns, as the scalar engine has it where null is unknown."""
    nulls = [side for side in (left, right) if side.constant is LITERAL_NULL]
    if nulls and operator in {"=", "!="}:
        other = right if left.constant is LITERAL_NULL else left
        if other.kind == "list":
            raise Unsupported("a list compared with null")
        value = other.value.is_null() if operator == "=" else other.value.is_not_null()
        return Column("boolean", value, doubt=other.doubt)
    if "null" in {left.kind, right.kind}:
        return Column("boolean", pl.lit(None, pl.Boolean))
    if left.is_constant and not right.is_constant:  # Polars may forget the height of a literal compared with a column
        operator, left, right = _MIRRORED[operator], right, left
    if left.kind == right.kind == "number":
        return compare_numbers(sheet, operator, left, right)
    equality = operator in {"=", "!="}
    if left.kind != right.kind or not (left.kind in ORDERED or (equality and left.kind == "boolean")):
        raise Unsupported(f"a {left.kind} {operator} a {right.kind}")
    return Column("boolean", compared(operator, left.value, right.value), doubt=either([left.doubt, right.doubt]))


def _logic(translator: Translator, node: nodes.Logic) -> Column:
    operands = [translator.boolean(operand) for operand in node.operands]
    return combined(translator.sheet, node.operator, operands)


def combined(sheet: Sheet, operator: str, operands: list[Column]) -> Column:
    """Several conditions under `and` or `or`; an operand after the one that decides is not asked, nor its doubt."""
    if any(operand.doubt is not None for operand in operands):
        operands = [sheet.kept(operand) for operand in operands]
    doubts: list[pl.Expr] = []
    decided: pl.Expr | None = None
    for operand in operands:
        if operand.doubt is not None:
            doubts.append(operand.doubt if decided is None else operand.doubt & ~decided)
        decides = (operand.value if operator == "or" else ~operand.value).fill_null(value=False)
        # An answer in doubt decides nothing.
        decides = decides if operand.doubt is None else decides & ~operand.doubt.fill_null(value=False)
        decided = decides if decided is None else decided | decides
        if doubts and decided is not None:
            decided = sheet.keep(decided)
    values = [operand.value for operand in operands]
    value = reduce(lambda a, b: a | b if operator == "or" else a & b, values)
    return Column("boolean", value, doubt=either(doubts))


def invert(column: Column) -> Column:
    """Kleene's `not`."""
    return Column("boolean", ~column.value, doubt=column.doubt)


def _if(translator: Translator, node: nodes.If) -> Column:
    test = translator.sheet.kept(translator.boolean(node.condition))
    chosen, other = translator.translate(node.chosen), translator.translate(node.other)
    kinds = {chosen.kind, other.kind} - {"null"}
    if len(kinds) > 1 or kinds & {"list"}:
        raise Unsupported("an if whose two ends are of different kinds")
    kind = kinds.pop() if kinds else "null"
    if kind == "number" and chosen.kind == other.kind:
        chosen, other = numbers.aligned(translator.sheet, [chosen, other])
    else:
        form = chosen if chosen.kind == kind else other
        chosen, other = (_typed_null(side, form) for side in (chosen, other))
    taken, left = test.value.fill_null(value=False), (~test.value).fill_null(value=False)
    value = pl.when(taken).then(chosen.value).when(left).then(other.value)
    error = None
    if chosen.error is not None and other.error is not None:
        error = pl.when(taken).then(chosen.error).otherwise(other.error)
    doubts = [test.doubt]
    doubts += [taken & chosen.doubt] if chosen.doubt is not None else []
    doubts += [left & other.doubt] if other.doubt is not None else []
    kept = translator.sheet.keep(value)
    return Column(kind, kept, chosen.form, error, either(doubts))


def _typed_null(side: Column, like: Column) -> Column:
    """A written null in the form of the other end."""
    if side.kind != "null":
        return side
    return Column(like.kind, pl.lit(None), like.form, None if like.error is None else pl.lit(0.0))


EMITTERS: Final[dict[type[nodes.Node], Emit]] = {
    nodes.Literal: _literal,
    nodes.AtLiteral: _at_literal,
    nodes.Name: _name,
    nodes.Path: _path,
    nodes.ListLiteral: _list,
    nodes.Negate: _negate,
    nodes.Arithmetic: _arithmetic,
    nodes.Comparison: _comparison,
    nodes.Logic: _logic,
    nodes.If: _if,
}
"""The node types with a column form; `engine.frames.membership` and `engine.frames.functions` add theirs."""
