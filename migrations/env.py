"""Alembic's entry: migrates as the owning role, from `sqlalchemy.url` or VERDICT_OWNER_DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import create_engine, pool
from sqlmodel import SQLModel

import service.tables  # noqa: F401 - registers every table
from service.db import sqlalchemy_url


def run() -> None:
    config = context.config
    url = config.get_main_option("sqlalchemy.url") or os.environ.get("VERDICT_OWNER_DATABASE_URL")
    if not url:
        raise SystemExit("set VERDICT_OWNER_DATABASE_URL to the role that owns the tables (verdict_owner)")
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


run()
