"""Builders of small packs for proofs, and the translation held against one run of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
import z3

from engine.pack import Pack, parse_pack
from engine.proofs.encoding import Encoding
from engine.proofs.terms import Formula, Opaque, Scalar, Truth, conj, neg

HEAD = 'pack: p\ntitle: t\nversion: "1"\non_missing: review\nsources: {law: {title: L}}\n'
SIGNALS = (
    "signals:\n"
    "  x: {type: number}\n"
    "  y: {type: number}\n"
    "  share: {type: number, range: [0, 1]}\n"
    "  word: {type: string, values: [low, medium, high]}\n"
    "  name: {type: string}\n"
    "  other: {type: string}\n"
    "  hit: {type: boolean}\n"
    "  clear: {type: boolean}\n"
    "  born: {type: date}\n"
    "  until: {type: date}\n"
    "  facts.item: {type: list, fields: {kind: string, weight: number}}\n"
    "parameters:\n"
    "  edge: {values: [{from: 2025-01-01, value: 5, source: law}, {from: 2026-01-01, value: 6.5, source: law}]}\n"
    "  codes: {values: [{from: 2025-01-01, value: [A, B], source: law}, {from: 2026-01-01, value: [B, C], source: law}]}\n"
)
APPROVE = 'verdict: {rules: [{id: OK, if: "true", verdict: approve, reason: fine}]}\n'


@pytest.fixture(scope="session")
def pack_of() -> Callable[..., Pack]:
    """A pack with many kinds of signals: `decisions` and what follows, a verdict, invariants by their `never`."""

    def make(body: str = "", verdict: str = APPROVE, *never: str, cases: str = "") -> Pack:
        listed = "".join(f"  - {{id: I{n}, text: t, never: {_quoted(text)}}}\n" for n, text in enumerate(never))
        invariants = f"invariants:\n{listed}" if never else ""
        files = {"pack.yaml": HEAD + SIGNALS + body + verdict + invariants}
        return parse_pack({**files, "cases/c.yaml": cases} if cases else files)

    return make


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Held:
    """One encoding with its inputs pinned to those of a run: which claims it allows, and which it forces."""

    def __init__(self, pack: Pack, signals: Mapping[str, Any], as_of: date) -> None:
        self.pack = pack
        self.decision = pack.decide(signals, as_of)
        self.encoding = Encoding(pack)
        self.fired = self.encoding.fired()
        self._pin(signals, as_of)

    def _pin(self, signals: Mapping[str, Any], as_of: date) -> None:
        world = self.encoding.world
        for place in range(len(self.pack.source.invariants)):
            self.encoding.invariant(place)
        pins: list[Formula] = [world.as_of.term == as_of.toordinal()]
        for name, value in list(world.signals.items()):
            given = signals.get(name)
            if given is None or isinstance(value, Opaque):
                pins.append(value.null if given is None else neg(value.null))
            elif isinstance(value, Truth):
                pins.append(value.yes if given else value.no)
            else:
                assert isinstance(value, Scalar)
                constant = world.constant(given)
                assert isinstance(constant, Scalar)
                pins += [neg(value.null), value.term == constant.term]
        for said, pattern in zip(self.decision.run.patterns, self.encoding.patterns, strict=True):
            pins.append(pattern.yes if said is True else pattern.no if said is False else pattern.null)
        self.solver = z3.Solver(ctx=world.context)
        self.solver.set("timeout", 20_000)
        everything = [*world.facts, *world.definitions, *world.rounded_sums, *world.products, *world.rounded_products]
        self._add(*everything, *pins)

    def _add(self, *formulas: Formula) -> None:
        for formula in formulas:
            self.solver.add(z3.BoolVal(formula, self.encoding.world.context) if isinstance(formula, bool) else formula)

    def claims(self) -> Formula:
        """All that the run found: the verdict, the floor, every rule that fired, every invariant."""
        ending, decision = self.encoding.ending, self.decision
        words = {"approve": ending.approve, "review": ending.review, "reject": ending.reject}
        found = [words[decision.verdict.value]]
        found.append(ending.floored if decision.run.floored else neg(ending.floored))
        found += [formula if name in decision.fired else neg(formula) for name, formula in self.fired.items()]
        broken = self.pack.broken_invariants(decision)
        for place, invariant in enumerate(self.pack.source.invariants):
            never = self.encoding.invariant(place)
            found.append(never if invariant.id in broken else neg(never))
        return conj(found)

    @property
    def exact(self) -> bool:
        """Whether nothing was left free: no text untranslated, no number rounded, no patterns that might fail to run."""
        world = self.encoding.world
        return not world._free and not world.origins and not self.pack.source.patterns

    def allows(self, claim: Formula) -> bool:
        """Whether the claim may hold on these inputs."""
        return self._check(claim) != z3.unsat

    def forces(self, claim: Formula) -> bool:
        """Whether the claim must hold on these inputs."""
        return self._check(neg(claim)) == z3.unsat

    def _check(self, claim: Formula) -> Any:
        self.solver.push()
        self._add(claim)
        answer = self.solver.check()
        self.solver.pop()
        return answer


@pytest.fixture(scope="session")
def held() -> type[Held]:
    """See `Held`."""
    return Held
