"""The cells that most tables consist of, read at a glance: numbers, texts, comparisons with one, intervals of two.

`"A","B"`, `>= 18`, `[650..750)`: a cell in which no name can stand needs neither tokens nor a scope. What is read here
gives the very tree that the parser gives, places included; every other text is None and left to the parser.
"""

from __future__ import annotations

import re
from typing import Final

from engine.feel.nodes import Literal, Negate, Node, RangeLiteral, Tests, UnaryTest
from engine.feel.numbers import from_literal

_NUMBER: Final = r"-?(?:0|[1-9][0-9]{0,33})(?:\.[0-9]{1,30})?"
_TEXT: Final = r'"[^"\\\r\n]{0,200}"'
_PLAIN: Final = re.compile(rf"{_NUMBER}|{_TEXT}")
_COMPARISON: Final = re.compile(rf"(<=|>=|!=|<|>|=) ?({_NUMBER}|{_TEXT})")
_INTERVAL: Final = re.compile(rf"([\[(\]])({_NUMBER})\.\.({_NUMBER})([\])\[])")
_LIST: Final = re.compile(rf"{_TEXT}(?:, ?{_TEXT}){{1,63}}")


def plain_value(text: str) -> Node | None:
    """The tree of an expression that is a number or a text; None for any other."""
    return _value(text, 0) if _PLAIN.fullmatch(text) else None


def plain_tests(text: str) -> Node | None:
    """The tree of a cell of plain numbers and texts; None for any other."""
    if _PLAIN.fullmatch(text):
        return Tests(0, (_value(text, 0),))
    found = _COMPARISON.fullmatch(text)
    if found:
        return Tests(0, (UnaryTest(0, found[1], _value(found[2], found.start(2))),))
    found = _INTERVAL.fullmatch(text)
    if found:
        low, high = (_value(found[side], found.start(side)) for side in (2, 3))
        return Tests(0, (RangeLiteral(0, low, high, found[1] == "[", found[4] == "]"),))
    if _LIST.fullmatch(text):
        return Tests(0, tuple(_value(one.group(), one.start()) for one in re.finditer(_TEXT, text)))
    return None


def _value(text: str, start: int) -> Node:
    if text[0] == '"':
        return Literal(start, text[1:-1])
    if text[0] == "-":
        return Negate(start, Literal(start + 1, from_literal(text[1:])))
    return Literal(start, from_literal(text))
