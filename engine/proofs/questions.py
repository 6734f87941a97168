"""The questions that lints ask of a pack's formulas, each answered with an input that was run, or not at all.

Which input no row of a table accepts, which two rows of it, whether a rule can fire, a route be taken, anything be
approved. The formulas are made when the first question is asked; all questions share one limit of solver time.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from engine.pack.decision import Decision
from engine.pack.model import Table
from engine.pack.pack import Pack
from engine.proofs.encoding import Encoding
from engine.proofs.search import Answer, Budget, Search, Shows
from engine.proofs.tables import MAX_ROWS
from engine.proofs.terms import Formula, both, conj, disj, neg
from engine.proofs.witness import Witness

_SHARE: Final = 4
"""One question takes at most this part of the time that is left."""

CUT_OFF: Final = Answer("undecided", reason="the limit was reached")
TOO_LARGE: Final = Answer("undecided", reason=f"the table has more than {MAX_ROWS} rows")


class Questions:
    """Questions to one pack."""

    def __init__(self, pack: Pack, limit_ms: float) -> None:
        self.pack = pack
        self._budget = Budget(limit_ms)

    @cached_property
    def search(self) -> Search:
        """The formulas, and the solvers over them."""
        return Search(Encoding(self.pack))

    def _ask(self, goal: Formula, shows: Shows, *, simplify: bool = True) -> Answer:
        if self._budget.spent:
            return CUT_OFF
        share = Budget(self._budget.left_ms / _SHARE)
        before = share.left_ms
        answer = self.search.find(goal, shows, share, simplify=simplify)
        self._budget.left_ms -= before - share.left_ms
        return answer

    # -- tables

    def gap(self, decision: str) -> Answer:
        """An input that every row of a table refuses."""
        state = self.search.encoding.state(decision)
        if not state.translated:
            return TOO_LARGE
        return self._ask(conj(row.no for row in state.rows), self.shows_gap(decision))

    def shows_gap(self, decision: str) -> Shows:
        """Whether every row of a table refused, as the run recorded it."""
        rules = set(self._rules(decision))
        return lambda found: all(one.state == "not_fired" for one in found.outcomes if one.rule.id in rules)

    def band_gap(self, decision: str, place: int, rule: str) -> Answer:
        """An input of a characteristic that lies in no band."""
        state = self.search.encoding.state(decision)
        goal = both(neg(disj(state.bands[place])), neg(state.undecided[place]))
        return self._ask(goal, self.shows_no_band(rule))

    @staticmethod
    def shows_no_band(rule: str) -> Shows:
        """Whether a characteristic was found to lie in no band."""
        return lambda found: any(one.code == "no_band" and one.rule == rule for one in found.warnings)

    def band(self, decision: str, place: int, number: int, rule: str) -> Answer:
        """An input of a characteristic that lies in a band."""
        goal = self.search.encoding.state(decision).bands[place][number]
        return self._ask(goal, _lies_in(rule, number), simplify=False)

    def violation(self, decision: str, pairs: Iterable[tuple[int, int]]) -> Answer:
        """An input that two rows accept which must not both: one of the pairs."""
        state = self.search.encoding.state(decision)
        if not state.translated:
            return TOO_LARGE
        goal = disj(both(state.rows[one].yes, state.rows[two].yes) for one, two in pairs)
        return self._ask(both(goal, state.fault), self.shows_violation(decision))

    def shows_violation(self, decision: str) -> Shows:
        """Whether a table's matching rows violated its hit policy."""
        rules = set(self._rules(decision))
        codes = {"unique_violation", "any_violation"}
        return lambda found: any(one.code in codes and one.rule in rules for one in found.warnings)

    def _rules(self, decision: str) -> list[str]:
        logic = self.pack.source.decisions[decision].logic
        return [row.id for row in logic.rows] if isinstance(logic, Table) else []

    # -- rules, routes, the verdict

    def unfired(self, rules: Iterable[str]) -> dict[str, Answer]:
        """Those of the rules that no input fires, and those of which it is not known."""
        formulas = self.search.encoding.fired()
        found: dict[str, Answer] = {}
        covered: set[str] = set()
        for name in rules:
            if name in covered:
                continue
            if name not in formulas:
                found[name] = TOO_LARGE
                continue
            answer = self._ask(formulas[name], _fires(name), simplify=False)
            if answer.witness is None:
                found[name] = answer
            else:
                covered.update(answer.witness.decision.fired)
        return found

    def untaken(self, places: Iterable[int]) -> dict[int, Answer]:
        """Those of the routes that no input takes, and those of which it is not known."""
        formulas = self.search.encoding.routes()
        routes = self.pack.source.routes
        found = {}
        for place in places:
            answer = self._ask(formulas[place], _takes(routes[place].id), simplify=False)
            if answer.witness is None:
                found[place] = answer
        return found

    def approval(self) -> Answer:
        """An input that is approved."""
        return self._ask(self.search.encoding.ending.approve, lambda found: found.verdict == "approve", simplify=False)


def _fires(rule: str) -> Shows:
    return lambda found: rule in found.fired


def _lies_in(rule: str, band: int) -> Shows:
    return lambda found: any(one.rule.id == rule and one.mark == band for one in found.outcomes)


def _takes(route: str) -> Shows:
    def takes(found: Decision) -> bool:
        return found.route is not None and found.route.id == route

    return takes


__all__ = ["CUT_OFF", "Answer", "Questions", "Witness"]
