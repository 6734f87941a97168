"""A webhook receiver: keeps the last deliveries of each inbox for inspection, headers and body as they came.

It verifies nothing: whoever inspects a delivery holds the secret. Faults are asked for in the inbox's address
(`?x-sandbox-fault=500`), because a sender's headers are its own.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from connectors.sandbox.faults import provider_conditions, settings_of
from connectors.sandbox.stores import Bounded, stores_of

router = APIRouter(tags=["Webhook receiver"])
Inbox = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.post("/webhooks/{inbox}", status_code=204, dependencies=[Depends(provider_conditions)])
async def receive(inbox: Inbox, request: Request) -> Response:
    """Keep one delivery."""
    body = await request.body()
    stores = stores_of(request)
    deliveries = stores.inboxes.get(inbox) or Bounded(settings_of(request).kept)
    stores.arrivals += 1
    deliveries.put(
        str(stores.arrivals),
        {"headers": dict(request.headers), "body": body.decode("utf-8", errors="replace")},
    )
    stores.inboxes.put(inbox, deliveries)
    return Response(status_code=204)


@router.get("/webhooks/{inbox}")
async def deliveries(inbox: Inbox, request: Request) -> list[dict[str, object]]:
    """The deliveries kept, oldest first; none for an unknown inbox."""
    kept = stores_of(request).inboxes.get(inbox)
    return kept.values() if kept else []


@router.delete("/webhooks/{inbox}", status_code=204)
async def clear(inbox: Inbox, request: Request) -> Response:
    """Empty the inbox."""
    stores_of(request).inboxes.drop(inbox)
    return Response(status_code=204)
