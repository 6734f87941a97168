"""The signals of a pack as DMN inputs and item definitions: types, allowed values, structures and lists.

What DMN's types cannot say of a signal (that it is personal data, its unit, title and note) stands in an extension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.exchange.dmn_names import AS_OF, Graph
from engine.exchange.extension import extended
from engine.exchange.literals import literal, range_text
from engine.exchange.xml_writer import Xml

TYPES: Final = frozenset({"string", "number", "boolean", "date", "date and time"})
SPELLINGS: Final = {"datetime": "date and time", "dateTime": "date and time", "any": "Any"}


def type_ref(name: Any) -> str:
    """The DMN name of a pack's type; empty where DMN has none."""
    spelled = SPELLINGS.get(str(name), str(name))
    return spelled if spelled in TYPES or spelled == "Any" else ""


def inputs(graph: Graph, specs: Mapping[str, Any]) -> tuple[list[Xml], list[Xml]]:
    """The item definitions and the inputs of a pack; `specs` are the declared signals."""
    types: list[Xml] = []
    found = [_input(AS_OF, "date")]
    for group, members in graph.groups.items():
        name = f"t_{group.replace('.', '_dot_')}"
        item = Xml("itemDefinition", {"name": name})
        if members == [group]:
            _fill(item, specs.get(group, {"type": "boolean"}))
        else:
            tree: dict[str, Any] = {}
            for member in members:
                *above, last = member.split(".")[1:]
                node = tree
                for step in above:
                    node = node.setdefault(step, {})
                node[last] = (specs.get(member, {"type": "boolean"}),)
            item.put(*_components(tree))
        types.append(item)
        found.append(_input(group, name))
    return types, found


def _input(name: str, type_name: str) -> Xml:
    element = Xml("inputData", {"id": f"_i_{name}", "name": name})
    element.add("variable", name=name, typeRef=type_name)
    return element


def _components(tree: Mapping[str, Any]) -> Iterator[Xml]:
    for name, node in tree.items():
        component = Xml("itemComponent", {"name": name})
        if isinstance(node, tuple):
            _fill(component, node[0])
        else:
            component.put(*_components(node))
        yield component


def _fill(item: Xml, spec: Mapping[str, Any]) -> None:
    """Say what a signal is: extensions first, then its type and limits, as the schema orders them."""
    rest = {key: value for key, value in spec.items() if key not in {"type", "items", "fields", "values", "range"}}
    low, high = spec.get("range", (None, None))
    if "range" in spec and ("values" in spec or low is None is high):
        rest["range"] = spec["range"]
    is_list = spec.get("type") == "list"
    if is_list and not spec.get("fields") and "fields" in spec:
        rest["fields"] = {}
    if rest:
        item.put(extended("signal", rest))
    if is_list:
        item.attributes["isCollection"] = "true"
        if "items" in spec:
            item.add("typeRef", type_ref(spec["items"]))
        elif not spec["fields"]:
            item.add("typeRef", "Any")
        for name, field in spec.get("fields", {}).items():
            component = item.add("itemComponent", name=name)
            _fill(component, field)
        return
    item.add("typeRef", type_ref(spec["type"]))
    if "values" in spec:
        item.add("allowedValues").add("text", ", ".join(literal(value) for value in spec["values"]))
    elif "range" in spec and "range" not in rest:
        item.add("allowedValues").add("text", range_text(low, high))
