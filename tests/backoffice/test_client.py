from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from backoffice import client
from backoffice.calls import Api
from backoffice.client import ApiProblem, Credentials


def connected(handler: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(handler), base_url="http://api.test")


def test_a_refusal_is_a_sentence_with_its_faults(fake: Any, refusal: Any) -> None:
    fake.give(
        "POST",
        "/v1/cases/cas_1:claim",
        refusal(409, "another officer has taken the case", [{"where": "/x", "message": "is taken"}]),
    )
    with connected(fake) as connection, pytest.raises(ApiProblem) as caught:
        Api(connection, Credentials("a", "r")).claim("cas_1")
    assert caught.value.sentence == "Another officer has taken the case."
    assert caught.value.stale
    assert caught.value.faults[0].message == "is taken"


def test_a_server_that_does_not_answer_is_a_problem_and_never_an_empty_answer() -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with connected(down) as connection, pytest.raises(ApiProblem) as caught:
        Api(connection, Credentials("a", "r")).queues()
    assert caught.value.status == 0


def test_an_answer_that_is_no_json_is_a_problem() -> None:
    with connected(lambda _: httpx.Response(200, text="<html>")) as connection, pytest.raises(ApiProblem):
        Api(connection, Credentials("a", "r")).me()


def test_ended_access_is_renewed_once_and_the_request_repeated() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        if request.url.path == "/v1/token:refresh":
            assert json.loads(request.content) == {"refresh_token": "r1"}
            return httpx.Response(200, json={"access_token": "new", "refresh_token": "r2"})
        known = request.headers["authorization"] == "Bearer new"
        return httpx.Response(200, json={"id": "per_1"}) if known else httpx.Response(401, json={"detail": "expired"})

    credentials = Credentials("old", "r1")
    with connected(handler) as connection:
        assert Api(connection, credentials).me() == {"id": "per_1"}
    assert seen == ["/v1/me", "/v1/token:refresh", "/v1/me"]
    assert (credentials.access, credentials.refresh) == ("new", "r2")


def test_tokens_that_another_run_has_renewed_are_not_renewed_again() -> None:
    credentials = Credentials("old", "r1")
    refreshed: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token:refresh":
            refreshed.append("once")
            return httpx.Response(200, json={"access_token": "x", "refresh_token": "y"})
        if request.headers["authorization"] == "Bearer old":
            credentials.access, credentials.refresh = "theirs", "r2"  # the other run, meanwhile
            return httpx.Response(401, json={"detail": "expired"})
        return httpx.Response(200, json={})

    with connected(handler) as connection:
        Api(connection, credentials).me()
    assert not refreshed


def test_a_refused_renewal_means_signing_in_again() -> None:
    with connected(lambda _: httpx.Response(401, json={"detail": "the session has ended"})) as connection:
        with pytest.raises(ApiProblem) as caught:
            Api(connection, Credentials("a", "r")).me()
        assert caught.value.signed_out


def test_tokens_are_not_in_the_representation_of_credentials() -> None:
    assert "secret" not in repr(Credentials("secret", "secret"))


def test_a_download_keeps_the_name_that_the_api_gave() -> None:
    headers = {
        "content-disposition": "attachment; filename*=UTF-8''register_2026.xlsx",
        "content-type": "application/x",
    }
    with connected(lambda _: httpx.Response(200, content=b"PK", headers=headers)) as connection:
        file = Api(connection, Credentials("a", "r")).report("rpt_1")
    assert (file.name, file.content) == ("register_2026.xlsx", b"PK")


def test_signing_out_of_a_server_that_is_gone_is_no_error() -> None:
    with connected(lambda _: httpx.Response(503, json={})) as connection:
        Api(connection, Credentials("a", "r")).sign_out()


def test_sign_in_sends_a_form_and_the_code_only_where_there_is_one() -> None:
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200, json={"access_token": "a", "refresh_token": "r"})

    with connected(handler) as connection:
        client.sign_in(connection, "a@b.example", "word")
        client.sign_in(connection, "a@b.example", "word", "123456")
    assert b"totp" not in bodies[0]
    assert b"totp=123456" in bodies[1]
