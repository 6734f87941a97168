"""The one shape of every error (RFC 9457). It carries no stack trace, no input value and no personal data."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One fault of an input: where it is, what is wrong, and what to do."""

    model_config = ConfigDict(frozen=True)

    where: str = Field(description="a JSON pointer into the body, `query/name`, `header/name`, or file:line:column")
    message: str
    remedy: str = ""


class Problem(BaseModel):
    """Why a request was refused. `type` is a relative reference, one for each thing the caller would do next."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "type": "/problems/invalid",
                "title": "The input is wrong",
                "status": 422,
                "detail": "2 faults in the input",
                "errors": [{"where": "/signals/bureau.score", "message": "is not a number", "remedy": ""}],
                "request_id": "req_01j9zq4x5y6w7v8t9s0r1q2p3n",
            }
        },
    )

    type: str = Field(description="/problems/<kind>: invalid, not_found, conflict, forbidden, unauthenticated, ...")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    errors: list[Fault] = Field(default_factory=list)
    request_id: str = Field(default="", description="quote it when you ask; the logs know the request by it")
