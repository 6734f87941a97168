"""What this package says of a model it refuses: what, in which file and line, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DmnProblem:
    """One thing wrong with a model; `line` counts from 1 and is 0 where no line is to blame."""

    message: str
    file: str
    line: int = 0
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{place}: {self.message}"
        return f"{text}; {self.remedy}" if self.remedy else text


class DmnError(ValueError):
    """A model that cannot be read or run as it stands; `problems` holds every finding, never a value of an input."""

    def __init__(self, problems: Iterable[DmnProblem]) -> None:
        self.problems = tuple(problems)
        first = str(self.problems[0]) if self.problems else "the model cannot be read"
        more = len(self.problems) - 1
        super().__init__(f"{first} (and {more} more)" if more > 0 else first)
