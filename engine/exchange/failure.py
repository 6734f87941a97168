"""What an exchange refuses or cannot carry: where in the file, what, and what to do about it.

One record serves both: a `Finding` in an `ExchangeError` kept a file from being read at all, a `Finding` beside a result
names something that the result leaves out. No finding is ever swallowed, and all of a file are told at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MAX_FINDINGS: Final = 1_000  # told at once; a file that is no pack at all need not print a million lines


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing in a file. `where` is a sheet and cell (`risk!B7`), an element's name, or the file; `line` is 0 where unknown."""

    where: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        """Render `where:line: message — remedy`, one line."""
        place = f"{self.where}:{self.line}" if self.line else self.where
        return f"{place}: {self.message} — {self.remedy}"

    def to_dict(self) -> dict[str, object]:
        """The finding for JSON."""
        return {"where": self.where, "line": self.line, "message": self.message, "remedy": self.remedy}


class ExchangeError(ValueError):
    """A file that cannot become a pack, or a pack that cannot become a file; `findings` holds every reason."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(dict.fromkeys(findings))[:MAX_FINDINGS]
        super().__init__("\n".join(str(finding) for finding in self.findings))


def refused(where: str, message: str, remedy: str) -> ExchangeError:
    """The error of a single finding."""
    return ExchangeError([Finding(where, 0, message, remedy)])
