"""Decisions on signals in hand: the request, the decision JSON of the contract, batches, explanations, replays."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.wire.base import Asked, PackId, Reference, SignalName, Told

Verdict = Literal["approve", "review", "reject"]
IdempotencyKey = Annotated[str, StringConstraints(pattern="^[\\x21-\\x7e]{1,255}$")]
"""1 to 255 printable ASCII characters without space; one key, one decision, for ever."""

DECISION_EXAMPLE: dict[str, Any] = {
    "pack": "auto_loan_in",
    "reference": "LOAN-2026-000117",
    "signals": {
        "applicant.residence_country": "IN",
        "applicant.monthly_income": 85000,
        "loan.amount": 600000,
        "loan.tenure_months": 60,
        "loan.annual_rate": 9.5,
        "bureau.score": 771,
    },
    "as_of": "2026-10-01",
}


BATCH_EXAMPLE: dict[str, Any] = DECISION_EXAMPLE | {"idempotency_key": "LOAN-2026-000117"}


class DecisionBody(Asked):
    """What to decide, on what. Signals that are not given are missing, never a default."""

    model_config = ConfigDict(json_schema_extra={"example": DECISION_EXAMPLE})

    pack: PackId
    reference: Reference
    signals: dict[SignalName, Any] = Field(max_length=1000, description="name to value, typed as the pack declares")
    as_of: date | None = Field(default=None, description="the day whose parameters apply; today where absent")


class BatchItem(DecisionBody):
    """One decision of a batch, with its own key."""

    model_config = ConfigDict(json_schema_extra={"example": BATCH_EXAMPLE})

    idempotency_key: IdempotencyKey


class BatchBody(Asked):
    """Many decisions; each is made, or refused, on its own."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [BATCH_EXAMPLE]}})

    items: list[BatchItem] = Field(min_length=1, max_length=100)


class PackUsed(Told):
    """The version that decided; the digest names its content for ever (invariant 5)."""

    id: str
    version: str
    digest: str


class Risk(Told):
    """0 (none) to 100, and the band the pack gives it."""

    score: float | None = None
    category: str | None = None


class Reason(Told):
    """A rule that fired, in words, for the back office; never for the applicant."""

    rule: str
    text: str
    points: float | None = None
    verdict: str | None = None
    cite: list[Any] = Field(default_factory=list)


class Unknown(Told):
    """A signal that a rule needed and that was missing (invariant 3)."""

    signal: str | None
    rule: str
    reason: str


class Route(Told):
    """Where people take the decision up; null when the verdict is approve."""

    id: str
    queue: str | None = None
    priority: int | None = None
    due: str | None = Field(default=None, description="RFC 3339, UTC")
    role: str | None = None
    four_eyes: bool = False
    actions: list[str] = Field(default_factory=list)


class DecisionAnswer(Told):
    """The decision JSON of the contract."""

    id: str | None
    reference: str | None
    pack: PackUsed
    engine_version: str
    as_of: date
    verdict: Verdict
    risk: Risk
    reasons: list[Reason]
    customer_reasons: list[Any]
    unknowns: list[Unknown]
    warnings: list[Any]
    route: Route | None
    trace: dict[str, Any] = Field(default_factory=dict)
    digest: str


class DecisionLine(Told):
    """A decision in a list."""

    id: str
    reference: str
    verdict: Verdict


class BatchResult(Told):
    """What became of one item: a decision, or a problem."""

    idempotency_key: str
    status: int = Field(description="what the single route would have answered")
    decision: DecisionAnswer | None = None
    problem: dict[str, Any] | None = None


class BatchAnswer(Told):
    """In the order of the request."""

    results: list[BatchResult]


class Explanation(Told):
    """Why the decision came out as it did, from the same run as the decision."""


class ReplayAnswer(Told):
    """Whether deciding again, with the stored pack and signals, gives the same digest (invariant 1)."""

    same: bool
