"""What stands behind a rule or a name in a pack's graph of decisions, as far as a search for changes asks."""

from __future__ import annotations

from collections.abc import Iterable

from engine.pack.model import AGGREGATING, Expr, Scorecard, Table
from engine.pack.pack import Pack


def decisions_behind(pack: Pack, rules: Iterable[str]) -> tuple[str, ...]:
    """The decisions that some rules read, directly or through expressions."""
    pending = [name for rule in rules for name in pack.rules[rule].reads]
    found: dict[str, None] = {}
    while pending:
        name = pending.pop()
        if name in pack.decision_index and name not in found:
            found[name] = None
            if isinstance(pack.source.decisions[name].logic, Expr):
                pending += pack.typed.needs.get(name, frozenset())
    return tuple(sorted(found))


def signals_behind(pack: Pack, name: str) -> frozenset[str]:
    """The signals behind a name, through expressions and tables of one hit; sums show by their points what moves them."""
    pending, seen, found = [name], {name}, set()
    while pending:
        one = pending.pop()
        decision = pack.source.decisions.get(one)
        if decision is None:
            found.add(one)
            continue
        logic = decision.logic
        sums = isinstance(logic, Scorecard) or (isinstance(logic, Table) and logic.hit_policy in AGGREGATING)
        more = frozenset() if sums else pack.typed.needs.get(one, frozenset()) - seen
        seen |= more
        pending += more
    return frozenset(found)
