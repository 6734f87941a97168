"""Writes XML: elements with attributes, text or children, indented, every character written so that it is read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from engine.exchange.unwritable import masked

_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_IN_ATTRIBUTES: Final = _ESCAPES | {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


@dataclass(slots=True)
class Xml:
    """An element; it has a text or children, not both."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Xml] = field(default_factory=list)

    def add(self, name: str, text: str = "", /, **attributes: str) -> Xml:
        """Append a child and return it. An attribute's `__` stands for a colon; one without a value is left out."""
        child = Xml(name, {key.replace("__", ":"): value for key, value in attributes.items() if value}, text)
        self.children.append(child)
        return child

    def put(self, *children: Xml) -> Xml:
        """Append children and return the element itself."""
        self.children += children
        return self


def count(root: Xml) -> int:
    """How many elements a document has."""
    return 1 + sum(count(child) for child in root.children)


def to_bytes(root: Xml) -> bytes:
    """The document in UTF-8."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(_lines(root, 0)) + "\n").encode("utf-8")


def _lines(element: Xml, depth: int) -> Iterator[str]:
    pad = "  " * depth
    attributes = "".join(f' {key}="{_escaped(value, _IN_ATTRIBUTES)}"' for key, value in element.attributes.items())
    head = f"{pad}<{element.name}{attributes}"
    if element.children:
        yield f"{head}>"
        for child in element.children:
            yield from _lines(child, depth + 1)
        yield f"{pad}</{element.name}>"
    elif element.text:
        yield f"{head}>{_escaped(element.text, _ESCAPES)}</{element.name}>"
    else:
        yield f"{head}/>"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    written = masked(text)
    for char, escape in escapes.items():
        written = written.replace(char, escape)
    return written
