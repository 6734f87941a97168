"""YAML as a tree that remembers where everything stands.

Reads the event stream of PyYAML's safe parser and builds its own nodes, so that every value keeps its file, line and
column. It refuses what a pack never needs and an attacker might: anchors and aliases, tags, duplicate keys, several
documents, deep nesting, huge files. Plain scalars follow YAML 1.2's core schema narrowed to what packs mean: `true`,
`false`, `null`, integers, decimals (never binary floats) and ISO dates; `NO`, `N`, `yes` and `on` stay strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

import yaml

from engine.pack.limits import MAX_FILE_BYTES, MAX_YAML_DEPTH, MAX_YAML_NODES
from engine.pack.problems import Place, Problems

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,33})")
_DECIMAL: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,33})\.[0-9]{1,34}")
# What other readers of YAML would take for a number and this one does not: refused, so that it is never a text by mistake.
_OTHER_NUMBER: Final = re.compile(
    r"[-+]?(?:[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+|[0-9]{35,}(?:\.[0-9]*)?|[0-9]+\.[0-9]{35,})"
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}

Plain: TypeAlias = str | bool | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One scalar: its typed value, its text, its place, and how it was written (for columns inside the text)."""

    value: Plain
    text: str
    place: Place
    style: str = ""
    lines: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def locate(self, line: int, column: int) -> Place:
        """The file position of a 1-based line and column of the text; the scalar's own place where YAML re-flowed it."""
        place = self.place
        if self.style == "|":
            row = place.line + line  # the text begins on the line after the bar
            source = self.lines[row - 1] if row <= len(self.lines) else ""
            indent = len(source) - len(source.lstrip(" "))
            return Place(place.file, row, indent + column)
        if line > 1 or self.style == ">" or "\n" in self.text:
            return place
        if self.style == "":
            return Place(place.file, place.line, place.column + column - 1)
        source = self.lines[place.line - 1] if place.line <= len(self.lines) else ""
        at = place.column  # 0-based offset of the first character after the opening quote
        for _ in range(column - 1):
            pair = source[at : at + 2]
            at += 2 if pair == "''" and self.style == "'" else _escape_width(source, at) if self.style == '"' else 1
        return Place(place.file, place.line, at + 1)


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping from strings; `keys` gives the place of each key."""

    entries: dict[str, Node]
    keys: dict[str, Place]
    place: Place


Node: TypeAlias = ScalarNode | ListNode | MapNode


def parse_yaml(file: str, content: str | bytes, problems: Problems) -> Node | None:
    """Parse one file; None when it cannot be a tree at all, the reasons being in `problems`."""
    text = _decode(file, content, problems)
    if text is None:
        return None
    builder = _Builder(file, tuple(text.splitlines()), problems)
    try:
        events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        return builder.document(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        problems.add(place, f"not valid YAML: {error.problem or error.context}", "correct the YAML", "yaml_syntax")
    except yaml.YAMLError:
        problems.add(
            Place(file), "not valid YAML: a character YAML forbids", "remove control characters", "yaml_syntax"
        )
    except _RefusedError:
        pass  # already recorded where it was found
    return None


class _RefusedError(Exception):
    """The rest of a file cannot be read; its problem has been recorded."""


def _decode(file: str, content: str | bytes, problems: Problems) -> str | None:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(raw) > MAX_FILE_BYTES:
        problems.add(Place(file), f"file larger than {MAX_FILE_BYTES} bytes", "split it into tables/*.yaml", "limit")
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        problems.add(Place(file), "not UTF-8 text", "save the file as UTF-8", "encoding")
        return None


class _Builder:
    """Builds nodes from events without recursion; the stack is the depth."""

    def __init__(self, file: str, lines: tuple[str, ...], problems: Problems) -> None:
        self._file = file
        self._lines = lines
        self._problems = problems
        self._nodes = 0
        self._stack: list[_Open] = []
        self._root: Node | None = None

    def document(self, events: Iterator[yaml.Event]) -> Node | None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "more than one YAML document", "keep one document per file", "yaml_document")
            elif isinstance(event, yaml.AliasEvent):
                self._refuse(event, "YAML aliases are refused", "write the value out", "yaml_alias")
            elif isinstance(event, yaml.NodeEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._place(self._stack.pop().close())
        if self._root is None:
            self._problems.add(Place(self._file), "the file is empty", "write a pack, or delete the file", "yaml_empty")
        return self._root

    def _open(self, event: yaml.NodeEvent) -> None:
        place = self._at(event)
        self._nodes += 1
        if self._nodes > MAX_YAML_NODES:
            self._refuse(event, f"more than {MAX_YAML_NODES} YAML nodes", "split the file", "limit")
        if event.anchor:
            self._refuse(event, "YAML anchors are refused", "write the value out", "yaml_alias")
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self._refuse(event, "YAML tags are refused", "remove the tag", "yaml_tag")
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            style = "" if style == ":" else style
            value = event.value if style else _plain(event.value)
            if not style and isinstance(value, str) and _OTHER_NUMBER.fullmatch(value):
                remedy = "write it out, up to 34 digits, or quote it if it is a text"
                self._problems.add(place, "a number with an exponent or too many digits", remedy, "number")
            self._place(ScalarNode(value, event.value, place, style, self._lines))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._stack) >= MAX_YAML_DEPTH:
                self._refuse(event, f"nested deeper than {MAX_YAML_DEPTH}", "flatten the YAML", "limit")
            self._stack.append(_Open(place, is_map=isinstance(event, yaml.MappingStartEvent)))

    def _place(self, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        if not top.is_map:
            top.items.append(node)
        elif top.key is None:
            top.key = self._key(node)
        else:
            if top.key.text in top.entries:
                first = top.keys[top.key.text].line
                self._problems.add(
                    top.key.place, f"duplicate key {top.key.text} (first on line {first})", "keep one", "yaml_duplicate"
                )
            else:
                top.entries[top.key.text] = node
                top.keys[top.key.text] = top.key.place
            top.key = None

    def _key(self, node: Node) -> ScalarNode:
        if not isinstance(node, ScalarNode):
            self._problems.add(node.place, "a key must be a word", "use a plain word as key", "yaml_key")
            raise _RefusedError
        return node

    def _at(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file)

    def _refuse(self, event: yaml.Event, message: str, remedy: str, code: str) -> None:
        self._problems.add(self._at(event), message, remedy, code)
        raise _RefusedError


@dataclass(slots=True)
class _Open:
    """A list or mapping being read."""

    place: Place
    is_map: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    key: ScalarNode | None = None

    def close(self) -> Node:
        return MapNode(self.entries, self.keys, self.place) if self.is_map else ListNode(tuple(self.items), self.place)


def _plain(text: str) -> Plain:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text  # a date that is none: refused where a date is asked for
    return text


def _escape_width(source: str, at: int) -> int:
    if source[at : at + 1] != "\\":
        return 1
    return {"x": 4, "u": 6, "U": 10}.get(source[at + 1 : at + 2], 2)
