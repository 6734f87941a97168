"""Comparison and membership in formulas: `=`, `<`, `in`, cells, ranges.

A comparison with null is null, but for the word `null` itself. Where a number may have been rounded, comparing it with a
constant adds what rounding cannot change: it never carries a number past another that decimal128 can hold.
"""

from __future__ import annotations

from typing import Any, Final

from engine.feel import nodes
from engine.feel.types import ORDERED
from engine.proofs.terms import (
    NOTHING,
    UNKNOWN,
    Items,
    Nothing,
    Opaque,
    Scalar,
    Span,
    Truth,
    Value,
    both,
    disj,
    either,
    every,
    inverted,
    known_if,
    neg,
    rational,
    relation,
    settled,
    some,
)
from engine.proofs.thresholds import keep_order
from engine.proofs.translate import Translator, translates

_MAX_PAIRS: Final = 64
"""Pairs of constants that a comparison is written out for."""


@translates(nodes.Comparison)
def comparison(translator: Translator, node: nodes.Comparison) -> Value:
    """`= != < <= > >=`."""
    left = translator.value(node.left)
    right = translator.value(node.right)
    return compare(translator, node.operator, left, right)


def compare(translator: Translator, operator: str, left: Value, right: Value) -> Truth:
    """One value compared with another."""
    if operator == "!=":
        return inverted(equal(translator, left, right))
    if operator == "=":
        return equal(translator, left, right)
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return UNKNOWN
    if isinstance(left, Scalar) and isinstance(right, Scalar) and left.kind == right.kind:
        return _ordered(translator, operator, left, right)
    if _known(left) and _known(right) and (left.kind != right.kind or left.kind not in ORDERED):
        translator.warn(both(neg(left.null), neg(right.null)))
        return UNKNOWN
    return translator.doubtful((operator, _keys(translator, left, right)), left, right)


def _keys(translator: Translator, *values: Value) -> Any:
    return tuple(translator.identity(value) for value in values)


def _known(value: Value) -> bool:
    return not isinstance(value, Opaque) or value.kind != "any"


def equal(translator: Translator, left: Value, right: Value) -> Truth:
    """`=`: only against the word `null` does it ask whether a value is there."""
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return settled(right.null if isinstance(left, Nothing) else left.null)
    if isinstance(left, Truth) and isinstance(right, Truth):
        same = either(both(left.yes, right.yes), both(left.no, right.no))
        return Truth(same, either(both(left.yes, right.no), both(left.no, right.yes)))
    if isinstance(left, Scalar) and isinstance(right, Scalar) and left.kind == right.kind:
        return _ordered(translator, "=", left, right)
    if _known(left) and _known(right) and left.kind != right.kind:
        translator.warn(both(neg(left.null), neg(right.null)))
        return UNKNOWN
    return translator.doubtful(("=", _keys(translator, left, right)), left, right)


def _ordered(translator: Translator, operator: str, left: Scalar, right: Scalar) -> Truth:
    present = both(neg(left.null), neg(right.null))
    pairs = len(left.options) * len(right.options)
    if pairs and pairs <= _MAX_PAIRS:
        answers = [
            both(mine, theirs)
            for mine, one in left.options
            for theirs, other in right.options
            if _holds(operator, one, other)
        ]
        return known_if(present, settled(disj(answers)))
    if left.kind == "string" and operator != "=":
        translator.world.texts.ordered = True
    _keep_order(translator, left, right)
    _keep_order(translator, right, left)
    return known_if(present, settled(relation(operator, left.term, right.term)))


def _holds(operator: str, one: Any, other: Any) -> bool:
    if operator == "=":
        return bool(one == other)
    if operator in {"<", "<="}:
        return bool(one < other or (operator == "<=" and one == other))
    return bool(one > other or (operator == ">=" and one == other))


def _keep_order(translator: Translator, number: Scalar, other: Scalar) -> None:
    """Rounding keeps the order of a number and a constant."""
    for one in number.leaves() if number.kind == "number" and other.options else ():
        if one.before is not None:
            for _, value in other.options:
                keep_order(translator.world, one, rational(value))


@translates(nodes.Between)
def between(translator: Translator, node: nodes.Between) -> Value:
    """`value between low and high`."""
    value = translator.value(node.value)
    lower = compare(translator, ">=", value, translator.value(node.low))
    with translator.under(neg(lower.no)):
        upper = compare(translator, "<=", value, translator.value(node.high))
    return every((lower, upper))


# -- membership


@translates(nodes.In)
def membership(translator: Translator, node: nodes.In) -> Value:
    """`value in tests`."""
    return _any_of(translator, node.tests, translator.value(node.value), cell=False)


@translates(nodes.Tests)
def cell(translator: Translator, node: nodes.Tests) -> Value:
    """A decision-table cell about the subject."""
    if translator.subject is None:
        return NOTHING
    found = _any_of(translator, node.tests, translator.subject, cell=True)
    return inverted(found) if node.negated else found


def _any_of(translator: Translator, tests: tuple[nodes.Node, ...], value: Value, *, cell: bool) -> Truth:
    answers: list[Truth] = []
    for test in tests:
        with translator.under(neg(disj(one.yes for one in answers))):
            answers.append(_test(translator, test, value, cell=cell))
    return some(answers)


def _test(translator: Translator, test: nodes.Node, value: Value, *, cell: bool) -> Truth:
    if isinstance(test, nodes.UnaryTest):
        return compare(translator, test.operator, value, translator.value(test.operand))
    if isinstance(test, nodes.RangeLiteral):
        return _in_literal(translator, test, value)
    found = translator.value(test)
    if isinstance(found, Nothing):
        return equal(translator, value, found)
    answers = cell and isinstance(found, Truth | Opaque) and found.kind in {"boolean", "any"}
    if answers and (_speaks(test) or (isinstance(found, Truth) and _known(value) and not isinstance(value, Truth))):
        return translator.truth(found)
    return _by_value(translator, value, found)


def _speaks(node: nodes.Node) -> bool:
    return any(isinstance(part, nodes.Name) and part.name == "?" for part in nodes.walk(node))


def _by_value(translator: Translator, value: Value, found: Value) -> Truth:
    if isinstance(found, Items) and isinstance(value, Scalar | Truth):
        return _in_items(translator, value, found)
    if isinstance(found, Span) and isinstance(value, Scalar):
        return _in_span(translator, value, found)
    if isinstance(found, Scalar | Truth) and isinstance(value, Scalar | Truth):
        return equal(translator, value, found)
    return translator.doubtful(("in", _keys(translator, value, found)), value, found)


def _in_items(translator: Translator, value: Value, found: Items) -> Truth:
    """Whether a list has an item that the value is or lies in; clashes with single items warn of nothing."""
    quiet = Translator(translator.world, translator.names)
    answers = []
    for guard, item in found.items:
        answer = _is_item(quiet, value, item)
        answers.append(Truth(both(guard, answer.yes), either(neg(guard), answer.no)))
    return known_if(both(neg(value.null), neg(found.null)), some(answers))


def _is_item(quiet: Translator, value: Value, item: Value) -> Truth:
    """An item of another kind is not the value; an unknown one, or one of an unknown kind, may be."""
    if isinstance(item, Span) and isinstance(value, Scalar):
        return _in_span(quiet, value, item)
    if item.kind == "range":
        return quiet.doubtful(("in", _keys(quiet, value, item)), value, item)
    if isinstance(item, Nothing):
        return UNKNOWN
    if item.kind == value.kind or not _known(item):
        return equal(quiet, value, item)
    return known_if(neg(item.null), settled(False))


def _in_span(translator: Translator, value: Scalar, span: Span) -> Truth:
    above = below = settled(True)
    if span.low is not None:
        above = compare(translator, ">=" if span.low_closed else ">", value, span.low)
    if span.high is not None:
        below = compare(translator, "<=" if span.high_closed else "<", value, span.high)
    return known_if(both(neg(value.null), neg(span.null)), every((above, below)))


def _in_literal(translator: Translator, node: nodes.RangeLiteral, value: Value) -> Truth:
    """A range written out: null where an end is, or the ends stand the wrong way round."""
    low = None if node.low is None else translator.value(node.low)
    high = None if node.high is None else translator.value(node.high)
    ends = [end for end in (low, high) if end is not None]
    if isinstance(value, Nothing) or any(isinstance(end, Nothing) for end in ends):
        return UNKNOWN
    plain = isinstance(value, Scalar) and all(isinstance(end, Scalar) and end.kind == value.kind for end in ends)
    if not plain:
        return translator.doubtful((translator.shape(node), _keys(translator, value)), value, *ends)
    assert isinstance(value, Scalar)
    null = disj(end.null for end in ends)
    if isinstance(low, Scalar) and isinstance(high, Scalar):
        null = either(null, _ordered(translator, ">", low, high).yes)
    return _in_span(translator, value, Span(null, low, high, node.low_closed, node.high_closed))
