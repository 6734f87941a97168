"""Decisions on signals in hand: the request, the decision JSON of the contract, batches, explanations, replays."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.wire.base import Asked, Name, Note, PackId, RecordId, Reference, SignalName, Told

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


class OneDecisionBody(DecisionBody):
    """What to decide, and by which version: the active one, or one that is named, to try it."""

    version: RecordId | None = Field(
        default=None,
        description="any kept version, a draft included; the answer is a test (`test: true`), stored apart and counted nowhere",
    )


class TryBody(Asked):
    """Signals to try a version with."""

    reference: Reference = "try-out"
    signals: dict[SignalName, Any] = Field(max_length=1000)
    as_of: date | None = None


class OutcomeBody(Asked):
    """What became of a decision, as its source tells it."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"outcome": "bad", "source": "ninety_days_past_due", "note": ""}}
    )

    outcome: Literal["good", "bad"]
    source: Name
    note: Note = ""


class OutcomeAnswer(Told):
    """An outcome that is kept."""

    id: str
    outcome: Literal["good", "bad"]
    source: str


class ReplayBody(Asked):
    """By which version to decide again; the one that decided where absent."""

    version: RecordId | None = None


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


class Change(Told):
    """One signal with another value. Values of personal signals are masked."""

    signal: str
    before: Any = None
    after: Any = None
    how: str = Field(description="declared anew, retaken by its check, or supplied where it was missing")


class NearMiss(Change):
    """A rule that did not fire and would after this change."""

    rule: str
    sentence: str


class Counterfactual(Told):
    """Changes that together give another verdict, and without any one of which they do not; decided before it is told."""

    verdict: Verdict
    changes: list[Change]
    sentence: str


class ApplicantTexts(Told):
    """All that the applicant may be told: never screening, suspicion, risk category or a limit (invariant 11)."""

    reasons: list[str]
    can_do: list[str]


class Explanation(Told):
    """Why the decision came out as it did, from the same run as the decision; and what nearly happened, by deciding again.

    For officers, but for `applicant`.
    """

    near_misses: list[NearMiss] = Field(default_factory=list)
    counterfactuals: list[Counterfactual] = Field(default_factory=list)
    to_approve: list[Counterfactual] = Field(default_factory=list)
    applicant: ApplicantTexts | None = None
    explained_same: bool = Field(default=True, description="whether today's engine makes the same decision again")


class ReplayAnswer(Told):
    """Whether deciding again gives the same digest; by the version that decided it must (invariant 1)."""

    same: bool
    same_content: bool = Field(description="whether the version that decided again has the content that decided")
