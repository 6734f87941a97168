"""How a built-in function is declared: its names, its signatures and how arguments are held against them.

A function is one row: a name, and for each way to call it the parameters, the implementation and the type of the result.
Parameters are written as FEEL writes them, `"string: string, start position: number, length?: number"`: a `?` after the
name makes it optional, `|` joins kinds, a `?` after the type lets it be null, `...` before the type of the only
parameter takes either one list or its items, and `*` before the type of the last takes any number of arguments.
Arguments that do not fit raise `Failure`; a null where none is allowed gives null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from engine.feel.failure import Failure
from engine.feel.types import ANY, FeelType, named_type
from engine.feel.values import Function, kind_of

Implementation = Callable[..., object]
Implemented = TypeVar("Implemented", bound=Implementation)
ResultType = FeelType | Callable[..., FeelType]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One formal parameter; `kinds` is empty where anything goes."""

    name: str
    kinds: tuple[str, ...]
    element: FeelType
    optional: bool = False
    nullable: bool = False

    @property
    def takes_list(self) -> bool:
        """Whether a list is what it wants."""
        return "list" in self.kinds


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function. `spread` takes a list or its items as arguments, `rest` any number at the end."""

    parameters: tuple[Parameter, ...]
    implementation: Implementation
    result: ResultType
    spread: bool = False
    rest: bool = False

    @property
    def required(self) -> int:
        """How many arguments must be given."""
        return sum(not parameter.optional for parameter in self.parameters)

    def takes(self, count: int) -> bool:
        """Whether so many arguments can be given by position."""
        if self.spread or self.rest:
            return count >= self.required
        return self.required <= count <= len(self.parameters)

    def parameter(self, index: int) -> Parameter:
        """The parameter that an argument is for."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def gather(self, arguments: Sequence[object]) -> Sequence[object]:
        """The arguments as the parameters: items given one by one become a list."""
        if self.spread and (len(arguments) != 1 or not isinstance(arguments[0], list)):
            return arguments if len(arguments) == 1 and arguments[0] is None else [list(arguments)]
        return arguments

    def result_of(self, types: Sequence[FeelType]) -> FeelType:
        """The type of the result for arguments of these types."""
        return self.result if isinstance(self.result, FeelType) else self.result(*types)


@dataclass(frozen=True, slots=True, eq=False)
class Builtin(Function):
    """A function of FEEL's library, and so a value.

    Where null is unknown: `looks_at_items` functions are unknown when an item of a list is (a sum, a search);
    `keeps_items` functions take a null like any other item (`append`), and even a null argument.
    """

    name: str
    signatures: tuple[Signature, ...] = field(repr=False)
    looks_at_items: bool = True
    keeps_items: bool = False

    def call(self, arguments: Sequence[object]) -> object:
        """The value for arguments by position; null for a null that is not allowed. Raises `Failure`."""
        problem = Failure("argument", f"it takes {self.usage()}, not {len(arguments)} arguments")
        for signature in self.signatures:
            if not signature.takes(len(arguments)):
                continue
            try:
                bound = _bind(signature, signature.gather(arguments))
            except Failure as failure:
                problem = failure
                continue
            return None if bound is None else signature.implementation(*bound)
        raise problem

    def by_position(self, names: Sequence[str], arguments: Sequence[object]) -> list[object]:
        """Named arguments in the order of the parameters. Raises `Failure` for a name that no signature has."""
        signature = self.named(names)
        if signature is None:
            raise Failure("argument", "the names of the arguments are not those of its parameters")
        given = dict(zip(names, arguments, strict=True))
        return [given[parameter.name] for parameter in signature.parameters if parameter.name in given]

    def named(self, names: Sequence[str]) -> Signature | None:
        """The signature that takes arguments of these names."""
        given = set(names)
        for signature in self.signatures:
            known = [parameter.name for parameter in signature.parameters]
            prefix = [name in given for name in known]
            required = all(parameter.optional or parameter.name in given for parameter in signature.parameters)
            if len(given) == len(names) and given <= set(known) and required and prefix == sorted(prefix, reverse=True):
                return signature
        return None

    def usage(self) -> str:
        """The ways to call it, for messages."""
        return " or ".join(
            "(" + ", ".join(parameter.name for parameter in signature.parameters) + ")" for signature in self.signatures
        )


def _bind(signature: Signature, arguments: Sequence[object]) -> list[object] | None:
    """Arguments fitted to the parameters; None where a null stands that may not."""
    bound: list[object] = []
    absent = False
    for index, argument in enumerate(arguments):
        parameter = signature.parameter(index)
        if argument is None:
            if not parameter.nullable:
                absent = True
            bound.append(None)
        else:
            bound.append(_fit(parameter, argument))
    return None if absent else bound


def _fit(parameter: Parameter, argument: object) -> object:
    kind = kind_of(argument)
    if not parameter.kinds or kind in parameter.kinds:
        if kind == "list" and parameter.takes_list and parameter.element.known:
            _check_items(parameter, argument)
        return argument
    if parameter.takes_list:
        items = [argument]
        if parameter.element.known:
            _check_items(parameter, items)
        return items
    if isinstance(argument, list) and len(argument) == 1 and kind_of(argument[0]) in parameter.kinds:
        return argument[0]
    raise Failure("argument", f"{parameter.name} is a {' or '.join(parameter.kinds)}, not a {kind}")


def _check_items(parameter: Parameter, items: object) -> None:
    assert isinstance(items, list)
    for item in items:
        if item is not None and kind_of(item) != parameter.element.name:
            raise Failure("argument", f"{parameter.name} holds items that are not of type {parameter.element.name}")


@lru_cache(maxsize=512)
def read_parameters(text: str) -> tuple[tuple[Parameter, ...], bool, bool]:
    """Parameters as they are written in the tables, whether they spread, and whether the last takes the rest."""
    parameters: list[Parameter] = []
    spread = rest = False
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, kind = (piece.strip() for piece in part.partition(":"))
        optional = name.endswith("?")
        nullable = kind.endswith("?")
        kind = kind.rstrip("?")
        if kind.startswith("..."):
            spread = True
            kind = f"list of {kind[3:]}"
        elif kind.startswith("*"):
            rest = True
            kind = kind[1:]
        parameters.append(_parameter(name.rstrip("?"), kind, optional=optional, nullable=nullable))
    return tuple(parameters), spread, rest


def _parameter(name: str, kind: str, *, optional: bool, nullable: bool) -> Parameter:
    element = ANY
    kinds: list[str] = []
    for option in kind.split("|"):
        plain, _, inner = option.strip().partition(" of ")
        declared = named_type(plain)
        assert declared is not None, f"no type {plain}"
        if declared.known:
            kinds.append(declared.name)
        if inner:
            found = named_type(inner)
            assert found is not None, f"no type {inner}"
            element = found
    return Parameter(name, tuple(kinds), element, optional, nullable)


class Table:
    """The rows of one subject, filled by `add` while its module is loaded."""

    def __init__(self) -> None:
        self.functions: dict[str, Builtin] = {}

    def add(
        self,
        name: str,
        parameters: str,
        result: ResultType,
        *,
        looks_at_items: bool = True,
        keeps_items: bool = False,
    ) -> Callable[[Implemented], Implemented]:
        """Declare a function, or one more signature of it; the decorated function implements it."""

        def declare(implementation: Implemented) -> Implemented:
            read, spread, rest = read_parameters(parameters)
            known = self.functions.get(name)
            signature = Signature(read, implementation, result, spread, rest)
            signatures = (*known.signatures, signature) if known else (signature,)
            self.functions[name] = Builtin(name, signatures, looks_at_items, keeps_items)
            return implementation

        return declare
