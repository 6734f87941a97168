"""Names in scope while parsing: FEEL names may hold spaces and symbols, so the parser must know them.

A name is kept as its token texts. At a word, the longest known name whose tokens follow wins; words of a name may be
separated by any white space, a symbol inside a name must stand as close as it does in the name. Inner scopes (loop
variables, parameters, entries of a context literal) see the outer ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from engine.feel.errors import FeelError
from engine.feel.lexer import Kind, Token, tokenize

Part = tuple[str, bool]
"""A token's text and whether a space stands before it."""


class NameScope:
    """A set of names with an optional outer scope."""

    def __init__(self, names: Iterable[str] = (), outer: NameScope | None = None) -> None:
        self.outer = outer
        self.by_first: dict[str, list[tuple[tuple[Part, ...], str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Make a name known. A name that is not made of FEEL tokens is never matched."""
        parts = _parts(name)
        if not parts:
            return
        known = self.by_first.setdefault(parts[0][0], [])
        known.append((parts, name))
        known.sort(key=lambda entry: -len(entry[0]))

    def names(self) -> list[str]:
        """The names that take several tokens, outer ones included; single words need no help to be read."""
        own = [name for entries in self.by_first.values() for parts, name in entries if len(parts) > 1]
        return own if self.outer is None else own + self.outer.names()

    def match(self, tokens: Sequence[Token], index: int) -> tuple[str, int] | None:
        """The longest known name that starts at token `index`, and how many tokens it takes."""
        best: tuple[str, int] | None = None
        scope: NameScope | None = self
        while scope is not None:
            for parts, name in scope.by_first.get(tokens[index].text, ()):
                if best is not None and len(parts) <= best[1]:
                    break
                if _stands_at(parts, tokens, index):
                    best = name, len(parts)
                    break
            scope = scope.outer
        return best


def inside_of(names: Iterable[str]) -> NameScope:
    """An empty scope inside of one of these names; a set of names that comes again and again is read once."""
    return NameScope((), _shared(names) if isinstance(names, frozenset) else NameScope(names))


@lru_cache(maxsize=64)
def _shared(names: frozenset[str]) -> NameScope:
    return NameScope(names)


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[Part, ...]:
    """The tokens of a name; none where it is not made of FEEL tokens. The same names are in scope of many texts."""
    try:
        tokens = tokenize(name)[:-1]
    except FeelError:
        return ()
    if any(token.kind not in (Kind.WORD, Kind.NUMBER, Kind.SYMBOL) for token in tokens):
        return ()
    return tuple((token.text, token.spaced and index > 0) for index, token in enumerate(tokens))


def _stands_at(parts: tuple[Part, ...], tokens: Sequence[Token], index: int) -> bool:
    if index + len(parts) > len(tokens):
        return False
    for offset, (text, spaced) in enumerate(parts):
        token = tokens[index + offset]
        if token.text != text or token.kind not in (Kind.WORD, Kind.NUMBER, Kind.SYMBOL):
            return False
        if offset and token.spaced != spaced:
            return False
    return True
