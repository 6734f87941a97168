"""The verdict: an ordered word without an innocent zero.

Approve < review < reject; rules fold to the worst (invariant 2). There is no falsy verdict and no default one, so that a
forgotten assignment can never read as an approval.
"""

from __future__ import annotations

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
        return self.severity < _severity(other)

    def __le__(self, other: object) -> bool:
        return self.severity <= _severity(other)

    def __gt__(self, other: object) -> bool:
        return self.severity > _severity(other)

    def __ge__(self, other: object) -> bool:
        return self.severity >= _severity(other)


def _severity(other: object) -> int:
    """The severity of another verdict; a plain text would compare by its letters, so it is refused."""
    if not isinstance(other, Verdict):
        raise TypeError("a verdict compares with verdicts only")
    return other.severity


_SEVERITY = {"approve": 1, "review": 2, "reject": 3}
