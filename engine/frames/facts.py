"""What patterns can tell of the facts of a list: which fields they read, and what they do with each.

A field that is only compared with itself, in another fact of the same list, by `=` or `!=`, says no more than which
facts agree. A field that is only compared with constants says no more than where it lies among them. Such fields can
be replaced by others that look alike, and then most lists are equal. Every other field that is read stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.feel import FeelError, nodes, parse_expression
from engine.pack.model import Expr, Pattern, SignalSpec

if TYPE_CHECKING:
    from engine.pack.pack import Pack

_EQUALITY: Final = frozenset({"=", "!="})
_RENAMED: Final = frozenset({"string", "number", "date"})


@dataclass(slots=True)
class Usage:
    """How patterns read one field: `agrees` with itself in other facts, is held against `ends`, or is read `wholly`."""

    agrees: bool = False
    ends: set[Any] = field(default_factory=set)
    ordered: bool = False
    wholly: bool = False

    def settle(self, spec: SignalSpec) -> None:
        """Read wholly what is read in two ways, or has ends that doubles do not spell."""
        mixed = self.agrees and bool(self.ends)
        odd = any(isinstance(end, int | Decimal) and Decimal(repr(float(end))) != end for end in self.ends)
        self.wholly |= mixed or odd or spec.type not in _RENAMED or (spec.type == "string" and self.ordered)


def usages(pack: Pack, constants: Mapping[str, object]) -> dict[str, dict[str, Usage]]:
    """By list signal, the usage of every field that a pattern reads; lists of plain items are left out."""
    source = pack.source
    found: dict[str, dict[str, Usage]] = {}
    for pattern in source.patterns:
        over = dict(_variables(pattern))
        for name in over.values():
            found.setdefault(name, {})
        reader = _Reader(over, source.signals, constants, found)
        for text in _texts(pattern):
            members = {member for name in over.values() for member in source.signals[name].fields or {}}
            try:
                reader.read(parse_expression(text, [*over, *constants, *source.signals], members))
            except FeelError:  # a text that is no expression of its own: then whatever it could read is read wholly
                reader.everything()
    for name, fields_read in found.items():
        for member, usage in fields_read.items():
            usage.settle((source.signals[name].fields or {})[member])
    return found


def _variables(pattern: Pattern) -> Iterator[tuple[str, str]]:
    yield from pattern.over.items()
    yield from (pattern.absent or {}).items()


def _texts(pattern: Pattern) -> Iterator[str]:
    """The conditions of a pattern; its `count` tests a number and reads no fact."""
    for one in fields(pattern):
        value = getattr(pattern, one.name)
        if isinstance(value, Expr) and one.name != "count":
            yield value.text


class _Reader:
    """Notes what a condition does with the fields of its variables."""

    def __init__(
        self,
        over: Mapping[str, str],
        signals: Mapping[str, SignalSpec],
        constants: Mapping[str, object],
        found: dict[str, dict[str, Usage]],
    ) -> None:
        self.over = over
        self.signals = signals
        self.constants = constants
        self.found = found

    def everything(self) -> None:
        """Take every field for read wholly."""
        for name in self.over.values():
            for member in self.signals[name].fields or {}:
                self._usage(name, member).wholly = True

    def read(self, node: nodes.Node) -> None:
        """Note a node and all under it."""
        if isinstance(node, nodes.Comparison) and self._comparison(node):
            return
        place = self._place(node)
        if place is not None:
            self._usage(*place).wholly = True
        elif isinstance(node, nodes.Name) and node.name in self.over:
            self.everything()  # a fact as a whole
        else:
            for child in nodes.children(node):
                self.read(child)

    def _comparison(self, node: nodes.Comparison) -> bool:
        """Whether a comparison is one of the two harmless kinds; it is noted then."""
        left, right = self._place(node.left), self._place(node.right)
        if left is not None and left == right and node.operator in _EQUALITY:
            self._usage(*left).agrees = True
            return True
        place, other = (left, node.right) if left is not None else (right, node.left)
        if place is None or (left is not None and right is not None):
            return False
        value = self._constant(other)
        if value is None or isinstance(value, bool | list | tuple):
            return False
        usage = self._usage(*place)
        usage.ends.add(value)
        usage.ordered |= node.operator not in _EQUALITY
        return True

    def _place(self, node: nodes.Node) -> tuple[str, str] | None:
        """The list and the field that a path or a dotted name reads."""
        if isinstance(node, nodes.Path) and isinstance(node.base, nodes.Name):
            variable, member = node.base.name, node.member
        elif isinstance(node, nodes.Name) and "." in node.name:
            variable, _, member = node.name.partition(".")
        else:
            return None
        name = self.over.get(variable)
        known = name is not None and member in (self.signals[name].fields or {})
        return (name, member) if name is not None and known else None

    def _constant(self, node: nodes.Node) -> Any:
        if isinstance(node, nodes.Literal):
            return node.value
        return self.constants.get(node.name) if isinstance(node, nodes.Name) else None

    def _usage(self, name: str, member: str) -> Usage:
        return self.found.setdefault(name, {}).setdefault(member, Usage())
