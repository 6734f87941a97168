"""Parameters that many routes share, and pages: cursors are opaque to callers and checked before they go anywhere."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Query

from api.json_body import Json
from api.wire.base import ID_PATTERN, NAME_PATTERN, PACK_PATTERN
from service.errors import Invalid, Problem
from service.paging import Page

Id = Annotated[str, Path(pattern=ID_PATTERN, description="an identifier of ours")]
PackName = Annotated[str, Path(pattern=PACK_PATTERN)]
PathName = Annotated[str, Path(pattern=NAME_PATTERN)]
After = Annotated[str | None, Query(max_length=400, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]
QueueName = Annotated[str | None, Query(pattern=NAME_PATTERN)]
Word = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")]


def opened(after: str | None) -> str | None:
    """What the service called `next`; raises `Invalid` for a cursor that is not ours."""
    if after is None:
        return None
    try:
        text = base64.b64decode(after.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
        if text.isprintable() and text:
            return text
    except (binascii.Error, ValueError):
        pass
    raise Invalid("the cursor is not one of ours", (Problem("query/after", "take `next` of the page before"),))


def page(found: Page) -> Json:
    """A page of the service as an answer."""
    return Json(page_body(found))


def page_body(found: Page) -> dict[str, Any]:
    """A page of the service as it is told, the cursor wrapped."""
    following = base64.urlsafe_b64encode(found.next.encode()).decode() if found.next is not None else None
    return {"items": found.items, "next": following}


def whole(items: Sequence[Any]) -> Json:
    """A list that is short by nature, in the shape of a page."""
    return Json({"items": list(items), "next": None})
