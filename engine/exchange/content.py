"""A pack's content as plain data: what every form of a pack carries.

The YAML of a pack is read into dictionaries, lists and scalars with nothing left out but comments and layout: titles
and notes that the compiled pack has no use for, the file in which a decision stands, the cases, the README. FEEL texts
are marked (`Feel`), so that a writer knows `0.60` the expression, whose every sign counts, from 0.60 the number.
Only a pack that loads is read: a writer never meets a shape that the format does not allow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

from engine.pack import Pack, parse_pack
from engine.pack.limits import MAX_PROBLEMS
from engine.pack.problems import Problems
from engine.pack.source import MAIN
from engine.pack.yaml_tree import ListNode, MapNode, Node, ScalarNode, parse_yaml

Files: TypeAlias = Mapping[str, str | bytes]
Scalar: TypeAlias = str | bool | int | Decimal | date | None
Value: TypeAlias = "Scalar | list[Any] | dict[str, Any]"  # the items are values again

README: Final = "README.md"
META_KEYS: Final = ("pack", "title", "version", "jurisdiction", "on_missing", "note")
SECTIONS: Final = (
    "sources",
    "parameters",
    "signals",
    "checks",
    "decisions",
    "verdict",
    "routes",
    "patterns",
    "invariants",
)
_SPELLINGS: Final = {"datetime": "date and time", "dateTime": "date and time"}
_OPTIONAL: Final = frozenset(SECTIONS) - {"signals", "verdict"}
_FILE_NAME: Final = re.compile(r"(tables|cases)/[^/\\\x00-\x1f\x7f]{1,120}\.ya?ml")


class Feel(str):
    """A FEEL text: an expression, or a cell of a table."""

    __slots__ = ()


@dataclass(slots=True)
class Content:
    """Everything that a pack's files say. `homes` gives a decision's file where that is not pack.yaml."""

    pack: dict[str, Any] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    cases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    readme: str = ""

    def section(self, name: str) -> Any:
        """One part of the pack, an empty one where nothing was written."""
        return self.pack.get(name, [] if name in {"routes", "patterns", "invariants"} else {})

    @property
    def decisions(self) -> dict[str, dict[str, Any]]:
        """The decisions by name."""
        found: dict[str, dict[str, Any]] = self.section("decisions")
        return found


def is_pack_file(name: str) -> bool:
    """Whether a pack may hold a file of this name beside pack.yaml; anything that leads out of its folder is none."""
    return _FILE_NAME.fullmatch(name) is not None and ".." not in name


def read_content(files: Files) -> tuple[Content, Pack]:
    """The content of a pack, and the pack that it compiles to.

    Raises:
        PackError: where the files do not load.
    """
    pack = parse_pack(files)
    root = _tree(files, MAIN)
    content = Content(readme=_text(files.get(README, b"")))
    for key, node in root.entries.items():
        content.pack[key] = _SECTIONS.get(key, plain)(node)
    for number, name in enumerate(sorted(set(files) - {MAIN})):
        folder = name.partition("/")[0]
        if not name.endswith((".yaml", ".yml")):
            continue
        home = name if is_pack_file(name) else f"{folder}/{folder}_{number}.yaml"
        if folder == "tables":
            more = _decisions(_tree(files, name))
            content.pack.setdefault("decisions", {}).update(more)
            content.homes |= dict.fromkeys(more, home)
        else:
            content.cases[home] = [_case(case) for case in plain(_root(files, name))]
    content.pack = _said(content.pack, *_OPTIONAL)
    return content, pack


def _case(case: dict[str, Any]) -> dict[str, Any]:
    """A case; one that rests on another may say nothing of signals."""
    return _said(case, "missing", "without", *(["signals"] if "base" in case else []))


def _said(entry: dict[str, Any], *optional: str) -> dict[str, Any]:
    """An entry without what says nothing: parts that are empty and could as well be absent."""
    return {key: value for key, value in entry.items() if value or key not in optional}


def plain(node: Node) -> Any:
    """A node as plain Python values."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}


def feel(node: Node) -> Feel:
    """The FEEL text of a scalar, as the loader takes it but for space around it, which has no meaning."""
    if not isinstance(node, ScalarNode):  # the pack loaded: it is one
        raise TypeError("a FEEL text is a scalar")
    if isinstance(node.value, date):
        return Feel(f'date("{node.text}")')
    if node.value is None:
        return Feel("null" if node.text else "")
    return Feel(node.text.strip())


def outcome_text(text: str, values: list[Any] | None) -> Feel:
    """An output entry as an author writes it: bare where its text is one of the column's declared strings."""
    known = _words(values)
    bare = next((value for value in known if text.strip() == feel_string(value)), None)
    if bare is not None:
        return Feel(bare)
    # A text that only looks like a declared value is kept apart from it by a space, which no FEEL text minds.
    return Feel(f"{text} " if text in known else text)


def outcome_feel(text: str, values: list[Any] | None) -> str:
    """The FEEL text of an output entry, whether it was written bare or not."""
    return feel_string(text) if text in _words(values) else text


def feel_string(value: str) -> str:
    """A FEEL string, escaped as the loader escapes a bare output."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _words(values: list[Any] | None) -> list[str]:
    return [value for value in values or () if isinstance(value, str)]


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode("utf-8", "replace")


def _root(files: Files, name: str) -> Node:
    node = parse_yaml(name, files[name], Problems(MAX_PROBLEMS))
    if node is None:  # the pack loaded
        raise ValueError(f"{name} is no YAML")
    return node


def _tree(files: Files, name: str) -> MapNode:
    node = _root(files, name)
    if not isinstance(node, MapNode):
        raise TypeError(f"{name} is no mapping")
    return node


def _entries(node: Node, special: Mapping[str, Callable[[Node], Any]]) -> dict[str, Any]:
    """A mapping, with some keys read in their own way."""
    if not isinstance(node, MapNode):
        raise TypeError("a mapping was expected")
    return {key: special.get(key, plain)(value) for key, value in node.entries.items()}


def _each(read: Callable[[Node], Any]) -> Callable[[Node], Any]:
    """A list, or a mapping by name, whose members are read in one way."""

    def reader(node: Node) -> Any:
        if isinstance(node, ListNode):
            return [read(item) for item in node.items]
        if isinstance(node, MapNode):
            return {key: read(value) for key, value in node.entries.items()}
        raise TypeError("a list or mapping was expected")

    return reader


def _typed(node: Node) -> dict[str, Any]:
    """A signal, a field or an output column: its short form is its type alone."""
    if isinstance(node, ScalarNode):
        return {"type": _SPELLINGS.get(str(node.value), node.value)}
    values = [plain(item) for item in getattr(getattr(node, "entries", {}).get("values"), "items", ())]
    found = _entries(node, {"fields": _each(_typed), "default": lambda entry: _outcome(entry, values)})
    if found.get("type") in _SPELLINGS:
        found["type"] = _SPELLINGS[found["type"]]
    return found


def _decisions(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = _each(_decision)(node)
    return found


def _decision(node: Node) -> dict[str, Any]:
    found = _entries(
        node, {"expression": feel, "inputs": _each(feel), "outputs": _each(_typed), "scorecard": _scorecard}
    )
    if "rules" not in found:
        return found
    found["hit_policy"] = " ".join(found.get("hit_policy", "UNIQUE").split()).upper()
    values = {name: output.get("values") for name, output in found["outputs"].items()}

    def outcomes(then: Node) -> dict[str, Feel]:
        entries = then.entries if isinstance(then, MapNode) else {}
        return {name: _outcome(entry, values[name]) for name, entry in entries.items()}

    rules = node.entries["rules"] if isinstance(node, MapNode) else node
    row = {"if": _cells, "then": outcomes}
    found["rules"] = [_said(_entries(item, row), "if") for item in rules.items] if isinstance(rules, ListNode) else []
    return found


def _outcome(node: Node, values: list[Any] | None) -> Feel:
    if isinstance(node, ScalarNode) and node.text in _words(values):  # written bare
        return Feel(node.text)
    return outcome_text(feel(node), values)


def _cells(node: Node) -> dict[str, Feel]:
    """The conditions of a row; one that accepts everything says nothing, as the loader has it."""
    cells = {key: feel(value) for key, value in node.entries.items()} if isinstance(node, MapNode) else {}
    return {key: text for key, text in cells.items() if text.strip() not in {"-", ""}}


def _scorecard(node: Node) -> dict[str, Any]:
    band = {"if": feel}
    one = {"input": feel, "bands": _each(lambda item: _entries(item, band))}
    return _entries(node, {"characteristics": _each(lambda item: _entries(item, one))})


def _parameter(node: Node) -> dict[str, Any]:
    found = _entries(node, {})
    return found | {"values": sorted(found["values"], key=lambda dated: dated["from"])}


def _rules(*keys: str) -> Callable[[Node], Any]:
    special: dict[str, Callable[[Node], Any]] = dict.fromkeys(keys, feel)
    return _each(lambda item: _entries(item, special))


_SECTIONS: Final[Mapping[str, Callable[[Node], Any]]] = {
    "parameters": _each(_parameter),
    "signals": _each(_typed),
    "decisions": _decisions,
    "verdict": lambda node: _entries(node, {"rules": _rules("if")}),
    "routes": _rules("if"),
    "patterns": _rules("if", "count", "when"),
    "invariants": _rules("never"),
}
