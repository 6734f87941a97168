"""Proof that a faulty scorecard band or FIRST row makes no difference to any input, by trying every kind of input.

A test of constants and parameters over one number is true or false on whole intervals between the constants it names. So
two lists of tests that give the same answer at every constant and once in every gap between them give it for every
number. That is asked for every span of dates between changes of parameters. Only mutants that leave everything but the
tests, or their order, of one column as they are can be proved; whatever is not of this form is not proved and stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, TypeAlias

from engine.feel import evaluate_unary_tests, nodes, parse_unary_tests
from engine.pack.model import SKIP, Characteristic, Constant, HitPolicy, PackSource, Row, Scorecard, Table

MAX_POINTS: Final = 400  # values tried for one list of tests
_Rows: TypeAlias = Sequence[tuple[str, object]]  # a test and what it leads to


def proved_same(before: PackSource, after: PackSource, decision: str) -> bool:
    """Whether one changed decision is proved to have the outcome of the other for every input on every date."""
    old, new = before.decisions[decision].logic, after.decisions[decision].logic
    pair = None
    if isinstance(old, Scorecard) and isinstance(new, Scorecard):
        pair = _of_scorecards(old, new)
    elif isinstance(old, Table) and isinstance(new, Table):
        pair = _of_tables(old, new)
    if pair is None:
        return False
    starts = sorted({value.start for one in before.parameters.values() for value in one.values} or {date.min})
    # Before its first date a parameter is unknown, and then the order of the tests decides what is unknown.
    before_all = starts[0] - timedelta(days=1) if starts[0] > date.min else date.min
    spans = [before_all, *starts]
    return all(_same_on(pair[0], pair[1], _constants(before, as_of)) for as_of in spans)


def _constants(source: PackSource, as_of: date) -> dict[str, Any]:
    found = {name: parameter.in_force(as_of) for name, parameter in source.parameters.items()}
    return {name: None if one is None else one.value for name, one in found.items()}


def _of_scorecards(old: Scorecard, new: Scorecard) -> tuple[_Rows, _Rows] | None:
    """The bands of the one characteristic that differs, in nothing but its bands."""
    if old.base != new.base or len(old.characteristics) != len(new.characteristics):
        return None
    changed = [
        (one, other) for one, other in zip(old.characteristics, new.characteristics, strict=True) if one != other
    ]
    if len(changed) != 1:
        return None
    one, other = changed[0]
    if replace(one, bands=other.bands) != other or isinstance(one.if_missing, Mapping):
        return None
    return _bands(one), _bands(other)


def _bands(one: Characteristic) -> _Rows:
    return [(band.test.text, (band.points, band.words)) for band in one.bands]


def _of_tables(old: Table, new: Table) -> tuple[_Rows, _Rows] | None:
    """The rows of a FIRST table of one column, where nothing but tests and order differs."""
    if old.hit_policy is not HitPolicy.FIRST or len(old.inputs) != 1 or replace(old, rows=new.rows) != new:
        return None
    if any(row.if_missing not in (None, SKIP) or not row.cells for row in (*old.rows, *new.rows)):
        return None
    if len({row.if_missing == SKIP for row in (*old.rows, *new.rows)}) > 1:
        return None
    return _rows(old.rows), _rows(new.rows)


def _rows(rows: Sequence[Row]) -> _Rows:
    return [(next(iter(row.cells.values())).text, (row.id, row.outputs, row.words)) for row in rows]


def _same_on(old: _Rows, new: _Rows, constants: Mapping[str, Any]) -> bool:
    """Whether both lists lead to the same for every value, with these parameters."""
    ends: set[Any] = set()
    for test, _ in (*old, *new):
        found = _ends(test, constants)
        if found is None:
            return False
        ends |= found
    points = list(_points(ends))
    if not points or len(points) > MAX_POINTS:
        return False
    return all(_outcome(old, value, constants) == _outcome(new, value, constants) for value in points)


def _outcome(rows: _Rows, value: Any, constants: Mapping[str, Any]) -> object:
    return next((then for test, then in rows if evaluate_unary_tests(test, value, constants) is True), None)


def _ends(text: str, constants: Mapping[str, Any]) -> set[Any] | None:
    """The constants a test names; None where it is not a test of numbers, or of words, by constants alone."""
    node = parse_unary_tests(text, list(constants))
    found: set[Any] = set()
    for part in node.tests if isinstance(node, nodes.Tests) else (node,):
        values = list(_operands(part, constants))
        if not values or any(not _is_simple(value) for value in values):
            return None
        ordered = isinstance(part, nodes.RangeLiteral) or getattr(part, "operator", "=") not in {"=", "!="}
        if ordered and any(isinstance(value, str) for value in values):
            return None  # between two words lie others, which nobody can list
        found.update(values)
    return found


def _operands(part: nodes.Node, constants: Mapping[str, Any]) -> Iterator[Any]:
    """The constants of one test; a None among them says that it is more than that."""
    if isinstance(part, nodes.UnaryTest):
        yield from _constant(part.operand, constants)
    elif isinstance(part, nodes.RangeLiteral):
        for end in (part.low, part.high):
            yield from [None] if end is None else _constant(end, constants)
    else:
        yield from _constant(part, constants)


def _constant(node: nodes.Node, constants: Mapping[str, Any]) -> Iterator[Any]:
    value: Any = None
    if isinstance(node, nodes.Literal):
        value = node.value
    elif isinstance(node, nodes.Name):
        value = constants.get(node.name)
    elif isinstance(node, nodes.Negate) and isinstance(node.operand, nodes.Literal):
        value = node.operand.value
        value = -value if _is_number(value) else None
    yield from value if isinstance(value, list | tuple) else (value,)


def _is_simple(value: Constant) -> bool:
    return isinstance(value, str) or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _points(ends: set[Any]) -> Iterator[Any]:
    """Every constant, a value in every gap, and one beyond either end; of words, every one and another."""
    words = sorted(end for end in ends if isinstance(end, str))
    numbers = sorted(end for end in ends if not isinstance(end, str))
    if words and numbers:
        return
    yield from words
    if words:
        yield "".join(words) + "?"  # longer than each of them, so none of them
    yield from numbers
    yield from (low + (high - low) / Decimal(2) for low, high in pairwise(numbers))
    if numbers:
        yield numbers[0] - 1
        yield numbers[-1] + 1
