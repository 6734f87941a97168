"""The warnings of one decision: every failure that FEEL turned into null, with the node it happened in."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from engine.feel.runtime.loops import Warnings

MAX_WARNINGS: Final = 1_000
"""Warnings kept of one decision; a loop may fail at every turn."""


@dataclass(frozen=True, slots=True)
class DmnWarning:
    """One suppressed failure: the node it happened in, its kind, and a sentence that holds no value of an input."""

    node: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.node}: {self.message}"


class Log(Warnings):
    """The sink of one decision; it also counts its steps and the depth of its calls."""

    __slots__ = ("found", "node")

    def __init__(self) -> None:
        super().__init__()
        self.node = ""
        self.found: dict[DmnWarning, None] = {}

    def append(self, item: tuple[str, str], /) -> None:
        """Keep a warning for the node at work; the same one is kept once."""
        if len(self.found) < MAX_WARNINGS:
            self.found.setdefault(DmnWarning(self.node, *item))

    def note(self, code: str, message: str) -> None:
        """Keep a warning for the node at work."""
        self.append((code, message))

    @contextmanager
    def at(self, node: str) -> Generator[None, None, None]:
        """Work on a node: warnings are its."""
        outer = self.node
        self.node = node
        try:
            yield
        finally:
            self.node = outer
