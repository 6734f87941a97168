"""Applications: the applicant's declaration, documents, and how far the checks have come.

The applicant's fields are validated by the service, which knows the vocabulary; here they are only bounded.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.wire.base import Asked, PackId, Reference, SignalName, Told

DocumentKind = Literal["pan_card", "address_proof", "selfie"]
FieldName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,63}$")]

APPLICATION_EXAMPLE: dict[str, Any] = {
    "pack": "auto_loan_in",
    "reference": "LOAN-2026-000118",
    "applicant": {
        "name": "Specimen Applicant",
        "date_of_birth": "1990-01-31",
        "gender": "F",
        "nationality": "IN",
        "residence_country": "IN",
        "state": "MH",
        "address": "12 Example Road, Pune 411001",
        "email": "applicant@example.org",
        "phone": "+919800000000",
        "pan": "AAAPZ1234C",
        "employment": "salaried",
        "monthly_income": 85000,
        "monthly_obligations": 12000,
        "is_nri": False,
        "has_aadhaar": True,
    },
    "signals": {"loan.amount": 600000, "loan.tenure_months": 60, "loan.vehicle_type": "new", "bureau.score": 771},
    "consents": [{"purpose": "kyc", "given_at": "2026-10-01T09:30:00Z"}],
}


class ApplicationBody(Asked):
    """A new application; it takes documents until it is submitted."""

    model_config = ConfigDict(json_schema_extra={"example": APPLICATION_EXAMPLE})

    pack: PackId
    reference: Reference
    applicant: dict[FieldName, Any] = Field(max_length=100)
    signals: dict[SignalName, Any] = Field(
        default_factory=dict, max_length=1000, description="what the caller already knows"
    )
    consents: list[dict[FieldName, Any]] = Field(default_factory=list, max_length=20)


class CheckState(Told):
    """One check and how far it is: waiting, queued, running, done, failed or timed_out."""

    name: str
    status: str


class DocumentLine(Told):
    """An uploaded file; its content is read by its own route."""

    id: str
    kind: str


class ApplicationAnswer(Told):
    """An application with its checks, documents and signals; `decision` is null until there is one.

    Callers without `decisions:read` are told only what an applicant may know (invariant 11).
    """

    id: str
    reference: str
    status: str = Field(description="draft, checking, in_review, approved, rejected or withdrawn")
    pack: Any = None
    checks: list[CheckState] = Field(default_factory=list)
    documents: list[DocumentLine] = Field(default_factory=list)
    signals: list[dict[str, Any]] = Field(default_factory=list)
    decision: dict[str, Any] | None = None


class ApplicationLine(Told):
    """An application in a list."""

    id: str
    reference: str
    status: str
