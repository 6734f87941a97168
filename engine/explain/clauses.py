"""The clauses of a condition as texts: what stands between `and` or `or`, within brackets, under `not`.

Splits on tokens, so that every clause is a FEEL text of its own. Where a text begins with `if`, `for`, `some` or `every`,
or holds a `between`, it is left whole: its `and` may belong to something else.
"""

from __future__ import annotations

from typing import Final

from engine.feel import FeelError
from engine.feel.lexer import Kind, Token, tokenize

_WHOLE: Final = frozenset({"if", "for", "some", "every", "function", "between"})


def clauses(text: str, operator: str) -> list[str]:
    """The operands of `and` or `or` at the top of a text; the text alone where there are none, or an `or` binds less."""
    tokens = _tokens(text)
    if any(token.kind is Kind.WORD and token.text in _WHOLE for token in tokens):
        return [text]
    top = [token for token, depth in _depths(tokens) if depth == 0 and token.kind is Kind.WORD]
    if operator == "and" and any(token.text == "or" for token in top):
        return [text]
    found, begin = [], 0
    for token in top:
        if token.text == operator:
            found.append(text[begin : token.start].strip())
            begin = token.end
    return [*found, text[begin:].strip()]


def inner(text: str) -> str:
    """A text without the brackets around the whole of it."""
    while True:
        tokens = _tokens(text)
        if len(tokens) < 3 or tokens[0].text != "(" or not _closes_at_end(tokens, 0):
            return text.strip()
        text = text[tokens[0].end : tokens[-1].start]


def negated(text: str) -> str | None:
    """What stands in a `not(...)` that is the whole of a text."""
    tokens = _tokens(text)
    if len(tokens) > 3 and tokens[0].text == "not" and tokens[1].text == "(" and _closes_at_end(tokens, 1):
        return text[tokens[1].end : tokens[-1].start].strip()
    return None


def _tokens(text: str) -> list[Token]:
    try:
        return tokenize(text)[:-1]
    except FeelError:
        return []


def _depths(tokens: list[Token]) -> list[tuple[Token, int]]:
    depth = 0
    found = []
    for token in tokens:
        symbol = token.kind is Kind.SYMBOL
        depth -= symbol and token.text in {")", "]", "}"}
        found.append((token, depth))
        depth += symbol and token.text in {"(", "[", "{"}
    return found


def _closes_at_end(tokens: list[Token], opening: int) -> bool:
    """Whether the bracket at a place is closed by the last token and by none before."""
    depths = [depth for _, depth in _depths(tokens)]
    if tokens[-1].text != ")" or tokens[-1].kind is not Kind.SYMBOL:
        return False
    return all(depth > depths[opening] for depth in depths[opening + 1 : -1])
