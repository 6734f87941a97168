"""The values at which a pack changes its mind: what each signal and each decision is compared with.

Read from the syntax of cells, bands and conditions, with the parameters in force on a date. A candidate for a
counterfactual is one of these values or its neighbour; anything in between makes no difference to a rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

from engine.feel import nodes
from engine.pack.pack import Pack
from engine.pack.typed import TypedDecision

Thresholds: TypeAlias = Mapping[str, tuple[Any, ...]]
MAX_PER_NAME: Final = 64  # values of one name; a column of a thousand rows has as many thresholds


def parameters_in_force(pack: Pack, as_of: date) -> dict[str, Any]:
    """The value of every parameter on a date; those without one yet are left out."""
    found = {name: parameter.in_force(as_of) for name, parameter in pack.source.parameters.items()}
    return {name: dated.value for name, dated in found.items() if dated is not None}


def thresholds(pack: Pack, as_of: date) -> Thresholds:
    """For every name that is compared with constants, these constants, each once, in the order of the pack."""
    constants = parameters_in_force(pack, as_of)
    found: dict[str, dict[Any, None]] = {}
    for name, value in _pairs(pack, constants):
        entry = found.setdefault(name, {})
        if len(entry) < MAX_PER_NAME:
            entry[value] = None
    return {name: tuple(values) for name, values in found.items()}


def _pairs(pack: Pack, constants: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    typed = pack.typed
    for decision in typed.decisions:
        yield from _of_decision(decision, constants)
    for compiled in [*typed.rules, *(route for route in typed.routes if route is not None)]:
        yield from _comparisons(compiled.node, constants)


def _of_decision(decision: TypedDecision, constants: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if decision.expression is not None:
        yield from _comparisons(decision.expression.node, constants)
    for column in decision.columns:
        subject = column.compiled.node
        if isinstance(subject, nodes.Name):
            for cell in column.cells:
                yield from ((subject.name, value) for value in _ends(cell.compiled.node, constants))
        else:
            yield from _comparisons(subject, constants)


def _comparisons(node: nodes.Node, constants: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names beside constants: in comparisons, `between`, `in` and `list contains`."""
    for one in nodes.walk(node):
        for subject, others in _compared(one):
            if isinstance(subject, nodes.Name) and subject.name not in constants:
                for other in others:
                    yield from ((subject.name, value) for value in _ends(other, constants))


def _compared(node: nodes.Node) -> tuple[tuple[nodes.Node, tuple[nodes.Node, ...]], ...]:
    """What one node compares with what."""
    if isinstance(node, nodes.Comparison):
        return (node.left, (node.right,)), (node.right, (node.left,))
    if isinstance(node, nodes.Between):
        return ((node.value, (node.low, node.high)),)
    if isinstance(node, nodes.In):
        return ((node.value, node.tests),)
    if isinstance(node, nodes.Call) and _called(node) == "list contains" and len(node.arguments) == 2:
        return ((node.arguments[1], (node.arguments[0],)),)
    return ()


def _called(call: nodes.Call) -> str:
    return call.function.name if isinstance(call.function, nodes.Name) else ""


def _ends(node: nodes.Node, constants: Mapping[str, Any]) -> Iterator[Any]:
    """The constants that a test of a cell names."""
    if isinstance(node, nodes.Tests):
        for test in node.tests:
            yield from _ends(test, constants)
    elif isinstance(node, nodes.UnaryTest):
        yield from _values(node.operand, constants)
    elif isinstance(node, nodes.RangeLiteral):
        for end in (node.low, node.high):
            if end is not None:
                yield from _values(end, constants)
    else:
        yield from _values(node, constants)


def _values(node: nodes.Node, constants: Mapping[str, Any]) -> Iterator[Any]:
    """A literal, a parameter in force, a list of them, a negated number or a date."""
    if isinstance(node, nodes.ListLiteral):
        for item in node.items:
            yield from _values(item, constants)
        return
    value = _constant(node, constants)
    if isinstance(value, list | tuple):
        yield from value
    elif value is not None:
        yield value


def _constant(node: nodes.Node, constants: Mapping[str, Any]) -> Any:
    if isinstance(node, nodes.Literal):
        return node.value
    if isinstance(node, nodes.Name):
        return constants.get(node.name)
    if isinstance(node, nodes.Negate):
        value = _constant(node.operand, constants)
        return -value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
    text: object = node.text if isinstance(node, nodes.AtLiteral) else None
    if isinstance(node, nodes.Call) and _called(node) == "date" and len(node.arguments) == 1:
        text = _constant(node.arguments[0], constants)
    if isinstance(text, str):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    return None
