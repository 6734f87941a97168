"""What FEEL says of a text it refuses: where, what, and what to write instead.

A `Problem` is one finding with its place in the text (line and column from 1) and a remedy. A `FeelError` carries all
the problems of a text; it is raised for a text that cannot be read. Neither ever holds a value of the scope, so no
personal data can reach a message.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an expression, at a place, with a remedy."""

    message: str
    line: int
    column: int
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.line}:{self.column}: {self.message}"
        return f"{text} — {self.remedy}" if self.remedy else text


class FeelError(ValueError):
    """A FEEL text that cannot be read; `problems` holds every finding, the first one's parts are attributes."""

    def __init__(self, message: str, line: int = 1, column: int = 1, remedy: str = "") -> None:
        self.problems: tuple[Problem, ...] = (Problem(message, line, column, remedy),)
        self.message = message
        self.line = line
        self.column = column
        self.remedy = remedy
        super().__init__(str(self.problems[0]))


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column (both from 1) of an offset in a text."""
    offset = min(max(offset, 0), len(text))
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def error_at(text: str, offset: int, message: str, remedy: str = "") -> FeelError:
    """A `FeelError` for the place of an offset."""
    line, column = place(text, offset)
    return FeelError(message, line, column, remedy)
