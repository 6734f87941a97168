"""How a route is declared: with the permission it needs, or not at all (deny by default).

`Routes` collects declarations; `install` turns each into a `GuardedRoute`, which admits the caller, then bounds and checks the
body, then lets FastAPI parse it. A handler on the open list (`needs=None`) is one of health, sign-in and documentation, and
`create_app` refuses to start when a route is open and not on that list.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.gate import Anybody, Needs, admit
from api.intake import BodyRule, Incoming, check_media_type
from service.identity.actor import Actor, Permission

Handler = TypeVar("Handler", bound=Callable[..., Any])
_JSON: Final = BodyRule()


@dataclass(frozen=True)
class Declared:
    """A route before it is installed."""

    method: str
    path: str
    endpoint: Callable[..., Any]
    needs: Needs | None
    tag: str
    summary: str
    answers: Any
    status: int
    body: BodyRule
    media: tuple[str, ...]
    problems: tuple[int, ...]
    openapi: dict[str, Any] | None


class GuardedRoute(APIRoute):
    """A route that knows what it needs; `needs` is None only on the open list."""

    needs: Needs | None = None
    body: BodyRule = _JSON
    media: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()

    @classmethod
    def of(cls, declared: Declared) -> GuardedRoute:
        """Build the route of a declaration."""
        # FastAPI asks for the handler while it builds the route, so what the handler needs must be there before.
        facts = {name: getattr(declared, name) for name in ("needs", "body", "media", "problems")}
        kind = type(cls.__name__, (cls,), facts)
        built = kind(
            declared.path,
            declared.endpoint,
            methods=[declared.method],
            name=declared.endpoint.__name__,
            operation_id=declared.endpoint.__name__,
            tags=[declared.tag],
            summary=declared.summary,
            response_model=declared.answers,
            status_code=declared.status,
            openapi_extra=declared.openapi,
        )
        assert isinstance(built, GuardedRoute)
        return built

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the guard."""
        inner = super().get_route_handler()
        needs, rule = self.needs, self.body
        has_body = self.body_field is not None

        async def guarded(request: Request) -> Response:
            if needs is not None:
                await admit(request, needs)
            if has_body:
                check_media_type(request, rule)
            return await inner(Incoming.of(request, rule))

        return guarded


async def _caller(request: Request) -> Actor:
    actor = request.scope["state"]["actor"]
    assert isinstance(actor, Actor)
    return actor


Caller = Annotated[Actor, Depends(_caller)]
"""The authenticated caller of a guarded route."""


@dataclass
class Routes:
    """The routes of one subject."""

    tag: str
    declared: list[Declared] = field(default_factory=list)

    def get(self, path: str, needs: Needs | None, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a reading route.

        Of the options, `answers` is the wire type that is documented, `media` the types of an answer that is not JSON, and
        `problems` the statuses that are this route's own.
        """
        return self._add("GET", path, needs, summary, **options)

    def post(self, path: str, needs: Needs | None, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an act."""
        return self._add("POST", path, needs, summary, **options)

    def put(self, path: str, needs: Needs | None, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a replacement."""
        return self._add("PUT", path, needs, summary, **options)

    def delete(self, path: str, needs: Needs | None, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an ending."""
        return self._add("DELETE", path, needs, summary, **options)

    def install(self, app: FastAPI) -> None:
        """Put the routes into the application, in the order of their declaration."""
        for declared in self.declared:
            app.router.routes.append(GuardedRoute.of(declared))

    def _add(
        self,
        method: str,
        path: str,
        needs: Needs | None,
        summary: str,
        *,
        answers: Any = None,
        status: int = 200,
        body: BodyRule = _JSON,
        media: tuple[str, ...] = (),
        problems: tuple[int, ...] = (),
        openapi: dict[str, Any] | None = None,
    ) -> Callable[[Handler], Handler]:
        assert needs is None or isinstance(needs, Permission | Anybody), "a route names one permission"

        def keep(endpoint: Handler) -> Handler:
            self.declared.append(
                Declared(
                    method, path, endpoint, needs, self.tag, summary, answers, status, body, media, problems, openapi
                )
            )
            return endpoint

        return keep
