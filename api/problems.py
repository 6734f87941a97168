"""One map from every refusal to the one shape of errors; nothing else in `api` decides on a status.

What is told is the caller's business only: no stack trace, no input value, no text of an unexpected exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.wire.problems import MEDIA_TYPE, Fault, Problem
from service.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServiceError,
    TooMany,
    Unauthenticated,
    Unavailable,
)

KINDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("malformed", "The request cannot be read"),
    401: ("unauthenticated", "The caller is not known"),
    403: ("forbidden", "The caller may not do this"),
    404: ("not_found", "There is no such thing"),
    405: ("method_not_allowed", "The route has no such method"),
    408: ("timeout", "The request did not come to its end in time"),
    409: ("conflict", "The thing has changed or is taken"),
    413: ("too_large", "The request is too large"),
    415: ("media_type", "The media type is not the route's"),
    422: ("invalid", "The input is wrong"),
    429: ("too_many", "A limit was reached"),
    500: ("internal", "Something of ours failed"),
    503: ("unavailable", "A part of ours does not answer"),
}
_STATUS: Final[tuple[tuple[type[ServiceError], int], ...]] = (
    (Invalid, 422),
    (NotFound, 404),
    (Conflict, 409),
    (Forbidden, 403),
    (Unauthenticated, 401),
    (TooMany, 429),
    (Unavailable, 503),
)
_RETRY_AFTER_S = "2"
_MAX_FAULTS = 100
_PLAIN_STEP = re.compile(r"[A-Za-z0-9_.\-\[\]]{1,64}")
# Pydantic's own sentences for these quote the input.
_QUOTING: Final[Mapping[str, str]] = {
    "value_error": "is not valid",
    "assertion_error": "is not valid",
    "enum": "is not one of the known values",
    "json_invalid": "is not JSON",
    "union_tag_invalid": "is not one of the known kinds",
}


def of_service(failure: ServiceError) -> tuple[Problem, dict[str, str]]:
    """The problem of a refusal and the headers that go with it."""
    status = next((code for kind, code in _STATUS if isinstance(failure, kind)), 500)
    headers: dict[str, str] = {}
    faults: Sequence[Fault] = ()
    if isinstance(failure, Invalid):
        faults = [Fault(where=p.where, message=p.message, remedy=p.remedy) for p in failure.problems[:_MAX_FAULTS]]
    if isinstance(failure, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(failure, TooMany):
        headers["Retry-After"] = str(max(1, failure.retry_after_s))
    if isinstance(failure, Unavailable):
        headers["Retry-After"] = _RETRY_AFTER_S
    return of_status(status, str(failure) if status != 500 else "", faults), headers


def of_status(status: int, detail: str = "", faults: Sequence[Fault] = ()) -> Problem:
    """The problem of a status; an unknown one is told as its class."""
    kind, title = KINDS.get(status) or KINDS[400 if status < 500 else 500]
    return Problem(type=f"/problems/{kind}", title=title, status=status, detail=detail or title, errors=list(faults))


def of_validation(failures: Sequence[Any]) -> Problem:
    """The problem of an input that is not of the route's shape, with every fault and none of the values."""
    faults = [
        Fault(
            where=_where(fault.get("loc", ())), message=_QUOTING.get(fault.get("type", ""), str(fault.get("msg", "")))
        )
        for fault in failures[:_MAX_FAULTS]
    ]
    many = len(failures)
    return of_status(422, f"{many} fault{'s' if many != 1 else ''} in the input", faults)


def respond(problem: Problem, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an answer."""
    told = problem.model_dump() | {"request_id": request_id}
    # ASCII only, so that a caller's broken surrogate in a key cannot break the answer to it.
    return Response(json.dumps(told).encode(), problem.status, dict(headers or {}), MEDIA_TYPE)


async def on_service_error(request: Request, failure: Exception) -> Response:
    """FastAPI's handler for every `ServiceError`."""
    assert isinstance(failure, ServiceError)
    problem, headers = of_service(failure)
    return respond(problem, request_id_of(request.scope), headers)


async def on_validation_error(request: Request, failure: Exception) -> Response:
    """FastAPI's handler for parameters and bodies of the wrong shape."""
    assert isinstance(failure, RequestValidationError)
    return respond(of_validation(failure.errors()), request_id_of(request.scope))


async def on_http_error(request: Request, failure: Exception) -> Response:
    """FastAPI's handler for what the framework refuses itself: 404, 405, 400; keeps `Allow` and its like."""
    assert isinstance(failure, HTTPException)
    told = failure.detail if isinstance(failure, Refused) else ""
    return respond(of_status(failure.status_code, told), request_id_of(request.scope), failure.headers)


class Refused(HTTPException):
    """A refusal of the HTTP layer itself, with a sentence of ours; passes through FastAPI's body reader unchanged."""


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The id that the edge gave to this request."""
    return str(scope.get("state", {}).get("request_id", ""))


def _where(location: Sequence[object]) -> str:
    if not location:
        return ""
    first, *rest = (str(step) for step in location)
    steps = [step if _PLAIN_STEP.fullmatch(step) else "?" for step in rest]
    return "/" + "/".join(steps) if first == "body" else "/".join((first, *steps))
