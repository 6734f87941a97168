"""Health for the machines that look after the process, and the page that describes the API. All open."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from api.declare import Routes
from api.docs_page import STYLE, render
from api.json_body import Json
from service.observability import readiness

routes = Routes("health")


@routes.get("/health/live", None, "Is the process alive")
async def live() -> Response:
    """200 as long as the process serves at all."""
    return Json({"live": True})


@routes.get("/health/ready", None, "Can the process serve")
def ready() -> Response:
    """503 while the database, its schema or Redis is not as it should be; names the part, never its address."""
    told = readiness()
    return Json(told, 200 if told["ready"] else 503)


@routes.get("/docs", None, "This description", media=("text/html",))
def docs(request: Request) -> Response:
    """Every route with its permission, body and answers; without scripts and without foreign addresses."""
    return HTMLResponse(render(request.app.openapi()))


@routes.get("/docs/style.css", None, "The description's style", media=("text/css",))
async def docs_style() -> Response:
    """The page's own style sheet, so that the content policy needs no exception."""
    return Response(STYLE, media_type="text/css")


@routes.get("/openapi.json", None, "This description for machines")
def openapi_document(request: Request) -> Response:
    """OpenAPI 3.1."""
    return Json(request.app.openapi())
