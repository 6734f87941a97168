"""Built-in functions on strings; positions count characters from 1, or from the end when negative."""

from __future__ import annotations

from typing import Final

from engine.feel.builtins.table import Table
from engine.feel.failure import Failure
from engine.feel.numbers import Number, truncate
from engine.feel.regex import compile_pattern, substitution
from engine.feel.size import measure_texts
from engine.feel.types import BOOLEAN, NUMBER, STRING, list_of

TABLE: Final = Table()


@TABLE.add("substring", "string: string, start position: number, length?: number", STRING)
def substring(string: str, start: Number, length: Number | None = None) -> str:
    """The part of a string from a position, of a length or to the end."""
    position = truncate(start)
    if not position or abs(position) > len(string):
        raise Failure("argument", "the start position is outside of the string")
    begin = position - 1 if position > 0 else len(string) + position
    if length is None:
        return string[begin:]
    count = truncate(length)
    if count is None or count < 1:
        raise Failure("argument", "the length is not positive")
    return string[begin : begin + count]


@TABLE.add("string length", "string: string", NUMBER)
def string_length(string: str) -> int:
    """How many characters a string has."""
    return len(string)


@TABLE.add("upper case", "string: string", STRING)
def upper_case(string: str) -> str:
    """The string in capitals."""
    return string.upper()


@TABLE.add("lower case", "string: string", STRING)
def lower_case(string: str) -> str:
    """The string in small letters."""
    return string.lower()


@TABLE.add("substring before", "string: string, match: string", STRING)
def substring_before(string: str, match: str) -> str:
    """What stands before the first occurrence; empty where there is none."""
    found = string.find(match)
    return string[:found] if found > 0 else ""


@TABLE.add("substring after", "string: string, match: string", STRING)
def substring_after(string: str, match: str) -> str:
    """What stands after the first occurrence; empty where there is none."""
    found = string.find(match)
    return string[found + len(match) :] if found >= 0 else ""


@TABLE.add("contains", "string: string, match: string", BOOLEAN)
def contains(string: str, match: str) -> bool:
    """Whether one string stands in the other."""
    return match in string


@TABLE.add("starts with", "string: string, match: string", BOOLEAN)
def starts_with(string: str, match: str) -> bool:
    """Whether a string begins so."""
    return string.startswith(match)


@TABLE.add("ends with", "string: string, match: string", BOOLEAN)
def ends_with(string: str, match: str) -> bool:
    """Whether a string ends so."""
    return string.endswith(match)


@TABLE.add("trim", "string: string", STRING)
def trim(string: str) -> str:
    """The string without white space at its ends."""
    return string.strip()


@TABLE.add("matches", "input: string, pattern: string, flags?: string?", BOOLEAN)
def matches(text: str, pattern: str, flags: str | None = None) -> bool:
    """Whether a pattern occurs in a string. Raises `Failure` for what is no pattern or takes long; see `regex`."""
    return compile_pattern(pattern, flags or "").occurs_in(text)


@TABLE.add("replace", "input: string, pattern: string, replacement: string, flags?: string?", STRING)
def replace(text: str, pattern: str, replacement: str, flags: str | None = None) -> str:
    """The string with every occurrence of a pattern replaced; `$1` is the first group."""
    compiled = compile_pattern(pattern, flags or "")
    if compiled.matches_nothing():
        raise Failure("argument", "the pattern matches nothing as well as something")
    plain = "q" in (flags or "")
    parts: list[str] = []
    end = 0
    for match in compiled.find(text):
        parts += (text[end : match.start], substitution(replacement, match, plain=plain))
        measure_texts(parts[-200:])
        end = match.end
    if not parts:
        return text
    parts.append(text[end:])
    measure_texts(parts)
    return "".join(parts)


@TABLE.add("split", "string: string, delimiter: string", list_of(STRING))
def split(string: str, delimiter: str) -> list[object]:
    """The parts between occurrences of a pattern."""
    compiled = compile_pattern(delimiter, "")
    if compiled.matches_nothing():
        raise Failure("argument", "the delimiter matches nothing as well as something")
    parts: list[object] = []
    end = 0
    for match in compiled.find(string):
        parts.append(string[end : match.start])
        end = match.end
    return [*parts, string[end:]]


@TABLE.add("string join", "list: list of string, delimiter?: string?", STRING)
def string_join(strings: list[str | None], delimiter: str | None = None) -> str:
    """Strings joined, nulls left out."""
    texts = [string for string in strings if string is not None]
    joint = delimiter or ""
    measure_texts([*texts, *[joint] * len(texts)])
    return joint.join(texts)
