"""A pattern's condition, read as what durable_rules can join: tests of one fact, and comparisons of two.

The condition is FEEL. Whatever reads one variable only, however it does that, is a test: FEEL itself evaluates it on
each fact. What reads two must be a comparison with one variable on each side, and becomes a join. `and`, `or`, `not` and
`between` stand around them freely; the result is the list of ways (conjunctions) in which the condition can hold, which
in Kleene's logic is true, false or unknown exactly where the condition is. Everything else is refused when the pack is
loaded, with the place in the text and a remedy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias, TypeGuard

from engine.feel import nodes
from engine.pack.limits import MAX_PATTERN_BRANCHES, MAX_PATTERN_TERMS
from engine.pack.names import names_in

_MIRROR: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE: Final = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class UnsupportedError(ValueError):
    """A condition that cannot be run; `node` is where, `remedy` what to write instead, `code` the kind of problem."""

    def __init__(self, node: nodes.Node, message: str, remedy: str, code: str = "pattern") -> None:
        super().__init__(message)
        self.node = node
        self.remedy = remedy
        self.code = code


@dataclass(frozen=True, slots=True)
class FactTest:
    """What one fact must be: `node` reads `variable` alone, and must give `wanted`."""

    variable: str
    node: nodes.Node
    wanted: bool


@dataclass(frozen=True, slots=True)
class Join:
    """What must hold between two facts: `left operator right`, where the left side reads the later variable."""

    variable: str
    left: nodes.Node
    operator: str
    other: str
    right: nodes.Node


Branch: TypeAlias = tuple[FactTest | Join, ...]


def conjuncts(node: nodes.Node) -> tuple[nodes.Node, ...]:
    """The parts of a condition that `and` joins at its top."""
    if isinstance(node, nodes.Logic) and node.operator == "and":
        return tuple(part for operand in node.operands for part in conjuncts(operand))
    return (node,)


def variables_of(node: nodes.Node, variables: Iterable[str]) -> list[str]:
    """The variables that a part of a condition reads, in the order in which they were declared."""
    read = set(names_in(node))
    return [name for name in variables if name in read]


def branches(parts: Iterable[nodes.Node], variables: tuple[str, ...], default: str) -> tuple[Branch, ...]:
    """The ways in which all parts hold together. What inside a part reads no fact is a test of the `default` variable.

    Raises:
        UnsupportedError: for what cannot be read as tests and joins, or has too many ways to hold.
    """
    found: list[Branch] = [()]
    for part in parts:
        ways = _ways(part, variables, default, wanted=True)
        found = [(*one, *way) for one, way in product(found, ways)]
        _bounded(part, found)
        if max(map(len, found)) > MAX_PATTERN_TERMS:
            raise UnsupportedError(part, f"more than {MAX_PATTERN_TERMS} comparisons", "split the pattern", "limit")
    return tuple(found)


def _ways(node: nodes.Node, variables: tuple[str, ...], default: str, *, wanted: bool) -> list[Branch]:
    """The ways in which a part is true, or false where that is wanted."""
    read = variables_of(node, variables)
    if len(read) < 2:
        return [(FactTest(read[0] if read else default, node, wanted),)]
    if isinstance(node, nodes.Logic):
        every = [_ways(operand, variables, default, wanted=wanted) for operand in node.operands]
        if (node.operator == "and") is not wanted:
            return _bounded(node, [way for ways in every for way in ways])
        found: list[Branch] = [()]
        for ways in every:
            found = _bounded(node, [(*one, *way) for one, way in product(found, ways)])
        return found
    if _is_not(node):
        return _ways(node.arguments[0], variables, default, wanted=not wanted)
    if isinstance(node, nodes.Between):
        low = nodes.Comparison(node.start, ">=", node.value, node.low)
        high = nodes.Comparison(node.start, "<=", node.value, node.high)
        return _ways(nodes.Logic(node.start, "and", (low, high)), variables, default, wanted=wanted)
    if isinstance(node, nodes.Comparison):
        return [(_join(node, variables, wanted=wanted),)]
    remedy = "compare them with =, !=, <, <=, > or >=, joined by and, or, not"
    raise UnsupportedError(node, f"{' and '.join(read)} meet outside a comparison", remedy)


def _bounded(node: nodes.Node, found: list[Branch]) -> list[Branch]:
    if len(found) > MAX_PATTERN_BRANCHES:
        remedy = "split the pattern in several that set the same signal"
        message = f"the condition can hold in more than {MAX_PATTERN_BRANCHES} ways"
        raise UnsupportedError(node, message, remedy, "limit")
    return found


def _join(node: nodes.Comparison, variables: tuple[str, ...], *, wanted: bool) -> Join:
    left, right = variables_of(node.left, variables), variables_of(node.right, variables)
    if len(left) != 1 or len(right) != 1 or left == right:
        remedy = "write the comparison with one variable on each side, such as a.days_ago <= b.days_ago + 30"
        raise UnsupportedError(node, "a comparison mixes variables on one side", remedy)
    operator = node.operator if wanted else _OPPOSITE[node.operator]
    if variables.index(left[0]) < variables.index(right[0]):
        return Join(right[0], node.right, _MIRROR[operator], left[0], node.left)
    return Join(left[0], node.left, operator, right[0], node.right)


def _is_not(node: nodes.Node) -> TypeGuard[nodes.Call]:
    return (
        isinstance(node, nodes.Call)
        and isinstance(node.function, nodes.Name)
        and node.function.name == "not"
        and len(node.arguments) == 1
    )
