"""A served application, a tenant with a pack of its own, and callers of every kind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

PASSWORD = "four calm words here"


@pytest.fixture(scope="session")
def application(stack: Any) -> Any:
    """The application on the session's stack; one address signs in more often here than anybody should."""
    from api.app import create_app
    from service.settings import settings

    return create_app(settings().model_copy(update={"public_rate_limit_per_minute": 10_000}))


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an application by a real server in a thread; yields its address."""
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, ws="none", access_log=False, lifespan="on")
    )
    listener = server.config.bind_socket()
    started = threading.Event()
    startup = server.startup

    async def announced(sockets: Any = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = announced  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert started.wait(30)
    assert server.started, "the application did not start"
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture(scope="session")
def address(application: Any) -> Iterator[str]:
    """Where the application is served."""
    with serving(application) as url:
        yield url


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with httpx.Client(base_url=address, timeout=30) as opened:
        yield opened


@pytest.fixture
def people_of(tenant: str) -> Callable[..., dict[str, Any]]:
    """Make a person of the tenant with a role."""
    from service.identity import people
    from service.identity.actor import system

    def make(role: str, email: str | None = None) -> dict[str, Any]:
        address = email or f"{role}@example.org"
        return people.create_person(
            system(tenant, "test"), email=address, name=f"Some {role}", password=PASSWORD, roles=[role]
        )

    return make


@pytest.fixture
def sign_in(client: Any, tenant: str, people_of: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, str]]:
    """Make a person with a role, sign in through the API, and return the header."""

    def enter(role: str, email: str | None = None) -> dict[str, str]:
        people_of(role, email)
        form = {"username": email or f"{role}@example.org", "password": PASSWORD, "client_id": tenant}
        answer = client.post("/v1/token", data=form)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    return enter


@pytest.fixture
def key(tenant: str) -> dict[str, str]:
    """The header of an origination system of the tenant."""
    return key_header(tenant)


def key_header(tenant: str, scopes: list[str] | None = None) -> dict[str, str]:
    """Make a key and return its header."""
    from service.identity import keys
    from service.identity.actor import system

    made = keys.create_key(system(tenant, "test"), "origination", scopes)
    return {"Authorization": f"Bearer {made['key']}"}


@pytest.fixture
def pack(tenant: str) -> str:
    """The tiny pack, active in the tenant; returns its id."""
    from service import packs

    packs.seed(tenant, Path(__file__).parent / "tiny_pack")
    return "tiny"


@pytest.fixture
def work(tenant: str) -> Callable[[], None]:
    """Be the worker of the tenant's jobs about pack versions, and of its trials."""
    from sqlalchemy import select
    from sqlmodel import col

    from service.db import unit
    from service.packs import job_running
    from service.tables import PackJob
    from service.trials import comparing

    def run() -> None:
        with unit(tenant) as session:
            waiting = list(session.execute(select(PackJob.id).where(col(PackJob.status) == "queued")).scalars())
        for job_id in waiting:
            job_running.run(tenant, job_id)
        comparing.compare(tenant)

    return run


@pytest.fixture
def serve() -> Any:
    """Serve another application: `with serve(app) as url`."""
    return serving
