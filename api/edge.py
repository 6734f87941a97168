"""The outermost layer: request id, host check, security headers, one log line, metrics, and the end of every exception.

A request is known by its template, never by its address: `/v1/applications/{application_id}`, no query. An exception that
nobody expected becomes a 500 without details here, and its type and places go to the log; it never reaches the server, whose
own log would quote its text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from time import perf_counter
from typing import Any, Final

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import of_status, respond
from service.identity.actor import Actor
from service.ids import new_id
from service.observability import REQUEST_SECONDS, REQUESTS

_SAFE_ID: Final = re.compile(rb"[A-Za-z0-9_-]{8,64}")
# An id of the caller's may not smuggle an identity number or a telephone into the logs: it needs a letter among digits.
_DIGITS: Final = re.compile(rb"[0-9-]+|[A-Za-z]{5}[0-9]{4}[A-Za-z]")
_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cache-control", b"no-store"),
)
_QUIET: Final = frozenset({"/health/live", "/health/ready"})
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_log = structlog.get_logger("api")


class Edge:
    """ASGI middleware around the application; plain, because it is on the path of every decision."""

    def __init__(self, app: ASGIApp, allowed_hosts: tuple[str, ...]) -> None:
        """`allowed_hosts` are names without port; `*` allows every host."""
        self._app = app
        self._hosts = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only HTTP and the lifespan come through."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        await _Exchange(scope, send).run(self._app, receive, self._hosts)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self._send = scope, send
        self.status = 0
        self._began = perf_counter()
        self._first_byte = 0.0
        headers = dict(scope["headers"])
        self._host = headers.get(b"host", b"").decode("latin-1")
        given = headers.get(b"x-request-id", b"")
        safe = _SAFE_ID.fullmatch(given) is not None and _DIGITS.fullmatch(given) is None
        self.request_id = given.decode() if safe else new_id("req")
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def run(self, app: ASGIApp, receive: Receive, hosts: frozenset[str]) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=self.request_id)
        failure: Exception | None = None
        try:
            if "*" in hosts or _hostname(self._host) in hosts:
                await app(self.scope, receive, self.send)
            else:
                await self._answer(400, "the host is not one of ours", receive)
        except Exception as caught:  # noqa: BLE001 - the last stop: nothing behind this may see the exception
            failure = caught
            if not self.status:
                await self._answer(500, "quote the request id when you report this", receive)
        finally:
            self._record(failure)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._first_byte = perf_counter() - self._began
            extra = [*_HEADERS, (b"x-request-id", self.request_id.encode())]
            named = {name for name, _ in message.get("headers", ())}
            message["headers"] = [*message.get("headers", ()), *(pair for pair in extra if pair[0] not in named)]
        await self._send(message)

    async def _answer(self, status: int, detail: str, receive: Receive) -> None:
        await respond(of_status(status, detail), self.request_id)(self.scope, receive, self.send)

    def _record(self, failure: Exception | None) -> None:
        route = getattr(self.scope.get("route"), "path", "unmatched")
        method = self.scope["method"] if self.scope["method"] in _METHODS else "OTHER"
        _answered(method, route, self.status).inc()
        _seconds(route).observe(self._first_byte)
        if route in _QUIET and failure is None:
            return
        actor = self.scope["state"].get("actor")
        facts: dict[str, Any] = {
            "method": method,
            "route": route,
            "status": self.status,
            "ms": round((perf_counter() - self._began) * 1000, 2),
        }
        if isinstance(actor, Actor):
            facts |= {"caller": actor.id, "tenant": actor.tenant}
        if failure is not None:
            _log.error("request_failed", exc_info=failure, **facts)
        else:
            _log.info("request", **facts)


# Finding a metric's child by its labels costs more than counting; routes, methods and statuses are few.
@lru_cache(maxsize=2048)
def _answered(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, str(status))


@lru_cache(maxsize=256)
def _seconds(route: str) -> Histogram:
    return REQUEST_SECONDS.labels(route)


@lru_cache(maxsize=256)
def _hostname(host: str) -> str:
    name = host.rsplit("]", 1)[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")
