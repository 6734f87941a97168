"""The syntax of a pattern: from text to a tree, by the grammar of XPath.

The tree also says whether Python's own engine may run it (`Reader.portable`): its text means the same there, and no
repetition stands inside another. Whatever XPath does not have is refused with a `Failure`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.feel.failure import Failure
from engine.feel.regex.characters import (
    Predicate,
    escape_class,
    named_class,
    opposite,
    single,
    span,
    union,
    without,
)

_MAX_GROUPS: Final = 99
_MAX_DEPTH: Final = 20
_MAX_COUNT: Final = 1_000
_SPACE: Final = "\t\n\r "
_SINGLE: Final = {"n": "\n", "r": "\r", "t": "\t", **{char: char for char in "\\|.-^?*+{}()[]$"}}


@dataclass(frozen=True, slots=True)
class Char:
    """One character of a set."""

    test: Predicate


@dataclass(frozen=True, slots=True)
class Edge:
    """The start (`^`) or end (`$`) of the text, or of a line where lines count."""

    start: bool


@dataclass(frozen=True, slots=True)
class Back:
    """What a group matched, again."""

    group: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """One piece after another."""

    pieces: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, the first that fits."""

    options: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group that captures, by its number."""

    number: int
    inner: Tree


@dataclass(frozen=True, slots=True)
class Repeat:
    """A piece from `low` to `high` times (None: without end); `lazy` prefers few."""

    inner: Tree
    low: int
    high: int | None
    lazy: bool


Tree: TypeAlias = Char | Edge | Back | Sequence | Choice | Group | Repeat


class Reader:
    """Reads one pattern."""

    def __init__(self, pattern: str, flags: str) -> None:
        self._text = _without_space(pattern) if "x" in flags else pattern
        self._ignore_case = "i" in flags
        self._dot_all = "s" in flags
        self._index = 0
        self._depth = 0
        self._closed: set[int] = set()
        self._multiline = "m" in flags
        self.groups = 0
        self.has_back = False
        self.portable = self._text.isascii() and "m" not in flags
        self._python: list[str] = []

    @property
    def python(self) -> str:
        """The same pattern as Python writes it; only where it is `portable`."""
        return "".join(self._python)

    def read(self) -> Tree:
        """The tree of the whole pattern."""
        tree = self._choice()
        if self._index < len(self._text):
            raise Failure("argument", "the pattern closes a group that it did not open")
        return tree

    def _peek(self) -> str:
        return self._text[self._index : self._index + 1]

    def _take(self, python: str | None = None) -> str:
        char = self._peek()
        self._index += 1
        self._python.append(char if python is None else python)
        return char

    def _choice(self) -> Tree:
        options = [self._sequence()]
        while self._peek() == "|":
            self._take()
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Tree:
        pieces: list[Tree] = []
        while (char := self._peek()) and char not in "|)":
            pieces.append(self._piece())
        return pieces[0] if len(pieces) == 1 else Sequence(tuple(pieces))

    def _piece(self) -> Tree:
        atom = self._atom()
        char = self._peek()
        if char not in ("*", "+", "?", "{") or not char:
            return atom
        if isinstance(atom, Edge):
            raise Failure("argument", "the pattern repeats the start or the end of the text")
        low, high = self._counts()
        lazy = self._peek() == "?"
        if lazy:
            self._take()
        if self._peek() in ("*", "+", "?", "{") and self._peek():
            raise Failure("argument", "the pattern repeats a repetition")
        if not isinstance(atom, Char) and (high is None or high > 1):
            # Repeated groups are where Python's engine can take exponential time.
            self.portable = False
        return Repeat(atom, low, high, lazy)

    def _counts(self) -> tuple[int, int | None]:
        char = self._take()
        if char != "{":
            return int(char == "+"), (1 if char == "?" else None)
        end = self._text.find("}", self._index)
        low, comma, high = self._text[self._index : end].partition(",")
        if end < 0 or not _is_count(low) or (high and not _is_count(high)):
            raise Failure("argument", "the pattern has a bracket { that is no count")
        self._python.append(self._text[self._index : end + 1])
        self._index = end + 1
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if most is not None and most < least:
            raise Failure("argument", "the pattern has a count whose end is under its start")
        if max(least, most or 0) > _MAX_COUNT:
            raise Failure("limit", f"the pattern repeats more than {_MAX_COUNT} times")
        return least, most

    def _atom(self) -> Tree:
        char = self._peek()
        if char in "*+?{}]":
            raise Failure("argument", "the pattern has a sign that stands for nothing where it is")
        if char == "(":
            return self._group()
        if char == "[":
            self._take()
            return Char(self._class())
        if char == "\\":
            return self._escape()
        if char in "^$":
            # Python's $ also stands before a last line's end.
            self._take("^" if char == "^" else r"\Z")
            return Edge(start=char == "^")
        self._take()
        if char == ".":
            return Char((lambda _: True) if self._dot_all else (lambda other: other != "\n"))
        return Char(single(char, ignore_case=self._ignore_case))

    def _group(self) -> Tree:
        self._take()
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Failure("limit", "the groups of the pattern are nested too deeply")
        number = 0
        if self._peek() == "?":
            if self._text[self._index + 1 : self._index + 2] != ":":
                raise Failure("argument", "the pattern has a group that is not supported")
            self._take()
            self._take()
        else:
            self.groups += 1
            number = self.groups
            if number > _MAX_GROUPS:
                raise Failure("limit", f"the pattern has more than {_MAX_GROUPS} groups")
        inner = self._choice()
        if self._peek() != ")":
            raise Failure("argument", "a group of the pattern is not closed")
        self._take()
        self._depth -= 1
        if number:
            self._closed.add(number)
        return Group(number, inner) if number else inner

    def _escape(self) -> Tree:
        following = self._text[self._index + 1 : self._index + 2]
        if following.isascii() and following.isdigit():
            self._take()
            return self._back()
        kind, value = self._escaped()
        return Char(single(value, ignore_case=self._ignore_case) if isinstance(value, str) else kind)

    def _back(self) -> Tree:
        """A back reference: as many digits as there are groups for."""
        self.has_back = True
        self.portable = False
        number = int(self._take())
        while (char := self._peek()).isdigit() and char.isascii() and number * 10 + int(char) <= self.groups:
            number = number * 10 + int(self._take())
        if number not in self._closed:
            raise Failure("argument", "the pattern refers back to a group that is not closed before it")
        return Back(number)

    def _escaped(self) -> tuple[Predicate, str | None]:
        """What a backslash begins: a set, or one character (then also as such)."""
        self._take("")
        char = self._take("")
        if char in _SINGLE and char:
            plain = _SINGLE[char]
            self._python.append(f"\\{char}")
            return single(plain, ignore_case=self._ignore_case), plain
        if char in ("p", "P"):
            self.portable = False
            end = self._text.find("}", self._index)
            if self._peek() != "{" or end < 0:
                raise Failure("argument", "the pattern has a category without its name in braces")
            name = self._text[self._index + 1 : end]
            self._index = end + 1
            test = named_class(name)
            return (opposite(test) if char == "P" else test), None
        known = escape_class(char) if char.isalpha() else None
        if known is None:
            raise Failure("argument", "the pattern has an escape that is not supported")
        self._python.append({"s": r"[ \t\n\r]", "d": r"\d", "D": r"\D", "S": r"[^ \t\n\r]"}.get(char, ""))
        self.portable &= char in "sSdD"
        return known, None

    # -- classes in brackets

    def _class(self) -> Predicate:
        """The rest of a class, behind its opening bracket."""
        negated = self._peek() == "^"
        if negated:
            self._take()
        tests: list[Predicate] = []
        taken: Predicate | None = None
        free = True
        while (char := self._peek()) != "]":
            if not char:
                raise Failure("argument", "a character class of the pattern is not closed")
            if char == "-" and self._text.startswith("-[", self._index) and tests:
                self._take()
                self._take()
                self.portable = False
                taken = self._class()
                if self._peek() != "]":
                    raise Failure("argument", "something follows a subtraction in a character class")
                break
            test, free = self._member(free=free)
            tests.append(test)
        if not tests:
            raise Failure("argument", "a character class of the pattern is empty")
        self._take()
        found = opposite(union(tests)) if negated else union(tests)
        return found if taken is None else without(found, taken)

    def _member(self, *, free: bool) -> tuple[Predicate, bool]:
        """A character, a range, or an escape inside a class, and whether a hyphen may stand free behind it."""
        test, low = self._class_char(free=free)
        if low is None or self._peek() != "-" or self._text[self._index + 1 : self._index + 2] in ("]", "[", ""):
            return test, False
        self._take()
        _, high = self._class_char(free=False)
        if high is None or high < low:
            raise Failure("argument", "a range of the pattern ends before it starts")
        # Behind a whole range, a hyphen can begin no other.
        return span(low, high, ignore_case=self._ignore_case), True

    def _class_char(self, *, free: bool) -> tuple[Predicate, str | None]:
        char = self._peek()
        if char == "\\":
            before = len(self._python)
            test, plain = self._escaped()
            if plain is None and self._python[before:] and self._python[-1].startswith("["):
                # A class inside a class is written without its brackets; a negated one cannot be.
                self.portable &= not self._python[-1].startswith("[^")
                self._python[-1] = self._python[-1][1:-1]
            return test, plain
        if char == "[":
            raise Failure("argument", "a character class holds a bracket that is not escaped")
        hyphen_ends = self._text[self._index + 1 : self._index + 2] in ("]", "-")
        if char == "-" and not free and not hyphen_ends and not self._text.startswith("-[", self._index):
            raise Failure("argument", "a hyphen in a character class stands first or last, or is escaped")
        self._take(f"\\{char}" if char in "&~|^-" else None)
        return single(char, ignore_case=self._ignore_case), char


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6


def _without_space(pattern: str) -> str:
    """The pattern without white space, which stays only inside of character classes."""
    out: list[str] = []
    depth = 0
    escaped = False
    for char in pattern:
        if char in _SPACE and not depth:
            continue
        out.append(char)
        if not escaped:
            depth += (char == "[") - (char == "]" and depth > 0)
        escaped = char == "\\" and not escaped
    return "".join(out)
