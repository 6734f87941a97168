"""The way to the database: one pool per process, one transaction per `unit`, one tenant per transaction.

Row-level security reads the tenant from the transaction's own setting `verdict.tenant`, set as its first act; a transaction
without it sees no tenant's row (invariant 10). The processes' role is neither superuser nor owner, and `connect` refuses to
start with one that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session

from service.errors import Unavailable
from service.settings import Settings, settings


class UnsafeRole(RuntimeError):
    """The database role could bypass row-level security; the start is refused."""


def make_engine(config: Settings) -> Engine:
    """Open the pool: every checkout is tested, every statement bounded, no wait without end."""
    return create_engine(
        sqlalchemy_url(config.database_url.get_secret_value()),
        pool_size=config.database_pool_size,
        max_overflow=config.database_pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # an error text never carries what was written
        connect_args=_CONNECT,
    )


def sqlalchemy_url(url: str) -> str:
    """Return the URL with the psycopg 3 driver named."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgresql", "postgres"} else url


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The process's pool."""
    return make_engine(settings())


@lru_cache(maxsize=1)
def wire() -> ConnectionPool[psycopg.Connection[Any]]:
    """The process's bare connections, each statement its own transaction: for acts that are one call of a function of the
    database, where an ORM's bookkeeping and a ping before each use would cost more than the act.
    """
    config = settings()
    return ConnectionPool(
        config.database_url.get_secret_value(),
        kwargs={**_CONNECT, "autocommit": True},
        min_size=1,
        max_size=2 * config.database_pool_size,
        timeout=10,
        open=True,
    )


def close() -> None:
    """Close the process's pools; the next use opens them anew."""
    if wire.cache_info().currsize:
        wire().close()
    if engine.cache_info().currsize:
        engine().dispose()
    wire.cache_clear()
    engine.cache_clear()


def forget() -> None:
    """Drop the pools that a fork inherited without closing them: the sockets stay the parent's."""
    if engine.cache_info().currsize:
        engine().dispose(close=False)
    wire.cache_clear()
    engine.cache_clear()


@contextmanager
def unit(tenant: str, *, on: Engine | None = None) -> Iterator[Session]:
    """One transaction of one tenant: commits at the end, rolls back on any error; raises Unavailable when the way is shut."""
    try:
        with Session(on or engine(), expire_on_commit=False) as session, session.begin():
            session.execute(_SET_TENANT, {"tenant": tenant})
            yield session
    except OperationalError as failure:
        raise Unavailable("the database does not answer; nothing was written") from failure
    except DBAPIError as failure:
        if failure.connection_invalidated:
            raise Unavailable("the database went away; nothing was written") from failure
        raise


def tenant_ids(*, on: Engine | None = None) -> list[str]:
    """All tenants, for the workers' rounds (sweeper, outbox); the only question that crosses tenants."""
    with (on or engine()).connect() as connection:
        return list(connection.execute(text("SELECT verdict_tenants()")).scalars())


def check_role(on: Engine) -> None:
    """Raise `UnsafeRole` where the connected role is a superuser, may bypass row security, or owns a table."""
    with on.connect() as connection:
        unsafe = connection.execute(_ROLE_IS_UNSAFE).scalar_one()
    if unsafe:
        raise UnsafeRole("VERDICT_DATABASE_URL must name a role that is neither superuser nor owner (verdict_app)")


_CONNECT = {
    "options": "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000",
    "connect_timeout": 5,
    "application_name": "verdict",
}
_SET_TENANT = text("SELECT set_config('verdict.tenant', :tenant, true)")
_ROLE_IS_UNSAFE = text(
    "SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)"
    " OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user)"
)
