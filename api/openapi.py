"""The OpenAPI document: FastAPI's, completed with what every route has in common.

Each guarded operation names its permission (`x-permission`) and how callers identify themselves; each operation names the
problems it may answer with, all of one shape. FastAPI's own 422 shape is taken out, since it is never sent.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.declare import GuardedRoute
from api.problems import KINDS
from api.wire.problems import MEDIA_TYPE, Problem
from service.identity.actor import Permission

DESCRIPTION: Final = """\
Verdict decides on KYC and AML signals by dated, cited rules, and keeps for each verdict why it came out as it did.

Systems send `Authorization: Bearer vk_...` (an API key); people sign in at `/v1/token`. Errors are RFC 9457 problems of one
shape. Lists are paged: give `next` back as `after`. Times are RFC 3339 in UTC."""
_COMMON: Final = (400, 405, 429, 503)
_GUARDED: Final = (401, 403)
_WITH_BODY: Final = (413, 415, 422)
_SCHEMES: Final = {
    "api_key": {"type": "http", "scheme": "bearer", "description": "an API key, `vk_...`, for systems"},
    "person": {
        "type": "oauth2",
        "description": "people; `client_id` is the tenant, `totp` a one-time code where it was switched on",
        "flows": {"password": {"tokenUrl": "/v1/token", "refreshUrl": "/v1/token:refresh", "scopes": {}}},
    },
}


def document(app: FastAPI) -> dict[str, Any]:
    """Build the document once and keep it in the application."""
    if app.openapi_schema is None:
        schema = get_openapi(title="Verdict", version=app.version, description=DESCRIPTION, routes=app.routes)
        components = schema.setdefault("components", {})
        components["securitySchemes"] = _SCHEMES
        schemas = components.setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {}) | {"Problem": problem}
        for route in app.routes:
            if isinstance(route, GuardedRoute):
                for method in route.methods or ():
                    _complete(schema["paths"][route.path_format][method.lower()], route)
        app.openapi_schema = schema
    return app.openapi_schema


def _complete(operation: dict[str, Any], route: GuardedRoute) -> None:
    statuses = [*_COMMON, *route.problems]
    if route.needs is not None:
        statuses += _GUARDED
        operation["security"] = [{"api_key": []}, {"person": []}]
        operation["x-permission"] = str(route.needs) if isinstance(route.needs, Permission) else "any caller"
    elif route.path.startswith("/v1/"):
        statuses += [401]
    if "{" in route.path:
        statuses += [404, 422]
    if operation.get("parameters"):
        statuses += [422]
    if route.path.startswith("/v1/") and route.methods != {"GET"}:
        statuses += [404, 409, 422]
    if "requestBody" in operation:
        statuses += [408, *_WITH_BODY]
    answers = operation.setdefault("responses", {})
    answers.pop("422", None)
    if route.media:
        answers["200"]["content"] = {media: {} for media in route.media}
    for status in sorted(set(statuses)):
        answers[str(status)] = {
            "description": KINDS[status][1],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if route.path == "/health/ready":
        answers["503"] = {"description": "A part is not ready", "content": {"application/json": {}}}
