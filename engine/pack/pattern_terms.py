"""Pattern conditions as comparisons that durable_rules can run.

A condition is FEEL: a conjunction of comparisons between fields of facts, or of a field with a constant or parameter.
Everything else is refused when the pack is loaded, with the place in the text and a remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from engine.feel import nodes
from engine.pack.model import Constant, SignalSpec
from engine.pack.read_vocabulary import kind as constant_kind

_MIRROR: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EXACT: Final = 2**53  # beyond it the native engine's doubles no longer tell integers apart


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison: `variable.field operator` a constant, or the field of an earlier variable."""

    variable: str
    field: str
    operator: str
    other: str | None
    value: object  # the constant, or the other variable's field name


class UnsupportedError(ValueError):
    """A condition that durable_rules cannot run; `node` is where, `remedy` what to write instead."""

    def __init__(self, node: nodes.Node, message: str, remedy: str) -> None:
        super().__init__(message)
        self.node = node
        self.remedy = remedy


def terms_of(node: nodes.Node, over: Mapping[str, SignalSpec], constants: Mapping[str, Constant]) -> tuple[Term, ...]:
    """The comparisons of a conjunction; `over` gives the list of facts of each variable.

    Raises:
        UnsupportedError: for anything but `and` over comparisons of a field with a field or a constant.
    """
    if isinstance(node, nodes.Logic) and node.operator == "and":
        return tuple(term for operand in node.operands for term in terms_of(operand, over, constants))
    if not isinstance(node, nodes.Comparison):
        raise UnsupportedError(node, "a pattern is a conjunction of comparisons", "join comparisons of fields by and")
    left, right, operator, other = _field(node.left, over), _field(node.right, over), node.operator, node.right
    order = list(over)
    if left is None or (right is not None and order.index(right[0]) > order.index(left[0])):
        left, right, operator, other = right, left, _MIRROR[operator], node.left
    if left is None:
        raise UnsupportedError(node, "a comparison of a pattern names no fact's field", "compare a field of a variable")
    kind = _kind(left, over, node)
    if operator not in {"=", "!="} and kind in {"string", "boolean"}:
        raise UnsupportedError(node, f"{kind}s are ordered in a pattern", "compare them with = or !=")
    if right is None:
        return (Term(left[0], left[1], operator, None, _value(other, kind, constants, node)),)
    if right[0] == left[0]:
        raise UnsupportedError(node, "two fields of the same fact are compared", "compare fields of two variables")
    if _kind(right, over, node) != kind:
        raise UnsupportedError(node, "fields of different kinds are compared", "compare fields of one kind")
    return (Term(left[0], left[1], operator, right[0], right[1]),)


def _value(other: nodes.Node, kind: str, constants: Mapping[str, Constant], node: nodes.Node) -> Constant:
    """The constant that a field of this kind is compared with."""
    value = _constant(other, constants)
    if value is None:
        raise UnsupportedError(node, "a field is compared with an expression", "compare it with a constant or a field")
    if constant_kind(value) != kind or (kind == "number" and rank(value) is None):
        raise UnsupportedError(node, f"a {kind} is compared with another kind", f"compare it with a {kind}")
    return value


def _field(node: nodes.Node, over: Mapping[str, SignalSpec]) -> tuple[str, str] | None:
    if isinstance(node, nodes.Path) and isinstance(node.base, nodes.Name) and node.base.name in over:
        return node.base.name, node.member
    return None


def _kind(field: tuple[str, str], over: Mapping[str, SignalSpec], node: nodes.Node) -> str:
    known = over[field[0]].fields or {}
    if field[1] not in known:
        names = ", ".join(sorted(known)) or "none"
        raise UnsupportedError(node, f"{over[field[0]].id} has no field {field[1]}", f"use one of: {names}")
    return known[field[1]].type


def _constant(node: nodes.Node, constants: Mapping[str, Constant]) -> Constant:
    """The value of a literal, a negated number or a parameter; None for everything else."""
    if isinstance(node, nodes.Name):
        return constants.get(node.name)
    value = node.operand if isinstance(node, nodes.Negate) else node
    if not isinstance(value, nodes.Literal) or not isinstance(value.value, str | bool | int | Decimal):
        return None
    if value is node:
        return value.value
    return None if isinstance(value.value, str | bool) else -value.value


def rank(value: object) -> int | float | None:
    """An ordered value as the native engine may see it; None for an unknown one, or one it cannot order exactly."""
    if isinstance(value, date):
        return value.toordinal()
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and value.adjusted() < 15:
            return int(value)
        near = float(value)
        return near if Decimal(repr(near)) == value else None
    return value if isinstance(value, int) and -_EXACT < value < _EXACT else None
