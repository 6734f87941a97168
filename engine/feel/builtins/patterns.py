r"""Regular expressions of XPath, run on Python's `re` within bounds that keep it fast.

Python's engine backtracks, so a hostile pattern could run for ever. Refused, with a `Failure`: a variable repetition
inside a repetition, repeated alternatives, back references and look-arounds. What is left takes time polynomial in the
length of the text, to the power of its repetitions; a text for which that exceeds `MAX_WORK` is refused too.
Not supported, and refused: class subtraction, `\i`, `\c` and `\p`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.feel import limits
from engine.feel.failure import Failure

MAX_WORK: Final = 100_000_000
"""Steps that a match may take at worst: about a second."""

_FLAGS: Final = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE}
_COUNT: Final = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}")
_ESCAPES: Final = frozenset("nrt\\|.-^?*+{}()[]$sSdDwW/")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern and how its work grows: at most `choices * length ** power`."""

    regex: re.Pattern[str]
    power: int
    choices: int

    def check(self, text: str) -> None:
        """Refuse a text that could take too long. Raises `Failure`."""
        length = max(len(text), 1)
        if length > limits.MAX_MATCH_CHARS or self.choices * length**self.power > MAX_WORK:
            raise Failure("limit", "the text is too long for the pattern")


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str) -> Pattern:
    """A pattern with XPath's flags `s m i x q`. Raises `Failure`."""
    if len(pattern) > limits.MAX_PATTERN_CHARS:
        raise Failure("limit", f"the pattern is longer than {limits.MAX_PATTERN_CHARS} characters")
    options = 0
    for flag in flags:
        if flag not in "smixq":
            raise Failure("argument", "the flags are s, m, i, x and q")
        options |= _FLAGS.get(flag, 0)
    if "q" in flags:
        return Pattern(re.compile(re.escape(pattern), options), 1, 1)
    if "x" in flags:
        pattern = re.sub(r"\s+", "", pattern)
    reader = _Reader(pattern, multiline="m" in flags)
    translated = reader.read()
    try:
        regex = re.compile(translated, options)
    except (re.error, OverflowError, RecursionError):
        raise Failure("argument", "the pattern is not a regular expression") from None
    anchored = pattern.startswith("^") and "|" not in pattern and "m" not in flags
    return Pattern(regex, reader.repeats + (0 if anchored else 1), 2 ** min(reader.options, 40))


def substitution(replacement: str, groups: int, flags: str) -> str:
    r"""A replacement text of XPath (`$1`, `\$`, `\\`) as Python's. Raises `Failure`."""
    if "q" in flags:
        return replacement.replace("\\", r"\\")
    out: list[str] = []
    index = 0
    while index < len(replacement):
        char = replacement[index]
        following = replacement[index + 1 : index + 2]
        if char == "\\":
            if following not in ("\\", "$") or not following:
                raise Failure("argument", "a backslash in a replacement stands before a backslash or a dollar")
            out.append(r"\\" if following == "\\" else "$")
            index += 1
        elif char == "$":
            if not following.isdigit() or not following.isascii():
                raise Failure("argument", "a dollar in a replacement stands before the number of a group")
            out.append(rf"\g<{following}>" if int(following) <= groups else "")
            index += 1
        else:
            out.append(char)
        index += 1
    return "".join(out)


@dataclass(slots=True)
class _Group:
    """What a group holds that matters when it is repeated."""

    varies: bool = False
    alternatives: bool = False


class _Reader:
    """Reads a pattern once, translating it and counting what makes matching slow."""

    def __init__(self, pattern: str, *, multiline: bool) -> None:
        self.pattern = pattern
        self.multiline = multiline
        self.repeats = 0
        self.options = 0
        self._index = 0
        self._open: list[_Group] = [_Group()]
        self._atom: _Group | None = None

    def read(self) -> str:
        """The pattern as Python's `re` takes it."""
        out: list[str] = []
        while self._index < len(self.pattern):
            out.append(self._piece())
        if len(self._open) != 1:
            raise Failure("argument", "a group of the pattern is not closed")
        return "".join(out)

    def _piece(self) -> str:
        char = self.pattern[self._index]
        special = _SPECIAL.get(char)
        if special is not None:
            return special(self)
        self._index += 1
        self._atom = _Group()
        return char

    def alternative(self) -> str:
        self._index += 1
        self._open[-1].alternatives = True
        self._atom = None
        return "|"

    def edge(self) -> str:
        char = self.pattern[self._index]
        self._index += 1
        self._atom = None
        # Python's $ also stands before a last newline; XPath's does not.
        return r"\Z" if char == "$" and not self.multiline else char

    def escaped(self) -> str:
        self._index += 1
        self._atom = _Group()
        return self._escape()

    def bracket(self) -> str:
        self._index += 1
        self._atom = _Group()
        return self._class()

    def _escape(self) -> str:
        char = self.pattern[self._index : self._index + 1]
        if not char or char not in _ESCAPES:
            raise Failure("argument", "the pattern has an escape that is not supported")
        self._index += 1
        return f"\\{char}"

    def _class(self) -> str:
        out = ["["]
        start = self._index
        while True:
            char = self.pattern[self._index : self._index + 1]
            if not char:
                raise Failure("argument", "a character class of the pattern is not closed")
            self._index += 1
            if char == "]" and self._index - 1 > start:
                return "".join([*out, "]"])
            if char == "[":
                raise Failure("argument", "class subtraction is not supported")
            if char == "\\":
                out.append(self._escape())
            else:
                out.append(f"\\{char}" if char in "&~|" else char)

    def enter(self) -> str:
        self._index += 1
        if len(self._open) > 20:
            raise Failure("limit", "the groups of the pattern are nested too deeply")
        self._open.append(_Group())
        self._atom = None
        if self.pattern.startswith("?:", self._index):
            self._index += 2
            return "(?:"
        if self.pattern.startswith("?", self._index):
            raise Failure("argument", "the pattern has a group that is not supported")
        return "("

    def leave(self) -> str:
        self._index += 1
        if len(self._open) == 1:
            raise Failure("argument", "the pattern closes a group that it did not open")
        self._atom = self._open.pop()
        self._open[-1].varies |= self._atom.varies or self._atom.alternatives
        return ")"

    def repetition(self) -> str:
        char = self.pattern[self._index]
        if self._atom is None:
            raise Failure("argument", "the pattern repeats nothing")
        low, high, text = self._counts(char)
        self._index += len(text)
        varies = high is None or high != low
        if (high is None or high > 1) and (self._atom.varies or self._atom.alternatives):
            raise Failure("argument", "the pattern repeats a group that is itself not fixed, which could take for ever")
        if varies and high == 1:
            self.options += 1
        elif varies:
            self.repeats += 1
        self._open[-1].varies |= varies
        self._atom = None
        if varies and self.pattern.startswith("?", self._index):
            self._index += 1
            text += "?"
        return text

    def _counts(self, char: str) -> tuple[int, int | None, str]:
        if char != "{":
            return int(char == "+"), (1 if char == "?" else None), char
        match = _COUNT.match(self.pattern, self._index)
        if not match:
            raise Failure("argument", "the pattern has a bracket { that is no count")
        low = int(match[1])
        high = low if not match[2] else int(match[3]) if match[3] else None
        return low, high, match.group()


_SPECIAL: Final[dict[str, Callable[[_Reader], str]]] = {
    **dict.fromkeys("*+?{", _Reader.repetition),
    **dict.fromkeys("^$", _Reader.edge),
    "(": _Reader.enter,
    ")": _Reader.leave,
    "|": _Reader.alternative,
    "\\": _Reader.escaped,
    "[": _Reader.bracket,
}
