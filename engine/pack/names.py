"""Names in a pack: what a text mentions, which type each name has, and in which order decisions run.

The order is topological, ties broken by name, so that it does not depend on the order in the file; a cycle is a problem
that names its members. The order is also the order of rules in reasons and traces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from engine.feel import FeelError, nodes, parse_expression, parse_unary_tests
from engine.feel.types import ANY, FeelType, context_of, enumeration, list_of, named_type
from engine.pack.model import Decision, Expr, PackSource, Scorecard, SignalSpec, Table
from engine.pack.problems import Problems
from engine.pack.read_vocabulary import kind

_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*")


def mentioned(text: str) -> set[str]:
    """Every dotted word of a FEEL text outside strings, and every prefix of it: candidates for names."""
    return set(_mentioned(text))


@lru_cache(maxsize=4096)
def _mentioned(text: str) -> tuple[str, ...]:
    found: set[str] = set()
    for word in _WORD.findall(_TEXT.sub('""', text)):
        parts = re.split(r"\s*\.\s*", word)
        found.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return tuple(found)


def signal_type(spec: SignalSpec) -> FeelType:
    """The FEEL type of a signal."""
    if spec.type == "string" and spec.values:
        return enumeration([str(value) for value in spec.values])
    if spec.type == "list":
        if spec.fields is not None:
            return list_of(context_of({name: signal_type(field) for name, field in spec.fields.items()}))
        return list_of(named_type(spec.items or "any") or ANY)
    return named_type(spec.type) or ANY


def constant_type(value: object) -> FeelType:
    """The FEEL type of a plain value."""
    if isinstance(value, tuple):
        kinds = {kind(item) for item in value}
        return list_of(named_type(kinds.pop()) or ANY if len(kinds) == 1 else ANY)
    return named_type(kind(value)) or ANY  # type: ignore[arg-type]  # kind() takes the constants of a pack


def binding_types(source: PackSource, signals: Mapping[str, SignalSpec]) -> dict[str, FeelType]:
    """The types of signals and parameters by name."""
    types = {name: signal_type(spec) for name, spec in signals.items()}
    for name, parameter in source.parameters.items():
        types[name] = constant_type(parameter.values[-1].value) if parameter.values else ANY
    return types


def texts_of(decision: Decision) -> Iterator[tuple[Expr, bool]]:
    """Every FEEL text of a decision, and whether it is a unary test."""
    logic = decision.logic
    if isinstance(logic, Expr):
        yield logic, False
    elif isinstance(logic, Table):
        yield from ((text, False) for text in logic.inputs.values())
        for row in logic.rows:
            yield from ((text, True) for text in row.cells.values())
            yield from ((text, False) for text in row.outputs.values())
        yield from ((output.default, False) for output in logic.outputs.values() if output.default)
    elif isinstance(logic, Scorecard):
        for one in logic.characteristics:
            yield one.input, False
            yield from ((band.test, True) for band in one.bands)


def names_in(node: object) -> Iterator[str]:
    """Every name that a syntax tree reads."""
    if isinstance(node, nodes.Name):
        yield node.name
    elif isinstance(node, nodes.Node):
        for attribute in node.__dataclass_fields__:
            yield from names_in(getattr(node, attribute))
    elif isinstance(node, tuple):
        for item in node:
            yield from names_in(item)


def _reads(decision: Decision, decisions: Mapping[str, Decision]) -> set[str]:
    found: set[str] = set()
    for text, unary in texts_of(decision):
        candidates = mentioned(text.text) & decisions.keys()
        if candidates - found:
            try:
                tree = (parse_unary_tests if unary else parse_expression)(text.text, candidates)
            except FeelError:
                continue  # reported when the text is compiled
            found |= candidates & set(names_in(tree))
    return found


def decision_order(source: PackSource, problems: Problems) -> list[str]:
    """The decisions, each after those it reads, ties by name; members of cycles come last and are problems."""
    waiting = {name: _reads(decision, source.decisions) for name, decision in source.decisions.items()}
    order: list[str] = []
    while waiting:
        ready = sorted(name for name, reads in waiting.items() if not reads & waiting.keys())
        if not ready:
            _report_cycle(waiting, source, problems)
            return order + sorted(waiting)
        order += ready
        for name in ready:
            del waiting[name]
    return order


def _report_cycle(waiting: Mapping[str, set[str]], source: PackSource, problems: Problems) -> None:
    trail: list[str] = []
    name = min(waiting)
    while name not in trail:
        trail.append(name)
        name = min(waiting[name] & waiting.keys())
    cycle = trail[trail.index(name) :]
    place = source.decisions[cycle[0]].place
    shown = " -> ".join([*cycle, cycle[0]])
    problems.add(place, f"decisions read each other: {shown}", "break the cycle", "cycle")
