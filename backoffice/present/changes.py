"""What would change a decision, in sentences: for the officer, and strictly apart what the applicant may be told.

Everything here comes from the explanation route, which decided each change before telling it and masks personal values.
`for_applicant` reads the route's part for the applicant and nothing beside it (invariant 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Explained = Mapping[str, Any]


def near_misses(explained: Explained) -> list[tuple[str, str]]:
    """Rules that nearly fired: what the rule is about, and the change that would make it fire."""
    return [
        (str(one.get("text") or one.get("rule")), _sentence(str(one.get("sentence"))))
        for one in explained.get("near_misses") or []
    ]


def changes(explained: Explained) -> list[str]:
    """The smallest changes that give another verdict."""
    return [_sentence(str(one.get("sentence"))) for one in explained.get("counterfactuals") or []]


def to_approval(explained: Explained) -> list[str]:
    """What would lead to an approval, beyond what `changes` says already."""
    told = set(changes(explained))
    sentences = [_sentence(str(one.get("sentence"))) for one in explained.get("to_approve") or []]
    return [one for one in sentences if one not in told]


def cautions(explained: Explained) -> list[str]:
    """What must be known to read the changes rightly."""
    found = []
    if not explained.get("explained_same", False):
        found.append("The engine of today does not make the decision on record; what stands here is of today's.")
    if to_approval(explained) and not explained.get("to_approve_smallest", False):
        found.append("A smaller way to an approval may exist.")
    search = explained.get("search") or {}
    if not search.get("complete", False):
        found.append("The search ended at its limit; there may be nearer changes.")
    return found


def for_applicant(explained: Explained) -> str:
    """The text that may be told, a line for each sentence; empty where there is none."""
    told = explained.get("applicant") or {}
    return "\n".join(_sentence(str(one)) for part in ("reasons", "can_do") for one in told.get(part) or [])


def _sentence(text: str) -> str:
    """As a sentence; a rule's id and a signal's name keep their letters."""
    first, _, rest = text.partition(" ")
    begun = text if "_" in first or "." in first else f"{first[:1].upper()}{first[1:]} {rest}".strip()
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."
