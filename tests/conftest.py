"""What every test may ask for: the embedded stack of the session, a fresh tenant, the keyring."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

# The same examples in every run, so that a red suite means a change; explore with `HYPOTHESIS_PROFILE=explore`.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@dataclass(frozen=True)
class Stack:
    """The session's PostgreSQL and Redis, migrated; `owner_url` is for tests that play the attacker with rights."""

    data_dir: Path
    owner_url: str
    app_url: str
    redis_url: str
    environment: dict[str, str]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start real servers once for the session and point the settings at them."""
    from service import db, settings
    from service.embedded.postgres import EmbeddedPostgres
    from service.embedded.redis import EmbeddedRedis
    from service.embedded.secrets import load_or_make
    from service.migrate import migrate

    data_dir = tmp_path_factory.mktemp("stack")
    secrets = load_or_make(data_dir)
    postgres = EmbeddedPostgres.start(data_dir, secrets)
    redis = EmbeddedRedis.start(data_dir, secrets)
    migrate(postgres.owner_url)
    environment = {
        "VERDICT_ENVIRONMENT": "test",
        "VERDICT_DATA_DIR": str(data_dir),
        "VERDICT_DATABASE_URL": postgres.app_url,
        "VERDICT_OWNER_DATABASE_URL": postgres.owner_url,
        "VERDICT_REDIS_URL": redis.url,
        "VERDICT_DATA_KEYS": secrets["data_keys"],
        "VERDICT_INDEX_KEY": secrets["index_key"],
        "VERDICT_TOKEN_KEY": secrets["token_key"],
        "VERDICT_WEBHOOK_ALLOW_PRIVATE": "true",
    }
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    settings.settings.cache_clear()
    db.close()
    try:
        yield Stack(data_dir, postgres.owner_url, postgres.app_url, redis.url, environment)
    finally:
        db.close()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
        settings.settings.cache_clear()
        redis.stop()
        postgres.stop()


@pytest.fixture
def tenant(stack: Stack) -> str:
    """A tenant of the test's own, with its audit lanes open."""
    from service import audit
    from service.db import unit
    from service.tables import Tenant

    name = "t" + uuid.uuid4().hex[:12]
    with unit(name) as session:
        session.add(Tenant(id=name, name=name))
        session.flush()
        audit.open_lanes(session, name)
    return name
