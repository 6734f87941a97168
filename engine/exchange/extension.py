"""What DMN has no element for, inside `extensionElements`: plain data in a namespace of our own, kinds kept.

Each value is an element named for its kind (`text`, `feel`, `number`, `boolean`, `date`, `null`, `list`, `map`); an
entry of a mapping carries its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from engine.dmn.xml_tree import XmlElement
from engine.exchange.content import Feel
from engine.exchange.failure import ExchangeError, Finding
from engine.exchange.unwritable import unmasked
from engine.exchange.xml_writer import Xml
from engine.exchange.yaml_writer import number_text, scalar_text
from engine.pack.limits import MAX_PROBLEMS
from engine.pack.problems import Problems
from engine.pack.yaml_tree import ScalarNode, parse_yaml

NAMESPACE: Final = "urn:verdict:pack:1"
PREFIX: Final = "v"


def extension(name: str, values: Mapping[str, Any]) -> Xml:
    """An element of ours that holds a mapping's entries."""
    return Xml(f"{PREFIX}:{name}").put(*(_element(value, key) for key, value in values.items()))


def extended(name: str, values: Mapping[str, Any]) -> Xml:
    """`extensionElements` with one element of ours in it."""
    return Xml("extensionElements").put(extension(name, values))


def find_extension(elements: tuple[XmlElement, ...], name: str) -> dict[str, Any] | None:
    """The entries of an element of ours among an element's extensions; None where it has none of that name.

    Raises:
        ExchangeError: where it holds what was never written.
    """
    found = next((one for one in elements if one.namespace == NAMESPACE and one.name == name), None)
    return None if found is None else _entries(found)


def has_extension(elements: tuple[XmlElement, ...], name: str) -> bool:
    """Whether an element of ours stands among an element's extensions."""
    return any(one.namespace == NAMESPACE and one.name == name for one in elements)


def _wrong(element: XmlElement, message: str, remedy: str) -> ExchangeError:
    return ExchangeError([Finding("the extension", element.line, message, remedy)])


def _element(value: Any, key: str | None = None) -> Xml:
    attributes = {} if key is None else {"key": key}
    if isinstance(value, dict):
        children = [_element(item, name) for name, item in value.items()]
        return Xml(f"{PREFIX}:map", attributes, "", children)
    if isinstance(value, list | tuple):
        return Xml(f"{PREFIX}:list", attributes, "", [_element(item) for item in value])
    if isinstance(value, str):
        return Xml(f"{PREFIX}:{'feel' if isinstance(value, Feel) else 'text'}", attributes, value)
    return Xml(f"{PREFIX}:{_kind(value)}", attributes, "" if value is None else scalar_text(value))


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | Decimal) else "date"


def _entries(element: XmlElement) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element.children:
        key = unmasked(child.get("key"))
        if key in found:
            raise _wrong(child, f"two values of {key[:60]}", "keep one")
        found[key] = _value(child)
    return found


def _value(element: XmlElement) -> Any:
    if element.name == "map":
        return _entries(element)
    if element.name == "list":
        return [_value(child) for child in element.children]
    if element.name == "text":
        return unmasked(element.text)
    if element.name == "feel":
        return Feel(unmasked(element.text))
    if element.name == "null":
        return None
    node = parse_yaml("value", element.text.strip() or "null", Problems(MAX_PROBLEMS))
    value = node.value if isinstance(node, ScalarNode) and not node.style else None
    wanted = {"number": (int, Decimal), "boolean": (bool,), "date": (date,)}.get(element.name, ())
    if type(value) not in wanted:
        raise _wrong(element, f"not a {element.name}", "write it as the pack format does")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        number_text(value)
    return value
