"""The verdict: an ordered word without an innocent zero.

Approve < review < reject; rules fold to the worst (invariant 2). There is no falsy verdict and no default one, so that a
forgotten assignment can never read as an approval.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What a decision says; compares by severity and equals its own text (`Verdict.REVIEW == "review"`)."""

    APPROVE = "approve"
    REVIEW = "review"
    REJECT = "reject"

    @property
    def severity(self) -> int:
        """1 approve, 2 review, 3 reject; never zero."""
        return _SEVERITY[self.value]

    def __lt__(self, other: object) -> bool:
        return self.severity < other.severity if isinstance(other, Verdict) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.severity <= other.severity if isinstance(other, Verdict) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.severity > other.severity if isinstance(other, Verdict) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.severity >= other.severity if isinstance(other, Verdict) else NotImplemented


_SEVERITY = {"approve": 1, "review": 2, "reject": 3}


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The most severe of `verdicts`; None when there are none, which is never an approval."""
    return max(verdicts, key=lambda verdict: verdict.severity, default=None)
