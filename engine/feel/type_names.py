"""Types as they are written after `instance of` and in function parameters."""

from __future__ import annotations

from engine.feel.grammar import Cursor
from engine.feel.lexer import Kind
from engine.feel.nodes import TypeName
from engine.feel.types import (
    ANY,
    SPELLINGS,
    FeelType,
    context_of,
    function_of,
    list_of,
    named_type,
    range_of,
)


def parse_type(cursor: Cursor) -> TypeName:
    """A type: simple, `list<T>`, `range<T>`, `context<a: T>`, `function<T, U> -> V`, or a name the model defines."""
    start = cursor.token.start
    with cursor.deeper():
        if cursor.token.kind is not Kind.WORD:
            raise cursor.error(
                f"expected a type, found {cursor.found()}", "write number, string, date, list<number>..."
            )
        if cursor.ahead().text == "<" and cursor.at("list", "range", "context", "function"):
            return _generic(cursor, start)
        name = _known_name(cursor) or _longest_spelling(cursor)
        return TypeName(start, named_type(name), named=name)


def _known_name(cursor: Cursor) -> str | None:
    """The longest name that the model defines a type by."""
    known = cursor.types.match(cursor.tokens, cursor.index)
    if known is None:
        return None
    for _ in range(known[1]):
        cursor.advance()
    return known[0]


def _longest_spelling(cursor: Cursor) -> str:
    words = [cursor.token.text]
    best = 1
    for count in range(1, 5):
        token = cursor.ahead(count)
        if token.kind is not Kind.WORD:
            break
        words.append(token.text)
        if " ".join(words) in SPELLINGS:
            best = count + 1
    for _ in range(best):
        cursor.advance()
    name = " ".join(words[:best])
    while best == 1 and cursor.at(".") and cursor.ahead().kind is Kind.WORD:
        cursor.advance()
        name += f".{cursor.advance().text}"
    return name


def _generic(cursor: Cursor, start: int) -> TypeName:
    kind = cursor.advance().text
    cursor.advance()
    keys: list[str] = []
    inner: list[TypeName] = []
    while not cursor.at(">"):
        if kind == "context":
            keys.append(cursor.free_name("a key", ":"))
            cursor.expect(":", "after the key of a context type")
        inner.append(parse_type(cursor))
        if not cursor.take(","):
            break
    cursor.expect(">", f"at the end of the {kind} type")
    if kind == "function":
        cursor.expect("->", "after the parameters of a function type")
        inner.append(parse_type(cursor))
    return TypeName(start, _build(kind, inner, keys), named=kind, inner=tuple(inner), keys=tuple(keys))


def _build(kind: str, inner: list[TypeName], keys: list[str]) -> FeelType | None:
    types = [part.type or ANY for part in inner]
    if any(part.type is None for part in inner):
        return None
    if kind == "list":
        return list_of(types[0]) if len(types) == 1 else None
    if kind == "range":
        return range_of(types[0]) if len(types) == 1 else None
    if kind == "context":
        return context_of(dict(zip(keys, types, strict=True)))
    return function_of(types[:-1], types[-1])
