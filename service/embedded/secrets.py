"""Secrets of an installation, made at the first start and kept in its data folder, readable by its owner only."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def load_or_make(data_dir: Path) -> dict[str, str]:
    """Return the installation's secrets; makes each one that is absent. The file has mode 0600."""
    path = data_dir / "secrets.json"
    held: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    wanted: dict[str, Callable[[], str]] = {
        "data_keys": lambda: f"k1:{_key()}",
        "index_key": _key,
        "token_key": _key,
        "postgres_password": secrets.token_hex,
        "owner_password": secrets.token_hex,
        "app_password": secrets.token_hex,
        "redis_password": secrets.token_hex,
        "demo_password": lambda: secrets.token_urlsafe(12),
    }
    made = {name: make() for name, make in wanted.items() if name not in held}
    if made:
        data_dir.mkdir(parents=True, exist_ok=True)
        _write(data_dir, held | made)
    return held | made


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def remember(data_dir: Path, name: str, value: str) -> None:
    """Keep one more secret of the installation, e.g. the key that was made for the demo."""
    held: dict[str, str] = json.loads((data_dir / "secrets.json").read_text())
    _write(data_dir, held | {name: value})


def _write(data_dir: Path, secrets_by_name: dict[str, str]) -> None:
    path = data_dir / "secrets.json"
    handle = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(secrets_by_name, file, indent=1)
    path.with_suffix(".new").replace(path)
