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
                        "name": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,63}$"},
                        "kind": {"type": "string", "enum": list(LIST_KINDS)},
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
    """A new version of a list, whole or not at all; the version before stays until the new one is complete."""
    form = await read_upload(request, fields=("name", "kind"))
    name, kind = form.fields["name"], form.fields["kind"]
    faults = [] if kind in LIST_KINDS else [Problem("/kind", f"is one of {', '.join(LIST_KINDS)}")]
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum() and name == name.lower()
    if not plain or len(name) > 64 or not name[0].isalpha():
        faults.append(Problem("/name", "is lower-case letters, digits, _ and -, beginning with a letter"))
    if faults:
        raise Invalid("the list cannot be imported", tuple(faults))
    return Json(await run_in_threadpool(screening.import_list, caller, name, kind, form.content), 201)


@routes.post("/v1/screening/search", Permission.SCREEN, "Search the lists", answers=SearchAnswer)
def search_lists(caller: Caller, body: SearchBody) -> Response:
    """Explained hits, best first. A stale or absent list is told, never taken for no hit."""
    query = {"schema": body.entity_schema, "properties": body.properties}
    told = screening.search(caller, query, limit=body.limit)
    return Json(told if isinstance(told, dict) else {"hits": told})
