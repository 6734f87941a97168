"""A limit on request bodies for the whole sandbox, so that no caller can fill its memory: 413, and no more is read."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware that counts what is really received; a declared length is not trusted to be the truth."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI's own name
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                # Raised where the route reads its body, so the application's own handler answers it.
                raise HTTPException(413, "the body is too large")
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)
