"""An explanation of one decision, for an officer, with its part for the applicant kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.explain.applicant import ForApplicant
from engine.explain.changes import SUPPLIED, Change
from engine.explain.conditions import shown
from engine.explain.search import Counterfactual
from engine.explain.sentences import Sentence
from engine.pack.canonical import to_json
from engine.pack.decision import Decision
from engine.pack.trace import HIDDEN


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that did not fire and would after one small change, with what it compared. `near` is 0 to 1, less is nearer."""

    rule: str
    text: str
    because: tuple[str, ...]
    change: Change


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a decision came out as it did, what nearly happened, and what would have to be otherwise.

    `changes` are the smallest counterfactuals that change the verdict; `to_approve` those that lead to an approval, of
    which `to_approve_smallest` says whether any shorter one was ruled out. `complete` is false where the bound on
    decisions ended the search. `hidden` names the signals whose values are masked.
    """

    decision: Decision
    sentences: tuple[Sentence, ...]
    near_misses: tuple[NearMiss, ...]
    changes: tuple[Counterfactual, ...]
    to_approve: tuple[Counterfactual, ...]
    to_approve_smallest: bool
    applicant: ForApplicant
    changeable: tuple[str, ...]
    decisions_made: int
    limit: int
    complete: bool
    hidden: frozenset[str]

    def to_dict(self) -> dict[str, Any]:
        """The explanation for JSON; values with personal data are masked."""
        decision = self.decision
        return {
            "verdict": decision.verdict.value,
            "risk": {"score": to_json(decision.risk.score), "category": decision.risk.category},
            "as_of": decision.as_of.isoformat(),
            "digest": decision.digest,
            "reasons": [sentence.to_dict() for sentence in self.sentences],
            "near_misses": [self._near_miss(one) for one in self.near_misses],
            "counterfactuals": [self._counterfactual(one) for one in self.changes],
            "to_approve": [self._counterfactual(one) for one in self.to_approve],
            "to_approve_smallest": self.to_approve_smallest,
            "applicant": self.applicant.to_dict(),
            "search": {
                "decisions": self.decisions_made,
                "limit": self.limit,
                "complete": self.complete,
                "changeable": list(self.changeable),
            },
        }

    def lines(self) -> list[str]:
        """The explanation for people; the last part is what the applicant may read."""
        decision = self.decision
        risk = f", risk {decision.risk.score} ({decision.risk.category})" if decision.risk.score is not None else ""
        found = [f"The verdict is {decision.verdict.value}{risk}, as of {decision.as_of.isoformat()}."]
        found += [f"- {sentence.rule}: {sentence}" for sentence in self.sentences]
        found += _part("Near misses", [self.near_miss_sentence(one) for one in self.near_misses])
        found += _part("Smallest changes of the verdict", [self.counterfactual_sentence(one) for one in self.changes])
        found += _part("To an approval", [self.counterfactual_sentence(one) for one in self.to_approve])
        if not self.complete:
            found.append(f"The search ended at its limit of {self.limit} decisions; there may be nearer changes.")
        found += _part("For the applicant", [*self.applicant.reasons, *self.applicant.can_do])
        return found

    # -- sentences

    def near_miss_sentence(self, one: NearMiss) -> str:
        """One near miss in words."""
        now = f" ({'; '.join(one.because)})" if one.because else ""
        return f"{one.rule} would fire if {self.change_sentence(one.change)}{self._gap(one.change)}{now}"

    def counterfactual_sentence(self, one: Counterfactual) -> str:
        """One counterfactual in words."""
        risk = f" with risk {one.score} ({one.category})" if one.score is not None else ""
        return f"{one.verdict.value}{risk} if {' and '.join(self.change_sentence(change) for change in one.changes)}"

    def change_sentence(self, change: Change) -> str:
        """One change in words, masked where it is of personal data."""
        after = self._shown(change.signal, change.after)
        if change.how == SUPPLIED:
            return f"{change.signal} were known and {after}"
        return f"{change.signal} were {after} instead of {self._shown(change.signal, change.before)}"

    def _gap(self, change: Change) -> str:
        if change.gap is None or change.signal in self.hidden:
            return ""
        unit = " days" if isinstance(change.after, date) else ""
        return f", {shown(change.gap)}{unit} away"

    def _shown(self, signal: str, value: Any) -> str:
        return HIDDEN if signal in self.hidden and value is not None else shown(value)

    # -- JSON

    def _near_miss(self, one: NearMiss) -> dict[str, Any]:
        return {
            "rule": one.rule,
            "text": one.text,
            "because": list(one.because),
            **self._change(one.change),
            "sentence": self.near_miss_sentence(one),
        }

    def _counterfactual(self, one: Counterfactual) -> dict[str, Any]:
        return {
            "verdict": one.verdict.value,
            "risk": {"score": to_json(one.score), "category": one.category},
            "changes": [self._change(change) for change in one.changes],
            "distance": round(one.distance, 6),
            "sentence": self.counterfactual_sentence(one),
        }

    def _change(self, change: Change) -> dict[str, Any]:
        hidden = change.signal in self.hidden
        return {
            "signal": change.signal,
            "before": HIDDEN if hidden and change.before is not None else to_json(change.before),
            "after": HIDDEN if hidden else to_json(change.after),
            "how": change.how,
            "gap": None if hidden or not isinstance(change.gap, int | Decimal) else to_json(change.gap),
            "distance": None if hidden else round(change.distance, 6),
        }


def _part(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", *(f"- {line}" for line in lines)] if lines else []
