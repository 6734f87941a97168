"""An administrator and people of a tenant of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

PASSWORD = "four calm words here"


@pytest.fixture
def admin(tenant: str) -> Any:
    """An administrator who is a row, so that the last-administrator rule can be met."""
    from service.identity import people
    from service.identity.actor import Actor, granted, system

    told = people.create_person(
        system(tenant, "test"), email="admin@example.org", name="Ada Admin", password=PASSWORD, roles=["admin"]
    )
    return Actor(tenant, told["id"], told["name"], granted(told["roles"]), tuple(told["roles"]))


@pytest.fixture
def person(admin: Any) -> Callable[..., dict[str, Any]]:
    """Make a person with the test's password."""
    from service.identity import people

    def make(email: str = "officer@example.org", roles: tuple[str, ...] = ("verification_officer",)) -> dict[str, Any]:
        return people.create_person(admin, email=email, name="Otto Officer", password=PASSWORD, roles=roles)

    return make
