"""An installation on this machine: its data folder, its secrets, its PostgreSQL and Redis, its settings.

Servers come from wheels unless VERDICT_DATABASE_URL and VERDICT_REDIS_URL name others. `attach` lends a command the
installation's database, starting the embedded one where it is not running.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.identity.actor import Actor


_KEYS = ("VERDICT_DATA_KEYS", "VERDICT_INDEX_KEY", "VERDICT_TOKEN_KEY")
_GIVEN = (*_KEYS, "VERDICT_DATABASE_URL")


@dataclass(frozen=True)
class Installation:
    """A started installation: the environment that its processes need, and the secrets that it made."""

    data_dir: Path
    environment: dict[str, str]
    owner_url: str
    secrets: dict[str, str]


@contextmanager
def start_servers(data_dir: Path, *, with_redis: bool = True) -> Iterator[Installation]:
    """Start what is not given by variables, put the settings into the environment, and stop it all at the end."""
    from service.embedded.postgres import EmbeddedPostgres
    from service.embedded.redis import EmbeddedRedis
    from service.embedded.secrets import load_or_make

    _check_models()
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    # Where the deployment gives every secret, none is made and none lies in the data folder.
    given = all(os.environ.get(name) for name in _GIVEN)
    secrets = {} if given and not with_redis else load_or_make(data_dir)
    with ExitStack() as servers:
        database, owner = os.environ.get("VERDICT_DATABASE_URL"), os.environ.get("VERDICT_OWNER_DATABASE_URL", "")
        if not database:
            postgres = EmbeddedPostgres.start(data_dir, secrets)
            servers.callback(postgres.stop)
            database, owner = postgres.app_url, postgres.owner_url
        redis_url = os.environ.get("VERDICT_REDIS_URL")
        if not redis_url and with_redis:
            redis = EmbeddedRedis.start(data_dir, secrets)
            servers.callback(redis.stop)
            redis_url = redis.url
        environment = {
            "VERDICT_DATA_DIR": str(data_dir),
            "VERDICT_DATABASE_URL": database,
            "VERDICT_REDIS_URL": redis_url or "redis://127.0.0.1:1/0",
            **{name: os.environ.get(name) or secrets[name.removeprefix("VERDICT_").lower()] for name in _KEYS},
        }
        os.environ.update(environment)
        yield Installation(data_dir, environment, owner, secrets)


@contextmanager
def attach(data_dir: Path) -> Iterator[Actor]:
    """Lend the installation's default tenant to a command of the machine's owner."""
    from cli.console import refuse
    from service.identity.actor import system
    from service.settings import settings

    if not os.environ.get("VERDICT_DATABASE_URL") and not (data_dir / "secrets.json").exists():
        refuse(f"{data_dir}: no installation here; run `verdict up` once or name it with --data-dir")
    from service.observability import configure_logging

    configure_logging(level=logging.ERROR)
    running = _alive(data_dir / "postgres" / "postmaster.pid")
    with _borrow(data_dir) if running else start_servers(data_dir, with_redis=False) as _:
        yield system(settings().default_tenant, "command line")


@contextmanager
def _borrow(data_dir: Path) -> Iterator[None]:
    """Use the embedded server that another process started, and leave it running."""
    from service.embedded.postgres import EmbeddedPostgres
    from service.embedded.secrets import load_or_make

    secrets = load_or_make(data_dir)
    postgres = EmbeddedPostgres.start(data_dir, secrets)
    os.environ.setdefault("VERDICT_DATABASE_URL", postgres.app_url)
    os.environ.setdefault("VERDICT_REDIS_URL", "redis://127.0.0.1:1/0")
    os.environ.setdefault("VERDICT_DATA_DIR", str(data_dir.resolve()))
    for name in ("data_keys", "index_key", "token_key"):
        os.environ.setdefault(f"VERDICT_{name.upper()}", secrets[name])
    yield


def _check_models() -> None:
    """Stop the start where the readers' settings are wrong, before a worker would find out."""
    from cli.console import refuse
    from service.models import ml_settings

    try:
        ml_settings()
    except ValueError as failure:
        refuse(str(failure))


def _alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text().split()[0]), 0)
    except (OSError, ValueError, IndexError):
        return False
    return True
