"""A checked pack as something that runs: one generated function for each span of dates between parameter changes.

Parameters are constants within a span, so tables can be indexed with them; a span is compiled when the first decision
falls into it and kept. Before a parameter's first date it has no value: what reads it is unknown, and a warning says so.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias

from engine.feel import FeelError, parse_expression
from engine.feel.errors import place as place_in
from engine.pack.canonical import to_json
from engine.pack.emit import build_function
from engine.pack.limits import MAX_PATTERN_TERMS
from engine.pack.model import Constant, DatedValue, PackSource, Pattern, SignalSpec
from engine.pack.names import mentioned
from engine.pack.pattern_terms import UnsupportedError, terms_of
from engine.pack.patterns import PatternEngine, PatternRule
from engine.pack.problems import Problems
from engine.pack.typed import Typed

Function: TypeAlias = Callable[[Mapping[str, object], date], tuple[Any, ...]]


class Program:
    """The functions of one pack by date."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        source = typed.source
        self.lists = pattern_lists(source)
        starts = {value.start for parameter in source.parameters.values() for value in parameter.values}
        self._starts = sorted(starts)
        self._spans: dict[int, tuple[Function, tuple[str, ...]]] = {}
        self._shown: dict[int, str] = {}
        self.read = frozenset().union(*typed.needs.values(), *_more_reads(typed))

    def parameters(self, as_of: date) -> dict[str, DatedValue | None]:
        """The value of every parameter in force on a date."""
        return {name: parameter.in_force(as_of) for name, parameter in self.typed.source.parameters.items()}

    def shown_parameters(self, as_of: date) -> str:
        """The parameters that are read, as JSON for a trace."""
        number = bisect_right(self._starts, as_of)
        found = self._shown.get(number)
        if found is None:
            shown = {
                name: None if dated is None else _shown(dated)
                for name, dated in self.parameters(as_of).items()
                if name in self.read
            }
            found = self._shown[number] = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        return found

    def lapsed(self, as_of: date) -> tuple[str, ...]:
        """Parameters that a rule reads and that have no value in force yet."""
        return tuple(name for name, value in self.parameters(as_of).items() if value is None and name in self.read)

    def span(self, as_of: date) -> tuple[Function, tuple[str, ...]]:
        """The function for a date, and the parameters that have no value in force then."""
        number = bisect_right(self._starts, as_of)
        found = self._spans.get(number)
        if found is None:
            found = self._spans[number] = self._build(as_of), self.lapsed(as_of)
        return found

    def _build(self, as_of: date) -> Function:
        constants = {name: None if value is None else value.value for name, value in self.parameters(as_of).items()}
        engine = None
        if self.typed.source.patterns:
            rules = pattern_rules(self.typed.source, self.typed.signals, self.lists, constants)
            engine = PatternEngine(rules)
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in constants.items()}
        return build_function(self.typed, values, engine, self.lists)


def _shown(dated: DatedValue) -> dict[str, Any]:
    return {"value": to_json(dated.value), "from": dated.start.isoformat(), "source": dated.source}


def _more_reads(typed: Typed) -> list[frozenset[str]]:
    compiled = [*typed.routes, *typed.invariants]
    reads = [one.names for one in compiled if one is not None]
    return [*reads, *(frozenset(mentioned(pattern.condition.text)) for pattern in typed.source.patterns)]


def pattern_lists(source: PackSource) -> tuple[str, ...]:
    """The list signals that patterns look at."""
    return tuple(dict.fromkeys(name for pattern in source.patterns for name in pattern.over.values()))


def pattern_rules(
    source: PackSource, signals: Mapping[str, SignalSpec], lists: tuple[str, ...], constants: Mapping[str, Constant]
) -> list[PatternRule]:
    """The patterns as comparisons.

    Raises:
        UnsupportedError, FeelError: only for packs that `check_patterns` refused.
    """
    found = []
    for pattern in source.patterns:
        over = {variable: signals[name] for variable, name in pattern.over.items()}
        node = parse_expression(pattern.condition.text, [*over, *constants], _members(over))
        variables = tuple((variable, lists.index(name)) for variable, name in pattern.over.items())
        if any(constants.get(name, name) is None for name in mentioned(pattern.condition.text)):
            found.append(PatternRule(pattern.id, variables, None))
            continue
        found.append(PatternRule(pattern.id, variables, terms_of(node, over, constants)))
    return found


def _members(over: Mapping[str, SignalSpec]) -> set[str]:
    return {field for spec in over.values() for field in spec.fields or ()}


def check_patterns(source: PackSource, signals: Mapping[str, SignalSpec], problems: Problems) -> None:
    """Report every pattern that names no list signal or that durable_rules cannot run, with any value in force."""
    starts = sorted({value.start for one in source.parameters.values() for value in one.values} or {date.max})
    for pattern in source.patterns:
        missing = [name for name in pattern.over.values() if name not in signals or signals[name].fields is None]
        for name in missing:
            remedy = "declare it: {type: list, fields: {...}}"
            problems.add(pattern.place, f"{name} is no list of facts", remedy, "unknown_signal")
        if missing:
            continue
        over = {variable: signals[name] for variable, name in pattern.over.items()}
        last = {name: one.values[-1].value for name, one in source.parameters.items() if one.values}
        for start in starts:
            in_force = {name: one.in_force(start) for name, one in source.parameters.items()}
            _check_pattern(pattern, over, {**last, **{k: v.value for k, v in in_force.items() if v}}, problems)


def _check_pattern(
    pattern: Pattern, over: Mapping[str, SignalSpec], constants: Mapping[str, Constant], problems: Problems
) -> None:
    text = pattern.condition
    try:
        terms = terms_of(parse_expression(text.text, [*over, *constants], _members(over)), over, constants)
        if len(terms) > MAX_PATTERN_TERMS:
            problems.add(text.place, f"more than {MAX_PATTERN_TERMS} comparisons", "split the pattern", "limit")
    except FeelError as error:
        for one in error.problems:
            at = text.locate(one.line, one.column)
            problems.add(at, one.message, one.remedy or "correct the condition", "feel")
    except UnsupportedError as error:
        line, column = place_in(text.text, error.node.start)
        problems.add(text.locate(line, column), str(error), error.remedy, "pattern")
