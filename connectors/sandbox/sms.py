"""An SMS gateway: takes a text, remembers the last ones, and sends nothing.

The same reference answers with the same message id and is kept once, as an idempotent gateway does. Numbers that end in
0000 are rejected, so the rejection path can be walked.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from connectors.sandbox.faults import provider_conditions
from connectors.sandbox.stores import Bounded, stores_of

router = APIRouter(tags=["SMS"])


class TextRequest(BaseModel):
    """One text message."""

    to: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
    text: Annotated[str, Field(min_length=1, max_length=1000)]
    sender: Annotated[str, Field(max_length=20)]
    reference: Annotated[str, Field(min_length=1, max_length=100)]
    template_id: Annotated[str, Field(max_length=50)] | None = None


@router.post("/sms/v1/messages", status_code=202, dependencies=[Depends(provider_conditions)])
async def send_text(body: TextRequest, request: Request) -> dict[str, str]:
    """Accept or reject one text."""
    if body.to.endswith("0000"):
        return {"message_id": "none", "status": "rejected"}
    message_id = hashlib.sha256(body.reference.encode()).hexdigest()[:16]
    texts: Bounded[dict[str, object]] = stores_of(request).texts
    texts.put(message_id, {"message_id": message_id, **body.model_dump()})
    return {"message_id": message_id, "status": "queued"}


@router.get("/sms/v1/messages")
async def texts_sent(request: Request) -> list[dict[str, object]]:
    """The last texts accepted, oldest first."""
    return stores_of(request).texts.values()
