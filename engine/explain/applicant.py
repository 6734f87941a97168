"""What the applicant may be told: the words that rules have for them, and what they can do about those findings.

Never screening, exposure, suspicion or risk category, no limit of any check, no value and nothing of a finding that the
pack has no words for (invariant 11, no tipping-off). What can be done is read from the findings that are told and from
nothing else: a statement to look at again, or a document to send again. Where a finding is not told, a silent
explanation and one without it read the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from engine.explain.changes import Origins
from engine.pack.decision import Decision
from engine.pack.pack import Pack
from engine.pack.verdict import Verdict

APPROVED: Final = "Your application has been approved"
_DOCUMENT: Final = "document."
_STATED: Final = frozenset({"applicant", "application", "loan", "account", "request"})  # what an applicant states


@dataclass(frozen=True, slots=True)
class ForApplicant:
    """Sentences an applicant may read. `reasons` is empty for an approval; `can_do` names statements and documents."""

    reasons: tuple[str, ...]
    can_do: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The texts for JSON."""
        return {"reasons": list(self.reasons), "can_do": list(self.can_do)}


def for_applicant(pack: Pack, decision: Decision) -> ForApplicant:
    """The texts for one decision."""
    if decision.verdict is Verdict.APPROVE:
        return ForApplicant((), ())
    return ForApplicant(decision.customer_reasons, tuple(dict.fromkeys(_can_do(pack, decision))))


def _can_do(pack: Pack, decision: Decision) -> Iterator[str]:
    """What can be stated or sent again for the findings that are told, in the order of the rules."""
    origins = Origins.of(pack)
    documents = {
        one.id: [name.removeprefix(_DOCUMENT) for name in one.needs if name.startswith(_DOCUMENT)]
        for one in pack.checks.values()
    }
    for outcome in decision.outcomes:
        if outcome.state != "fired" or not outcome.tell or origins.sensitive & set(outcome.rule.needs):
            continue  # a rule that also looks at something sensitive says its words and no more
        for name in outcome.rule.needs:
            if name in origins.check:
                yield from (f"Send again: {_words(one)}" for one in documents[origins.check[name]])
            elif name in origins.changeable and name.split(".")[0] in _STATED:
                yield f"Look again at: {_words(name)}"


def _words(name: str) -> str:
    """A signal's or document's name as words: `loan.amount` is loan amount, `applicant.monthly_income` monthly income."""
    return name.removeprefix("applicant.").replace(".", " ").replace("_", " ")
