"""The lexer: FEEL text to tokens, with every token's place.

It knows nothing of names in scope: a name of several words is several tokens, which the parser joins longest first. It
refuses over-long texts, unknown characters, unclosed strings and comments, and escapes that name no character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from engine.feel import limits
from engine.feel.errors import error_at
from engine.feel.numbers import from_literal


class Kind(Enum):
    """What a token is."""

    NUMBER = "number"
    STRING = "string"
    AT = "temporal literal"
    WORD = "word"
    SYMBOL = "symbol"
    END = "end of the expression"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` as written (a string's content unescaped), `start` and `end` offsets, `spaced` if space precedes."""

    kind: Kind
    text: str
    start: int
    end: int
    spaced: bool
    value: int | Decimal | None = None


_SPACE: Final = re.compile(r"(?:[\s\u180e\u200b\ufeff]|//[^\n]*|/\*(?s:.)*?\*/)+")
_NUMBER: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# What the standard lets names hold beyond Python's identifiers: letters of its ranges, signs that join, emoji.
_NAME_START: Final = (
    (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF), (0x3001, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFEFE),
    (0xFF00, 0xFFFD), (0x10000, 0xEFFFF),
)  # fmt: skip
_NAME_MORE: Final = ((0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040), (0xFE0E, 0xFE0F))
_SYMBOL: Final = re.compile(r"\*\*|\.\.|<=|>=|!=|->|[-+*/=<>()\[\]{},.:'|&%;]")
_STRING: Final = re.compile(r'"((?:[^"\\\n\r]|\\.)*)"')
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SURROGATE_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_PLAIN_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def tokenize(text: str) -> list[Token]:
    """All tokens of a text, the last of kind END. Raises `FeelError`."""
    if len(text) > limits.MAX_EXPRESSION_CHARS:
        raise error_at(
            text,
            limits.MAX_EXPRESSION_CHARS,
            f"the expression is longer than {limits.MAX_EXPRESSION_CHARS} characters",
            "split it into several decisions",
        )
    tokens: list[Token] = []
    offset = 0
    while True:
        space = _SPACE.match(text, offset)
        spaced = space is not None
        if space:
            offset = space.end()
        if offset >= len(text):
            tokens.append(Token(Kind.END, "", offset, offset, spaced))
            return tokens
        token = _token(text, offset, spaced=spaced)
        tokens.append(token)
        offset = token.end


def _token(text: str, offset: int, *, spaced: bool) -> Token:
    char = text[offset]
    if char == '"':
        return _string(text, offset, offset, Kind.STRING, spaced=spaced)
    if char == "@" and text.startswith('"', offset + 1):
        return _string(text, offset, offset + 1, Kind.AT, spaced=spaced)
    number = _NUMBER.match(text, offset)
    if number:
        return _number(text, number, spaced=spaced)
    if char == "?":
        return Token(Kind.WORD, "?", offset, offset + 1, spaced)
    if _starts_word(char):
        end = offset + 1
        while end < len(text) and _continues_word(text[end]):
            end += 1
        return Token(Kind.WORD, text[offset:end], offset, end, spaced)
    symbol = _SYMBOL.match(text, offset)
    if symbol:
        if text.startswith("/*", offset):
            raise error_at(text, offset, "a comment is not closed", "end it with */")
        return Token(Kind.SYMBOL, symbol.group(), offset, symbol.end(), spaced)
    raise error_at(text, offset, f"the character {char!r} has no meaning in FEEL", "remove it, or put it in quotes")


def _number(text: str, match: re.Match[str], *, spaced: bool) -> Token:
    value = from_literal(match.group())
    if value is None:
        raise error_at(text, match.start(), "the number is outside the range of decimal128", "write a smaller number")
    return Token(Kind.NUMBER, match.group(), match.start(), match.end(), spaced, value)


def _starts_word(char: str) -> bool:
    return char.isidentifier() or _is_in(ord(char), _NAME_START)


def _continues_word(char: str) -> bool:
    return ("a" + char).isidentifier() or _is_in(ord(char), _NAME_START) or _is_in(ord(char), _NAME_MORE)


def _is_in(point: int, spans: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= point <= high for low, high in spans)


def _string(text: str, start: int, quote: int, kind: Kind, *, spaced: bool) -> Token:
    match = _STRING.match(text, quote)
    if not match:
        raise error_at(text, start, "a string is not closed", 'end it with " on the same line')

    def plain(escape: re.Match[str]) -> str:
        code = escape.group(1) or escape.group(2)
        if code:
            point = int(code, 16)
            if point <= 0x10FFFF:
                return chr(point)
        elif escape.group(3) in _PLAIN_ESCAPES:
            return _PLAIN_ESCAPES[escape.group(3)]
        raise error_at(
            text,
            match.start(1) + escape.start(),
            f"the escape {escape.group()!r} names no character",
            'use \\n, \\t, \\r, \\", \\\\, \\uXXXX or \\UXXXXXX',
        )

    content = _ESCAPE.sub(plain, match.group(1))
    if _SURROGATE.search(content):
        content = _SURROGATE_PAIR.sub(_joined, content)
        if _SURROGATE.search(content):
            raise error_at(
                text, start, "a string holds half of a pair of surrogates", "write the character as \\UXXXXXX"
            )
    return Token(kind, content, start, match.end(), spaced)


def _joined(pair: re.Match[str]) -> str:
    """The character that two escapes of UTF-16 stand for."""
    high, low = ord(pair.group()[0]), ord(pair.group()[1])
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
