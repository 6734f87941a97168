"""The compiler's heart: one walk over the tree that types every node and writes its Python.

`Compiler` keeps what one expression needs: the environment, local names, constants, temporaries and the problems found.
The emitters of the node types register themselves in `EMITTERS`, by subject, from the other modules of this package.
Checking and emitting are one walk, so that the checker can never believe something that the code does not do.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from decimal import Decimal
from typing import Final, TypeVar

from engine.feel import nodes
from engine.feel.builtins import FUNCTIONS
from engine.feel.builtins.table import Signature
from engine.feel.compiler.code import NOT_CONSTANT, Code
from engine.feel.compiler.environment import Binding, Environment
from engine.feel.errors import Problem, place
from engine.feel.types import ANY, NULL, FeelType, named_type
from engine.feel.values import kind_of

SpecificNode = TypeVar("SpecificNode", bound=nodes.Node)
Emitter = Callable[["Compiler", SpecificNode], Code]

EMITTERS: Final[dict[type[nodes.Node], Callable[..., Code]]] = {}


def emits(kind: type[SpecificNode]) -> Callable[[Emitter[SpecificNode]], Emitter[SpecificNode]]:
    """Register the emitter of a node type."""

    def register(emitter: Emitter[SpecificNode]) -> Emitter[SpecificNode]:
        EMITTERS[kind] = emitter
        return emitter

    return register


class Compiler:
    """The compilation of one text."""

    def __init__(self, text: str, environment: Environment, subject: Binding | None = None) -> None:
        self.text = text
        self.environment = environment
        self.unknowns = environment.unknowns
        self.subject = subject
        self.problems: list[Problem] = []
        self.names: set[str] = set()
        self.constants: dict[str, object] = {}
        self._locals: list[dict[str, Code]] = []
        self._items: list[Code | None] = []
        self._count = 0

    # -- the walk

    def emit(self, node: nodes.Node) -> Code:
        """The code of a node."""
        return EMITTERS[type(node)](self, node)

    def problem(self, node: nodes.Node, message: str, remedy: str = "") -> None:
        """Report a finding at a node."""
        line, column = place(self.text, node.start)
        found = Problem(message, line, column, remedy)
        if found not in self.problems:
            self.problems.append(found)

    # -- pieces of code

    def temporary(self, prefix: str = "_t") -> str:
        """A new local name."""
        self._count += 1
        return f"{prefix}{self._count}"

    def held(self, code: Code) -> tuple[str, str]:
        """The source that computes a value once and keeps it, and the source that repeats it."""
        if code.atom:
            return code.source, code.source
        name = self.temporary()
        return f"({name} := {code.source})", name

    def value(self, value: object) -> Code:
        """The code of a constant."""
        if value is None:
            return Code("None", NULL, atom=True, constant=None)
        kind = named_type(kind_of(value)) or ANY
        if isinstance(value, bool) or (isinstance(value, int) and 0 <= value < 2**62):
            return Code(repr(value), kind, atom=True, null=False, constant=value)
        return Code(self.constant(value), kind, atom=True, null=False, constant=value)

    def constant(self, value: object) -> str:
        """A name in the globals for an object; equal constants of all expressions share their name."""
        spelled = f"{type(value).__qualname__}:{_spell(value)}"
        name = f"_k{hashlib.sha256(spelled.encode()).hexdigest()[:16]}"
        self.constants[name] = value
        return name

    def implementation(self, signature: Signature) -> str:
        """A name in the globals for what a built-in runs."""
        function = signature.implementation
        name = f"_k_{function.__module__.rpartition('.')[2]}_{function.__name__}"
        self.constants[name] = function
        return name

    def null(self, kind: FeelType = NULL) -> Code:
        """Null, where nothing else can come out."""
        return Code("None", kind, atom=True, constant=None)

    # -- names

    @contextmanager
    def local(self, names: Iterable[tuple[str, Code]]) -> Generator[None, None, None]:
        """Compile with local names: loop variables, parameters, entries of a context."""
        self._locals.append(dict(names))
        self._items.append(None)
        try:
            yield
        finally:
            self._locals.pop()
            self._items.pop()

    @contextmanager
    def item(self, code: Code) -> Generator[None, None, None]:
        """Compile the condition of a filter over items of this code."""
        self._locals.append({"item": code})
        self._items.append(code)
        try:
            yield
        finally:
            self._locals.pop()
            self._items.pop()

    def resolve(self, node: nodes.Node, name: str) -> Code:
        """The code of a name: the innermost meaning of it."""
        return self._resolve(node, name, len(self._locals) - 1)

    def _resolve(self, node: nodes.Node, name: str, level: int) -> Code:
        for index in range(level, -1, -1):
            item = self._items[index]
            if item is not None:
                known = item.type.field(name) if item.type.name == "context" else None
                if known is not None:
                    getter = f"{item.source}.get({name!r})"
                    return Code(f"(None if {item.source} is None else {getter})", known)
                if not item.type.known or (item.type.name == "context" and item.type.fields is None):
                    outer = self._locals[index].get(name) or self._quietly(node, name, index - 1)
                    return Code(f"_item_name({item.source}, {name!r}, lambda: {outer.source})", ANY)
            if name in self._locals[index]:
                return self._locals[index][name]
        return self._global(node, name)

    def speaks_of(self, name: str) -> bool:
        """Whether a local or bound name, or an item that may have it, stands for something."""
        items = any(item is not None for item in self._items)
        return items or name in self.environment.bindings or any(name in known for known in self._locals)

    def _quietly(self, node: nodes.Node, name: str, level: int) -> Code:
        """A name outside of a filter whose items may have it: that it is unknown there is no problem."""
        problems = list(self.problems)
        code = self._resolve(node, name, level)
        if len(self.problems) > len(problems):
            self.problems = problems
            return self.null()
        return code

    def _global(self, node: nodes.Node, name: str) -> Code:
        if name == "?" and self.subject is not None:
            return Code(self.subject.source, self.subject.type, atom=True)
        binding = self.environment.bindings.get(name)
        if binding is not None:
            self.names.add(name)
            return Code(binding.source, binding.type, atom=binding.source.isidentifier())
        function = FUNCTIONS.get(name)
        if function is not None:
            return self.value(function)
        self.problem(node, f"nothing is named {name!r}", self.nearest(name, self.environment.bindings))
        return Code(f"_unknown_name({name!r}, _w)", ANY)

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """A remedy for a name that is not known."""
        close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
        return f"did you mean {close[0]!r}?" if close else "declare it, or correct its spelling"

    # -- types

    def type_of(self, name: nodes.TypeName) -> FeelType | None:
        """A type as written, with the names that the environment defines; None and a problem where there is none."""
        if name.named in ("list", "range", "function", "context") and name.inner:
            inner = [self.type_of(part) or ANY for part in name.inner]
            if name.named in ("list", "range"):
                return FeelType(name.named, element=inner[0])
            if name.named == "context":
                return FeelType("context", fields=tuple(zip(name.keys, inner, strict=True)))
            return FeelType("function", parameters=tuple(inner[:-1]), result=inner[-1])
        found = self.environment.types.get(name.named) or name.type
        if found is None:
            self.problem(name, f"there is no type {name.named!r}", self.nearest(name.named, self.environment.types))
        return found


def _spell(value: object) -> str:
    """A text that equal constants share and different ones do not."""
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(_spell(item) for item in value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_spell(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return f"decimal {value}"
    return f"{type(value).__qualname__} {value!r}"


__all__ = ["EMITTERS", "NOT_CONSTANT", "Compiler", "emits"]
