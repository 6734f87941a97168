"""How many choices of facts fit one pattern: surely, and possibly.

A session of durable_rules finds the choices that surely fit; where a value is unknown or may be, a second one finds those
that may. Neither is run where nothing can come of it. The work is bounded before it begins: by the number of choices
among the facts that their own tests leave, which nothing in the native engine can exceed.
"""

from __future__ import annotations

from math import prod
from typing import Final, NamedTuple, TypeAlias

from engine.pack.limits import MAX_LIST_ITEMS, MAX_PATTERN_COMBINATIONS
from engine.pack.patterns.native import FAILURES, Pool
from engine.pack.patterns.plan import PatternPlan
from engine.pack.patterns.ruleset import Cast, Casts, Mode, Rules, cast
from engine.pack.patterns.sheet import Codes, Sizes

_FEW: Final = 12  # facts for each variable that are tried first where it takes long to look at all
_MANY: Final = 2_048  # choices from which on a few are tried first
TOO_MANY: Final = ("pattern_limit", "more choices of facts than patterns may look at")


class Matches(NamedTuple):
    """How many choices of facts surely fit, and how many may; the latter has no bound where it is not known.

    `cost` is the number of choices that had to be looked at. `example` is one that fits, as places in the lists: surely where any
    surely does, else possibly. `problem` is a code and a text where the choices could not be looked at.
    """

    sure: int
    possible: int | None
    cost: int = 0
    problem: tuple[str, str] | None = None
    example: tuple[int, ...] | None = None


Choices: TypeAlias = set[tuple[int, ...]]


def _matches(sure: Choices, possible: Choices | None, cost: int) -> Matches:
    example = min(sure or possible or (), default=None)
    return Matches(len(sure), None if possible is None else len(possible), cost, None, example)


class Matcher:
    """Finds the matches of one pattern; safe to call from several threads."""

    def __init__(self, plan: PatternPlan) -> None:
        self._plan = plan
        self._exists = plan.count is None
        self._rules = {mode: Rules(plan, mode) for mode in Mode}
        self._pools = {mode: Pool(rules.definition) for mode, rules in self._rules.items()}

    def matches(self, codes: Codes, sizes: Sizes, left: int = MAX_PATTERN_COMBINATIONS) -> Matches:
        """The matches among the facts of one decision. Without a `count`, one sure match is all that is looked for.

        `left` is how many choices may still be looked at; where that is too few, nothing is.
        """
        casts = cast(self._plan, codes, sizes)
        # A branch in which a variable has no fact finds nothing, whatever the other lists hold.
        kept = [roles for roles in casts.branches if all(one is None or one for one in roles)]
        if not kept:
            return Matches(0, 0)
        if any(one is None for roles in kept for one in roles):
            return Matches(0, None)
        try:
            return self._search(casts, codes, kept, left)
        except FAILURES as error:
            return Matches(0, None, 0, ("pattern_failed", f"durable_rules failed: {type(error).__name__}"))

    def _search(self, casts: Casts, codes: Codes, kept: list[tuple[Cast | None, ...]], left: int) -> Matches:
        """A few facts first where that may be enough, then all, each only where it is within bounds."""
        absent = 1 + sum(len(one or ()) for one in casts.absences)
        cost, few = (_choices(kept, most) * absent for most in (MAX_LIST_ITEMS, _FEW))
        spent = 0
        if self._exists and cost > _MANY and None not in casts.absences:
            spent = few
            if spent > left:
                return Matches(0, None, spent, TOO_MANY)
            found = self._find(Mode.SURE, casts, codes, cost, _FEW)
            if found:
                return _matches(found, None, spent)
        if cost > MAX_PATTERN_COMBINATIONS:
            return Matches(0, None, spent, TOO_MANY)
        if cost + spent > left:
            return Matches(0, None, cost + spent, TOO_MANY)
        return self._count(casts, codes, cost)._replace(cost=cost + spent)

    def _count(self, casts: Casts, codes: Codes, cost: int) -> Matches:
        absent_known = None not in casts.absences
        sure = self._find(Mode.SURE, casts, codes, cost) if absent_known else set()
        if self._exists and sure:
            return _matches(sure, None, cost)
        if absent_known and self._crisp(casts, codes):
            return _matches(sure, sure, cost)
        return _matches(sure, self._find(Mode.POSSIBLE, casts, codes, cost), cost)

    def _find(self, mode: Mode, casts: Casts, codes: Codes, cost: int, most: int | None = None) -> Choices:
        """The choices that fit, or one as soon as there is one where that is enough."""
        rules = self._rules[mode]
        found: Choices = set()
        if not any(all(_playing(one, mode) for one in roles) for roles in casts.branches):
            return found
        with self._pools[mode].session(rules.messages(casts, codes, most)) as firings:
            for bound in firings:
                found.add(rules.choice(bound))
                if self._exists:
                    break
                if len(found) > cost:
                    raise ValueError("more matches than choices")
        return found

    def _crisp(self, casts: Casts, codes: Codes) -> bool:
        """Whether nothing that takes part is unknown: then what may fit surely fits."""
        cast_roles = [
            (role, one or ())
            for branch, roles in zip(self._plan.branches, casts.branches, strict=True)
            for role, one in zip(branch, roles, strict=True)
        ]
        cast_roles += [(role, one or ()) for role, one in zip(self._plan.absences, casts.absences, strict=True)]
        if not all(surely for _, one in cast_roles for _, surely in one):
            return False
        columns = {at for role, _ in cast_roles for join in role.joins for at in (join.column, join.other_column)}
        return not any(None in (codes[at] or ()) for at in columns)


def _playing(one: Cast | None, mode: Mode) -> bool:
    return any(surely or mode is Mode.POSSIBLE for _, surely in one or ())


def _choices(branches: list[tuple[Cast | None, ...]], most: int) -> int:
    """How many choices there are with at most so many facts for each variable."""
    return sum(prod(min(most, len(one or ())) for one in roles) for roles in branches)
