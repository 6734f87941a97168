"""A whole pack as formulas: every decision, the verdict, the routes and the invariants, over all inputs at once.

The fold is that of `engine.pack.emit`: the worst of the rules that fire, review where none does, and at least
`on_missing` where anything was undecided, faulty or warned. Patterns are free three-valued signals, for facts are not
translated; a signal that a pattern sets follows from them. Decisions are translated in their order, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.pack.model import Expr, Scorecard, Table
from engine.pack.pack import Pack
from engine.pack.typed import TypedDecision, skips
from engine.pack.verdict import Verdict
from engine.proofs import arithmetic, calls, comparing, structures
from engine.proofs.scorecards import CardTranslator
from engine.proofs.state import TableState
from engine.proofs.tables import TableTranslator, substituted
from engine.proofs.terms import (
    Formula,
    Grid,
    Opaque,
    Scalar,
    Truth,
    Value,
    both,
    disj,
    either,
    known_if,
    neg,
    pick,
)
from engine.proofs.translate import Translator
from engine.proofs.world import World

TRANSLATED_BY = (arithmetic, calls, comparing, structures)
"""The modules that register translations of node types."""


@dataclass(slots=True)
class Ending:
    """The verdict and what leads to it."""

    rules: list[Truth] = field(default_factory=list)
    floored: Formula = False
    approve: Formula = False
    review: Formula = False
    reject: Formula = False
    no_rule: Formula = False


class Encoding:
    """The formulas of one pack, made as they are asked for; belongs to one thread.

    `abstract` names the decisions in which something was left free or defined apart.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.typed = pack.typed
        self.world = World(pack.typed)
        self.states: dict[str, TableState] = {}
        self.warnings: list[Formula] = []
        self.abstract: list[str] = []
        self._decisions: dict[str, Value] = {}
        self._specs: dict[str, TypedDecision] = {one.source.id: one for one in pack.typed.decisions}
        self._implicit = {name for one in pack.source.patterns for name in one.sets}
        self._patterns: list[Truth] | None = None
        self._ending: Ending | None = None
        self._verdict: Value | None = None

    # -- names

    def named(self, name: str) -> Value | None:
        """The value of a name of the pack; None where it has none."""
        found: Value | None = None
        if name in self._specs:
            found = self.decision(name)
        elif name in self.typed.source.parameters:
            found = self.world.parameter(name)
        elif name in self.typed.signals:
            found = self._set_by_patterns(name) if name in self._implicit else self.world.signal(name)
        elif name == "as_of":
            found = self.world.as_of
        elif name == "verdict" and self._ending is not None:
            found = self.verdict
        return found

    @property
    def patterns(self) -> list[Truth]:
        """What each pattern says of the facts: free."""
        if self._patterns is None:
            self._patterns = [self.world.any_truth(one.id) for one in self.typed.source.patterns]
        return self._patterns

    def _set_by_patterns(self, name: str) -> Value:
        setting = [
            (pattern, answer)
            for pattern, answer in zip(self.typed.source.patterns, self.patterns, strict=True)
            if name in pattern.sets
        ]
        yes = disj(answer.yes for _, answer in setting)
        unknown = disj(answer.null for pattern, answer in setting if not pattern.skips)
        return Truth(yes, both(neg(yes), neg(unknown)))

    # -- decisions

    def decision(self, name: str) -> Value:
        """The value of a decision."""
        found = self._decisions.get(name)
        if found is None:
            before = self.world.left_open
            found = self._decisions[name] = self._decide(self._specs[name])
            table = self.states.get(name)
            if self.world.left_open > before or (table is not None and not table.translated):
                self.abstract.append(name)
        return found

    def state(self, name: str) -> TableState:
        """What became of a table or scorecard."""
        self.decision(name)
        return self.states[name]

    def _decide(self, decision: TypedDecision) -> Value:
        logic = decision.source.logic
        name = decision.source.id
        if isinstance(logic, Expr) and decision.expression is not None:
            translator = Translator(self.world, self.named)
            value = translator.value(decision.expression.node)
            self.warnings.append(translator.warned)
            return value
        if isinstance(logic, Table):
            state = TableTranslator(self.world, self.named, decision).table(logic)
        else:
            assert isinstance(logic, Scorecard)
            state = CardTranslator(self.world, self.named, decision).scorecard(logic)
        self.states[name] = state
        self.warnings.append(state.warned)
        return state.value

    # -- the verdict

    @property
    def ending(self) -> Ending:
        """The verdict; translating it translates every decision, for each may floor it."""
        if self._ending is None:
            for decision in self.typed.decisions:
                self.decision(decision.source.id)
            self._ending = self._fold()
        return self._ending

    def _fold(self) -> Ending:
        source = self.typed.source
        found = Ending()
        undecided: list[Formula] = []
        by_verdict: dict[Verdict, list[Formula]] = {verdict: [] for verdict in Verdict}
        for rule, compiled in zip(source.verdict.rules, self.typed.rules, strict=True):
            names = dict(self._overrides(rule.if_missing))
            translator = Translator(self.world, self._over(names) if names else self.named)
            answer = translator.value(compiled.node)
            truth = answer if isinstance(answer, Truth) else self._no_boolean(answer)
            self.warnings.append(translator.warned)
            found.rules.append(truth)
            by_verdict[rule.verdict].append(truth.yes)
            undecided.append(False if skips(rule.if_missing) else truth.null)
        reported = [self.decision(name) for name in (source.verdict.score, source.verdict.category) if name]
        open_ = [state.open for state in self.states.values()]
        open_ += [
            answer.null for pattern, answer in zip(source.patterns, self.patterns, strict=True) if not pattern.skips
        ]
        faults = [state.fault for state in self.states.values()]
        # One pattern may fail, or warn, and floor the verdict while others fire: nothing ties this to their answers.
        failed = self.world.fresh("Bool", "patterns failed") if source.patterns else False
        found.floored = disj([*open_, *undecided, *faults, *self.warnings, *(one.null for one in reported), failed])
        fired = {verdict: disj(rules) for verdict, rules in by_verdict.items()}
        floors_to_reject = both(found.floored, source.on_missing is Verdict.REJECT)
        found.no_rule = neg(disj(fired.values()))
        found.reject = either(fired[Verdict.REJECT], floors_to_reject)
        found.approve = both(
            fired[Verdict.APPROVE], neg(fired[Verdict.REVIEW]), neg(fired[Verdict.REJECT]), neg(found.floored)
        )
        found.review = both(neg(found.reject), neg(found.approve))
        return found

    def _no_boolean(self, answer: Value) -> Truth:
        """A condition that may be no boolean: `true` and `false` are what counts, all else is undecided."""
        if isinstance(answer, Opaque):
            self.world.keep(answer)
            found = self.world.free(("condition", id(answer)), lambda: self.world.any_truth("condition"))
            assert isinstance(found, Truth)
            return known_if(neg(answer.null), found)
        return Truth(False, False)

    def _overrides(self, if_missing: object) -> Iterator[tuple[str, Value]]:
        if isinstance(if_missing, Mapping):
            for name, value in if_missing.items():
                known = self.named(name)
                if known is not None:
                    yield name, substituted(self.world, known, value)

    def _over(self, names: Mapping[str, Value]) -> Callable[[str], Value | None]:
        """The names of the pack, some of them with what a rule puts in place of a missing value."""
        return lambda name: names[name] if name in names else self.named(name)

    @property
    def verdict(self) -> Value:
        """The verdict as a word."""
        if self._verdict is None:
            ending = self.ending
            words = [self.world.real(self.world.texts.place(one.value)) for one in Verdict]
            term = pick(ending.approve, words[0], pick(ending.reject, words[2], words[1]))
            conditions = (ending.approve, ending.review, ending.reject)
            options = tuple(zip(conditions, (one.value for one in Verdict), strict=True))
            self._verdict = Scalar("string", term, False, Grid(0, 0), options)
        return self._verdict

    # -- conditions over a decision

    def routes(self) -> list[Formula]:
        """When each route is the one that is taken."""
        waiting = neg(self.ending.approve)
        found: list[Formula] = []
        for compiled in self.typed.routes:
            if compiled is None:
                found.append(waiting)
                waiting = False
                continue
            answer = Translator(self.world, self.named).value(compiled.node)
            truth = answer if isinstance(answer, Truth) else self._no_boolean(answer)
            found.append(both(waiting, truth.maybe))
            waiting = both(waiting, truth.no)
        return found

    def invariant(self, place: int) -> Formula:
        """When an invariant is broken."""
        _ = self.ending
        answer = Translator(self.world, self.named).value(self.typed.invariants[place].node)
        truth = answer if isinstance(answer, Truth) else self._no_boolean(answer)
        return truth.yes

    def fired(self) -> dict[str, Formula]:
        """When each rule fires."""
        _ = self.ending
        found: dict[str, Formula] = {
            one.id: answer.yes for one, answer in zip(self.typed.source.patterns, self.patterns, strict=True)
        }
        for decision in self.typed.decisions:
            logic = decision.source.logic
            if isinstance(logic, Table):
                state = self.states[decision.source.id]
                rows = logic.rows if state.translated else ()
                found |= dict(zip((row.id for row in rows), state.fired, strict=True))
            elif isinstance(logic, Scorecard):
                names = (one.id for one in logic.characteristics)
                found |= dict(zip(names, self.states[decision.source.id].fired, strict=True))
        rules = zip(self.typed.source.verdict.rules, self.ending.rules, strict=True)
        return found | {rule.id: answer.yes for rule, answer in rules}
