"""Plain values as FEEL literals and back: what stands in the cells, limits and defaults of a DMN file."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, Final

from engine.exchange.yaml_writer import number_text
from engine.pack.limits import MAX_YAML_DEPTH

_SHORT: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NAMED: Final = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\r"}
_WORDS: Final = {"true": True, "false": False, "null": None}
_SPACE: Final = re.compile(r"\s*")
_TOKEN: Final = re.compile(
    r'"(?P<string>(?:[^"\\]|\\.)*)"|(?P<number>-?\d{1,40}(?:\.\d{1,40})?)(?![\w.])|(?P<sign>[\[\],])'
    r'|(?:date\s*\(\s*|@)"(?P<date>\d{4}-\d\d-\d\d)"(?:(?<=@"....-..-..")|\s*\))|(?P<word>true|false|null)\b',
    re.DOTALL | re.ASCII,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", re.DOTALL)
_RANGE: Final = re.compile(r"\[(?P<low>.+)\.\.(?P<high>.+)\]", re.DOTALL)
_HALF: Final = re.compile(r"(?P<operator><=|>=)(?P<end>.+)", re.DOTALL)


class NotAConstantError(ValueError):
    """A text of FEEL that is no plain value."""


def literal(value: Any) -> str:
    """A value as FEEL writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return number_text(value)
    if isinstance(value, date):
        return f'date("{value.isoformat()}")'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return '"' + "".join(_SHORT.get(char) or (char if char.isprintable() else _escaped(char)) for char in value) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:06X}"


def constant(text: str) -> Any:
    """The plain value that a FEEL literal is; numbers keep their digits.

    Raises:
        NotAConstantError: for any other text.
    """
    return _Reader(text).whole()


def constants(text: str) -> list[Any]:
    """The plain values of unary tests that are literals in a row: `"E", "N"`."""
    found = constant(f"[{text}]")
    return found if isinstance(found, list) else [found]


def range_text(low: Any, high: Any) -> str:
    """A closed range as unary tests; an end that is None is open."""
    if low is None:
        return f"<= {literal(high)}"
    return f">= {literal(low)}" if high is None else f"[{literal(low)}..{literal(high)}]"


def range_of(text: str) -> list[Any] | None:
    """The ends of a closed range; None for a text that is none."""
    whole, half = _RANGE.fullmatch(text.strip()), _HALF.fullmatch(text.strip())
    try:
        if whole:
            return [constant(whole["low"].strip()), constant(whole["high"].strip())]
        if half:
            end = constant(half["end"].strip())
            return [None, end] if half["operator"] == "<=" else [end, None]
    except NotAConstantError:
        return None
    return None


class _Reader:
    """Reads a literal from left to right. FEEL's own parser bounds a text to what a person writes; a list may be longer."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> Any:
        value = self._value(0)
        if self._next() is not None:
            raise NotAConstantError(self._text)
        return value

    def _next(self) -> re.Match[str] | None:
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing as well
        if self._at == len(self._text):
            return None
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise NotAConstantError(self._text)
        self._at = found.end()
        return found

    def _value(self, depth: int) -> Any:
        found = self._next()
        if found is None or depth > MAX_YAML_DEPTH:
            raise NotAConstantError(self._text)
        if found["string"] is not None:
            return _unescaped(found["string"], self._text)
        if found["number"] is not None:
            number = found["number"]
            return Decimal(number) if "." in number else int(number)
        if found["date"] is not None:
            try:
                return date.fromisoformat(found["date"])
            except ValueError:
                raise NotAConstantError(self._text) from None
        if found["word"] is not None:
            return _WORDS[found["word"]]
        if found["sign"] != "[":
            raise NotAConstantError(self._text)
        return self._items(depth)

    def _items(self, depth: int) -> list[Any]:
        items: list[Any] = []
        start = self._at
        first = self._next()
        if first is not None and first["sign"] == "]":
            return items
        self._at = start
        while True:
            items.append(self._value(depth + 1))
            sign = self._next()
            if sign is None or sign["sign"] not in {",", "]"}:
                raise NotAConstantError(self._text)
            if sign["sign"] == "]":
                return items


def _unescaped(text: str, whole: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] in _NAMED:
            return _NAMED[code[0]]
        if len(code) == 1 or int(code[1:], 16) > 0x10FFFF:
            raise NotAConstantError(whole)
        return chr(int(code[1:], 16))

    return _ESCAPE.sub(character, text)
