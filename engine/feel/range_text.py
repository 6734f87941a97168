"""Ranges as text, for the function `range`: brackets, dots, and literals for ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.feel.errors import FeelError
from engine.feel.failure import Failure
from engine.feel.lexer import Kind, Token, tokenize
from engine.feel.operators.comparison import order
from engine.feel.temporal.text import parse_date, parse_datetime, parse_duration, parse_temporal, parse_time
from engine.feel.values import Range

_CONSTRUCTORS: Final = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_datetime,
    "duration": parse_duration,
}


def parse_range(text: str) -> Range:
    """The range of a text. Raises `Failure` for what is none: other ends than literals, both left out, wrong order."""
    try:
        tokens = tokenize(text)[:-1]
    except FeelError:
        raise Failure("argument", "the text is not a range ([1..10])") from None
    dots = [index for index, token in enumerate(tokens) if token.text == ".." and token.kind is Kind.SYMBOL]
    if len(dots) != 1 or tokens[0].text not in ("[", "(", "]") or tokens[-1].text not in ("]", ")", "["):
        raise Failure("argument", "the text is not a range ([1..10])")
    low, high = _literal(tokens[1 : dots[0]]), _literal(tokens[dots[0] + 1 : -1])
    low_closed, high_closed = tokens[0].text == "[", tokens[-1].text == "]"
    if (low is None and low_closed) or (high is None and high_closed) or (low is None and high is None):
        raise Failure("argument", "an end that is left out stands at an open bracket, and only one is left out")
    if low is not None and high is not None:
        found = order(low, high, [])
        if found is None or found > 0:
            raise Failure("argument", "the ends of the range are of two kinds or in the wrong order")
    return Range(low, high, low_closed, high_closed, low_unbounded=low is None, high_unbounded=high is None)


def _literal(tokens: Sequence[Token]) -> object:
    """The value of a literal; None for no tokens at all."""
    if not tokens:
        return None
    first = tokens[0]
    if len(tokens) == 1 and first.kind is Kind.NUMBER:
        return first.value
    if len(tokens) == 1 and first.kind is Kind.STRING:
        return first.text
    if len(tokens) == 1 and first.kind is Kind.AT:
        return parse_temporal(first.text)
    if len(tokens) == 2 and first.text == "-" and first.kind is Kind.SYMBOL and tokens[1].value is not None:
        return -tokens[1].value
    name = " ".join(token.text for token in tokens[:-3])
    brackets = tokens[-3:-2] and (tokens[-3].text, tokens[-1].text) == ("(", ")")
    if brackets and tokens[-2].kind is Kind.STRING and name in _CONSTRUCTORS:
        return _CONSTRUCTORS[name](tokens[-2].text)
    raise Failure("argument", "the ends of a range are literals")
