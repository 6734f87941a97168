"""What the two halves of the parser share: a cursor over tokens, the nesting guard and the names in scope."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Final

from engine.feel import limits
from engine.feel.errors import FeelError, error_at
from engine.feel.lexer import Kind, Token, tokenize
from engine.feel.scope import NameScope, inside_of

KEYWORDS: Final = frozenset(
    {
        "and",
        "between",
        "else",
        "every",
        "false",
        "for",
        "function",
        "if",
        "in",
        "null",
        "or",
        "return",
        "satisfies",
        "some",
        "then",
        "true",
    }
)
"""Words that end a name and cannot be one; `not`, `instance` and `of` can."""


NAME_SYMBOLS: Final = frozenset("./-'+*")
"""Symbols that a name may hold."""


class Cursor:
    """A position in the tokens of one text, with the scope of names and the bounds of the work."""

    def __init__(self, text: str, scope: NameScope, members: Iterable[str], types: Iterable[str] = ()) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.scope = scope
        self.members = inside_of(members)
        self.types = inside_of(types)
        self._depth = 0
        self._steps = 0

    @property
    def token(self) -> Token:
        """The token at the cursor."""
        return self.tokens[self.index]

    def ahead(self, count: int = 1) -> Token:
        """A later token, the END token past the end."""
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    def advance(self) -> Token:
        """Take the token at the cursor. Raises `FeelError` when the text takes too many steps to read."""
        self._steps += 1
        if self._steps > limits.MAX_PARSER_STEPS:
            raise self.error("the expression is too complex to read", "split it into several decisions")
        token = self.token
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def at(self, *texts: str) -> bool:
        """Whether the token is one of these symbols or words."""
        return self.token.text in texts and self.token.kind in (Kind.SYMBOL, Kind.WORD)

    def take(self, *texts: str) -> bool:
        """Take the token if it is one of these."""
        if self.at(*texts):
            self.advance()
            return True
        return False

    def expect(self, text: str, where: str) -> Token:
        """Take this symbol or word, or refuse the text."""
        if not self.at(text):
            raise self.error(f"expected {text!r} {where}, found {self.found()}", f"write {text!r} here")
        return self.advance()

    def found(self) -> str:
        """The token at the cursor in words. Strings are not repeated: they may be personal data."""
        if self.token.kind in (Kind.END, Kind.STRING, Kind.AT):
            return f"the {self.token.kind.value}" if self.token.kind is Kind.END else f"a {self.token.kind.value}"
        return repr(self.token.text)

    def error(self, message: str, remedy: str = "", start: int | None = None) -> FeelError:
        """A refusal at the cursor, or at an offset."""
        return error_at(self.text, self.token.start if start is None else start, message, remedy)

    @contextmanager
    def deeper(self) -> Generator[None, None, None]:
        """Count one level of nesting; refuse the text when it is too deep."""
        self._depth += 1
        if self._depth > limits.MAX_NESTING:
            raise self.error(f"nested deeper than {limits.MAX_NESTING} levels", "split the expression")
        try:
            yield
        finally:
            self._depth -= 1

    @contextmanager
    def inside(self, *names: str) -> Generator[None, None, None]:
        """Parse with more names in scope."""
        outer = self.scope
        self.scope = NameScope(names, outer)
        try:
            yield
        finally:
            self.scope = outer

    def member_name(self) -> str:
        """A name after a dot: a known property or key, longest first, or else one word."""
        known = self.members.match(self.tokens, self.index)
        if known:
            for _ in range(known[1]):
                self.advance()
            return known[0]
        if self.token.kind is not Kind.WORD:
            raise self.error(f"expected a name after the dot, found {self.found()}", "name an entry or a property")
        return self.advance().text

    def free_name(self, what: str, *stops: str) -> str:
        """A name that is being introduced: every token up to one of `stops`, spaces made single."""
        start = self.token.start
        parts: list[str] = []
        while not (self.at(*stops) or self.token.kind is Kind.END):
            # A word of the language may stand in a name, but not begin it, nor where such a word is awaited.
            if self.token.text in KEYWORDS and (not parts or not KEYWORDS.isdisjoint(stops)):
                break
            if self.token.kind is Kind.SYMBOL and self.token.text not in NAME_SYMBOLS:
                break
            if self.token.kind not in (Kind.WORD, Kind.NUMBER, Kind.SYMBOL):
                break
            token = self.advance()
            parts.append(f" {token.text}" if token.spaced and parts else token.text)
        if not parts:
            raise self.error(f"expected {what}, found {self.found()}", "give it a name", start)
        return "".join(parts)
