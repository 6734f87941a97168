"""FEEL texts made ready to run many times, with the standard's meaning of null.

A text is prepared once for the names it may use; running it takes a scope (a mapping with a value, null perhaps, for
every one of those names) and a sink for warnings. `evaluate` and DMN models run on this; packs have their own program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from engine.feel import nodes
from engine.feel.compiler import NOT_CONSTANT, Binding, Compiled, Environment, compile_node
from engine.feel.errors import Problem
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.runtime import GLOBALS
from engine.feel.runtime.loops import Warnings
from engine.feel.types import ANY, FeelType

Run: TypeAlias = Callable[[Mapping[str, object], Warnings], object]

SUBJECT = "?"
"""The name of what unary tests are about."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text ready to run: `run(scope, warnings)`. `problems` are what the type check found, `node` its tree."""

    run: Run
    problems: tuple[Problem, ...]
    node: nodes.Node = field(repr=False)
    constant: object = NOT_CONSTANT


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a text may speak of: names of the scope, keys that may follow a dot, and types by name.

    `subject` is the type of what unary tests are about; whoever runs them sees to it that the value is of it, or null.
    """

    names: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    types: Mapping[str, FeelType] = field(default_factory=dict)
    subject: FeelType = ANY

    def with_names(self, *more: str) -> Vocabulary:
        """The same vocabulary with more names in scope."""
        return replace(self, names=tuple(dict.fromkeys((*self.names, *more))))

    def environment(self) -> Environment:
        """The compiler's view of it: every name is looked up in the scope `_s`, and may be anything."""
        bindings = {name: Binding(ANY, f"_s[{name!r}]") for name in self.names}
        if self.subject != ANY:
            bindings[SUBJECT] = Binding(self.subject, f"_s[{SUBJECT!r}]")
        return Environment(bindings, types=self.types, keys=self.keys)


def prepare_expression(text: str, vocabulary: Vocabulary) -> Prepared:
    """An expression. Raises `FeelError` for a text that cannot be read."""
    node = parse_expression(text, vocabulary.names, vocabulary.keys, vocabulary.types)
    return _prepare(node, text, vocabulary.environment(), None)


def prepare_tests(text: str, vocabulary: Vocabulary) -> Prepared:
    """A decision-table cell about the scope's `?`: true, false or null. Raises `FeelError`."""
    vocabulary = vocabulary.with_names(SUBJECT)
    environment = vocabulary.environment()
    node = parse_unary_tests(text, vocabulary.names, vocabulary.keys, vocabulary.types)
    return _prepare(node, text, environment, environment.bindings[SUBJECT])


def prepare_each_test(text: str, vocabulary: Vocabulary) -> tuple[Prepared, ...]:
    """The tests of a cell one by one, as the listed values of an output have them. Raises `FeelError`."""
    vocabulary = vocabulary.with_names(SUBJECT)
    environment = vocabulary.environment()
    node = parse_unary_tests(text, vocabulary.names, vocabulary.keys, vocabulary.types)
    tests: Iterable[nodes.Node] = (node,)
    if isinstance(node, nodes.Tests) and not node.negated:
        tests = (nodes.Tests(test.start, (test,)) for test in node.tests)
    return tuple(_prepare(test, text, environment, environment.bindings[SUBJECT]) for test in tests)


def _prepare(node: nodes.Node, text: str, environment: Environment, subject: Binding | None) -> Prepared:
    compiled: Compiled = compile_node(node, text, environment, subject)
    namespace = {**GLOBALS, **compiled.constants}
    # The source is our own compiler's: names and strings of the text stand in it only as quoted constants.
    code = compile(f"lambda _s, _w: {compiled.source}", "<feel>", "eval")
    run: Run = eval(code, namespace)  # noqa: S307
    return Prepared(run, compiled.problems, compiled.node, compiled.constant)
