"""The Python text being generated: lines with indentation, and the globals they refer to.

Generated code holds no text of the author: names are numbered, constants are objects in the globals. A writer writes one
function; functions that belong together share their globals, and `text` has the whole for a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from engine.feel import Compiled


class Writer:
    """Lines of one function, and what its globals must hold."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.lines: list[str] = []
        self.known = known
        self._texts: list[str] = []
        self._indent = 1
        self.counts_steps = False

    def apart(self) -> Writer:
        """A writer of another function with the same globals."""
        other = Writer(self.known)
        other._texts = self._texts
        return other

    @property
    def text(self) -> str:
        """The functions made so far, as Python."""
        return "\n\n\n".join(self._texts)

    def function(self, name: str, parameters: str, *first: str) -> Callable[..., Any]:
        """Compile the lines, after those given as `first`, to a function."""
        text = "\n".join([f"def {name}({parameters}):", *(f"    {line}" for line in first), *self.lines])
        self._texts.append(text)
        exec(compile(text, "<pack>", "exec"), self.known)  # noqa: S102  # our own text: no word of the author in it
        found: Callable[..., Any] = self.known[name]
        return found

    def line(self, text: str) -> None:
        """Add one line."""
        self.lines.append("    " * self._indent + text)

    @contextmanager
    def block(self, head: str) -> Generator[None, None, None]:
        """Add the lines written inside under `head`."""
        self.line(head)
        self._indent += 1
        try:
            yield
        finally:
            self._indent -= 1

    def constant(self, name: str, value: object) -> str:
        """Put an object into the globals under a generated name."""
        self.known[name] = value
        return name

    def feel(self, compiled: Compiled) -> str:
        """The source of a compiled FEEL text, its constants made known."""
        self.known |= compiled.constants
        self.counts_steps |= any(word in compiled.source for word in ("_loop", "_quantified", "_invoke", "_filtered"))
        return compiled.source

    def warn(self, sources: str, origin: str) -> None:
        """Attribute the warnings of the lines just written to a rule or decision; nothing where none can arise."""
        if "_w" in sources:
            self.line(f"if _w: _drain(_w, W, {origin!r})")


def drain(sink: list[tuple[str, str]], warnings: list[tuple[str, str, str]], origin: str) -> None:
    """Move the warnings of one evaluation under the name of the rule or decision they came from."""
    warnings.extend((origin, code, message) for code, message in sink)
    sink.clear()
