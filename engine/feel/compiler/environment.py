"""What an expression may speak of: names bound to typed values of the generated code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.feel.types import FeelType


@dataclass(frozen=True, slots=True)
class Binding:
    """A name's type, and the Python expression (a local variable, as a rule) that holds its value.

    The value must be null or of the type; generated code trusts that and checks nothing again.
    """

    type: FeelType
    source: str


@dataclass(frozen=True, slots=True)
class Environment:
    """The names in scope, the meaning of null, and types that `instance of` and parameters may name.

    `unknowns` chooses the semantics: false is the standard's, true takes null for unknown (see `engine.feel.compiler`).
    """

    bindings: Mapping[str, Binding]
    unknowns: bool = False
    types: Mapping[str, FeelType] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()

    def members(self) -> Iterator[str]:
        """Every key that a path or a filter may use: `keys`, and those in the types of the bindings."""
        yield from self.keys
        pending = [binding.type for binding in self.bindings.values()]
        while pending:
            kind = pending.pop()
            if kind.element is not None:
                pending.append(kind.element)
            for name, inner in kind.fields or ():
                yield name
                pending.append(inner)
