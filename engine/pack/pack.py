"""A compiled pack: what a caller holds, asks and decides with.

Immutable and identified by the digest of its canonical content (invariant 5). `decide` is one pure call: no clock, file
or network; `as_of` is an input. The same pack, signals and date give the same decision digest (invariant 1).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from engine.pack.canonical import canonical_pack, digest_of
from engine.pack.decision import Decision
from engine.pack.digests import Digester
from engine.pack.invariants import broken_invariants
from engine.pack.model import Check, PackSource, Parameter, Route, Scorecard, SignalSpec, Table
from engine.pack.outcomes import Outlook
from engine.pack.program import Program
from engine.pack.rules import RuleInfo, rule_index, signal_reach
from engine.pack.trace import Tracer
from engine.pack.typed import Typed
from engine.pack.verdict import Verdict

if TYPE_CHECKING:
    import polars as pl


class Pack:
    """A pack ready to decide. Made by `load_pack` or `parse_pack`; safe to share between threads."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self.source: PackSource = typed.source
        self.program = Program(typed)
        self.rules: dict[str, RuleInfo] = rule_index(typed)
        self.decision_index: Mapping[str, int] = {one.source.id: one.index for one in typed.decisions}
        self.reach = signal_reach(typed)
        self.outlook = Outlook(typed, self.rules)
        self.tracer = Tracer(typed, self.rules)
        self.digest: str = digest_of(canonical_pack(typed.source))
        self.digester = Digester(typed, self.digest)

    def __repr__(self) -> str:
        return f"Pack({self.id} {self.version}, {len(self.rules)} rules, {self.digest[:12]})"

    @property
    def id(self) -> str:
        """The pack's id."""
        return self.source.id

    @property
    def title(self) -> str:
        """The pack's title."""
        return self.source.title

    @property
    def version(self) -> str:
        """The author's version."""
        return self.source.version

    @property
    def on_missing(self) -> Verdict:
        """The floor for missing signals: review or reject."""
        return self.source.on_missing

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The dated parameters by name."""
        return self.source.parameters

    @property
    def signals(self) -> Mapping[str, SignalSpec]:
        """The declared signals by name."""
        return self.source.signals

    @property
    def checks(self) -> Mapping[str, Check]:
        """The checks by name."""
        return self.source.checks

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes in order."""
        return self.source.routes

    def decide(self, signals: Mapping[str, object], as_of: date) -> Decision:
        """Decide once.

        `signals` maps names to plain values, `Signal` or `Missing`; what is absent is missing. Dates may be ISO texts.

        Raises:
            SignalError: for wrong types, values outside the declaration and undeclared names, all at once.
            TypeError: when `as_of` is no date.
        """
        if as_of.__class__ is not date and (not isinstance(as_of, date) or isinstance(as_of, datetime)):
            raise TypeError("as_of is a date")
        function, lapsed = self.program.span(as_of)
        return Decision(self, function(signals, as_of), as_of, lapsed)

    def decide_frame(self, frame: pl.DataFrame, as_of: date, ignore: Collection[str] = ()) -> pl.DataFrame:
        """Decide every row of a frame: columns verdict, risk_score, risk_category and fired, in row order.

        Columns are named like the signals; null or an absent column is missing. A column `as_of` dates its row, elsewhere
        `as_of` counts. Columns in `ignore` are passed over. The answer is that of `decide`, row by row.

        Raises:
            SignalError: for refused values and undeclared columns, naming columns and rows; nothing is decided then.
            TypeError: when `as_of` is no date.
        """
        from engine.frames import decide_frame

        return decide_frame(self, frame, as_of, ignore)

    def broken_invariants(self, decision: Decision) -> tuple[str, ...]:
        """The ids of the invariants that a decision breaks: those whose `never` it makes true."""
        return broken_invariants(self.typed, self.program, decision)

    def fault_rule(self, index: int, row: int) -> str:
        """The rule, or the decision, that a fault of a table or scorecard is reported for."""
        decision = self.typed.decisions[index].source
        if isinstance(decision.logic, Table) and row >= 0:
            return decision.logic.rows[row].id
        if isinstance(decision.logic, Scorecard) and row >= 0:
            return decision.logic.characteristics[row].id
        return decision.id
