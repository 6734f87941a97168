"""What is wrong with a pack, and where.

Loading is strict and complete: every problem is reported at once, each with its file, line, column, a sentence and a
remedy. Signals posted to a pack are refused the same way, all at once; those texts name the signal and the kind of
what came, never the value, because error texts carry no personal data (invariant 9).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a pack's file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, order=True)
class PackProblem:
    """One thing that keeps a pack from loading. `code` is stable and meant for programs."""

    file: str
    line: int
    column: int
    message: str
    remedy: str
    code: str

    def __str__(self) -> str:
        """Render `file:line:col: message — remedy`, one line."""
        return f"{self.file}:{self.line}:{self.column}: {self.message} — {self.remedy}"

    def to_dict(self) -> dict[str, object]:
        """The problem for JSON."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "remedy": self.remedy,
            "code": self.code,
        }


class PackError(ValueError):
    """A pack that cannot be loaded; `problems` holds all of them, sorted by file, line and column."""

    def __init__(self, problems: Iterable[PackProblem]) -> None:
        self.problems: tuple[PackProblem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, order=True)
class SignalProblem:
    """One posted signal that was refused: its name, what the pack expects, the kind of what came (never the value)."""

    name: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Render the refusal without the value."""
        return f"{self.name}: expected {self.expected}, got {self.got}"


class SignalError(ValueError):
    """Signals that a pack refuses; `problems` holds all of them, sorted by name."""

    def __init__(self, problems: Iterable[SignalProblem]) -> None:
        self.problems: tuple[SignalProblem, ...] = tuple(sorted(problems))
        super().__init__("; ".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy that names the known word closest to `word`, or says `otherwise`."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else otherwise


class Problems:
    """Collects problems while a pack is read; bounded, so that hostile input cannot fill memory."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: set[PackProblem] = set()

    def add(self, place: Place, message: str, remedy: str, code: str) -> None:
        """Record one problem at `place`; beyond the limit the rest is dropped, the pack being refused anyway."""
        if len(self._found) < self._limit:
            self._found.add(PackProblem(place.file, place.line, place.column, message, remedy, code))

    def __len__(self) -> int:
        return len(self._found)

    def sorted(self) -> tuple[PackProblem, ...]:
        """All problems in reading order."""
        return tuple(sorted(self._found))

    def raise_if_any(self) -> None:
        """Refuse the pack when anything was found.

        Raises:
            PackError: with every problem found so far.
        """
        if self._found:
            raise PackError(self._found)
