"""Watchlists: import, state, and a search by hand."""

from __future__ import annotations

from typing import Final, get_args

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.declare import Caller, Routes
from api.intake import UPLOAD, read_upload
from api.json_body import Json
from api.params import whole
from api.wire.base import Page
from api.wire.screening import ListAnswer, ListKind, SearchAnswer, SearchBody
from service import screening
from service.errors import Invalid, Problem
from service.identity.actor import Permission

routes = Routes("screening")
LIST_KINDS: Final = get_args(ListKind)
_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["name", "kind", "file"],
                    "properties": {
                        "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
                        "kind": {"type": "string", "enum": list(LIST_KINDS)},
                        "allow_shrink": {"type": "string", "enum": ["true", "false"]},
                        "file": {"type": "string", "format": "binary", "description": "CSV, UTF-8, with a header"},
                    },
                },
                "example": {"name": "house_list", "kind": "watchlist", "file": "id,schema,name\n1,Person,Specimen"},
            }
        },
    }
}


@routes.get("/v1/lists", Permission.READ_LISTS, "List watchlists", answers=Page[ListAnswer])
def list_watchlists(caller: Caller) -> Response:
    """Each with its active version, its entries and its age."""
    return whole(screening.lists(caller))


@routes.post(
    "/v1/lists",
    Permission.WRITE_LISTS,
    "Import a watchlist",
    answers=ListAnswer,
    status=201,
    body=UPLOAD,
    openapi=_FORM,
)
async def import_list(caller: Caller, request: Request) -> Response:
    """A new version of a list, whole or not at all; the version before stays until the new one is complete.

    A file with under half of the entries of the version before is refused unless `allow_shrink` is true.
    """
    form = await read_upload(request, fields=("name", "kind"), optional=("allow_shrink",))
    shrink = form.fields.get("allow_shrink", "false")
    if shrink not in {"true", "false"}:
        raise Invalid("the form is not the route's", (Problem("/allow_shrink", "is true or false"),))
    told = await run_in_threadpool(
        screening.import_list,
        caller,
        form.fields["name"],
        form.fields["kind"],
        form.content,
        allow_shrink=shrink == "true",
    )
    return Json(told, 201)


@routes.post("/v1/screening/search", Permission.SCREEN, "Search the lists", answers=SearchAnswer)
def search_lists(caller: Caller, body: SearchBody) -> Response:
    """Explained hits, best first. A stale or absent list is told, never taken for no hit."""
    query = {"schema": body.entity_schema, "properties": body.properties}
    told = screening.search(caller, query, limit=body.limit)
    return Json(told if isinstance(told, dict) else {"hits": told})
