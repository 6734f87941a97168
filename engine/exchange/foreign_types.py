"""Inputs of a foreign DMN model as signals of a pack: structures flattened to dotted names, limits kept where they fit.

A pack's signals are strings, numbers, booleans, dates, dates and times, and lists of those or of flat facts. What is of
another type (times, durations, functions, structures in lists of structures) is not carried and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from engine.dmn import model as dmn
from engine.exchange.dmn_types import TYPES
from engine.exchange.foreign_names import snake, unique
from engine.exchange.literals import NotAConstantError, constants, range_of

Note: TypeAlias = Callable[[str, int, str, str], None]
"""Adds to the import's list: element, line, what is not carried, what to do."""

SPELLINGS: Final = {"dateTime": "date and time", "date_and_time": "date and time"}
_MAX_DEPTH: Final = 30


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that a model is given: the path of its names, its type (None where the model says none)."""

    path: tuple[str, ...]
    item: dmn.ItemDefinition | None
    type_ref: str
    line: int


class Types:
    """The item definitions of one model."""

    def __init__(self, model: dmn.Definitions, note: Note) -> None:
        self._items: Mapping[str, dmn.ItemDefinition] = {item.name: item for item in model.item_definitions}
        self._note = note

    def base(self, type_ref: str) -> str:
        """The pack's name of a type; empty where it has none."""
        item, name = self._follow(type_ref)
        if item is not None and (item.components or item.is_collection):
            return "list" if item.is_collection else ""
        spelled = SPELLINGS.get(name, name)
        return spelled if spelled in TYPES else ""

    def of_items(self, type_ref: str) -> str:
        """The pack's name of the type of a list's items; of the type itself where it is no list."""
        item, _ = self._follow(type_ref)
        return self.base(item.type_ref if item is not None and item.is_collection else type_ref)

    def allowed(self, type_ref: str) -> list[Any] | None:
        """The values that a type allows, where they are listed."""
        item, _ = self._follow(type_ref, constrained=True)
        if item is None or item.allowed_values is None:
            return None
        try:
            return constants(item.allowed_values.text)
        except NotAConstantError:
            return None

    def leaves(self, data: dmn.InputData) -> Iterator[Leaf]:
        """The values in an input, one for each that is no structure."""
        yield from self._leaves((data.name,), data.variable.type_ref, data.line, 0)

    def _leaves(self, path: tuple[str, ...], type_ref: str, line: int, depth: int) -> Iterator[Leaf]:
        item, _ = self._follow(type_ref)
        if item is None or item.is_collection or not item.components or depth > _MAX_DEPTH:
            yield Leaf(path, None, type_ref, line)
            return
        for part in item.components:
            if part.components and not part.is_collection:
                yield from self._nested((*path, part.name), part, depth + 1)
            elif part.is_collection or part.allowed_values is not None:
                yield Leaf((*path, part.name), part, part.type_ref, part.line)
            else:
                yield from self._leaves((*path, part.name), part.type_ref, part.line, depth + 1)

    def _nested(self, path: tuple[str, ...], item: dmn.ItemDefinition, depth: int) -> Iterator[Leaf]:
        for part in item.components:
            if part.components and not part.is_collection and depth <= _MAX_DEPTH:
                yield from self._nested((*path, part.name), part, depth + 1)
            else:
                yield Leaf((*path, part.name), part, part.type_ref, part.line)

    def _follow(self, type_ref: str, *, constrained: bool = False) -> tuple[dmn.ItemDefinition | None, str]:
        """The definition at the end of a chain of names, and the last name; `constrained` stops at allowed values."""
        seen: set[str] = set()
        item = None
        while type_ref in self._items and type_ref not in seen:
            seen.add(type_ref)
            item = self._items[type_ref]
            if item.components or item.is_collection or (constrained and item.allowed_values is not None):
                break
            type_ref = item.type_ref
        return item, type_ref

    def spec(self, leaf: Leaf, guess: str) -> dict[str, Any] | None:
        """The signal of a value; `guess` is its type where the model gives none. None where a pack has no such signal."""
        name = ".".join(leaf.path)
        item, base = self._follow(leaf.type_ref)
        collected = next((one for one in (leaf.item, item) if one is not None and one.is_collection), None)
        if collected is not None:
            return self._list(name, leaf, collected)
        kind = SPELLINGS.get(base, base)
        if kind in {"", "Any"}:
            if not guess:
                self._note(
                    name, leaf.line, "the input has no type, and nothing shows one", "give it a type in the model"
                )
                return None
            self._note(name, leaf.line, f"the input has no type; read as {guess}, as its tests are", "check it")
            kind = guess
        if kind not in TYPES:
            self._note(
                name, leaf.line, f"an input of type {kind} is not carried", "give a number, text, boolean or date"
            )
            return None
        limited = leaf.item if leaf.item is not None and leaf.item.allowed_values is not None else None
        limited = limited or self._follow(leaf.type_ref, constrained=True)[0]
        return {"type": kind, **self._limits(name, kind, limited)}

    def _limits(self, name: str, kind: str, item: dmn.ItemDefinition | None) -> dict[str, Any]:
        tests = item.allowed_values if item is not None else None
        if tests is None or not tests.text:
            return {}
        wanted = {"string": str, "number": object, "date": object}.get(kind, ())
        ends = range_of(tests.text)
        if ends is not None and kind in {"number", "date"}:
            return {"range": ends}
        try:
            values = constants(tests.text)
        except NotAConstantError:
            values = []
        if values and kind in {"string", "number"} and all(isinstance(value, wanted) for value in values):
            return {"values": list(dict.fromkeys(values))}
        self._note(
            name, tests.line, "its allowed values are not carried", "a pack has lists of values and closed ranges"
        )
        return {}

    def _list(self, name: str, leaf: Leaf, item: dmn.ItemDefinition) -> dict[str, Any] | None:
        inner, base = self._follow(item.type_ref) if not item.components else (item, "")
        components = item.components or (inner.components if inner is not None and not inner.is_collection else ())
        if components:
            fields: dict[str, Any] = {}
            for part in components:
                kind = self.base(part.type_ref) if not part.components and not part.is_collection else ""
                if kind not in TYPES or snake(part.name) != part.name:
                    self._note(
                        f"{name}.{part.name}",
                        part.line,
                        "a field of a list is not carried",
                        "use plain types and names",
                    )
                    return None
                fields[part.name] = {"type": kind}
            return {"type": "list", "fields": fields}
        kind = SPELLINGS.get(base, base)
        if kind not in TYPES or (inner is not None and inner.is_collection and inner is not item):
            self._note(
                name, leaf.line, "a list of such items is not carried", "use a list of plain values or flat facts"
            )
            return None
        return {"type": "list", "items": kind}


def signal_names(leaves: list[Leaf], taken: set[str]) -> dict[tuple[str, ...], str]:
    """The signal of each value; two that would be one, or begin each other, are kept apart by a number."""
    found: dict[tuple[str, ...], str] = {}
    groups: dict[str, str] = {}
    for leaf in leaves:
        first = leaf.path[0]
        if first not in groups:
            groups[first] = unique(snake(first), {*taken, *groups.values()})
        name = ".".join([groups[first], *(snake(part) for part in leaf.path[1:])])
        found[leaf.path] = unique(name, {*taken, *found.values()})
    return found
