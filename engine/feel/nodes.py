"""The syntax tree of FEEL: frozen nodes that know where they stand in the text.

Nodes hold no types and no behaviour; the compiler, the linter and the proofs read them. `start` is the offset of the
node's first character in the text that was parsed. Values of literals are FEEL values (`str`, `bool`, `int`, `Decimal`,
temporal values or None).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from engine.feel.types import FeelType


@dataclass(frozen=True, slots=True)
class Node:
    """Any piece of FEEL."""

    start: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, string, boolean, null, or a temporal literal `@"..."` (its value is None if it names nothing)."""

    value: object


@dataclass(frozen=True, slots=True)
class AtLiteral(Node):
    """A temporal literal `@"..."` by its text."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name in scope, with single spaces; `?` is the subject of unary tests."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`base.member`: an entry of a context or a property of a temporal value or range."""

    base: Node
    member: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`base[condition]`: the items for which it holds, or the item at a position."""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call; `names` has the arguments' names, or is None where they are given by position."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """Unary minus."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+`, `-`, `*`, `/` or `**`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`=`, `!=`, `<`, `<=`, `>` or `>=`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and` or `or` over two and more operands."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`, both ends included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class UnaryTest(Node):
    """An operator and its operand, about a subject that stands elsewhere: `< 18`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Wildcard(Node):
    """The cell `-`, or an empty cell (`written` is false): always true."""

    written: bool


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """One decision-table cell: true when any of `tests` is, or, negated, when none is."""

    tests: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in tests`."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition then chosen else other`."""

    condition: Node
    chosen: Node
    other: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """`name in source`, or `name in source..end` where `end` is given."""

    name: str
    source: Node
    end: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for iterations return body`."""

    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some` (`every` is false) or `every` iterations `satisfies condition`."""

    every: bool
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written; `named` keeps a name that only the environment can resolve."""

    type: FeelType | None
    named: str = ""
    inner: tuple[TypeName, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Node
    type: TypeName


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    """`{key: value}`; later entries see earlier ones."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    """`[a..b]` with either end open or closed; a missing end (`(< 10)`) is None."""

    low: Node | None
    high: Node | None
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A formal parameter of a function literal, with its type where one is written."""

    name: str
    type: TypeName | None


@dataclass(frozen=True, slots=True)
class FunctionLiteral(Node):
    """`function(parameters) body`."""

    parameters: tuple[Parameter, ...]
    body: Node


def children(node: Node) -> Iterator[Node]:
    """The nodes directly under a node, in the order of the text."""
    for field in fields(node):
        yield from _nodes_in(getattr(node, field.name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _nodes_in(part)


def walk(node: Node) -> Iterator[Node]:
    """A node and all nodes under it."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(list(children(current))))


def depth(node: Node) -> int:
    """How many nodes the longest way down has; computed without recursion."""
    deepest = 0
    pending = [(node, 1)]
    while pending:
        current, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + 1) for child in children(current))
    return deepest
