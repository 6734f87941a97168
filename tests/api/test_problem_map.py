"""One map from refusals to problems."""

from __future__ import annotations

import pytest

from api.problems import KINDS, of_service, of_status, of_validation
from service import errors


@pytest.mark.parametrize(
    ("failure", "status", "header"),
    [
        (errors.Invalid("x", (errors.Problem("/a", "is wrong", "mend it"),)), 422, None),
        (errors.NotFound("x"), 404, None),
        (errors.Conflict("x"), 409, None),
        (errors.Forbidden("x"), 403, None),
        (errors.Unauthenticated("x"), 401, ("WWW-Authenticate", "Bearer")),
        (errors.TooMany("x", retry_after_s=7), 429, ("Retry-After", "7")),
        (errors.Unavailable("x"), 503, ("Retry-After", "2")),
    ],
)
def test_every_refusal_of_the_service_has_its_status(
    failure: errors.ServiceError, status: int, header: tuple[str, str] | None
) -> None:
    problem, headers = of_service(failure)
    assert (problem.status, problem.type, problem.detail) == (status, f"/problems/{KINDS[status][0]}", "x")
    assert header is None or headers == dict([header])


def test_no_refusal_of_the_service_was_forgotten() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ServiceError)}
    for kind in kinds - {errors.ServiceError}:
        assert of_service(kind("x"))[0].status < 500 or kind is errors.Unavailable


def test_an_unknown_refusal_tells_nothing() -> None:
    problem, _ = of_service(errors.ServiceError("the inside"))
    assert problem.status == 500
    assert "inside" not in problem.detail


def test_an_unknown_status_is_told_as_its_class() -> None:
    assert of_status(418).type == "/problems/malformed"
    assert of_status(507).type == "/problems/internal"


def test_a_fault_names_its_place_and_never_the_value() -> None:
    found = of_validation(
        [
            {
                "loc": ("body", "signals", "bureau.score"),
                "msg": "Input should be a number",
                "type": "x",
                "input": "SECRET",
            },
            {"loc": ("body", "email"), "msg": "value is not valid: 'SECRET'", "type": "value_error", "input": "SECRET"},
            {"loc": ("body", "SECRET " * 20), "msg": "no", "type": "extra_forbidden", "input": "SECRET"},
            {"loc": ("query", "limit"), "msg": "Input should be less", "type": "x"},
        ]
    )
    assert [fault.where for fault in found.errors] == ["/signals/bureau.score", "/email", "/?", "query/limit"]
    assert "SECRET" not in found.model_dump_json()
