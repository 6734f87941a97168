"""The types of a model: item definitions as FEEL types, with the values they allow.

Types are made when they are first asked for, so definitions may stand in any order and speak of themselves; a
definition inside itself is held against a value when there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from engine.dmn import limits
from engine.dmn.model import Definitions, ItemDefinition, UnaryTestsText
from engine.feel import FeelError
from engine.feel.conform import has_type
from engine.feel.prepared import SUBJECT, Prepared, Vocabulary, prepare_tests
from engine.feel.runtime.loops import Warnings
from engine.feel.types import ANY, FeelType, context_of, function_of, list_of, named_type

Admits = Callable[[object], bool]


class TypeTable:
    """The types that a model defines, and those of its imports under their names. A mapping's `get` for lookups."""

    def __init__(self, definitions: Definitions, imports: Mapping[str, TypeTable]) -> None:
        self._items = {item.name: item for item in definitions.item_definitions}
        self._imports = imports
        self._known: dict[str, FeelType] = {}
        self._open: list[str] = []

    def names(self) -> Iterator[str]:
        """The names of the model's own types, and of its imports' with theirs before a dot."""
        yield from self._items
        for name, table in self._imports.items():
            yield from (f"{name}.{inner}" if name else inner for inner in table.names())

    def all(self) -> dict[str, FeelType]:
        """Every named type."""
        found = {name: self.named(name) for name in self.names()}
        return {name: kind for name, kind in found.items() if kind is not None}

    def named(self, reference: str) -> FeelType | None:
        """The type of a `typeRef`; `any` for an empty one, None where nothing has that name."""
        if not reference:
            return ANY
        if reference in self._known:
            return self._known[reference]
        item = self._items.get(reference)
        if item is None:
            return self._foreign(reference) or named_type(reference)
        if reference in self._open or len(self._open) >= limits.MAX_TYPE_DEPTH:
            return FeelType("any", admits=lambda value: self._is_later(value, reference))
        self._open.append(reference)
        try:
            self._known[reference] = self._build(item)
        finally:
            self._open.pop()
        return self._known[reference]

    def allowed(self, reference: str) -> UnaryTestsText | None:
        """The values that a type defined here allows, as they are written."""
        item = self._items.get(reference)
        return None if item is None else item.allowed_values

    def _is_later(self, value: object, reference: str) -> bool:
        kind = self.named(reference)
        return kind is not None and has_type(value, kind)

    def _foreign(self, reference: str) -> FeelType | None:
        for name, table in self._imports.items():
            if not name or reference.startswith(f"{name}."):
                found = table.own(reference[len(name) + 1 :] if name else reference)
                if found is not None:
                    return found
        return None

    def own(self, reference: str) -> FeelType | None:
        """A type that the model or one of its imports defines, not one of FEEL's."""
        return self.named(reference) if reference in self._items else self._foreign(reference)

    def _build(self, item: ItemDefinition) -> FeelType:
        if item.function is not None:
            parameters = [self._of(parameter.type_ref) for parameter in item.function.parameters]
            kind = function_of(parameters, self._of(item.function.output_type_ref))
        elif item.components:
            kind = context_of({component.name: self._build(component) for component in item.components})
        else:
            kind = self._of(item.type_ref)
        kind = _limited(kind, item.allowed_values)
        if item.is_collection:
            kind = list_of(kind)
        return _limited(kind, item.type_constraint)

    def _of(self, reference: str) -> FeelType:
        """A type by name; of a name that means nothing, no value is an instance."""
        return self.named(reference) or FeelType("any", admits=lambda _: False)


def _limited(kind: FeelType, tests: UnaryTestsText | None) -> FeelType:
    """A type whose values also pass tests."""
    if tests is None or not tests.text:
        return kind
    try:
        prepared = prepare_tests(tests.text, Vocabulary())
    except FeelError:
        # Which values it allows is not known: none.
        return replace(kind, admits=lambda _: False)
    return replace(kind, admits=_both(kind.admits, prepared))


def _both(earlier: Admits | None, prepared: Prepared) -> Admits:
    def admits(value: object) -> bool:
        if earlier is not None and not earlier(value):
            return False
        return prepared.run({SUBJECT: value}, Warnings()) is True

    return admits
