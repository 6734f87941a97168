"""Reasons: what the rules that fired say to the officer, and their order.

By severity of the verdict they demand, then by points, then in pack order; equal runs give equal lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from engine.pack.canonical import to_json
from engine.pack.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired and what it says."""

    rule: str
    text: str
    points: int | Decimal | None
    verdict: Verdict | None
    cite: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The reason for JSON."""
        verdict = None if self.verdict is None else self.verdict.value
        points = to_json(self.points)
        return {"rule": self.rule, "text": self.text, "points": points, "verdict": verdict, "cite": list(self.cite)}


Weighed: TypeAlias = tuple[tuple[int, Any, int], Reason]


def weighed(reason: Reason, order: int) -> Weighed:
    """A reason with what it is sorted by; `order` is its rule's place in the pack, and differs for each."""
    severity = 0 if reason.verdict is None else reason.verdict.severity
    points = reason.points or 0
    return (-severity, min(points, -points), order), reason
