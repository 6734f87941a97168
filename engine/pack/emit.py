"""Writes a pack as one Python function.

Signals and decisions become local variables, parameters in force become constants, decisions run in their order, then
the verdict folds and the first route applies. The function returns a plain tuple of what happened; reasons and the trace
are read from it when somebody asks, so the explanation comes from the same run as the answer.

The verdict (invariants 2, 3 and 4): the worst of the rules that fired; review where none fired; then, where anything was
undecided, faulty or unknown, at least `on_missing`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from engine.feel.numbers import CONTEXT
from engine.feel.runtime import GLOBALS
from engine.pack.admit import NOT_PROVIDED, admission, refuse
from engine.pack.emit_tables import TableWriter, gaps
from engine.pack.hit_policy import total
from engine.pack.limits import MAX_NUMBER_DIGITS, MAX_NUMBER_EXPONENT, MAX_STRING_CHARS
from engine.pack.model import Expr, Scorecard, SignalSpec, Table
from engine.pack.patterns import PatternEngine
from engine.pack.typed import Typed, skips
from engine.pack.verdict import Verdict
from engine.pack.writer import Writer, drain

VERDICTS: Final = (None, *Verdict)  # by severity; the generated code counts with the numbers


class Run(NamedTuple):
    """What one run of the generated function found."""

    signals: tuple[Any, ...]
    decisions: tuple[Any, ...]
    marks: tuple[Any, ...]  # per table: matched, possible, dynamic outputs; per characteristic: its band
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


def build_function(
    typed: Typed, constants: Mapping[str, object], patterns: PatternEngine | None, lists: tuple[str, ...]
) -> Callable[[Mapping[str, object], date], tuple[Any, ...]]:
    """The function that decides, with the parameters in force bound as constants."""
    emitter = _Emitter(typed, constants)
    return emitter.function(patterns, lists)


class _Emitter:
    def __init__(self, typed: Typed, constants: Mapping[str, object]) -> None:
        self.typed = typed
        self.constants = constants
        known = dict(GLOBALS)
        known |= {"_bl": bisect_left, "_br": bisect_right, "_drain": drain, "_gaps": gaps, "_total": total}
        known |= {"_NP": NOT_PROVIDED, "_refuse": refuse, "_declared": dict.fromkeys(typed.source.signals)}
        known |= {"_Decimal": Decimal, "_date": date, "_plus": CONTEXT.plus, "_VERDICTS": VERDICTS}
        known |= {typed.variables[name]: value for name, value in constants.items()}
        self.writer = Writer(known)
        self.marks: list[str] = []

    def function(
        self, patterns: PatternEngine | None, lists: tuple[str, ...]
    ) -> Callable[[Mapping[str, object], date], tuple[Any, ...]]:
        """Write and compile everything."""
        self._signals()
        self._patterns(patterns, lists)
        for decision in self.typed.decisions:
            logic = decision.source.logic
            if isinstance(logic, Table):
                self.marks += TableWriter(self.writer, decision, self.constants).table(logic)
            elif isinstance(logic, Scorecard):
                self.marks += TableWriter(self.writer, decision, self.constants).scorecard(logic)
            elif isinstance(logic, Expr) and decision.expression is not None:
                source = self.writer.feel(decision.expression)
                self.writer.line(f"d{decision.index} = {source}")
                self.writer.warn(source, decision.source.id)
        self._verdict()
        self._routes()
        signals = "".join(f"{self.typed.variables[name]}, " for name in self.typed.signals)
        decisions = "".join(f"d{decision.index}, " for decision in self.typed.decisions)
        marks = "".join(f"{name}, " for name in self.marks)
        self.writer.line(
            f"return (({signals}), ({decisions}), ({marks}), vm, vu, vs, earned, worst, floored, route, M, W, F, patterns)"
        )
        sink = "_Warnings()" if self.writer.counts_steps else "[]"
        head = ["def decide(signals, as_of):", f"    M = {{}}; E = []; W = []; F = []; _w = {sink}; open_ = False"]
        text = "\n".join([*head, *self.writer.lines])
        exec(compile(text, "<pack>", "exec"), self.writer.known)  # noqa: S102  # our own text: no word of the author in it
        found: Callable[[Mapping[str, object], date], tuple[Any, ...]] = self.writer.known["decide"]
        return found

    # -- signals

    def _signals(self) -> None:
        self.writer.line("get = signals.get")
        for index, (name, spec) in enumerate(self.typed.source.signals.items()):
            key = self.writer.constant(f"_n{index}", name)
            take = self.writer.constant(f"_a{index}", admission(spec))
            self.writer.line(f"s{index} = get({key}, _NP)")
            slow = f"s{index} = {take}(s{index}, M, E)"
            if spec.type == "number" and not spec.values:
                self._number(index, spec, slow)
            else:
                self.writer.line(f"if {self._doubtful(index, spec)}: {slow}")
        count = len(self.typed.source.signals)
        self.writer.line(f"if E or len(signals) + len(M) != {count}: _refuse(signals, _declared, E)")

    def _number(self, index: int, spec: SignalSpec, slow: str) -> None:
        """Take what is plainly a number within bounds here; everything else goes through the full check."""
        big = 10**MAX_NUMBER_DIGITS
        ends = (
            (f"_l{index}", -big if spec.low is None else spec.low),
            (f"_h{index}", big if spec.high is None else spec.high),
        )
        low, high = (self.writer.constant(name, end) for name, end in ends)
        name = f"s{index}"
        # A float may round a bound inward: at the bound itself it fails here and passes the full check.
        between = f"{low} <= {name} <= {high}"
        small = f"-{MAX_NUMBER_EXPONENT} < {name}.adjusted() < {MAX_NUMBER_EXPONENT}"
        self.writer.line(f"kind = {name}.__class__")
        with self.writer.block("if kind is int:"):
            self.writer.line(f"if not {between}: {slow}")
        self.writer.line(f"elif kind is float and {between}: {name} = _Decimal(repr({name}))")
        exact = f"{name}.is_finite() and {small} and _plus({name}) == {name} and {between}"
        self.writer.line(f"elif kind is not _Decimal or not ({exact}): {slow}")

    def _doubtful(self, index: int, spec: SignalSpec) -> str:
        """The condition under which a signal that is no number needs the full check."""
        name = f"s{index}"
        if spec.values:
            values = self.writer.constant(f"_v{index}", frozenset(spec.values))
            return f"{name}.__class__ is not {'str' if spec.type == 'string' else 'int'} or {name} not in {values}"
        if spec.type == "string":
            return f"{name}.__class__ is not str or len({name}) > {MAX_STRING_CHARS}"
        if spec.type == "boolean":
            return f"{name} is not True and {name} is not False"
        if spec.type == "date" and spec.low is None and spec.high is None:
            return f"{name}.__class__ is not _date"
        return "True"

    # -- patterns

    def _patterns(self, engine: PatternEngine | None, lists: tuple[str, ...]) -> None:
        if engine is None:
            self.writer.line("patterns = ()")
            return
        run = self.writer.constant("_patterns", engine.run)
        given = ", ".join(self.typed.variables[name] for name in lists)
        self.writer.line(f"patterns, f = {run}(({given},))")
        self.writer.line("if f: W.append(('patterns', 'pattern_failed', f))")
        source = self.typed.source.patterns
        counted = [f"patterns[{place}]" for place, one in enumerate(source) if not one.skips]
        if counted:
            self.writer.line(f"if None in ({', '.join(counted)},): open_ = True")
        for name, variable in self.typed.variables.items():
            if name.startswith("patterns."):
                setting = [(place, one.skips) for place, one in enumerate(source) if name in one.sets]
                every = ", ".join(f"patterns[{place}]" for place, _ in setting)
                needed = ", ".join(f"patterns[{place}]" for place, skipped in setting if not skipped)
                unknown = f" else None if None in ({needed},)" if needed else ""
                self.writer.line(f"{variable} = True if True in ({every},){unknown} else False")

    # -- the end

    def _verdict(self) -> None:
        self.writer.line("vm = vu = vs = 0")
        by_severity = dict.fromkeys(Verdict, 0)
        for place, (rule, compiled) in enumerate(zip(self.typed.source.verdict.rules, self.typed.rules, strict=True)):
            source = self.writer.feel(compiled)
            bit = 1 << place
            by_severity[rule.verdict] |= bit
            self.writer.line(f"g = {source}")
            self.writer.line(f"if g is True: vm |= {bit}")
            self.writer.line(f"elif g is not False: {'vs' if skips(rule.if_missing) else 'vu'} |= {bit}")
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
