"""The sandbox application: every provider the product talks to, on one server, for demos and tests.

It knows only invented people, keeps only the last few messages, in memory, and must not be reachable from outside:
whoever starts it binds it to loopback or to a private container network.
"""

from __future__ import annotations

from fastapi import FastAPI

from connectors.sandbox import mail, pan, sms, webhooks
from connectors.sandbox.body_limit import BodyLimit
from connectors.sandbox.faults import FaultAskedError, answer_with_fault
from connectors.sandbox.identities import ALL
from connectors.sandbox.settings import SandboxSettings
from connectors.sandbox.stores import Stores


def create_app(settings: SandboxSettings | None = None) -> FastAPI:
    """A sandbox with its own memory. `uvicorn connectors.sandbox.app:create_app --factory` serves it with defaults."""
    settings = settings or SandboxSettings()
    app = FastAPI(title="Verdict provider sandbox", version="1", description=__doc__)
    app.state.settings = settings
    app.state.stores = Stores(settings)
    app.add_exception_handler(FaultAskedError, answer_with_fault)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    for provider in (pan, sms, webhooks, mail):
        app.include_router(provider.router)

    @app.get("/health/live", tags=["Sandbox"])
    async def live() -> dict[str, str]:
        """Whether the server runs."""
        return {"status": "ok"}

    @app.get("/identities", tags=["Sandbox"])
    async def identities() -> list[dict[str, str]]:
        """The invented people: who they are and what the PAN provider does for each."""
        return [
            {
                "key": person.key,
                "road": person.road,
                "name": person.name,
                "pan": person.pan,
                "date_of_birth": person.date_of_birth.isoformat(),
                "pan_status": person.pan_status,
                "fault": person.fault.value if person.fault else "",
            }
            for person in ALL
        ]

    return app
