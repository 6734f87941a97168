"""Runs a pack's cases against its mutants and counts how many they notice: the pack's mutation score.

A mutant is killed when one case no longer comes out as it says, or breaks an invariant of the pack; a widened invariant
when the pack's own decision of a case breaks it. What does not load, and what has the digest of the pack itself or of an
earlier mutant, is counted apart and not in the score; so is a mutant of a scorecard or table that
`engine.mutation.equivalence` proves to give the same outcome for every input. Nothing else is excused: any other survivor
counts against the score, because only a proof may say that no case could kill it. Pure and deterministic, sampling
included.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.feel import Binding, Compiled
from engine.feel.errors import Problem
from engine.mutation.equivalence import proved_same
from engine.mutation.mutants import DECISION, INVARIANT, PARAMETER, RULE, Mutant, mutants
from engine.mutation.report import MutationReport, Result
from engine.pack.cases import run_case
from engine.pack.decision import Decision
from engine.pack.limits import MAX_PROBLEMS
from engine.pack.load import parse_pack
from engine.pack.model import Case, Expr, PackSource
from engine.pack.pack import Pack
from engine.pack.problems import Problems
from engine.pack.source import implicit_signals
from engine.pack.typed import Checker

Progress = Callable[[int, int], None]
"""Called after each mutant with how many are done and how many there are."""


class CasesFailError(ValueError):
    """The pack's own cases do not hold, or there are none: no mutant could be told from the pack."""


def mutate(
    pack: Pack | Mapping[str, str | bytes],
    *,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> MutationReport:
    """The mutation score of a pack, given loaded or as its texts by relative name.

    `sample` runs that many mutants, chosen by `seed` alone and the same on every machine.

    Raises:
        PackError: where the texts are no pack.
        CasesFailError: where a case of the pack fails already, or it has none.
        ValueError: for a sample of less than one.
    """
    if sample is not None and sample < 1:
        raise ValueError("a sample has at least one mutant")
    loaded = pack if isinstance(pack, Pack) else parse_pack(pack)
    suite = _Suite(loaded)
    found = mutants(loaded.typed)
    chosen = found if sample is None else _sampled(found, sample, seed)
    results = []
    for number, mutant in enumerate(chosen, 1):
        results.append(suite.judge(mutant))
        if progress is not None:
            progress(number, len(chosen))
    return MutationReport(loaded.id, loaded.version, loaded.digest, len(found), tuple(results))


def _sampled(found: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """`size` mutants by the order of a hash over seed and key, in the order of the files again."""
    ranked = sorted(found, key=lambda one: hashlib.sha256(f"{seed}:{one.key}".encode()).digest())
    return sorted(ranked[:size], key=lambda one: one.key)


@dataclass(frozen=True, slots=True)
class _Known:
    """A case with what the pack itself makes of it."""

    case: Case
    decision: Decision
    touched: frozenset[str]


class _Suite:
    """The cases of one pack, ready to judge mutants."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.memory: _Memory = {}
        self.seen = {pack.digest}
        self.cases = [self._known(case) for case in pack.source.cases]
        if not self.cases:
            raise CasesFailError(f"{pack.id} has no case")
        spans: dict[object, int] = {}
        for known in self.cases:
            spans[known.case.as_of] = spans.get(known.case.as_of, 0) + 1
        self.spans = spans
        self.readers: dict[str, set[str]] = {}
        for rule in pack.rules.values():
            for name in rule.reads:
                self.readers.setdefault(name, set()).add(rule.id)

    def _known(self, case: Case) -> _Known:
        result = run_case(self.pack, case)
        if result.decision is None or not result.passed:
            at = case.place
            raise CasesFailError(f"{at.file}:{at.line}: the case fails before anything is changed: {case.name}")
        touched = {outcome.rule.id for outcome in result.decision.outcomes if outcome.state != "not_fired"}
        for names in case.expect.values():
            touched.update(names if isinstance(names, tuple) else ())
        return _Known(case, result.decision, frozenset(touched))

    def judge(self, mutant: Mutant) -> Result:
        """What becomes of one mutant."""
        source = mutant.build()
        pack = self._compiled(source)
        if pack is None:
            return Result(mutant, "not_loading")
        if mutant.kind == INVARIANT:
            return self._judge_invariant(mutant, pack)
        if pack.digest in self.seen:
            return Result(mutant, "same")
        self.seen.add(pack.digest)
        for known in self._ordered(mutant):
            result = run_case(pack, known.case)
            differences = [
                one for one in result.differences if not (one.key == "not_fired" and one.expected == mutant.deletes)
            ]
            if differences:
                return Result(mutant, "killed", known.case.name, str(differences[0].key))
            if result.decision is not None and pack.broken_invariants(result.decision):
                return Result(mutant, "killed", known.case.name, "invariant")
        return Result(mutant, "equivalent" if self._is_equivalent(mutant, source) else "survived")

    def _is_equivalent(self, mutant: Mutant, source: PackSource) -> bool:
        """Whether the one decision that a mutant changes is proved to be as it was."""
        before = self.pack.source
        changed = [name for name, one in source.decisions.items() if before.decisions[name] != one]
        alone = len(changed) == 1 and mutant.kind in {RULE, DECISION}
        return alone and proved_same(before, source, changed[0])

    def _judge_invariant(self, mutant: Mutant, pack: Pack) -> Result:
        for known in self.cases:
            if pack.broken_invariants(known.decision):
                return Result(mutant, "killed", known.case.name, "invariant")
        return Result(mutant, "survived")

    def _ordered(self, mutant: Mutant) -> list[_Known]:
        """The cases, first those whose trace touches what was changed; dates with many cases before those with few.

        A date in another span of the parameters has to be compiled for itself, so the rare ones come last.
        """
        rules = {mutant.id, *self.readers.get(mutant.id, ())}
        if mutant.kind == PARAMETER:
            return sorted(self.cases, key=lambda one: -self.spans[one.case.as_of])
        return sorted(self.cases, key=lambda one: (-self.spans[one.case.as_of], not one.touched & rules))

    def _compiled(self, source: PackSource) -> Pack | None:
        problems = Problems(MAX_PROBLEMS)
        signals = {**source.signals, **implicit_signals(source)}
        checker = _Remembering(source, signals, problems)
        checker.memory = self.memory
        typed = checker.check()
        return None if len(problems) else Pack(typed)


_Memory = dict[tuple[object, ...], tuple[Compiled, tuple[Problem, ...]]]


class _Remembering(Checker):
    """A checker that compiles a text once for all mutants in which it means the same."""

    memory: _Memory

    def _compile(
        self, text: Expr, subject: Binding | None, names: set[str], overrides: Mapping[str, Binding]
    ) -> tuple[Compiled, tuple[Problem, ...]]:
        bound = tuple(
            sorted(
                (name, self.typed.types[name], self.typed.variables.get(name))
                for name in names
                if name not in overrides
            )
        )
        key = (text.text, subject, bound, tuple(sorted(overrides.items())))
        found = self.memory.get(key)
        if found is None:
            found = self.memory[key] = super()._compile(text, subject, names, overrides)
        return found
