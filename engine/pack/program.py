"""A checked pack as something that runs: one generated function for each span of dates between parameter changes.

Parameters are constants within a span, so tables can be indexed with them; a span is compiled when the first decision
falls into it and kept. Before a parameter's first date it has no value: what reads it is unknown, and a warning says so.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeAlias

from engine.pack.canonical import to_json
from engine.pack.emit import Function, build_function
from engine.pack.model import DatedValue
from engine.pack.patterns import Finding, PatternEngine
from engine.pack.typed import Typed

Span: TypeAlias = tuple[Function, tuple[str, ...]]
"""What decides between two changes of parameters, and the parameters that have no value then."""


class Program:
    """The functions of one pack by date."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        source = typed.source
        starts = {value.start for parameter in source.parameters.values() for value in parameter.values}
        self._starts = sorted(starts)
        self._spans: dict[int, Span] = {}
        self._recent: tuple[date, Span] | None = None  # most decisions are of one day
        self._texts: dict[int, str] = {}
        self._patterns: dict[int, PatternEngine] = {}
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

    def span(self, as_of: date) -> Span:
        """The function for a date, and the parameters that have no value in force then."""
        recent = self._recent
        if recent is not None and recent[0] == as_of:
            return recent[1]
        number = bisect_right(self._starts, as_of)
        found = self._spans.get(number)
        if found is None:
            found = self._spans[number] = self._build(as_of), self.lapsed(as_of)
        self._recent = as_of, found
        return found

    def source(self, as_of: date) -> str:
        """The Python that decides on a date, for a reader."""
        self.span(as_of)
        return self._texts[bisect_right(self._starts, as_of)]

    def findings(self, signals: Sequence[Any], as_of: date) -> tuple[Finding, ...]:
        """What each pattern matches among the facts of a run; `signals` are the values that the run recorded."""
        program = self.typed.patterns
        if program is None:
            return ()
        self.span(as_of)
        given = dict(zip(self.typed.signals, signals, strict=True)) | {"as_of": as_of}
        values = [given[name] for name in program.inputs]
        return self._patterns[bisect_right(self._starts, as_of)].findings(values)

    def _build(self, as_of: date) -> Function:
        constants = {name: None if value is None else value.value for name, value in self.parameters(as_of).items()}
        engine = None
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in constants.items()}
        if self.typed.patterns is not None:
            named = {self.typed.variables[name]: value for name, value in values.items()}
            engine = self._patterns[bisect_right(self._starts, as_of)] = PatternEngine(self.typed.patterns, named)
        function, self._texts[bisect_right(self._starts, as_of)] = build_function(self.typed, values, engine)
        return function


def _shown(dated: DatedValue) -> dict[str, Any]:
    return {"value": to_json(dated.value), "from": dated.start.isoformat(), "source": dated.source}


def _more_reads(typed: Typed) -> list[frozenset[str]]:
    compiled = [*typed.routes, *typed.invariants]
    return [one.names for one in compiled if one is not None]
