"""Faults on request: how the sandbox misbehaves so that the product can prove it fails closed.

A fault is asked for by the header or query parameter `x-sandbox-fault`, or belongs to a test identity's PAN. `timeout`
answers nothing until the caller hangs up (or a bound passes), so a test of a hanging provider needs no sleep.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from enum import StrEnum

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse, Response

from connectors.sandbox.settings import SandboxSettings

FAULT_KEY = "x-sandbox-fault"
_OVERSIZE_BYTES = 2 * 1024 * 1024


class Fault(StrEnum):
    """The ways to fail. `SLOW` answers rightly but late; all others give no usable answer."""

    TIMEOUT = "timeout"
    ERROR = "500"
    GARBAGE = "garbage"  # marked as JSON, cut off in the middle
    SLOW = "slow"
    REFUSE = "refuse"  # 403: our credentials
    BUSY = "429"
    SHAPE = "shape"  # sound JSON, not the promised fields
    OVERSIZE = "oversize"


class FaultAskedError(Exception):
    """Raised inside a provider's route to answer with `fault` instead."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def settings_of(request: Request) -> SandboxSettings:
    """The settings of the sandbox that serves `request`."""
    settings: SandboxSettings = request.app.state.settings
    return settings


async def provider_conditions(request: Request) -> None:
    """What every provider route does first: check the key, be late, and fail where it is asked to."""
    settings = settings_of(request)
    if settings.api_key is not None and request.headers.get("authorization") != f"Bearer {settings.api_key}":
        raise HTTPException(401, "unknown key")
    if settings.latency_ms:
        await asyncio.sleep(settings.latency_ms / 1000)
    asked = request.headers.get(FAULT_KEY) or request.query_params.get(FAULT_KEY)
    if asked is None:
        return
    try:
        fault = Fault(asked)
    except ValueError:
        raise HTTPException(400, f"unknown fault; known are {', '.join(Fault)}") from None
    await apply(fault, request)


async def apply(fault: Fault | None, request: Request) -> None:
    """Return for no fault, wait for `SLOW`, raise FaultAskedError for the rest."""
    if fault is Fault.SLOW:
        await asyncio.sleep(settings_of(request).slow_ms / 1000)
    elif fault is not None:
        raise FaultAskedError(fault)


async def answer_with_fault(request: Request, error: Exception) -> Response:
    """The exception handler that turns FaultAskedError into the failing answer."""
    assert isinstance(error, FaultAskedError)
    if error.fault is Fault.TIMEOUT:
        await _until_caller_leaves(request)
    return _ANSWERS[error.fault]()


_ANSWERS: dict[Fault, Callable[[], Response]] = {
    Fault.TIMEOUT: lambda: Response(status_code=504),
    Fault.ERROR: lambda: JSONResponse({"error": "internal error"}, 500),
    Fault.GARBAGE: lambda: Response('{"response_Code": "1", "outputData": [{', media_type="application/json"),
    Fault.REFUSE: lambda: JSONResponse({"error": "not entitled to this service"}, 403),
    Fault.BUSY: lambda: JSONResponse({"error": "too many requests"}, 429, {"Retry-After": "1"}),
    Fault.SHAPE: lambda: JSONResponse({"result": "ok"}),
    Fault.OVERSIZE: lambda: JSONResponse({"padding": "x" * _OVERSIZE_BYTES}),
}


async def _until_caller_leaves(request: Request) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(settings_of(request).hang_s):
            while (await request.receive())["type"] != "http.disconnect":
                pass
