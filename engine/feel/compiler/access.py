"""Code for paths, filters and `instance of`."""

from __future__ import annotations

import re
from typing import Final

from engine.feel import nodes
from engine.feel.builtins import FUNCTIONS
from engine.feel.compiler.code import Code
from engine.feel.compiler.core import Compiler, emits
from engine.feel.temporal.properties import ELEMENT, PROPERTIES
from engine.feel.types import ANY, BOOLEAN, NUMBER, FeelType, list_of


@emits(nodes.Path)
def path(compiler: Compiler, node: nodes.Path) -> Code:
    """`base.member`; a dotted name of the environment wins over a path of the same letters."""
    dotted = _dotted(node)
    if dotted is not None and dotted in compiler.environment.bindings:
        return compiler.resolve(node, dotted)
    if dotted is not None and not compiler.speaks_of(_root(node)) and _root(node) not in FUNCTIONS:
        compiler.problem(node, f"nothing is named {dotted!r}", compiler.nearest(dotted, compiler.environment.bindings))
        return Code(f"_unknown_name({dotted!r}, _w)", ANY)
    base = compiler.emit(node.base)
    kind = _member_type(compiler, node, base.type)
    if base.type.name == "context" and base.type.field(node.member) is not None:
        first, again = compiler.held(base)
        return Code(f"(None if {first} is None else {again}.get({node.member!r}))", kind)
    known = PROPERTIES.get(base.type.name, {}).get(node.member)
    if known is not None:
        first, again = compiler.held(base)
        reader = compiler.constant(_Reader(base.type.name, node.member))
        return Code(f"(None if {first} is None else {reader}.read({again}))", kind)
    return Code(f"_path({base.source}, {node.member!r}, _w)", kind)


class _Reader:
    """A property's reader as a constant: equal by what it reads, so that all expressions share it."""

    __slots__ = ("kind", "member", "read")

    def __init__(self, kind: str, member: str) -> None:
        self.kind = kind
        self.member = member
        self.read = PROPERTIES[kind][member][1]

    def __repr__(self) -> str:
        return f"{self.kind}.{self.member}"


def _root(node: nodes.Path) -> str:
    """The name that a path of names starts with."""
    base = node.base
    while isinstance(base, nodes.Path):
        base = base.base
    return base.name if isinstance(base, nodes.Name) else ""


def _dotted(node: nodes.Path) -> str | None:
    if isinstance(node.base, nodes.Name):
        return f"{node.base.name}.{node.member}"
    if isinstance(node.base, nodes.Path):
        inner = _dotted(node.base)
        return None if inner is None else f"{inner}.{node.member}"
    return None


def _member_type(compiler: Compiler, node: nodes.Path, base: FeelType) -> FeelType:
    if base.name == "list" and base.element is not None:
        return list_of(_member_type(compiler, node, base.element))
    if base.name == "context":
        known = base.field(node.member)
        if known is None and base.fields is not None:
            keys = [key for key, _ in base.fields]
            compiler.problem(node, f"the context has no entry {node.member!r}", compiler.nearest(node.member, keys))
        return known or ANY
    if not base.known:
        return ANY
    found = PROPERTIES.get(base.name, {}).get(node.member)
    if found is None:
        known_properties = PROPERTIES.get(base.name, {})
        remedy = f"it has {', '.join(known_properties)}" if known_properties else "only contexts have entries"
        compiler.problem(node, f"a {base.name} has no property {node.member!r}", remedy)
        return ANY
    return (base.element or ANY) if found[0] == ELEMENT else found[0]


@emits(nodes.Filter)
def filtered(compiler: Compiler, node: nodes.Filter) -> Code:
    """`base[condition]`: an item by position where the condition is a number, else the items for which it holds."""
    base = compiler.emit(node.base)
    element = (base.type.element or ANY) if base.type.name == "list" else base.type
    variable = compiler.temporary("_v")
    with compiler.item(Code(variable, element, atom=True)):
        condition = compiler.emit(node.condition)
    if condition.type == NUMBER and f"{variable}" not in _words(condition.source):
        return Code(f"_at({_without_copy(base.source)}, {condition.source}, _w)", element)
    if condition.type.known and condition.type not in (BOOLEAN, NUMBER):
        compiler.problem(
            node.condition,
            f"a filter wants a condition or a position, not a {condition.type.name}",
            "compare something",
        )
    function = "_filtered_known" if compiler.unknowns else "_filtered"
    kind = list_of(element) if condition.type == BOOLEAN else ANY
    perhaps = "" if condition.type == BOOLEAN else ", perhaps_position=True"
    return Code(f"{function}({base.source}, lambda {variable}: {condition.source}, _w{perhaps})", kind)


def _without_copy(source: str) -> str:
    """The list so far of a loop, of which one item is taken: that needs no copy."""
    copied = _SNAPSHOT.fullmatch(source)
    return copied[1] if copied else source


def _words(source: str) -> set[str]:
    return set("".join(char if char.isalnum() or char == "_" else " " for char in source).split())


_SNAPSHOT: Final = re.compile(r"_snapshot\((_v[0-9]+), _w\)")

_NEED_PARTS: Final = {
    "list": "list<Any>",
    "range": "range<number>",
    "context": "context<key: Any>",
    "function": "function<Any> -> Any",
}
"""Types that the standard has only with their parts."""


@emits(nodes.InstanceOf)
def instance_of(compiler: Compiler, node: nodes.InstanceOf) -> Code:
    """`value instance of type`."""
    value = compiler.emit(node.value)
    wanted = compiler.type_of(node.type)
    if wanted is not None and wanted == node.type.type and node.type.named in _NEED_PARTS and not node.type.inner:
        compiler.problem(node.type, f"{node.type.named} is no type by itself", f"write {_NEED_PARTS[node.type.named]}")
        wanted = None
    if wanted is None:
        return Code("_unknown_type(_w)", BOOLEAN)
    kind = compiler.constant(wanted)
    known = "_known" if compiler.unknowns and not value.is_null else ""
    return Code(f"_instance{known}({value.source}, {kind}, _w)", BOOLEAN)
