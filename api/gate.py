"""Who is at the door: the bearer credential of a request becomes an `Actor`, or the request is refused.

Order: known for less than 30 seconds, then the database; the permission of the route; the caller's limit. All of it happens
before a byte of the body is read.
"""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.limits import Limiter
from service.errors import Unauthenticated
from service.identity.actor import Actor, Permission
from service.identity.keys import authenticate_key, remembered_key
from service.identity.tokens import authenticate_token
from service.observability import REFUSALS

MAX_CREDENTIAL = 4096


class Anybody:
    """The mark of a route that needs a caller but no permission: what it does, it does to the caller's own account."""


ANYBODY = Anybody()
Needs = Permission | Anybody


async def admit(request: Request, needs: Needs) -> Actor:
    """Return the caller; raises `Unauthenticated`, `Forbidden` or `TooMany`."""
    credential = _credential(request)
    limiter: Limiter = request.app.state.limiter
    actor = remembered_key(credential) if credential.startswith("vk_") else None
    if actor is None:
        actor = await run_in_threadpool(_authenticate, credential, limiter, address_of(request))
    request.scope.setdefault("state", {})["actor"] = actor
    if isinstance(needs, Permission):
        actor.must(needs)
    if not limiter.spend(actor.id):
        await run_in_threadpool(limiter.admit, actor.id)
    return actor


def address_of(request: Request) -> str:
    """The peer's address; behind a proxy the server must be told to trust its header."""
    return request.client.host if request.client else "unknown"


def _credential(request: Request) -> str:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not 0 < len(credential) <= MAX_CREDENTIAL:
        REFUSALS.labels("no_credential").inc()
        raise Unauthenticated("send `Authorization: Bearer` with an API key or an access token")
    return credential


def _authenticate(credential: str, limiter: Limiter, address: str) -> Actor:
    try:
        return authenticate_key(credential) if credential.startswith("vk_") else authenticate_token(credential)
    except Unauthenticated:
        REFUSALS.labels("wrong_credential").inc()
        limiter.failed(address)
        raise
