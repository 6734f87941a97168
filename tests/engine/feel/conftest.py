"""Shared builders: run an expression or a cell as packs do, with typed names and null for unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from engine.feel import Binding, Compiled, Environment, FeelType, compile_expression, compile_unary_tests
from engine.feel.runtime import GLOBALS
from engine.feel.runtime.loops import Warnings


@dataclass(frozen=True)
class Outcome:
    """A value, the warnings on the way to it, and what was compiled."""

    value: object
    warnings: tuple[tuple[str, str], ...]
    compiled: Compiled

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.warnings]


def run(compiled: Compiled, values: Mapping[str, object], *, sink: object = None) -> Outcome:
    names = ", ".join(values)
    namespace = {**GLOBALS, **compiled.constants}
    function = eval(f"lambda {names}{', ' if names else ''}_w: {compiled.source}", namespace)
    warnings = Warnings() if sink is None else sink
    return Outcome(function(*values.values(), warnings), tuple(warnings), compiled)


@pytest.fixture
def decide() -> Callable[..., Outcome]:
    """Compile with `types` for the names of `values` and run; `unknowns` as in packs unless said otherwise."""

    def act(text: str, types: Mapping[str, FeelType] | None = None, unknowns: bool = True, **values: object) -> Outcome:
        types = types or {}
        environment = Environment({name: Binding(kind, name) for name, kind in types.items()}, unknowns=unknowns)
        return run(compile_expression(text, environment), {name: values.get(name) for name in types})

    return act


@pytest.fixture
def cell() -> Callable[..., Outcome]:
    """Compile a decision-table cell about `subject` of a type and run it."""

    def act(
        text: str,
        kind: FeelType,
        subject: object,
        types: Mapping[str, FeelType] | None = None,
        unknowns: bool = True,
        **values: object,
    ) -> Outcome:
        types = types or {}
        environment = Environment({name: Binding(given, name) for name, given in types.items()}, unknowns=unknowns)
        compiled = compile_unary_tests(text, environment, Binding(kind, "subject"))
        return run(compiled, {"subject": subject, **{name: values.get(name) for name in types}})

    return act


@pytest.fixture
def problems() -> Callable[..., list[str]]:
    """The problems of an expression, or of a cell about a subject, as text."""

    def act(text: str, subject: FeelType | None = None, **types: FeelType) -> list[str]:
        environment = Environment({name: Binding(kind, name) for name, kind in types.items()}, unknowns=True)
        if subject is None:
            return [str(problem) for problem in compile_expression(text, environment).problems]
        compiled = compile_unary_tests(text, environment, Binding(subject, "subject"))
        return [str(problem) for problem in compiled.problems]

    return act
