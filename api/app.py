"""The application: `create_app` builds it, `app` is built on first use (`uvicorn api.app:app`, or the factory).

It refuses to start with a route that is open and not on the open list, with a database role that could see other tenants, and
with a setting that is wrong. There is no CORS: the back office calls from its server, not from a browser.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from anyio import to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import start_http_server
from starlette.exceptions import HTTPException

from api.declare import GuardedRoute
from api.edge import Edge
from api.limits import Limiter
from api.openapi import document
from api.problems import on_http_error, on_service_error, on_validation_error
from api.routes import ALL
from service.db import check_role, engine
from service.errors import ServiceError
from service.observability import configure_logging
from service.settings import Settings
from service.settings import settings as read_settings

OPEN: Final = frozenset(
    {
        "/health/live",
        "/health/ready",
        "/docs",
        "/docs/style.css",
        "/openapi.json",
        "/v1/token",
        "/v1/token:refresh",
        "/v1/token:revoke",
    }
)


class OpenRoute(RuntimeError):
    """A route needs no permission and is not on the open list; the start is refused."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; raises `SettingsError` or `OpenRoute`. The database is met at the start of serving."""
    config = settings or read_settings()
    app = FastAPI(
        title="Verdict",
        version=_version(),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(config),
        exception_handlers={
            ServiceError: on_service_error,
            RequestValidationError: on_validation_error,
            HTTPException: on_http_error,
        },
    )
    app.state.limiter = Limiter(
        config.redis_url.get_secret_value(),
        per_minute=config.rate_limit_per_minute,
        public_per_minute=config.public_rate_limit_per_minute,
    )
    for routes in ALL:
        routes.install(app)
    _deny_by_default(app)
    app.add_middleware(Edge, allowed_hosts=config.allowed_hosts)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


def _lifespan(config: Settings) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        configure_logging()
        await to_thread.run_sync(check_role, engine())
        # As many threads as connections: more would only wait for one another at the pool.
        to_thread.current_default_thread_limiter().total_tokens = 20
        metrics = start_http_server(config.metrics_port) if config.metrics_port else None
        try:
            yield
        finally:
            if metrics is not None:
                metrics[0].shutdown()
                metrics[0].server_close()

    return lifespan


def _deny_by_default(app: FastAPI) -> None:
    for route in app.routes:
        path = getattr(route, "path", "?")
        if not isinstance(route, GuardedRoute) or (route.needs is None and path not in OPEN):
            raise OpenRoute(f"{path} needs no permission and is not on the open list")


def _version() -> str:
    try:
        return version("verdict")
    except PackageNotFoundError:
        return "0"


def __getattr__(name: str) -> Any:
    if name == "app":
        globals()["app"] = built = create_app()
        return built
    raise AttributeError(name)
