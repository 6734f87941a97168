"""Explain a decision: what it rests on, what nearly happened, and the smallest changes that would change it.

Near misses and counterfactuals are found by running the pack on changed signals, so each one shown has been decided;
reasons are told in sentences to an officer, and apart from that to the applicant, who never learns of screening,
suspicion, risk category or a limit (invariant 11). Pure and deterministic: the same pack, signals, date and bound give
the same explanation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from engine.explain.applicant import ForApplicant, for_applicant
from engine.explain.changes import Change, Origins
from engine.explain.conditions import Facts
from engine.explain.explanation import Explanation, NearMiss
from engine.explain.search import Counterfactual, Crossing, Search
from engine.explain.sentences import Sentence, sentences, unmet
from engine.pack.pack import Pack
from engine.pack.verdict import Verdict

DEFAULT_LIMIT: Final = 5_000  # decisions; a third of a second for a pack of a hundred rules
NEAR: Final = 0.1  # a near miss moves a number by a tenth of its scale at most
MAX_NEAR_MISSES: Final = 10
MAX_DEPTH: Final = 4


def explain(
    pack: Pack,
    signals: Mapping[str, object],
    as_of: date,
    *,
    depth: int = 2,
    limit: int = DEFAULT_LIMIT,
    changeable: Collection[str] | None = None,
    near: float = NEAR,
) -> Explanation:
    """Explain the decision on these signals.

    `depth` (1 to 4) is how many signals a smallest counterfactual may change; an approval farther away is searched step
    by step. `limit` bounds the decisions that are made. `changeable` names the signals that may be changed; without it
    they are read from the pack, and what is missing may always be supplied. `near` is how far, of its scale, a number
    may be moved for a near miss.

    Raises:
        SignalError: for signals that the pack refuses.
        ValueError: for a depth or limit out of bounds, or a changeable signal that the pack does not declare.
    """
    if not 1 <= depth <= MAX_DEPTH or limit < 1:
        raise ValueError(f"depth is 1 to {MAX_DEPTH} and limit at least 1")
    unknown = sorted(set(changeable or ()) - pack.signals.keys())
    if unknown:
        raise ValueError(f"the pack declares no signal {', '.join(unknown)}")
    decision = pack.decide(signals, as_of)
    search = Search(pack, decision, limit)
    allowed = _changeable(pack, search, changeable)
    search.run_singles()
    changes = search.smallest(allowed, depth, frozenset(Verdict) - {decision.verdict})
    to_approve: list[Counterfactual] = []
    smallest = True
    if decision.verdict is not Verdict.APPROVE:
        to_approve = [one for one in changes if one.verdict is Verdict.APPROVE]
        if not to_approve and changes:
            to_approve = search.smallest(allowed, depth, frozenset({Verdict.APPROVE}))
        if not to_approve:
            ways = (search.mended(allowed, Verdict.APPROVE), search.greedy(allowed, Verdict.APPROVE))
            found = sorted((one for one in ways if one), key=lambda one: (len(one.changes), one.distance))
            to_approve, smallest = found[:1], False
    facts = Facts.of(pack, decision)
    return Explanation(
        decision=decision,
        sentences=sentences(pack, decision),
        near_misses=tuple(
            NearMiss(one.rule, pack.rules[one.rule].reason or one.rule, _about(facts, one), one.change)
            for one in search.crossings(near)[:MAX_NEAR_MISSES]
        ),
        changes=tuple(changes or to_approve),
        to_approve=tuple(to_approve),
        to_approve_smallest=smallest and not search.exhausted,
        applicant=for_applicant(pack, decision),
        changeable=tuple(sorted(allowed)),
        decisions_made=search.made,
        limit=limit,
        complete=not search.exhausted,
        hidden=facts.hidden,
    )


def _about(facts: Facts, crossing: Crossing) -> tuple[str, ...]:
    """What keeps the rule from firing, of that what the change is about."""
    reach = facts.pack.reach
    found = unmet(facts, crossing.rule)
    signal = crossing.change.signal
    return tuple(one for one in found if signal in reach.get(one.split(" ")[0], frozenset())) or found[:3]


def _changeable(pack: Pack, search: Search, named: Collection[str] | None) -> frozenset[str]:
    if named is not None:
        return frozenset(named)
    return Origins.of(pack).changeable | (pack.signals.keys() - search.values.keys())


__all__ = [
    "Change",
    "Counterfactual",
    "Explanation",
    "ForApplicant",
    "NearMiss",
    "Origins",
    "Sentence",
    "explain",
    "for_applicant",
    "sentences",
]
