"""The outermost layer: no exception gets past it, no personal data gets into the logs."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from api.edge import Edge
from service.observability import configure_logging

PAN = "ABCPE1234F"
PERSONAL = (PAN, "2345 6789 0123", "someone@example.org", "+919812345678", "vk_demo.key_0123.secretsecret")


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    """What is written to the log."""
    stream = io.BytesIO()
    configure_logging(stream=stream)
    yield stream
    structlog.reset_defaults()


def _call(app: Any, path: str = "/", host: bytes = b"127.0.0.1", **headers: bytes) -> tuple[int, dict[str, str], Any]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    named = [(b"host", host), *((key.replace("_", "-").encode(), value) for key, value in headers.items())]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": named}
    asyncio.run(Edge(app, ("127.0.0.1", "localhost"))(scope, receive, send))
    told = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], told, json.loads(body) if body else None


async def _fine(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": [(b"cache-control", b"private")]})
    await send({"type": "http.response.body", "body": b""})


async def _breaks(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError(f"cannot store {' '.join(PERSONAL)}") from KeyError(PAN)


def test_an_unexpected_exception_is_a_problem_without_details(log: io.BytesIO) -> None:
    status, headers, body = _call(_breaks, x_request_id=b"abcdef-123456")
    assert status == 500
    assert headers["content-type"] == "application/problem+json"
    assert body["type"] == "/problems/internal"
    assert body["request_id"] == headers["x-request-id"] == "abcdef-123456"
    assert "cannot store" not in json.dumps(body)
    line = json.loads(log.getvalue().splitlines()[-1])
    assert (line["error"], line["cause"], line["status"]) == ("RuntimeError", "KeyError", 500)
    assert line["places"]
    assert "cannot store" not in log.getvalue().decode()


def test_an_exception_after_the_first_byte_is_logged_and_ends_there(log: io.BytesIO) -> None:
    async def late(scope: Any, receive: Any, send: Any) -> None:
        await _fine(scope, receive, send)
        raise RuntimeError(PAN)

    assert _call(late)[0] == 204
    assert json.loads(log.getvalue().splitlines()[-1])["error"] == "RuntimeError"
    assert PAN not in log.getvalue().decode()


@pytest.mark.parametrize("host", [b"evil.example", b"", b"127.0.0.1.evil.example", b"[::1]"])
def test_a_foreign_host_is_refused(log: io.BytesIO, host: bytes) -> None:
    status, _, body = _call(_fine, host=host)
    assert (status, body["type"]) == (400, "/problems/malformed")


@pytest.mark.parametrize("host", [b"127.0.0.1", b"127.0.0.1:8000", b"LOCALHOST:1", b"localhost."])
def test_our_own_host_is_served_whatever_the_port(log: io.BytesIO, host: bytes) -> None:
    assert _call(_fine, host=host)[0] == 204


def test_every_answer_has_the_security_headers_and_keeps_its_own(log: io.BytesIO) -> None:
    _, headers, _ = _call(_fine)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "private"


@pytest.mark.parametrize("given", [PAN.encode(), b"short", b"x" * 65, b"919812345678", b"a b c d e f g", b"\xff" * 10])
def test_an_unsafe_request_id_is_replaced(log: io.BytesIO, given: bytes) -> None:
    assert _call(_fine, x_request_id=given)[1]["x-request-id"].startswith("req_")


def test_the_log_knows_the_template_and_not_the_address(log: io.BytesIO) -> None:
    async def routed(scope: Any, receive: Any, send: Any) -> None:
        scope["route"] = type("R", (), {"path": "/v1/things/{id}"})()
        structlog.get_logger("x").info("inside", note=f"for {PAN}", deep={"mail": ["someone@example.org"]})
        await _fine(scope, receive, send)

    _call(routed, path=f"/v1/things/{PAN}")
    inside, line = (json.loads(text) for text in log.getvalue().splitlines())
    assert line["route"] == "/v1/things/{id}"
    assert line["request_id"] == inside["request_id"]
    assert inside["note"] == "for [struck out]"
    assert PAN not in log.getvalue().decode()


def test_what_looks_personal_is_struck_out_and_what_does_not_stays(log: io.BytesIO) -> None:
    told = structlog.get_logger("x")
    for text in PERSONAL:
        told.info("event", value=f"see {text} here")
    kept = "dec_01j9zq4x5y6w7v8t9s0r1q2p3n 2026-11-20T10:00:00Z 100000 sha256:0123456789abcdef0123456789abcdef"
    told.info("event", value=kept, url="redis://:word@127.0.0.1:6379/0")
    lines = [json.loads(line)["value"] for line in log.getvalue().splitlines()]
    assert lines == [*["see [struck out] here"] * len(PERSONAL), kept]
    assert ":word@" not in log.getvalue().decode()


def test_a_web_socket_is_closed_at_once() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Edge(_fine, ("*",))({"type": "websocket"}, None, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]
