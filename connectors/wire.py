"""The wire: one HTTP exchange with every step bounded by one deadline, and nothing done behind the caller's back.

It follows no redirect, keeps no cookie, reads no proxy or credential from the environment, decodes no compression (so
no bomb inflates) and logs no address. A server that sends one byte at a time, in the headers too, is cut off at the
deadline, because every read and write of the socket asks the deadline how long it may take. Where a `dial` policy is
given, the connection goes to the addresses it chose, while TLS still proves the host's name.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

import httpcore
import httpx

from connectors.addresses import AddressRefusedError
from connectors.deadline import Deadline

Dial = Callable[[str, int], tuple[str, ...]]
_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)
_WRITE_BYTES = 16 * 1024
_LEAST_WAIT_S = 0.001  # a zero would turn the socket non-blocking


class WireFailure(StrEnum):
    """Why there is no reply, told apart by whether the request may have arrived."""

    UNREACHABLE = "unreachable"  # never connected: nothing arrived
    BLOCKED = "blocked"  # we refused to connect
    TIMED_OUT = "timed_out"
    BROKEN_OFF = "broken_off"  # connection lost, or not HTTP
    TOO_LARGE = "too_large"
    ENCODED = "encoded"  # compressed though we asked for plain


class WireError(Exception):
    """There is no reply. `arrived` is False only when the request certainly never left us."""

    def __init__(self, failure: WireFailure, detail: str, *, arrived: bool = True) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail
        self.arrived = arrived


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP reply. Header names are lower case; of a repeated header the last one counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A pool of connections. Make it after a fork, not before: sockets must not be shared between processes."""

    def __init__(
        self,
        *,
        max_connections: int = 10,
        keep_alive: bool = True,
        dial: Dial | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(trust_env=False),
            max_connections=max_connections,
            max_keepalive_connections=max_connections if keep_alive else 0,
            keepalive_expiry=15.0,
            network_backend=_DeadlineBackend(dial),
        )

    def exchange(
        self, request: httpx.Request, *, deadline: Deadline, connect_timeout_s: float, max_bytes: int | None
    ) -> Reply:
        """Send `request` and read the whole reply, at most `max_bytes` of body; None asks for the status alone.

        Raises WireError.
        """
        token = _deadline.set(deadline)
        try:
            with _failures():
                return self._exchange(request, deadline, connect_timeout_s, max_bytes)
        finally:
            _deadline.reset(token)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _exchange(
        self, request: httpx.Request, deadline: Deadline, connect_timeout_s: float, max_bytes: int | None
    ) -> Reply:
        left_s = max(deadline.remaining_s(), _LEAST_WAIT_S)
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.read(),
                extensions={
                    "timeout": {
                        "connect": min(connect_timeout_s, left_s),
                        "read": left_s,
                        "write": left_s,
                        "pool": min(connect_timeout_s, left_s),
                    }
                },
            )
        )
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if max_bytes is None:
                return Reply(response.status, headers, b"")
            if headers.get("content-encoding", "identity").lower() != "identity":
                raise WireError(WireFailure.ENCODED, "the answer is compressed, which was not asked for")
            body = _limited(response.iter_stream(), max_bytes)
        finally:
            response.close()
        return Reply(response.status, headers, body)


def _limited(chunks: Iterable[bytes], max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        if len(body) + len(chunk) > max_bytes:
            raise WireError(WireFailure.TOO_LARGE, f"the answer is larger than {max_bytes} bytes")
        body += chunk
    return bytes(body)


@contextmanager
def _failures() -> Iterator[None]:
    """Name each low-level failure by what it means; the originals' texts may hold addresses and are not repeated."""
    try:
        yield
    except AddressRefusedError as error:
        raise WireError(WireFailure.BLOCKED, str(error), arrived=False) from None
    except (httpcore.ConnectTimeout, httpcore.PoolTimeout):
        raise WireError(WireFailure.TIMED_OUT, "no connection in time", arrived=False) from None
    except httpcore.TimeoutException:
        raise WireError(WireFailure.TIMED_OUT, "no complete answer in time") from None
    except (httpcore.ConnectError, httpcore.UnsupportedProtocol):
        raise WireError(WireFailure.UNREACHABLE, "no connection", arrived=False) from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise WireError(WireFailure.BROKEN_OFF, "the connection broke off or did not speak HTTP") from None


class _DeadlineBackend(httpcore.NetworkBackend):
    """Connects within the current deadline, to the addresses that the dial policy chose."""

    def __init__(self, dial: Dial | None) -> None:
        self._dial = dial
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = (host,) if self._dial is None else self._dial(host, port)
        except OSError:
            raise httpcore.ConnectError("the name does not resolve") from None
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("no address to dial")
        for address in addresses:
            limit = _bounded(timeout, httpcore.ConnectTimeout)
            try:
                return _DeadlineStream(self._inner.connect_tcp(address, port, limit, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _DeadlineStream(httpcore.NetworkStream):
    """A socket whose every step is bounded by the current deadline, whatever time-out the pool asked for."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _bounded(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_BYTES):  # the deadline is asked between pieces
            self._inner.write(buffer[start : start + _WRITE_BYTES], _bounded(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = _bounded(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _bounded(timeout: float | None, expired: type[httpcore.TimeoutException]) -> float | None:
    deadline = _deadline.get()
    if deadline is None:
        return timeout
    left_s = deadline.remaining_s()
    if left_s <= 0:
        raise expired("the deadline has passed")
    return max(_LEAST_WAIT_S, left_s if timeout is None else min(timeout, left_s))
