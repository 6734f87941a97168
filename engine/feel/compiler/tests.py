"""Code for membership: `in`, decision-table cells, range literals."""

from __future__ import annotations

from typing import Final, TypeGuard

from engine.feel import nodes
from engine.feel.compiler.code import Code
from engine.feel.compiler.core import Compiler, emits
from engine.feel.compiler.operators import INLINE_EQUAL, INLINE_ORDER, boolean, combined, compare, hold, inverted
from engine.feel.operators.comparison import order
from engine.feel.types import BOOLEAN, FeelType, join, range_of

_SCALARS: Final = INLINE_EQUAL
_FLIPPED: Final = {True: "<=", False: "<"}


@emits(nodes.In)
def membership(compiler: Compiler, node: nodes.In) -> Code:
    """`value in tests`."""
    value, kept = hold(compiler, compiler.emit(node.value))
    return kept(_any_of(compiler, node.tests, value, cell=False))


@emits(nodes.Wildcard)
def wildcard(compiler: Compiler, node: nodes.Wildcard) -> Code:  # noqa: ARG001 - all emitters have one shape
    """The cell that is always true."""
    return compiler.value(value=True)


@emits(nodes.Tests)
def cell(compiler: Compiler, node: nodes.Tests) -> Code:
    """A decision-table cell about the subject."""
    if compiler.subject is None:
        compiler.problem(node, "unary tests stand without a subject", "write what is tested before them")
        return compiler.null(BOOLEAN)
    subject = Code(compiler.subject.source, compiler.subject.type, atom=compiler.subject.source.isidentifier())
    value, kept = hold(compiler, subject)
    code = _any_of(compiler, node.tests, value, cell=True)
    return kept(inverted(compiler, code) if node.negated else code)


def _any_of(compiler: Compiler, tests: tuple[nodes.Node, ...], value: Code, *, cell: bool) -> Code:
    """True when any test is: plain constants together as one set, the others one by one."""
    constants: list[tuple[nodes.Node, Code]] = []
    codes: list[Code] = []
    for test in tests:
        if isinstance(test, nodes.UnaryTest):
            codes.append(compare(compiler, test, test.operator, value, compiler.emit(test.operand)))
            continue
        if isinstance(test, nodes.RangeLiteral):
            codes.append(in_range_literal(compiler, test, value))
            continue
        if value.type.name in _SCALARS and not cell and _all_scalar_literals(test):
            constants.extend((item, compiler.emit(item)) for item in test.items)
            continue
        found = compiler.emit(test)
        if found.is_constant and not found.is_null and found.type.name in _SCALARS:
            constants.append((test, found))
        else:
            codes.append(_by_value(compiler, test, value, found, cell=cell))
    if constants:
        codes.insert(0, _in_constants(compiler, constants, value))
    return combined(compiler, "or", codes)


def _all_scalar_literals(node: nodes.Node) -> TypeGuard[nodes.ListLiteral]:
    return (
        isinstance(node, nodes.ListLiteral)
        and bool(node.items)
        and all(isinstance(item, nodes.Literal) and item.value is not None for item in node.items)
    )


def _in_constants(compiler: Compiler, constants: list[tuple[nodes.Node, Code]], value: Code) -> Code:
    if value.is_null:
        return compiler.null(BOOLEAN) if compiler.unknowns else compiler.value(value=False)
    for node, code in constants:
        # For its problems: a clash of types, a value that the column cannot have.
        compare(compiler, node, "=", value, code)
    kinds = {code.type.name for _, code in constants}
    if len(kinds) == 1 and kinds == {value.type.name}:
        if len(constants) == 1:
            return compare(compiler, constants[0][0], "=", value, constants[0][1])
        known = compiler.constant(frozenset(code.constant for _, code in constants))
        if compiler.unknowns and value.null:
            return Code(f"(None if {value.source} is None else {value.source} in {known})", BOOLEAN)
        return Code(f"({value.source} in {known})", BOOLEAN, null=False)
    if len(constants) == 1:
        return compare(compiler, constants[0][0], "=", value, constants[0][1])
    items = compiler.constant([code.constant for _, code in constants])
    function = "_matches_known" if compiler.unknowns else "_matches"
    return Code(f"{function}({value.source}, {items}, _w)", BOOLEAN)


def _by_value(compiler: Compiler, node: nodes.Node, value: Code, found: Code, *, cell: bool) -> Code:
    """A test that is an expression: what it means depends on what it gives."""
    if found.is_null:
        return compare(compiler, node, "=", value, found)
    if cell and found.type.name in ("boolean", "any") and _speaks_of_subject(node):
        return boolean(compiler, node, found)
    if found.type == BOOLEAN and cell and value.type.known and value.type != BOOLEAN:
        return found
    if found.type.name == value.type.name and found.type.name in _SCALARS:
        return compare(compiler, node, "=", value, found)
    _report(compiler, node, value.type, found.type)
    known = "_known" if compiler.unknowns else ""
    if found.type.name == "range":
        return Code(f"_in_range({value.source}, {found.source}, _w)", BOOLEAN)
    name = "_test" if cell else "_matches"
    return Code(f"{name}{known}({value.source}, {found.source}, _w)", BOOLEAN)


def _speaks_of_subject(node: nodes.Node) -> bool:
    return any(isinstance(part, nodes.Name) and part.name == "?" for part in nodes.walk(node))


def _report(compiler: Compiler, node: nodes.Node, value: FeelType, test: FeelType) -> None:
    if not value.known or not test.known:
        return
    inner = test.element if test.name in ("list", "range") and value.name != test.name else None
    if inner is not None and inner.name == "range":
        inner = inner.element
    against = test if inner is None else inner
    if against.known and against.name != value.name:
        compiler.problem(node, f"a {value.name} is compared with a {against.name}", "compare values of one type")


# -- ranges


def in_range_literal(compiler: Compiler, node: nodes.RangeLiteral, value: Code) -> Code:
    """Membership in a range that is written out: two comparisons, where the kinds are known."""
    low = None if node.low is None else compiler.emit(node.low)
    high = None if node.high is None else compiler.emit(node.high)
    ends = [end for end in (low, high) if end is not None]
    _report_range(compiler, node, low, high)
    if any(end.is_null for end in ends) or value.is_null:
        return compiler.null(BOOLEAN)
    if any(not (end.type.name == value.type.name and value.type.name in INLINE_ORDER) for end in ends):
        for end in ends:
            compare(compiler, node, "<=", end, value)
        return Code(f"_in_range({value.source}, {emit_range(node, low, high).source}, _w)", BOOLEAN)
    return _inline_range(compiler, node, value, low, high)


def _inline_range(
    compiler: Compiler, node: nodes.RangeLiteral, value: Code, low: Code | None, high: Code | None
) -> Code:
    guards: list[str] = [f"{value.source} is None"] if value.null else []
    sources: dict[str, str] = {}
    for side, end in (("low", low), ("high", high)):
        if end is None:
            continue
        first, again = compiler.held(end) if end.null else (end.source, end.source)
        sources[side] = again
        if end.null:
            guards.append(f"{first} is None")
    if low is not None and high is not None and not (low.is_constant and high.is_constant):
        guards.append(f"{sources['low']} > {sources['high']}")
    before = f"{sources['low']} {_FLIPPED[node.low_closed]} " if low is not None else ""
    after = f" {_FLIPPED[node.high_closed]} {sources['high']}" if high is not None else ""
    body = f"{before}{value.source}{after}"
    if not guards:
        return Code(f"({body})", BOOLEAN, null=False)
    return Code(f"(None if {' or '.join(guards)} else {body})", BOOLEAN)


def _report_range(compiler: Compiler, node: nodes.RangeLiteral, low: Code | None, high: Code | None) -> None:
    if low is None or high is None:
        return
    if low.is_constant and high.is_constant and not low.is_null and not high.is_null:
        warnings: list[tuple[str, str]] = []
        found = order(low.constant, high.constant, warnings)
        if found is None:
            compiler.problem(node, "the ends of the range are of different kinds", "give both ends one type")
        elif found > 0:
            compiler.problem(node, "the range ends before it starts", "put the smaller end first")


@emits(nodes.RangeLiteral)
def range_literal(compiler: Compiler, node: nodes.RangeLiteral) -> Code:
    """A range as a value."""
    low = None if node.low is None else compiler.emit(node.low)
    high = None if node.high is None else compiler.emit(node.high)
    _report_range(compiler, node, low, high)
    return emit_range(node, low, high)


def emit_range(node: nodes.RangeLiteral, low: Code | None, high: Code | None) -> Code:
    """The code that makes a range of its ends."""
    if low is None or high is None:
        bound = high if low is None else low
        assert bound is not None
        closed = node.high_closed if low is None else node.low_closed
        source = f"_half_range({bound.source}, upper={low is None}, closed={closed})"
        return Code(source, range_of(bound.type))
    source = f"_make_range({low.source}, {high.source}, {node.low_closed}, {node.high_closed}, _w)"
    return Code(source, range_of(join(low.type, high.type)))
