from __future__ import annotations

import gzip
import socket
import ssl

import httpx
import pytest

from connectors.deadline import Deadline
from connectors.wire import Wire, WireError, WireFailure

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def wire():
    made = Wire()
    yield made
    made.close()


def _exchange(wire, port, *, deadline_s=10.0, max_bytes=1000, host="127.0.0.1", scheme="http"):
    request = httpx.Request("POST", f"{scheme}://{host}:{port}/v1", content=b"{}")
    return wire.exchange(request, deadline=Deadline(deadline_s), connect_timeout_s=5, max_bytes=max_bytes)


def _hang(connection, released):
    released.wait()


def _drip(*pieces: bytes):
    def serve(connection, released):
        connection.recv(65536)
        connection.sendall(pieces[0])
        while not released.wait(0.01):
            connection.sendall(pieces[1])

    return serve


def _answer(raw: bytes):
    def serve(connection, released):
        connection.recv(65536)
        connection.sendall(raw)
        released.wait()

    return serve


def test_a_reply_is_read_whole(wire, raw_server):
    reply = _exchange(wire, raw_server(_answer(OK)))
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"{}", "application/json")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "handler",
    [
        _hang,
        _drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
        _drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"a"),
        _drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    ],
    ids=["silent", "dripping headers", "dripping body", "dripping chunks"],
)
def test_the_deadline_holds_against_a_server_that(wire, raw_server, handler):
    with pytest.raises(WireError) as error:
        _exchange(wire, raw_server(handler), deadline_s=0.3, max_bytes=1_000_000)
    assert error.value.failure is WireFailure.TIMED_OUT
    assert error.value.arrived


def test_no_connection_means_nothing_arrived(wire):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(WireError) as error:
        _exchange(wire, port)
    assert (error.value.failure, error.value.arrived) == (WireFailure.UNREACHABLE, False)


@pytest.mark.parametrize("raw", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_a_connection_that_breaks_or_speaks_no_http_is_broken_off(wire, raw_server, raw):
    def serve(connection, released):
        connection.recv(65536)
        connection.sendall(raw)

    with pytest.raises(WireError) as error:
        _exchange(wire, raw_server(serve))
    assert error.value.failure is WireFailure.BROKEN_OFF


def test_a_body_over_the_limit_is_not_read_on(wire, raw_server):
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"a" * 5000
    with pytest.raises(WireError) as error:
        _exchange(wire, raw_server(_answer(raw)), max_bytes=4999)
    assert error.value.failure is WireFailure.TOO_LARGE
    assert len(_exchange(wire, raw_server(_answer(raw)), max_bytes=5000).body) == 5000


def test_a_compressed_answer_is_refused_so_no_bomb_inflates(wire, raw_server):
    bomb = gzip.compress(b"0" * 100_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    with pytest.raises(WireError) as error:
        _exchange(wire, raw_server(_answer(head.encode() + bomb)))
    assert error.value.failure is WireFailure.ENCODED


def test_a_redirect_is_an_answer_and_is_not_followed(wire, raw_server):
    raw = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    assert _exchange(wire, raw_server(_answer(raw))).status == 302


def test_the_status_alone_is_returned_without_waiting_for_the_body(wire, raw_server):
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    assert _exchange(wire, raw_server(_answer(raw)), max_bytes=None).status == 200


def test_the_environment_cannot_route_calls_through_a_proxy(wire, raw_server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert _exchange(wire, raw_server(_answer(OK))).status == 200


def test_a_name_is_dialled_where_the_policy_says_and_sent_as_it_is(raw_server):
    seen = []

    def serve(connection, released):
        seen.append(connection.recv(65536))
        connection.sendall(OK)
        released.wait()

    wire = Wire(dial=lambda _host, _port: ("127.0.0.1",), keep_alive=False)
    port = raw_server(serve)
    assert _exchange(wire, port, host="receiver.example").status == 200
    assert f"Host: receiver.example:{port}".encode() in seen[0]
    wire.close()


def test_the_next_address_is_tried_when_the_first_does_not_connect(raw_server):
    wire = Wire(dial=lambda _host, _port: ("::1", "127.0.0.1"), keep_alive=False)  # the server listens on IPv4 only
    assert _exchange(wire, raw_server(_answer(OK))).status == 200
    wire.close()


def test_a_host_that_does_not_resolve_is_unreachable():
    def nowhere(_host, _port):
        raise OSError("no such name")

    wire = Wire(dial=nowhere)
    with pytest.raises(WireError) as error:
        _exchange(wire, 80)
    assert error.value.failure is WireFailure.UNREACHABLE
    wire.close()


@pytest.mark.parametrize(("host", "proved"), [("receiver.example", True), ("other.example", False)])
def test_tls_proves_the_name_that_was_asked_for_not_the_address_dialled(raw_server, certificate_for, host, proved):
    certificate = certificate_for("receiver.example")
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certificate)

    def serve(connection, released):
        with server_context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(OK)
            released.wait()

    wire = Wire(
        dial=lambda _host, _port: ("127.0.0.1",),
        ssl_context=ssl.create_default_context(cafile=str(certificate)),
        keep_alive=False,
    )
    port = raw_server(serve)
    if proved:
        assert _exchange(wire, port, host=host, scheme="https").status == 200
    else:
        with pytest.raises(WireError) as error:
            _exchange(wire, port, host=host, scheme="https")
        assert not error.value.arrived
    wire.close()


def test_tls_that_does_not_prove_the_name_is_no_connection(wire, raw_server):
    def plain(connection, released):
        connection.recv(65536)
        connection.sendall(b"not tls at all")

    with pytest.raises(WireError) as error:
        _exchange(wire, raw_server(plain), scheme="https")
    assert error.value.failure is WireFailure.UNREACHABLE
    assert httpx.create_ssl_context(trust_env=False).verify_mode is ssl.CERT_REQUIRED


def test_a_deadline_that_has_passed_dials_nobody():
    wire = Wire(dial=lambda _host, _port: ("127.0.0.1",))
    with pytest.raises(WireError) as error:
        wire.exchange(
            httpx.Request("GET", "http://receiver.example/"),
            deadline=Deadline(0),
            connect_timeout_s=5,
            max_bytes=None,
        )
    assert (error.value.failure, error.value.arrived) == (WireFailure.TIMED_OUT, False)
    assert Deadline(0).passed
    wire.close()
