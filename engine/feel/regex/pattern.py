"""Patterns as the built-in functions use them: compiled once, searched within bounds, and replacement texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.feel import limits
from engine.feel.failure import Failure
from engine.feel.regex.machine import MAX_WORK, Program, build
from engine.feel.regex.syntax import Choice, Group, Reader, Repeat, Sequence, Tree

_FLAGS: Final = frozenset("smixq")


@dataclass(frozen=True, slots=True)
class Match:
    """A match: where it starts and ends, its text, and those of its groups (empty for those that took no part)."""

    start: int
    end: int
    text: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern ready to search: on Python's engine where `regex` is given, else on our machine.

    `power` says how a search on Python's engine can grow: at most `choices * length ** power` steps.
    """

    groups: int
    program: Program
    regex: re.Pattern[str] | None
    power: int
    choices: int

    def occurs_in(self, text: str) -> bool:
        """Whether it matches anywhere. Raises `Failure` for a text that is too long, or takes too long."""
        regex = self._fast(text)
        return next(self._find(text), None) is not None if regex is None else regex.search(text) is not None

    def matches_nothing(self) -> bool:
        """Whether it matches the empty text: such a pattern can neither split nor be replaced."""
        return self.occurs_in("")

    def find(self, text: str) -> Iterator[Match]:
        """Its matches from the left, without overlap. Raises `Failure` as `occurs_in` does."""
        regex = self._fast(text)
        return self._find(text) if regex is None else self._find_fast(regex, text)

    def _fast(self, text: str) -> re.Pattern[str] | None:
        """Python's engine, where it cannot take long on this text. Raises `Failure` for a text that is too long."""
        if len(text) > limits.MAX_MATCH_CHARS:
            raise Failure("limit", "the text is too long for a pattern")
        if self.regex is not None and self.choices * max(len(text), 1) ** self.power <= MAX_WORK:
            return self.regex
        return None

    @staticmethod
    def _find_fast(regex: re.Pattern[str], text: str) -> Iterator[Match]:
        for match in regex.finditer(text):
            yield Match(match.start(), match.end(), match.group(), match.groups(default=""))

    def _find(self, text: str) -> Iterator[Match]:
        work = [0]
        position = 0
        while position <= len(text):
            found = self.program.search(text, position, work)
            if found is None:
                return
            start, end = found[:2]
            pairs = zip(found[2::2], found[3::2], strict=True)
            yield Match(start, end, text[start:end], tuple(text[a:b] if a >= 0 and b >= 0 else "" for a, b in pairs))
            position = end if end > start else end + 1


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str) -> Pattern:
    """A pattern with XPath's flags `s m i x q`. Raises `Failure` for what is no pattern or beyond a limit."""
    if len(pattern) > limits.MAX_PATTERN_CHARS:
        raise Failure("limit", f"the pattern is longer than {limits.MAX_PATTERN_CHARS} characters")
    if not _FLAGS.issuperset(flags):
        raise Failure("argument", "the flags are s, m, i, x and q")
    if "q" in flags:
        pattern = "".join(f"\\{char}" if char in "\\|.-^?*+{}()[]$" else char for char in pattern)
        flags = flags.replace("x", "")
    reader = Reader(pattern, flags)
    tree = reader.read()
    program = build(tree, reader.groups, flags, has_back=reader.has_back)
    regex = _on_python(reader, flags) if reader.portable else None
    power, choices = _growth(tree)
    return Pattern(reader.groups, program, regex, power + 1, choices)


def _on_python(reader: Reader, flags: str) -> re.Pattern[str]:
    return re.compile(reader.python, (re.IGNORECASE if "i" in flags else 0) | (re.DOTALL if "s" in flags else 0))


def _growth(tree: Tree) -> tuple[int, int]:
    """How many repetitions of open length follow one another, and how many choices besides (bounded)."""
    repeats, choices = 0, 1
    pending = [tree]
    while pending:
        current = pending.pop()
        if isinstance(current, Repeat):
            if current.high is None or current.high - current.low > 1:
                repeats += 1
            elif current.high > current.low:
                choices *= 2
            pending.append(current.inner)
        elif isinstance(current, Choice):
            choices *= len(current.options)
            pending.extend(current.options)
        elif isinstance(current, Sequence):
            pending.extend(current.pieces)
        elif isinstance(current, Group):
            pending.append(current.inner)
        choices = min(choices, MAX_WORK + 1)
    return repeats, choices


def substitution(replacement: str, match: Match, *, plain: bool) -> str:
    r"""A replacement text for one match: `$1` is a group, `\$` and `\\` the signs. Raises `Failure` for other signs.

    Of several digits as many are taken as there are groups for; a group that is not there is empty.
    """
    if plain:
        return replacement
    out: list[str] = []
    index = 0
    while index < len(replacement):
        char = replacement[index]
        following = replacement[index + 1 : index + 2]
        index += 1
        if char == "\\":
            if following not in ("\\", "$") or not following:
                raise Failure("argument", "a backslash in a replacement stands before a backslash or a dollar")
            out.append(following)
            index += 1
        elif char == "$":
            if not (following.isascii() and following.isdigit()):
                raise Failure("argument", "a dollar in a replacement stands before the number of a group")
            number, index = _group_number(replacement, index, len(match.groups))
            out.append(_group_text(match, number))
        else:
            out.append(char)
    return "".join(out)


def _group_number(text: str, index: int, groups: int) -> tuple[int, int]:
    number = int(text[index])
    index += 1
    while index < len(text) and text[index].isascii() and text[index].isdigit():
        longer = number * 10 + int(text[index])
        if longer > groups:
            break
        number = longer
        index += 1
    return number, index


def _group_text(match: Match, number: int) -> str:
    if number == 0:
        return match.text
    return match.groups[number - 1] if number <= len(match.groups) else ""
