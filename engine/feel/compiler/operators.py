"""Code for literals, names, arithmetic, comparison and logic: inline Python where the types are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.feel import nodes
from engine.feel.compiler.code import Code
from engine.feel.compiler.core import Compiler, emits
from engine.feel.failure import Failure
from engine.feel.operators import arithmetic as runtime
from engine.feel.temporal.text import parse_temporal
from engine.feel.types import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS_TIME,
    NUMBER,
    ORDERED,
    STRING,
    TIME,
    YEARS_MONTHS,
    FeelType,
    clash,
)

INLINE_ORDER: Final = frozenset({"number", "string", "date", "days and time duration", "years and months duration"})
"""Kinds whose Python values compare directly; times and date-times must first be asked for their zones."""

INLINE_EQUAL: Final = INLINE_ORDER | {"boolean"}

_NUMERIC: Final = {"+": "_add", "-": "_subtract", "*": "_multiply", "/": "_divide", "**": "_power"}
_ORDER: Final = {"<": "_less", "<=": "_at_most", ">": "_more", ">=": "_at_least"}

_SPECIAL: Final = {("-", "date", "date"): "_days_between", ("/", DAYS_TIME.name, DAYS_TIME.name): "_ratio"}
"""Arithmetic of known kinds that has a way of its own."""

_RESULTS: Final[dict[tuple[str, str, str], FeelType]] = {
    **{(operator, "number", "number"): NUMBER for operator in _NUMERIC},
    ("+", "string", "string"): STRING,
    **{("-", a.name, b.name): DAYS_TIME for a in (DATE, DATE_TIME) for b in (DATE, DATE_TIME)},
    ("-", "time", "time"): DAYS_TIME,
    **{(s, a.name, d.name): a for s in "+-" for a in (DATE, DATE_TIME) for d in (DAYS_TIME, YEARS_MONTHS)},
    **{("+", d.name, a.name): a for a in (DATE, DATE_TIME) for d in (DAYS_TIME, YEARS_MONTHS)},
    ("+", "time", DAYS_TIME.name): TIME,
    ("-", "time", DAYS_TIME.name): TIME,
    ("+", DAYS_TIME.name, "time"): TIME,
    **{(s, d.name, d.name): d for s in "+-" for d in (DAYS_TIME, YEARS_MONTHS)},
    **{("*", d.name, "number"): d for d in (DAYS_TIME, YEARS_MONTHS)},
    **{("*", "number", d.name): d for d in (DAYS_TIME, YEARS_MONTHS)},
    **{("/", d.name, "number"): d for d in (DAYS_TIME, YEARS_MONTHS)},
    **{("/", d.name, d.name): NUMBER for d in (DAYS_TIME, YEARS_MONTHS)},
}
"""What arithmetic is defined on, and what comes out."""


@emits(nodes.Literal)
def literal(compiler: Compiler, node: nodes.Literal) -> Code:
    """A number, string, boolean or null."""
    return compiler.value(node.value)


@emits(nodes.AtLiteral)
def at_literal(compiler: Compiler, node: nodes.AtLiteral) -> Code:
    """A temporal value, read once."""
    try:
        return compiler.value(parse_temporal(node.text))
    except Failure as failure:
        compiler.problem(node, f"the temporal literal has no value: {failure.message}", 'write @"2026-11-20" or @"P1Y"')
        return compiler.null()


@emits(nodes.Name)
def name(compiler: Compiler, node: nodes.Name) -> Code:
    """A name in scope."""
    return compiler.resolve(node, node.name)


@emits(nodes.Negate)
def negation(compiler: Compiler, node: nodes.Negate) -> Code:
    """Unary minus; of a constant, a constant."""
    operand = compiler.emit(node.operand)
    if operand.is_constant and not operand.is_null:
        warnings: list[tuple[str, str]] = []
        result = runtime.negate(operand.constant, warnings)
        if not warnings:
            return compiler.value(result)
    if operand.type.known and operand.type not in (NUMBER, DAYS_TIME, YEARS_MONTHS):
        compiler.problem(node, f"unary - is not defined on {operand.type}", "use a number or a duration")
    return Code(f"_negate({operand.source}, _w)", operand.type)


@emits(nodes.Arithmetic)
def arithmetic(compiler: Compiler, node: nodes.Arithmetic) -> Code:
    """`+ - * / **`."""
    left, right = compiler.emit(node.left), compiler.emit(node.right)
    folded = _fold(compiler, node, left, right)
    if folded is not None:
        return folded
    if left.is_null or right.is_null:
        return compiler.null()
    key = (node.operator, left.type.name, right.type.name)
    result = _RESULTS.get(key)
    if result is None and left.type.known and right.type.known:
        compiler.problem(
            node,
            f"{node.operator} is not defined on {left.type} and {right.type}",
            "convert one of the two",
        )
    if result == NUMBER and left.type == right.type == NUMBER:
        return Code(f"{_NUMERIC[node.operator]}({left.source}, {right.source}, _w)", NUMBER)
    special = _SPECIAL.get(key)
    if special is not None:
        return Code(f"{special}({left.source}, {right.source}, _w)", result or ANY)
    source = f"_calculate({node.operator!r}, {left.source}, {right.source}, _w)"
    return Code(source, result or _half_known(node.operator, left.type, right.type))


def _half_known(operator: str, left: FeelType, right: FeelType) -> FeelType:
    """The type where one operand's is not known: only what every case agrees on."""
    options = {
        result
        for (known, first, second), result in _RESULTS.items()
        if known == operator and left.name in (first, "any") and right.name in (second, "any")
    }
    return options.pop() if len(options) == 1 else ANY


def _fold(compiler: Compiler, node: nodes.Arithmetic, left: Code, right: Code) -> Code | None:
    if not (left.is_constant and right.is_constant) or left.is_null or right.is_null:
        return None
    warnings: list[tuple[str, str]] = []
    value = runtime.calculate(node.operator, left.constant, right.constant, warnings)
    if not warnings:
        return compiler.value(value)
    if left.type.name == right.type.name:
        compiler.problem(node, f"this has no value: {warnings[0][1]}", "correct the numbers")
    return None


# -- comparison


@emits(nodes.Comparison)
def comparison(compiler: Compiler, node: nodes.Comparison) -> Code:
    """`= != < <= > >=`."""
    left, right = compiler.emit(node.left), compiler.emit(node.right)
    return compare(compiler, node, node.operator, left, right)


def compare(compiler: Compiler, node: nodes.Node, operator: str, left: Code, right: Code) -> Code:
    """The code of a comparison of two values, from an expression or a cell."""
    _report_clash(compiler, node, operator, left, right)
    if operator in ("=", "!="):
        code = _equality(compiler, left, right)
        return code if operator == "=" else inverted(compiler, code)
    if left.is_null or right.is_null:
        return compiler.null(BOOLEAN)
    if left.type.name == right.type.name and left.type.name in INLINE_ORDER:
        return _guarded(compiler, (left, right), f"{{0}} {operator} {{1}}")
    return Code(f"{_ORDER[operator]}({left.source}, {right.source}, _w)", BOOLEAN)


def inverted(compiler: Compiler, code: Code) -> Code:
    """Kleene's `not` of a boolean code."""
    if code.is_constant:
        return compiler.value(None if code.constant is None else not code.constant)
    if not code.null:
        return Code(f"(not {code.source})", BOOLEAN, null=False)
    first, again = compiler.held(code)
    return Code(f"(None if {first} is None else not {again})", BOOLEAN)


def _guarded(compiler: Compiler, operands: tuple[Code, ...], template: str) -> Code:
    """Inline Python over values that are null only if the guard says so."""
    guards: list[str] = []
    sources: list[str] = []
    for operand in operands:
        if operand.null:
            first, again = compiler.held(operand)
            guards.append(f"{first} is None")
            sources.append(again)
        else:
            sources.append(operand.source)
    body = template.format(*sources)
    if not guards:
        return Code(f"({body})", BOOLEAN, null=False)
    return Code(f"(None if {' or '.join(guards)} else {body})", BOOLEAN)


def _equality(compiler: Compiler, left: Code, right: Code) -> Code:
    if left.is_null or right.is_null:
        other = right if left.is_null else left
        if other.is_constant:
            return compiler.value(other.is_null)
        return Code(f"({other.source} is None)", BOOLEAN, null=False)
    if left.type.name == right.type.name and left.type.name in INLINE_EQUAL:
        if not compiler.unknowns:
            return Code(f"({left.source} == {right.source})", BOOLEAN, null=False)
        return _guarded(compiler, (left, right), "{0} == {1}")
    function = "_same_known" if compiler.unknowns else "_same"
    return Code(f"{function}({left.source}, {right.source}, _w)", BOOLEAN)


def _report_clash(compiler: Compiler, node: nodes.Node, operator: str, left: Code, right: Code) -> None:
    if left.is_null or right.is_null:
        if operator not in ("=", "!="):
            compiler.problem(node, f"{operator} null has no value", "test for null with = null")
        return
    if clash(left.type, right.type):
        compiler.problem(node, f"a {left.type.name} is compared with a {right.type.name}", "compare values of one type")
    elif operator not in ("=", "!="):
        for side in (left, right):
            if side.type.known and side.type.name not in ORDERED:
                compiler.problem(node, f"{side.type.name} values have no order", "compare with = or !=")
                break
    elif left.type.name == "string":
        _report_value(compiler, node, operator, left, right)


def _report_value(compiler: Compiler, node: nodes.Node, operator: str, left: Code, right: Code) -> None:
    """A string that is none of the values its column can have."""
    for one, other in ((left, right), (right, left)):
        if one.type.values is not None and isinstance(other.constant, str) and other.constant not in one.type.values:
            always = "can never be true" if operator == "=" else "is always true"
            remedy = compiler.nearest(other.constant, one.type.values)
            known = ", ".join(f'"{value}"' for value in one.type.values[:12])
            if not remedy.startswith("did"):
                remedy = f"use one of {known}"
            compiler.problem(node, f'the test {operator} "{other.constant}" {always}: the values are {known}', remedy)


# -- logic


@emits(nodes.Logic)
def logic(compiler: Compiler, node: nodes.Logic) -> Code:
    """`and`, `or` in Kleene's logic, operand by operand until one decides."""
    operands = [boolean(compiler, operand, compiler.emit(operand)) for operand in node.operands]
    return combined(compiler, node.operator, operands)


def boolean(compiler: Compiler, node: nodes.Node, code: Code) -> Code:
    """A code as an operand of logic: null where it is no boolean."""
    if code.type == BOOLEAN or code.is_null:
        return code
    if code.type.known:
        compiler.problem(node, f"a boolean is expected here, not a {code.type.name}", "compare it with something")
    return Code(f"_truth({code.source}, _w)", BOOLEAN)


def combined(compiler: Compiler, operator: str, operands: list[Code]) -> Code:
    """Several boolean codes under one operator."""
    if len(operands) == 1:
        return operands[0]
    decided = operator == "or"
    if all(not operand.null for operand in operands):
        return Code(f"({f' {operator} '.join(operand.source for operand in operands)})", BOOLEAN, null=False)
    held = [compiler.held(operand) for operand in operands]
    decides = " or ".join(f"{first} is {decided}" for first, _ in held)
    unknown = " or ".join(
        f"{again} is None" for (_, again), operand in zip(held, operands, strict=True) if operand.null
    )
    return Code(f"({decided} if {decides} else None if {unknown} else {not decided})", BOOLEAN)


@emits(nodes.Between)
def between(compiler: Compiler, node: nodes.Between) -> Code:
    """`value between low and high`: both comparisons, under Kleene's `and`."""
    value, kept = hold(compiler, compiler.emit(node.value))
    low, high = compiler.emit(node.low), compiler.emit(node.high)
    lower = compare(compiler, node.low, ">=", value, low)
    upper = compare(compiler, node.high, "<=", value, high)
    return kept(combined(compiler, "and", [lower, upper]))


def hold(compiler: Compiler, code: Code) -> tuple[Code, Callable[[Code], Code]]:
    """A value that several pieces of code will use: an atom for it, and what wraps the whole so that it is set first."""
    if code.atom:
        return code, lambda whole: whole
    name = compiler.temporary()

    def wrap(whole: Code) -> Code:
        # A tuple of one is always true: the value is computed once, before anything that repeats it.
        return Code(f"({whole.source} if (({name} := {code.source}),) else None)", whole.type, null=whole.null)

    return Code(name, code.type, atom=True, null=code.null), wrap
