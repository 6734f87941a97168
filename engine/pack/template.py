"""A long text of which little changes: the fixed pieces once, and slots that are filled from a list of values.

A value may stand in many slots; it is written once and picked as often. Filling is one formatting of the whole, whatever
the number of slots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

Fill: TypeAlias = Callable[[Sequence[str]], str]


class Template:
    """A text being put together. The list of values begins with `ahead` ones that go by number, then come the named."""

    def __init__(self, ahead: int, names: Iterable[str]) -> None:
        self._places: Mapping[str, int] = {name: ahead + place for place, name in enumerate(names)}
        self._next = ahead + len(self._places)
        self._pieces: list[str] = []
        self._picked: list[int] = []

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def add(self, text: str, value: int | str | None = None) -> Template:
        """Fixed text, and after it the slot of a value by number or name."""
        self._pieces.append(text.replace("%", "%%"))
        if value is not None:
            self._pieces.append("%s")
            self._picked.append(self._places[value] if isinstance(value, str) else value)
        return self

    def slot(self) -> Template:
        """A slot for the next value after the named ones."""
        self.add("", self._next)
        self._next += 1
        return self

    def fill(self) -> Fill:
        """What makes the text from the list of values."""
        form, picked = "".join(self._pieces), tuple(self._picked)

        def fill(values: Sequence[str]) -> str:
            return form % tuple([values[place] for place in picked])

        return fill
