"""The index of a pack's rules: every rule by id, in the order in which reasons and traces name them.

A rule is a row of a table, a characteristic of a scorecard, a pattern, or a verdict rule. For each the index knows what
it says, what it cites, and which signals it needs through every decision in between: those are what an undecided rule
reports as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.pack.model import Scorecard, Table, Words
from engine.pack.problems import Place
from engine.pack.typed import Typed, skips
from engine.pack.verdict import Verdict


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """One rule. `kind` is row, characteristic, pattern or verdict; `decision` is where it stands.

    `needs` are the signals it reads, directly or through decisions; `reads` the names it reads itself.
    """

    id: str
    kind: str
    decision: str | None
    reason: str | None
    tell: str | None
    cite: tuple[str, ...]
    verdict: Verdict | None
    needs: tuple[str, ...]
    reads: tuple[str, ...]
    skips: bool
    order: int
    place: Place


def rule_index(typed: Typed) -> dict[str, RuleInfo]:
    """Every rule by id: patterns, then decisions in the order they run, then verdict rules."""
    source = typed.source
    reach = signal_reach(typed)
    found: dict[str, RuleInfo] = {}

    def add(
        key: str,
        kind: str,
        words: Words,
        place: Place,
        *,
        decision: str | None = None,
        verdict: Verdict | None = None,
        skipped: bool = False,
    ) -> None:
        names = typed.needs.get(key, frozenset())
        needs = sorted(frozenset().union(*(reach.get(name, frozenset()) for name in names)))
        found[key] = RuleInfo(
            key,
            kind,
            decision,
            words.reason,
            words.tell,
            words.cite,
            verdict,
            tuple(needs),
            tuple(sorted(names)),
            skipped,
            len(found),
            place,
        )

    for pattern in source.patterns:
        add(pattern.id, "pattern", pattern.words, pattern.place, skipped=pattern.skips)
    for one in typed.decisions:
        logic, name = one.source.logic, one.source.id
        if isinstance(logic, Table):
            for row in logic.rows:
                add(row.id, "row", row.words, row.place, decision=name, skipped=skips(row.if_missing))
        elif isinstance(logic, Scorecard):
            for item in logic.characteristics:
                add(item.id, "characteristic", item.words, item.place, decision=name, skipped=skips(item.if_missing))
    for rule in source.verdict.rules:
        add(rule.id, "verdict", rule.words, rule.place, verdict=rule.verdict, skipped=skips(rule.if_missing))
    return found


def signal_reach(typed: Typed) -> dict[str, frozenset[str]]:
    """For every name, the posted signals behind it."""
    reach = {name: frozenset({name}) for name in typed.source.signals}
    for number in typed.patterns.order if typed.patterns else ():
        pattern = typed.source.patterns[number]
        behind = frozenset().union(*(reach.get(name, frozenset()) for name in typed.needs.get(pattern.id, ())))
        for name in pattern.sets:
            reach[name] = reach.get(name, frozenset()) | behind
    for decision in typed.decisions:
        names = typed.needs.get(decision.source.id, frozenset())
        reach[decision.source.id] = frozenset().union(*(reach.get(name, frozenset()) for name in names))
    return reach
