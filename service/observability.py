"""Logs, request ids, metrics and readiness of every process.

Logs are JSON lines on stderr. What a line may carry is ids, names of things and numbers; as a second wall behind that rule,
every text that leaves is searched for what looks like an identity number, an e-mail, a telephone number or a credential, and
struck out (invariant 9). Exceptions are logged by type and place, never by their text, which may quote what it choked on.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from traceback import walk_tb
from types import TracebackType
from typing import Any, BinaryIO, Final

import redis
import structlog
from alembic.script import ScriptDirectory
from prometheus_client import Counter, Histogram
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from service.db import engine, unit
from service.errors import ServiceError
from service.migrate import alembic_config
from service.settings import settings

REQUESTS: Final = Counter("verdict_requests_total", "HTTP requests answered", ["method", "route", "status"])
REQUEST_SECONDS: Final = Histogram(
    "verdict_request_seconds",
    "time to the first byte of the answer",
    ["route"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
REFUSALS: Final = Counter("verdict_refusals_total", "requests refused at the door", ["kind"])

_STRUCK = "[struck out]"
# Written by this process from values of its own making: request ids are checked at the edge, routes are templates.
_OURS: Final = frozenset({"timestamp", "level", "request_id", "route", "method", "caller", "tenant"})
_PERSONAL = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{5}[0-9]{4}[A-Za-z](?![A-Za-z0-9])"  # PAN
    r"|(?<![0-9A-Za-z._-])[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9A-Za-z])"  # Aadhaar
    r"|[^\s@\"'<>]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"  # e-mail
    r"|\+[0-9][0-9 -]{8,16}[0-9]"  # telephone, E.164
    r"|(?:vk|vr)_[a-z0-9_]+\.[A-Za-z0-9_.-]+|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|whsec_[A-Za-z0-9+/=]+"
    r"|(?<=://)[^/@\s]*:[^/@\s]*(?=@)"  # a password in an address
)


def configure_logging(*, stream: BinaryIO | None = None, level: int = logging.INFO) -> None:
    """Send structlog's and the standard library's lines to `stream` (stderr) as JSON. May be called again."""
    out = stream or _Stderr()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exception_place,
    ]
    structlog.configure(
        processors=[*shared, strike_out, _render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(out),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    handler = _ToStructlog()
    root = logging.getLogger()
    root.handlers = [held for held in root.handlers if not isinstance(held, _ToStructlog)] + [handler]
    root.setLevel(max(level, logging.INFO))
    # Uvicorn's access lines quote the raw address and its query; our own line names the route's template instead.
    for name in ("uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def exception_place(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and the places it went through; its text may quote personal data."""
    failure = event.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()[1]
    if isinstance(failure, tuple):
        failure = failure[1]
    if isinstance(failure, BaseException):
        event["error"] = type(failure).__name__
        event["places"] = _places(failure.__traceback__)
        cause = failure.__cause__ or failure.__context__
        if cause is not None:
            event["cause"] = type(cause).__name__
    return event


def strike_out(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Strike out of every text, at any depth, what looks like personal data or a credential."""
    for key, value in event.items():
        if key not in _OURS:
            event[key] = _struck(value)
    return event


def readiness() -> dict[str, Any]:
    """Say of each part whether it can serve: `{ready, parts: {name: "ok" or what is wrong}, active_packs}`.

    Active packs are told and not demanded: the first pack of an installation is activated through the API itself.
    """
    parts: dict[str, str] = {}
    packs: int | None = None
    try:
        with unit(settings().default_tenant) as session:
            packs = session.execute(text("SELECT count(*) FROM pack_version WHERE status = 'active'")).scalar_one()
        parts["database"] = "ok"
        parts["migrations"] = "ok" if _at_head() else "the schema is not this version's"
    except (ServiceError, SQLAlchemyError):
        parts.setdefault("database", "does not answer as it should")
        parts.setdefault("migrations", "cannot be told")
    try:
        with redis.Redis.from_url(
            settings().redis_url.get_secret_value(), socket_timeout=2, socket_connect_timeout=2
        ) as client:
            client.ping()
        parts["redis"] = "ok"
    except (redis.RedisError, OSError):
        parts["redis"] = "does not answer"
    return {"ready": all(state == "ok" for state in parts.values()), "parts": parts, "active_packs": packs}


def _at_head() -> bool:
    heads = set(ScriptDirectory.from_config(alembic_config("postgresql://")).get_heads())
    with engine().connect() as connection:
        return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()) == heads


def _places(trace: TracebackType | None) -> list[str]:
    frames = [(frame.f_globals.get("__name__", "?"), line) for frame, line in walk_tb(trace)]
    return [f"{name}:{line}" for name, line in frames[-8:]]


def _struck(value: Any) -> Any:
    if isinstance(value, str):
        return _PERSONAL.sub(_STRUCK, value)
    if isinstance(value, dict):
        return {_struck(key): _struck(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_struck(item) for item in value]
    return value if isinstance(value, int | float | bool | None) else _PERSONAL.sub(_STRUCK, str(value))


def _render(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:
    return json.dumps(event, default=str, separators=(",", ":")).encode()


class _Stderr:
    """Whatever stderr is at the moment of writing; it may have been replaced since the start."""

    def write(self, line: bytes) -> None:
        sys.stderr.buffer.write(line)

    def flush(self) -> None:
        sys.stderr.buffer.flush()


class _ToStructlog(logging.Handler):
    """Brings the standard library's records (uvicorn, celery, alembic) into the same lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record's message, and an exception by place only."""
        facts: dict[str, Any] = {"logger": record.name}
        if record.exc_info:
            facts["exc_info"] = record.exc_info
        structlog.get_logger().log(record.levelno, record.getMessage(), **facts)
