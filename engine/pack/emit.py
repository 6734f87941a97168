"""Writes a pack as one Python function.

Signals and decisions become local variables, parameters in force become constants, decisions run in their order, then
the verdict folds and the first route applies. The function returns a `Run`, the record of what happened; reasons and the
trace are read from it when somebody asks, so the explanation comes from the same run as the answer.

The verdict (invariants 2, 3 and 4): the worst of the rules that fired; review where none fired; then, where anything was
undecided, faulty or unknown, at least `on_missing`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

from engine.feel.runtime import GLOBALS
from engine.pack.admit import EXACTLY, lies, refuse
from engine.pack.emit_scorecards import ScorecardWriter, gaps
from engine.pack.emit_signals import SignalWriter
from engine.pack.emit_tables import TableWriter
from engine.pack.hit_policy import total
from engine.pack.model import Scorecard, Table
from engine.pack.patterns import PatternEngine
from engine.pack.typed import Typed, TypedDecision, skips
from engine.pack.verdict import Verdict
from engine.pack.writer import Writer, drain
from engine.signal import Missing

VERDICTS: Final = (None, *Verdict)  # by severity; the generated code counts with the numbers


class Run(NamedTuple):
    """What one run of the generated function found."""

    signals: tuple[Any, ...]
    decisions: tuple[Any, ...]
    marks: tuple[Any, ...]  # per table: (matched, possible, computed outputs); per characteristic: its band
    fired: int  # verdict rules as sets
    undecided: int
    skipped: int
    earned: int  # severity of the worst fired rule, 0 where none fired
    verdict: int
    floored: bool
    route: int
    missing: dict[str, Any]
    warnings: list[tuple[str, str, str]]
    faults: list[tuple[int, tuple[str, int]]]
    patterns: tuple[bool | None, ...]


Function: TypeAlias = Callable[[Mapping[str, object], date], Run]


def build_function(
    typed: Typed, constants: Mapping[str, object], patterns: PatternEngine | None
) -> tuple[Function, str]:
    """The function that decides, with the parameters in force bound as constants, and its text for a reader."""
    emitter = _Emitter(typed, constants)
    return emitter.function(patterns), emitter.writer.text


class _Emitter:
    def __init__(self, typed: Typed, constants: Mapping[str, object]) -> None:
        self.typed = typed
        self.constants = constants
        known = dict(GLOBALS)
        known |= {"_bl": bisect_left, "_br": bisect_right, "_drain": drain, "_gaps": gaps, "_total": total}
        known |= {"_Missing": Missing, "_refuse": refuse, "_exactly": EXACTLY, "_lies": lies}
        known |= {"_Decimal": Decimal, "_date": date, "_VERDICTS": VERDICTS, "_Run": Run, "_new": tuple.__new__}
        known |= {typed.variables[name]: value for name, value in constants.items()}
        self.writer = Writer(known)
        self.marks: list[str] = []

    def function(self, patterns: PatternEngine | None) -> Function:
        """Write and compile everything."""
        SignalWriter(self.writer).signals(self.typed.source.signals)
        self._patterns(patterns)
        for decision in self.typed.decisions:
            self._decision(decision)
        self._verdict()
        self._routes()
        decisions = "".join(f"d{decision.index}, " for decision in self.typed.decisions)
        marks = "".join(f"{name}, " for name in self.marks)
        found = f"tuple(T), ({decisions}), ({marks}), vm, vu, vs, earned, worst, floored, route, M, W, F, patterns"
        self.writer.line(f"return _new(_Run, ({found}))")
        sink = "_Warnings()" if self.writer.counts_steps else "[]"
        head = f"M = {{}}; E = []; W = []; F = []; _w = {sink}; open_ = False"
        return self.writer.function("decide", "signals, as_of", head)

    def _decision(self, decision: TypedDecision) -> None:
        logic = decision.source.logic
        if isinstance(logic, Table):
            self.marks.append(TableWriter(self.writer, decision, self.constants).table(logic))
        elif isinstance(logic, Scorecard):
            self.marks += ScorecardWriter(self.writer, decision, self.constants).scorecard(logic)
        else:
            assert decision.expression is not None
            source = self.writer.feel(decision.expression)
            self.writer.line(f"d{decision.index} = {source}")
            self.writer.warn(source, decision.source.id)

    # -- patterns

    def _patterns(self, engine: PatternEngine | None) -> None:
        program = self.typed.patterns
        if engine is None or program is None:
            self.writer.line("patterns = ()")
            return
        run = self.writer.constant("_patterns", engine.run)
        given = "".join(f"{self.typed.variables[name]}, " for name in program.inputs)
        found = "".join(f"{self.typed.variables[name]}, " for name in program.signals)
        assert tuple(self.typed.signals) == (*self.typed.source.signals, *program.signals)
        self.writer.line(f"patterns, found, noted = {run}(({given})); T += found")
        if found:
            self.writer.line(f"{found}= found")
        self.writer.line("if noted: W += noted")
        counted = [place for place, one in enumerate(program.plans) if not one.skips]
        if counted:
            self.writer.line(f"if {' or '.join(f'patterns[{place}] is None' for place in counted)}: open_ = True")

    # -- the end

    def _verdict(self) -> None:
        self.writer.line("vm = vu = vs = 0")
        by_severity = dict.fromkeys(Verdict, 0)
        for place, (rule, compiled) in enumerate(zip(self.typed.source.verdict.rules, self.typed.rules, strict=True)):
            source = self.writer.feel(compiled)
            bit = 1 << place
            by_severity[rule.verdict] |= bit
            self.writer.line(f"g = {source}")
            with self.writer.block("if g is not False:"):
                self.writer.line(f"if g is True: vm |= {bit}")
                self.writer.line(f"else: {'vs' if skips(rule.if_missing) else 'vu'} |= {bit}")
            self.writer.warn(source, rule.id)
        reject, review = by_severity[Verdict.REJECT], by_severity[Verdict.REVIEW]
        self.writer.line(f"earned = 3 if vm & {reject} else 2 if vm & {review} else 1 if vm else 0")
        spec = self.typed.source.verdict
        reported = [self.typed.variables[name] for name in (spec.score, spec.category) if name]
        nulls = "".join(f" or {name} is None" for name in reported)
        self.writer.line(f"floored = bool(open_ or vu or W or F{nulls})")
        floor = self.typed.source.on_missing.severity
        self.writer.line("worst = earned or 2")
        self.writer.line(f"if floored and worst < {floor}: worst = {floor}")
        self.writer.line("verdict = _VERDICTS[worst]")

    def _routes(self) -> None:
        """The first route whose condition is not false: what is unknown is routed as if it were so."""
        self.writer.line("route = -1")
        if not self.typed.routes:
            return
        with self.writer.block("while worst > 1:"):
            for place, compiled in enumerate(self.typed.routes):
                if compiled is None:
                    self.writer.line(f"route = {place}; break")
                    return
                source = self.writer.feel(compiled)
                self.writer.line(f"g = {source}")
                self.writer.warn(source, self.typed.source.routes[place].id)
                self.writer.line(f"if g is not False: route = {place}; break")
            self.writer.line("break")
