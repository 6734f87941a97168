"""The signals of a model of ours: structured inputs back to dotted names, types and limits back to the pack's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from engine.dmn import model as dmn
from engine.exchange.failure import Finding
from engine.exchange.literals import NotAConstantError, constants, range_of
from engine.exchange.origins import Origins, Path
from engine.exchange.unwritable import unmasked

Extension: TypeAlias = Callable[[Any, str, str], "dict[str, Any] | None"]
_MAX_DEPTH = 40


class TypeReader:
    """Follows the item definitions of one model."""

    def __init__(self, model: dmn.Definitions, origins: Origins, faults: list[Finding], extension: Extension) -> None:
        self._types: Mapping[str, dmn.ItemDefinition] = {item.name: item for item in model.item_definitions}
        self._origins = origins
        self._faults = faults
        self._extension = extension

    def signals(self, data: Iterable[dmn.InputData]) -> dict[str, Any]:
        """The signals of the inputs, by name."""
        found: dict[str, Any] = {}
        for one in data:
            item = self._types.get(one.variable.type_ref)
            if item is None:
                item = dmn.ItemDefinition(name=one.name, type_ref=one.variable.type_ref, line=one.line)
            self._add(one.name, item, found, 0)
        return found

    def _add(self, name: str, item: dmn.ItemDefinition, found: dict[str, Any], depth: int) -> None:
        if item.components and not item.is_collection and depth < _MAX_DEPTH:
            for component in item.components:
                self._add(f"{name}.{component.name}", component, found, depth + 1)
            return
        path: Path = ("signals", name)
        self._origins.add(path, name, item.line)
        found[name] = self._spec(name, item)

    def _spec(self, name: str, item: dmn.ItemDefinition) -> dict[str, Any]:
        carried = self._extension(item.extensions, "signal", name) or {}
        if item.is_collection:
            spec: dict[str, Any] = {"type": "list"}
            if item.components:
                spec["fields"] = {part.name: self._spec(f"{name}.{part.name}", part) for part in item.components}
            elif "fields" not in carried:
                spec["items"] = item.type_ref
            return spec | carried
        return {"type": item.type_ref, **self._limits(name, item), **carried}

    def _limits(self, name: str, item: dmn.ItemDefinition) -> dict[str, Any]:
        text = unmasked(item.allowed_values.text) if item.allowed_values is not None else ""
        if not text:
            return {}
        ends = range_of(text)
        if ends is not None:
            return {"range": ends}
        try:
            return {"values": constants(text)}
        except NotAConstantError:
            line = item.allowed_values.line if item.allowed_values is not None else item.line
            remedy = 'write values such as "a", "b", or a range such as [0..1]'
            self._faults.append(Finding(name, line, "the allowed values are neither values nor a range", remedy))
            return {}
