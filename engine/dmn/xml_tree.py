"""A small tree of XML that knows its lines, read by a hardened parser.

A document type declaration, an entity, and anything beyond the limits on size, depth and count is refused while it is
read, before it takes memory. Nothing outside of the given bytes is ever opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser

from engine.dmn import limits
from engine.dmn.errors import DmnError, DmnProblem


@dataclass(slots=True)
class XmlElement:
    """One element: local name, namespace, attributes by local name, its own text, children, and its line."""

    name: str
    namespace: str
    attributes: Mapping[str, str]
    line: int
    children: list[XmlElement] = field(default_factory=list)
    text: str = ""

    def get(self, attribute: str, default: str = "") -> str:
        """An attribute's value."""
        return self.attributes.get(attribute, default)

    def all(self, *names: str) -> Iterator[XmlElement]:
        """The children of these names, in order."""
        return (child for child in self.children if child.name in names)

    def first(self, *names: str) -> XmlElement | None:
        """The first child of one of these names."""
        return next(self.all(*names), None)

    def text_of(self, name: str) -> str:
        """The text of a child, without space around it; empty where there is none."""
        child = self.first(name)
        return "" if child is None else child.text.strip()


@dataclass(slots=True)
class XmlDocument:
    """A document's root and the prefixes it declares."""

    root: XmlElement
    prefixes: dict[str, str]


class _TooMuch(Exception):
    """A limit is passed."""


class _Builder:
    """Receives the parser's events; holds the limits against them."""

    def __init__(self) -> None:
        self.root: XmlElement | None = None
        self.prefixes: dict[str, str] = {}
        self.parser: Any = None
        self._open: list[tuple[XmlElement, list[str]]] = []
        self._count = 0

    def start_ns(self, prefix: str, uri: str) -> None:
        """A prefix is declared; the outermost declaration stays."""
        self.prefixes.setdefault(prefix or "", uri or "")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._count += 1
        if self._count > limits.MAX_XML_ELEMENTS:
            raise _TooMuch(f"the file has more than {limits.MAX_XML_ELEMENTS} elements")
        if len(self._open) >= limits.MAX_XML_DEPTH:
            raise _TooMuch(f"the elements are nested deeper than {limits.MAX_XML_DEPTH} levels")
        namespace, name = _split(tag)
        plain = {_split(key)[1]: value for key, value in attributes.items()}
        element = XmlElement(name, namespace, plain, int(self.parser.CurrentLineNumber))
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def end(self, tag: str) -> None:
        """An element ends."""
        del tag
        element, texts = self._open.pop()
        element.text = "".join(texts)

    def data(self, text: str) -> None:
        """Text inside an element."""
        self._open[-1][1].append(text)

    def close(self) -> XmlElement | None:
        """The document ends."""
        return self.root


def _split(tag: str) -> tuple[str, str]:
    if tag.startswith("{"):
        namespace, _, name = tag[1:].partition("}")
        return namespace, name
    return "", tag


def read_xml(content: bytes, name: str) -> XmlDocument:
    """The tree of a document. Raises `DmnError` for what is no XML, is beyond a limit or declares a DTD or entities."""
    if len(content) > limits.MAX_MODEL_BYTES:
        megabytes = limits.MAX_MODEL_BYTES // 2**20
        raise DmnError([DmnProblem(f"the file is larger than {megabytes} MiB", name, remedy="split the model")])
    builder = _Builder()
    parser = XMLParser(target=builder, forbid_dtd=True)
    builder.parser = parser.parser
    try:
        parser.feed(content)
        root = parser.close()
    except ParseError as failure:
        line = failure.position[0] if getattr(failure, "position", None) else 0
        raise DmnError([DmnProblem("the file is not well-formed XML", name, line, "save it again as XML")]) from None
    except DefusedXmlException:
        line = int(builder.parser.CurrentLineNumber)
        problem = DmnProblem("the file declares a document type or an entity", name, line, "remove the declaration")
        raise DmnError([problem]) from None
    except _TooMuch as failure:
        line = int(builder.parser.CurrentLineNumber)
        raise DmnError([DmnProblem(str(failure), name, line, "split the model")]) from None
    except (ValueError, LookupError):
        # An encoding that does not exist, or bytes that are none of it.
        raise DmnError([DmnProblem("the file's encoding cannot be read", name, 1, "save it as UTF-8")]) from None
    assert isinstance(root, XmlElement)
    return XmlDocument(root, builder.prefixes)
