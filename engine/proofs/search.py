"""Asks whether any input meets a condition, and gives an answer only where it is certain.

`impossible` is the solver's: no input does, whatever was left free. `found` is the engine's: here is one, it was run. All
else is `undecided`, with the reason. The steps, each only where the one before was no answer: the formulas without
definitions; with them; the same as if nothing were rounded, to find plain inputs; the inputs of the pack's cases, with
what was left free set to what the engine computes on them; at last with products of unknowns. Every model's input is run.
Time is the solver's own count against a limit; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import z3

from engine.pack.decision import Decision
from engine.proofs import calendar
from engine.proofs.encoding import Encoding
from engine.proofs.terms import Formula, Scalar, Truth, Value, both, neg
from engine.proofs.witness import Reader, Witness, run

_SEEDS: Final = 40
_MODELS: Final = 4
_RECENT_YEARS: Final = 20


@dataclass(slots=True)
class Budget:
    """Milliseconds of solver time that are left."""

    left_ms: float

    def spend(self, solver: Any) -> None:
        """Take off what the last check took."""
        statistics = solver.statistics()
        if "time" in statistics.keys():  # noqa: SIM118 - z3's statistics are no mapping
            self.left_ms -= 1000 * float(statistics.get_key_value("time"))

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left_ms < 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a question: `impossible`, `found` with a witness, or `undecided` with a reason."""

    status: str
    witness: Witness | None = None
    reason: str = ""


_ROUNDED: Final = (("facts",), ("definitions", "rounded_sums"), ("products", "rounded_products"))
_EXACT: Final = (("facts",), ("definitions", "unrounded_sums"), ("products", "unrounded_products"))
IMPOSSIBLE: Final = Answer("impossible")
Shows = Callable[[Decision], bool]


class Search:
    """Questions to one encoding."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.world = encoding.world
        self.reader = Reader(encoding)
        _ = encoding.ending
        self._solvers: dict[tuple[int, bool], tuple[Any, dict[str, int]]] = {}
        self._seeds: list[Witness] | None = None
        self._simplify = True

    def find(self, goal: Formula, shows: Shows, budget: Budget, *, simplify: bool = True) -> Answer:
        """An input for which the goal holds, as `shows` sees it in the engine's own decision.

        It is made as small and as plain as still shows it, unless that is not asked for.
        """
        self._simplify = simplify
        if goal is False:
            return IMPOSSIBLE
        for level, exactly in ((0, False), (1, False), (1, True), (None, True), (2, False), (2, True)):
            if level is None:
                answer = self._from_seeds(goal, shows, budget)
            else:
                answer = self._models(goal, shows, budget, level=level, exactly=exactly)
            if answer is not None:
                return answer
        if budget.spent:
            return Answer("undecided", reason="the limit was reached")
        reason = "no input that was tried shows it, and it could not be ruled out"
        large = [name for name, state in self.encoding.states.items() if not state.translated]
        if large:
            reason += f"; too large to be translated: {', '.join(large)}"
        return Answer("undecided", reason=reason)

    # -- the solver

    def _solver(self, level: int, *, exactly: bool) -> Any:
        """The solver of a level: facts, with definitions from level 1 and products at level 2; what is new is added.

        One that takes numbers `exactly`, as if nothing were rounded, is for finding inputs only.
        """
        calendar.know_dates(self.world)
        world = self.world
        key = (level, exactly)
        if key not in self._solvers:
            self._solvers[key] = (z3.Solver(ctx=world.context), {})
        solver, seen = self._solvers[key]
        for layer in (_EXACT if exactly else _ROUNDED)[: level + 1]:
            for name in layer:
                known = getattr(world, name)
                self._add(solver, known[seen.get(name, 0) :])
                seen[name] = len(known)
        return solver

    @staticmethod
    def _add(solver: Any, formulas: Sequence[Formula]) -> None:
        for formula in formulas:
            if formula is not True:
                solver.add(formula)

    def _check(self, solver: Any, budget: Budget) -> Any:
        if budget.spent:
            return z3.unknown
        solver.set("timeout", max(1, int(budget.left_ms)))
        found = solver.check()
        budget.spend(solver)
        return found

    def _models(
        self, goal: Formula, shows: Shows, budget: Budget, *, level: int, exactly: bool = False
    ) -> Answer | None:
        """A model, or a few where nothing is rounded, each run; None where none shows the goal."""
        solver = self._solver(level, exactly=exactly)
        solver.push()
        try:
            self._add(solver, [goal])
            for _ in range(_MODELS if exactly else 1):
                found = self._check(solver, budget)
                if found == z3.unsat and not exactly:
                    return IMPOSSIBLE
                if found != z3.sat:
                    return None
                model = self._recent(solver, budget)
                witness = self._shown(model, shows)
                if witness is not None:
                    return Answer("found", witness)
                self._block(solver, model)
        finally:
            solver.pop()
        return None

    def _recent(self, solver: Any, budget: Budget) -> Any:
        """The model, on a date of our time where one does."""
        model = solver.model()
        starts = [value.start for one in self.encoding.typed.source.parameters.values() for value in one.values]
        first = max(starts, default=date(2020, 1, 1))
        solver.push()
        day = self.world.as_of.term
        solver.add(day >= first.toordinal(), day < first.toordinal() + 366 * _RECENT_YEARS)
        if self._check(solver, budget) == z3.sat:
            model = solver.model()
        solver.pop()
        return model

    def _block(self, solver: Any, model: Any) -> None:
        """Ask for another input than that of a model."""
        terms = [value.term for value in self.world.signals.values() if isinstance(value, Scalar)]
        differs = [term != model.eval(term, model_completion=True) for term in terms]
        if differs:
            solver.add(z3.Or(differs))

    def _shown(self, model: Any, shows: Shows) -> Witness | None:
        for signals, as_of in self.reader.inputs(model):
            witness = run(self.encoding.pack, signals, as_of)
            if witness is not None and shows(witness.decision):
                return self._simpler(witness, shows) if self._simplify else witness
        return None

    def _simpler(self, witness: Witness, shows: Shows) -> Witness:
        """The same finding with as few signals as show it, as many of them as can be those of a case."""
        pack = self.encoding.pack
        for name, value in list(witness.signals.items()):
            rest = {key: one for key, one in witness.signals.items() if key != name}
            witness = self._kept(run(pack, rest, witness.as_of), witness, shows)
            for place in reversed(range(len(value) if isinstance(value, list) and name in witness.signals else 0)):
                known: Any = witness.signals[name]
                fewer = {**witness.signals, name: [*known[:place], *known[place + 1 :]]}
                witness = self._kept(run(pack, fewer, witness.as_of), witness, shows)
        if self.seeds:
            seed = self.seeds[0]
            witness = self._kept(run(pack, witness.signals, seed.as_of), witness, shows)
            for name in list(witness.signals):
                if name in seed.signals:
                    changed = {**witness.signals, name: seed.signals[name]}
                    witness = self._kept(run(pack, changed, witness.as_of), witness, shows)
        return witness

    @staticmethod
    def _kept(candidate: Witness | None, witness: Witness, shows: Shows) -> Witness:
        return candidate if candidate is not None and shows(candidate.decision) else witness

    # -- seeds

    @property
    def seeds(self) -> list[Witness]:
        """Inputs of the pack's cases, approved ones first."""
        if self._seeds is None:
            pack = self.encoding.pack
            found = [run(pack, case.signals, case.as_of) for case in pack.source.cases]
            known = [one for one in found if one is not None]
            known.sort(key=lambda one: one.decision.verdict.severity)
            self._seeds = known
        return self._seeds

    def _from_seeds(self, goal: Formula, shows: Shows, budget: Budget) -> Answer | None:
        abstract = self.encoding.abstract
        if not abstract:
            return None
        solver = self._solver(1, exactly=True)
        seen: set[str] = set()
        for seed in self.seeds:
            key = repr([seed.decision.value(name) for name in abstract])
            if key in seen or len(seen) >= _SEEDS or budget.spent:
                continue
            seen.add(key)
            solver.push()
            self._add(solver, [goal, *self._pins(seed, abstract)])
            witness = self._shown(solver.model(), shows) if self._check(solver, budget) == z3.sat else None
            solver.pop()
            if witness is not None:
                return Answer("found", witness)
        return None

    def _pins(self, seed: Witness, abstract: Sequence[str]) -> Iterator[Formula]:
        """What the decisions that were left free read, and what they are worth, on an input."""
        world = self.world
        yield from calendar.is_date(world, world.as_of.term, seed.as_of)
        reads = sorted({name for one in abstract for name in self.encoding.pack.reach[one]})
        for name in reads:
            value = world.signals.get(name)
            if value is not None:
                yield self._is(
                    value, dict(zip(self.encoding.typed.signals, seed.decision.run.signals, strict=True))[name]
                )
        for name in abstract:
            yield self._is(self.encoding.decision(name), seed.decision.value(name))

    def _is(self, value: Value, plain: object) -> Formula:
        if plain is None:
            return value.null
        if isinstance(value, Truth):
            return value.yes if plain is True else value.no
        if type(plain) is date and isinstance(value, Scalar) and value.kind == "date":
            return both(neg(value.null), *calendar.is_date(self.world, value.term, plain))
        constant = self.world.constant(plain)
        if isinstance(value, Scalar) and isinstance(constant, Scalar) and value.kind == constant.kind:
            return both(neg(value.null), value.term == constant.term)
        return neg(value.null)
