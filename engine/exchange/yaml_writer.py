"""Plain data as YAML that the pack loader reads back to the same values, laid out for people.

What fits on a line is written on a line, what does not is broken into a block. A scalar is quoted whenever it could be
read as anything but what it is; a FEEL text is written so that the loader takes exactly its characters. Nothing is
written that the loader refuses: no anchors, no tags, no exponents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from engine.exchange.content import Feel
from engine.exchange.failure import refused
from engine.feel.numbers import plain_text

WIDTH: Final = 118
"""Columns of a line; longer texts that have no space to break at run over."""

_PLAIN_TEXT: Final = re.compile(r"[^\W\d](?:[\w ./()%+*<>=-]*[\w.)%])?")
_PLAIN_FEEL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,33})(?:\.[0-9]{1,34})?|true|false")
_NOT_TEXT: Final = frozenset({"true", "false", "null"})
_SHORT: Final[dict[str, str]] = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_MAX_KEY: Final = 1_000  # a longer one must be announced with a question mark


def yaml_text(value: dict[str, Any] | list[Any], *, broken: int = 1, spaced: int = 0) -> str:
    """A document. The first `broken` levels are always written as blocks; the first `spaced` have a line between entries."""
    lines = list(_block(value, 0, broken, spaced)) if value else [flow_text(value)]
    return "\n".join(lines) + "\n"


def compact_text(value: dict[str, Any] | list[Any]) -> str:
    """A document in as few characters as can be: one line for each entry."""
    if isinstance(value, dict):
        lines = (flow_text({key: item})[1:-1] for key, item in value.items())
    else:
        lines = (f"- {flow_text(item)}" for item in value)
    return "\n".join(lines) + "\n"


def number_text(value: int | Decimal) -> str:
    """A number as the loader reads it: written out, at most 34 digits on either side, no zeros that say nothing.

    Raises:
        ExchangeError: for a number that the format cannot hold.
    """
    text = plain_text(value)
    whole, _, fraction = text.lstrip("-").partition(".")
    if not whole.isdigit() or len(whole) > 34 or len(fraction) > 34:
        raise refused("the pack", "a number has more than 34 digits", "write a shorter one")
    return text


def scalar_text(value: Any) -> str:
    """A scalar on one line."""
    if isinstance(value, str):
        bare = _PLAIN_TEXT.fullmatch(value) and value not in _NOT_TEXT
        return str(value) if bare or (isinstance(value, Feel) and _PLAIN_FEEL.fullmatch(value)) else _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return value.isoformat() if isinstance(value, date) else number_text(value)


def _quoted(text: str) -> str:
    if text.isprintable():
        return '"' + text + '"' if '"' not in text and "\\" not in text else "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_SHORT.get(char) or (char if char.isprintable() else _escaped(char)) for char in text) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _key(key: str) -> str:
    text = _quoted(key) if not _PLAIN_TEXT.fullmatch(key) else key
    return f"? {text} :" if len(text) > _MAX_KEY else f"{text}:"


def flow_text(value: Any) -> str:
    """A value on one line, collections in brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    return scalar_text(value)


def _block(value: dict[str, Any] | list[Any], indent: int, broken: int, spaced: int) -> Iterator[str]:
    """A non-empty collection over several lines."""
    entries = value.items() if isinstance(value, dict) else (("", item) for item in value)
    for place, (key, item) in enumerate(entries):
        if place and spaced > 0:
            yield ""
        if isinstance(value, dict) and len(key) > _MAX_KEY // 8:  # an escape has up to eight characters
            yield " " * indent + f"? {_quoted(key)}"
            head = ":"
        else:
            head = _key(key) if isinstance(value, dict) else "-"
        first, *rest = _item(item, indent, len(head), broken - 1, spaced - 1, listed=not isinstance(value, dict))
        yield " " * indent + f"{head} {first}".rstrip(" ")
        yield from rest


def _item(value: Any, indent: int, head: int, broken: int, spaced: int, *, listed: bool) -> list[str]:
    """What follows a key or a dash: the rest of its line, and the lines under it."""
    if not isinstance(value, dict | list | tuple):
        return _long_text(value, indent, head)
    line = flow_text(value)
    if not value or (broken <= 0 and indent + head + 1 + len(line) <= WIDTH):
        return [line]
    lines = list(_block(value if isinstance(value, dict) else list(value), indent + 2, broken, spaced))
    if listed and isinstance(value, dict):  # the first key stands beside the dash
        return [lines[0].lstrip(" "), *lines[1:]]
    return ["", *lines]


def _long_text(value: Any, indent: int, head: int) -> list[str]:
    """A scalar: on the line, or a text folded over lines where it is long and folding loses nothing."""
    line = scalar_text(value)
    if not isinstance(value, str) or indent + head + 1 + len(line) <= WIDTH:
        return [line]
    pad = " " * (indent + 2)
    if "\n" in value:
        rows = value.split("\n")
        kept = all(row.isprintable() and row == row.strip() and row for row in rows)
        return ["|-", *(pad + row for row in rows)] if kept else [line]
    if not value.isprintable() or value != value.strip() or "  " in value:
        return [line]
    folded = [""]
    for word in value.split(" "):
        if folded[-1] and len(pad) + len(folded[-1]) + 1 + len(word) > WIDTH:
            folded.append("")
        folded[-1] += f" {word}" if folded[-1] else word
    return [">-", *(pad + row for row in folded)] if len(folded) > 1 else [line]
