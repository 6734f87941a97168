"""Changes of a YAML text in place: the scalar, entry or item that is meant, and not a character beside it.

A pack is reviewed as a text with comments and an order of its own, so an edit from a grid must not re-flow it. Nodes give
the positions, edits are collected and applied from the end. What cannot be done surely is refused with `CannotEdit`; the
caller checks afterwards that the new text says what was asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import yaml

from engine.pack.limits import MAX_YAML_DEPTH

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_ ./%+-]*[A-Za-z0-9_.%])?|-?[0-9]+(?:\.[0-9]+)?")
_NOT_TEXT: Final = re.compile(r"true|false|null|[-+]?[0-9.]+|[0-9]{4}-[0-9]{2}-[0-9]{2}")


class CannotEdit(ValueError):
    """The text has a shape that no edit in place is safe for; it must be changed by hand."""


def compose(text: str) -> yaml.MappingNode:
    """The tree of a file with positions; raises `CannotEdit` where it is no YAML mapping, too deep, or has aliases."""
    try:
        _bound(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:
        raise CannotEdit("the file is not valid YAML") from None
    if not isinstance(root, yaml.MappingNode):
        raise CannotEdit("the file is not a mapping")
    return root


def _bound(text: str) -> None:
    """Refuse by its events, which need no stack, what composing would recurse into without end."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_YAML_DEPTH or isinstance(event, yaml.AliasEvent):
            raise CannotEdit("the file nests too deeply, or uses aliases")


def child(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """The node under the keys, or None."""
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for name, value in node.value if name.value == key), None)
    return node


def entries(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    """Keys and values of a mapping, none of anything else."""
    return [(str(name.value), value) for name, value in node.value] if isinstance(node, yaml.MappingNode) else []


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """The items of a sequence, none of anything else."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def shown(node: yaml.Node | None) -> str | None:
    """A scalar's text, a list's texts with commas, None of what is absent; raises `CannotEdit` for anything deeper."""
    if node is None:
        return None
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    parts = [part.value for part in items(node) if isinstance(part, yaml.ScalarNode)]
    if len(parts) != len(items(node)) or isinstance(node, yaml.MappingNode):
        raise CannotEdit("a cell holds more than one value")
    return ", ".join(parts)


def written(value: object, *, as_text: bool = False) -> str:
    """A value as YAML for the flow and the block style alike; `as_text` keeps a word from turning into a number."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{written(str(key))}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(item, as_text=as_text) for item in value) + "]"
    text = str(value) if isinstance(value, str) else _literal(value)
    bare = not isinstance(value, str) or (_PLAIN.fullmatch(text) and not (as_text and _NOT_TEXT.fullmatch(text)))
    return text if bare else quoted(text)


def _literal(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, date):
        return value.isoformat()
    return format(Decimal(repr(value)) if isinstance(value, float) else Decimal(str(value)), "f")


def quoted(text: str) -> str:
    """A quoted scalar that reads back as exactly `text`."""
    if text.isprintable() and '"' in text:
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


class Edits:
    """Changes collected against one text; `apply` returns the new one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._changes: list[tuple[int, int, str]] = []

    def replace(self, node: yaml.Node, value: object, *, as_text: bool = False) -> None:
        """Put a value in a scalar's or a flow list's place, quoted where the old one was."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            raise CannotEdit("a list over several lines is changed by hand")
        new = written(value, as_text=as_text)
        if isinstance(node, yaml.ScalarNode) and node.style in {"'", '"'} and isinstance(value, str):
            new = quoted(value)
        old = self._text[node.start_mark.index : node.end_mark.index]
        self._put(node.start_mark.index, node.end_mark.index, new + old[len(old.rstrip("\n")) :])

    def add_entry(self, node: yaml.Node, key: str, value: str) -> None:
        """Add a key with an already written value to the end of a mapping."""
        if not isinstance(node, yaml.MappingNode):
            raise CannotEdit("a cell cannot be added here")
        if node.flow_style:
            self._before_bracket(node, f"{key}: {value}", empty=not node.value)
        else:
            first, _ = node.value[0]
            self._after(node.value[-1][1], " " * first.start_mark.column + f"{key}: {value}")

    def add_item(self, node: yaml.Node, value: str) -> None:
        """Add an already written item to the end of a sequence."""
        if not isinstance(node, yaml.SequenceNode) or (not node.flow_style and not node.value):
            raise CannotEdit("a row cannot be added here")
        if node.flow_style:
            self._before_bracket(node, value, empty=not node.value)
        else:
            self._after(node.value[-1], " " * node.start_mark.column + f"- {value}")

    def remove_entry(self, node: yaml.Node, key: str) -> None:
        """Remove a key and its scalar from a mapping that has others."""
        names = [name for name, _ in entries(node)]
        at = names.index(key)
        if len(names) == 1 or not isinstance(node.value[at][1], yaml.ScalarNode):
            raise CannotEdit("a cell cannot be removed here")
        if at + 1 < len(names):
            self._put(node.value[at][0].start_mark.index, node.value[at + 1][0].start_mark.index, "")
        else:
            self._put(_end(self._text, node.value[at - 1][1]), _end(self._text, node.value[at][1]), "")

    def remove_item(self, node: yaml.Node, at: int) -> None:
        """Remove an item from a block sequence that has others."""
        if not isinstance(node, yaml.SequenceNode) or node.flow_style or len(node.value) == 1:
            raise CannotEdit("a row cannot be removed here")
        start = self._line_start(node.value[at].start_mark.index)
        end = _end(self._text, node.value[at])
        self._put(start, self._line_end(end), "")

    def apply(self) -> str:
        """The text with all changes; raises `CannotEdit` where two of them touch each other."""
        text, limit = self._text, len(self._text) + 1
        for start, end, new in sorted(self._changes, key=lambda change: change[0], reverse=True):
            if end > limit:
                raise CannotEdit("two changes touch each other; make them one after the other")
            text, limit = text[:start] + new + text[end:], start
        return text

    def _put(self, start: int, end: int, new: str) -> None:
        if start == end and any(change[0] == change[1] == start for change in self._changes):
            at = next(i for i, change in enumerate(self._changes) if change[0] == change[1] == start)
            self._changes[at] = (start, end, self._changes[at][2] + new)
        else:
            self._changes.append((start, end, new))

    def _before_bracket(self, node: yaml.Node, new: str, *, empty: bool) -> None:
        at = (
            _end(self._text, node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1])
            if not empty
            else node.end_mark.index - 1
        )
        self._put(at, at, new if empty and not self._added_at(at) else f", {new}")

    def _added_at(self, at: int) -> bool:
        return any(change[0] == change[1] == at for change in self._changes)

    def _after(self, node: yaml.Node, line: str) -> None:
        end = self._line_end(_end(self._text, node))
        before = "" if end == 0 or self._text[end - 1] == "\n" else "\n"
        self._put(end, end, f"{before}{line}\n")

    def _line_start(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        if index > 0 and self._text[index - 1] == "\n":
            return index
        found = self._text.find("\n", index)
        return len(self._text) if found < 0 else found + 1


def _end(text: str, node: yaml.Node) -> int:
    """Where a node really ends: a block collection's own mark lies at the next token, after comments and blank lines."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last: Any = node.value[-1]
        return _end(text, last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)
