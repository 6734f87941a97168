"""Runs a pack on changed signals: near misses and counterfactuals, each found by deciding, never by reasoning alone.

Every trial is a decision of the pack; their number is bounded and counted, and what the bound cut off is said. The order
of trials is that of distance and name, so the same question has the same answer on any machine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any, Final

from engine.explain.changes import SUPPLIED, Candidates, Change
from engine.explain.clauses import clauses, inner
from engine.explain.conditions import Facts, parts
from engine.explain.graph import decisions_behind, signals_behind
from engine.explain.thresholds import thresholds
from engine.pack.decision import Decision
from engine.pack.model import Table
from engine.pack.pack import Pack
from engine.pack.problems import SignalError
from engine.pack.verdict import Verdict
from engine.signal import Missing, Signal

SHOWN: Final = 5  # counterfactuals of one kind
MAX_GREEDY: Final = 10  # changes of a counterfactual that no shorter search found
_COMBINED: Final = {2: 160}  # trials that are combined by twos, and
_FEW: Final = 32  # by threes and more: 4,960 threes
_PATIENCE: Final = 400  # combinations tried without finding another one, after the first was found
_DETOUR: Final = 2  # steps in a row that bring nothing by themselves, as where another kind of document asks for more
_NUMERIC_FIRST: Final = 8  # values of one signal that are combined with others: the nearest


class _LimitReachedError(Exception):
    """The bound on decisions is used up."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Changes that together give another verdict, and without any one of which it stays; run before it is told."""

    changes: tuple[Change, ...]
    verdict: Verdict
    score: int | Decimal | None
    category: str | None

    @property
    def distance(self) -> float:
        """The distances of its changes together."""
        return sum(change.distance for change in self.changes)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A rule that did not fire and would after one change."""

    rule: str
    change: Change


@dataclass(slots=True)
class _Trial:
    """One single change, what it leads to, and how far that is from an approval."""

    change: Change
    decision: Decision
    obstacles: int


@dataclass(slots=True)
class Search:
    """The trials around one decision. `limit` bounds the decisions that are made."""

    pack: Pack
    decision: Decision
    limit: int
    made: int = 0
    exhausted: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    singles: list[_Trial] = field(default_factory=list)
    _conditions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = zip(self.pack.typed.signals, self.decision.run.signals, strict=True)
        self.values = {name: value for name, value in given if value is not None and name in self.pack.signals}
        approving = [rule.id for rule in self.pack.source.verdict.rules if rule.verdict is Verdict.APPROVE]
        self._conditions = decisions_behind(self.pack, approving)

    @property
    def as_of(self) -> date:
        """The date of the decision."""
        return self.decision.as_of

    # -- trials

    def decide(self, values: Mapping[str, Any]) -> Decision | None:
        """The decision on other signals; None where the pack refuses them."""
        if self.made >= self.limit:
            self.exhausted = True
            raise _LimitReachedError
        self.made += 1
        try:
            return self.pack.decide(self._posted(values), self.as_of)
        except SignalError:
            return None

    def _posted(self, values: Mapping[str, Any]) -> dict[str, object]:
        """The values with the reasons why the others are missing, as they were posted."""
        missing = {
            name: one
            for name, one in self.decision.run.missing.items()
            if name in self.pack.signals and name not in values and isinstance(one, Missing | Signal)
        }
        return {**missing, **values}

    def changed(self, changes: Iterable[Change]) -> Decision | None:
        """The decision with some changes made."""
        return self.decide({**self.values, **{one.signal: one.after for one in changes}})

    def run_singles(self) -> None:
        """Try every single change of every signal that a rule reads."""
        candidates = Candidates(self.pack, self.values, self.as_of, thresholds(self.pack, self.as_of), self._value)
        read = {name for rule in self.pack.rules.values() for name in rule.needs}
        try:
            for name in sorted(read & self.pack.signals.keys()):
                for change in candidates.of(name):
                    found = self.changed([change])
                    if found is not None:
                        self.singles.append(_Trial(change, found, self.obstacles(found)))
        except _LimitReachedError:
            pass
        self.singles.sort(key=lambda one: (one.change.distance, one.change.signal, repr(one.change.after)))

    def _value(self, values: Mapping[str, Any], name: str) -> Any:
        found = self.decide(values)
        return None if found is None else found.value(name)

    def obstacles(self, decision: Decision) -> int:
        """What stands between a decision and an approval, counted: stopping rules, points, what is not known or not met."""
        found = 0
        for outcome in decision.outcomes:
            stops = outcome.rule.verdict is not None and outcome.rule.verdict is not Verdict.APPROVE
            approves = outcome.rule.verdict is Verdict.APPROVE
            if outcome.state == "undecided":
                found += 2
            elif outcome.state == "fired":
                found += 2 * stops + (outcome.points is not None and outcome.points > 0)
            else:
                found += approves
        for name in self._conditions:
            value = decision.value(name)
            found += value is None or value is False
        return found + len(decision.warnings)

    # -- near misses

    def crossings(self, near: float) -> list[Crossing]:
        """The rules that one small change would make fire, the nearest first, each by its nearest change.

        Small is a number or date moved by at most `near`, or, where a rule has several conditions, one other word.
        """
        fired = set(self.decision.fired)
        found: dict[str, Crossing] = {}
        for trial in self.singles:
            change = trial.change
            if change.how == SUPPLIED or (change.near and change.distance > near):
                continue
            for rule in trial.decision.fired:
                if rule in fired or rule in found:
                    continue
                if change.near or self._has_several(rule):
                    found[rule] = Crossing(rule, change)
        return sorted(found.values(), key=lambda one: (not one.change.near, one.change.distance, one.rule))

    def _has_several(self, rule: str) -> bool:
        """Whether a rule asks for more than one thing: several cells of a row, several conditions of a verdict."""
        info = self.pack.rules[rule]
        if info.kind == "verdict":
            text = next(one.condition.text for one in self.pack.source.verdict.rules if one.id == rule)
            return len(clauses(inner(text), "and")) > 1
        logic = self.pack.source.decisions[info.decision].logic if info.decision else None
        return isinstance(logic, Table) and len(next(row for row in logic.rows if row.id == rule).cells) > 1

    # -- counterfactuals

    def smallest(self, changeable: frozenset[str], depth: int, goals: frozenset[Verdict]) -> list[Counterfactual]:
        """The counterfactuals with the fewest changes, at most `depth`, that lead to one of `goals`; nearest first."""
        allowed = [one for one in self.singles if one.change.signal in changeable]
        for size in range(1, depth + 1):
            found = self._of_size(size, allowed, goals)
            if found:
                return found
        return []

    def _of_size(self, size: int, allowed: Sequence[_Trial], goals: frozenset[Verdict]) -> list[Counterfactual]:
        if size == 1:
            return self._chosen([(one.change,), one.decision] for one in allowed if one.decision.verdict in goals)
        return self._chosen(self._combined(size, self._useful(allowed, goals), goals))

    def _useful(self, allowed: Sequence[_Trial], goals: Collection[Verdict]) -> list[_Trial]:
        """The trials worth combining: for each signal the nearest of each outcome, and what the goal waits for.

        A value alone may change nothing because another condition of its rule does not hold either; such values are
        tried where the signal is missing or stands in a condition that keeps a rule of the goal from firing.
        """
        awaited = self._awaited(goals)
        seen: set[tuple[object, ...]] = set()
        count: dict[str, int] = {}
        found = []
        before = self._mark(self.decision)
        for one in allowed:
            name, mark = one.change.signal, self._mark(one.decision)
            idle = mark == before
            key = (name, repr(one.change.after)) if idle else (name, mark)
            if (idle and name not in awaited) or key in seen or count.get(name, 0) >= _NUMERIC_FIRST:
                continue
            seen.add(key)
            count[name] = count.get(name, 0) + 1
            found.append(one)
        return found

    def _awaited(self, goals: Collection[Verdict]) -> frozenset[str]:
        """The signals that are missing, or that stand in what keeps a rule of a goal from firing."""
        facts = Facts.of(self.pack, self.decision)
        found = {name for name in self.pack.signals if name not in self.values}
        for rule in self.pack.source.verdict.rules:
            if rule.verdict in goals and rule.id not in self.decision.fired:
                for part, _ in parts(facts, rule.condition.text, holds=False):
                    found.update(*(signals_behind(self.pack, name) for name in facts.names(part)))
        return frozenset(found)

    @staticmethod
    def _mark(decision: Decision) -> tuple[object, ...]:
        run = decision.run
        truths = tuple(value if value is None or isinstance(value, bool | str) else "" for value in run.decisions)
        return (
            tuple((one.rule.id, one.state, one.points) for one in decision.outcomes if one.state != "not_fired"),
            truths,
        )

    def _combined(
        self, size: int, useful: Sequence[_Trial], goals: frozenset[Verdict]
    ) -> Iterator[tuple[tuple[Change, ...], Decision]]:
        """Combinations in the order of how little they leave in the way, then of distance."""
        ranked = sorted(useful, key=lambda one: (one.obstacles, one.change.distance, one.change.signal))
        ranked = ranked[: _COMBINED.get(size, _FEW)]
        since = None
        for places in sorted(combinations(range(len(ranked)), size), key=sum):
            chosen = [ranked[place].change for place in places]
            if len({one.signal for one in chosen}) < size:
                continue
            found = self.changed(chosen)
            if found is not None and found.verdict in goals and self._needs_all(chosen, found.verdict):
                since = 0
                yield tuple(chosen), found
            elif since is not None:
                since += 1
                if since > _PATIENCE:
                    return

    def _needs_all(self, changes: Sequence[Change], verdict: Verdict) -> bool:
        """Whether no change of several can be left out; that each of two alone is not enough was found before."""
        if len(changes) == 2:
            return True
        for left_out in changes:
            found = self.changed([one for one in changes if one is not left_out])
            if found is not None and found.verdict is verdict:
                return False
        return True

    def _chosen(self, found: Iterable[Any]) -> list[Counterfactual]:
        """The nearest of each set of signals and verdict, at most `SHOWN`."""
        kept: dict[tuple[object, ...], Counterfactual] = {}
        try:
            for changes, decision in found:
                ordered = tuple(sorted(changes, key=lambda one: one.signal))
                one = Counterfactual(ordered, decision.verdict, decision.risk.score, decision.risk.category)
                key = (tuple(change.signal for change in ordered), decision.verdict)
                if key not in kept or one.distance < kept[key].distance:
                    kept[key] = one
        except _LimitReachedError:
            pass
        return sorted(kept.values(), key=_rank)[:SHOWN]

    def mended(self, changeable: frozenset[str], goal: Verdict) -> Counterfactual | None:
        """Every unmet part of a rule of the goal met by its nearest change, then what is not needed dropped again."""
        facts = Facts.of(self.pack, self.decision)
        for rule in self.pack.source.verdict.rules:
            if rule.verdict is not goal or rule.id in self.decision.fired:
                continue
            chosen: dict[str, Change] = {}
            for part, holds in parts(facts, rule.condition.text, holds=False):
                signals = frozenset().union(*(signals_behind(self.pack, name) for name in facts.names(part)))
                free = (signals & changeable) - chosen.keys()
                change = self._mending(part, free, holds=not holds)
                if change is not None:
                    chosen[change.signal] = change
            try:
                found = self.changed(chosen.values())
                if found is not None and found.verdict is goal and chosen:
                    return self._irreducible(list(chosen.values()), goal)
            except _LimitReachedError:
                return None
        return None

    def _mending(self, part: str, signals: frozenset[str], *, holds: bool) -> Change | None:
        """The nearest change of one of some signals that makes a part of a condition hold, or fail to."""
        trials = (one for one in self.singles if one.change.signal in signals)
        return next((one.change for one in trials if Facts.of(self.pack, one.decision).truth(part) is holds), None)

    def greedy(self, changeable: frozenset[str], goal: Verdict) -> Counterfactual | None:
        """Changes that lead to a goal farther away, one after the other; then every one that is not needed is dropped.

        None where the way ends, or the bound does. What is found is irreducible and need not be the smallest.
        """
        chosen: dict[str, Change] = {}
        best, worse = self.obstacles(self.decision), 0
        useful = self._useful([one for one in self.singles if one.change.signal in changeable], {goal})
        try:
            while len(chosen) < MAX_GREEDY:
                step = self._step(chosen, useful, goal)
                if step is None:
                    return None
                left, decision, change = step
                worse = 0 if left < best else worse + 1
                if worse > _DETOUR and decision.verdict is not goal:
                    return None
                best = min(best, left)
                chosen[change.signal] = change
                if decision.verdict is goal:
                    return self._irreducible(list(chosen.values()), goal)
        except _LimitReachedError:
            return None
        return None

    def _step(
        self, chosen: Mapping[str, Change], useful: Sequence[_Trial], goal: Verdict
    ) -> tuple[int, Decision, Change] | None:
        """The change that, added to those chosen, leaves the least in the way."""
        found: tuple[int, Decision, Change] | None = None
        for one in useful:
            if one.change.signal in chosen:
                continue
            decision = self.changed([*chosen.values(), one.change])
            if decision is None:
                continue
            left = -1 if decision.verdict is goal else self.obstacles(decision)
            if found is None or left < found[0]:
                found = (left, decision, one.change)
        return found

    def _irreducible(self, changes: list[Change], goal: Verdict) -> Counterfactual:
        while True:
            needed = self._without_one(changes, goal)
            if needed is None:
                break
            changes = needed
        final = self.changed(changes)
        assert final is not None
        ordered = tuple(sorted(changes, key=lambda one: one.signal))
        return Counterfactual(ordered, final.verdict, final.risk.score, final.risk.category)

    def _without_one(self, changes: list[Change], goal: Verdict) -> list[Change] | None:
        for change in sorted(changes, key=lambda one: -one.distance):
            rest = [one for one in changes if one is not change]
            found = self.changed(rest) if rest else None
            if found is not None and found.verdict is goal:
                return rest
        return None


def _rank(one: Counterfactual) -> tuple[object, ...]:
    return len(one.changes), one.distance, tuple((change.signal, repr(change.after)) for change in one.changes)


__all__ = ["Counterfactual", "Crossing", "Search"]
