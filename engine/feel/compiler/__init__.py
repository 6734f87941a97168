"""The compiler: FEEL to a Python expression, type-checked on the way, under one of two meanings of null.

With `Environment.unknowns` false, null is what DMN says: a value like others, equal to itself, and `if` takes the other
branch on it. With `unknowns` true, as packs have it, null means *unknown*, and no test of an unknown is ever true or
false:

- `=`, `!=`, `in`, cells and `instance of` give null on a null operand, also deep inside lists and contexts; only a
  comparison with the word `null` itself asks whether a value is there;
- `if` with a null condition gives null; `and`, `or`, `not`, `some`, `every`, `between` are Kleene's;
- a filter with a null condition for any item gives null, for it is not known which items it keeps;
- functions that look at the items of a list (sums, searches, joins) give null when an item is null.

So whatever is true or false with a value missing stays so for every value it may have.

A clash of types that is certain is a `Problem`; a text that cannot be read is a `FeelError`. Generated code holds calls
of `engine.feel.runtime.GLOBALS` and constants only: no name of the text ever becomes a name or attribute of Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.feel import nodes
from engine.feel.compiler import access, calls, control, operators, tests
from engine.feel.compiler.code import NOT_CONSTANT, Code
from engine.feel.compiler.core import Compiler
from engine.feel.compiler.environment import Binding, Environment
from engine.feel.errors import FeelError, Problem
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.types import FeelType

__all__ = [
    "NOT_CONSTANT",
    "Binding",
    "Compiled",
    "Environment",
    "compile_expression",
    "compile_node",
    "compile_unary_tests",
]

_SUBJECTS = (access, calls, control, operators, tests)
"""The modules that register an emitter for every node type."""

_MAX_BRACKETS = 150
"""Python's own tokenizer refuses 200 open brackets; the rest is for the code around the expression."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression as Python.

    `source` is an expression to stand in the body of a function whose globals hold `constants` and `runtime.GLOBALS`
    and in which `_w` takes warnings. `names` are the bindings it reads, `problems` what the type check found, `node` its
    tree, `constant` its value where the text alone gives it (else `NOT_CONSTANT`).
    """

    source: str
    type: FeelType
    names: frozenset[str]
    constants: dict[str, object]
    problems: tuple[Problem, ...]
    node: nodes.Node = field(repr=False)
    constant: object = NOT_CONSTANT


def compile_expression(text: str, environment: Environment) -> Compiled:
    """The code of an expression. Raises `FeelError` for what cannot be read; type clashes are in `problems`."""
    node = parse_expression(text, environment.bindings, environment.members(), environment.types)
    return compile_node(node, text, environment)


def compile_unary_tests(text: str, environment: Environment, subject: Binding) -> Compiled:
    """The code of a decision-table cell about a subject: true, false or null. Raises `FeelError`."""
    node = parse_unary_tests(text, environment.bindings, environment.members(), environment.types)
    return compile_node(node, text, environment, subject)


def compile_node(node: nodes.Node, text: str, environment: Environment, subject: Binding | None = None) -> Compiled:
    """The code of a tree that was parsed from `text`, about a subject where it is a cell. Raises `FeelError`."""
    return _finish(Compiler(text, environment, subject), node)


def _finish(compiler: Compiler, node: nodes.Node) -> Compiled:
    try:
        code: Code = compiler.emit(node)
    except RecursionError:
        raise FeelError("the expression is nested too deeply", remedy="split the expression") from None
    if _brackets(code.source) > _MAX_BRACKETS:
        raise FeelError("the expression is nested too deeply", remedy="split the expression")
    return Compiled(
        code.source,
        code.type,
        frozenset(compiler.names),
        compiler.constants,
        tuple(sorted(compiler.problems, key=lambda problem: (problem.line, problem.column))),
        node,
        code.constant,
    )


def _brackets(source: str) -> int:
    """How deep the brackets of generated code go; brackets in string constants only add to it."""
    deepest = depth = 0
    for char in source:
        if char in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in ")]}":
            depth -= 1
    return deepest
