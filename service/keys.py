"""The process's keyring: the keys of the settings, parsed once, that seal and open personal data (invariant 9)."""

from __future__ import annotations

from functools import lru_cache

from service.crypto import Keyring
from service.settings import SettingsError, settings


def keyring() -> Keyring:
    """The keys of the settings now in force; raises `SettingsError` where a key is malformed, never showing it."""
    config = settings()
    return _parse(config.data_keys.get_secret_value(), config.index_key.get_secret_value())


@lru_cache(maxsize=2)
def _parse(data_keys: str, index_key: str) -> Keyring:
    try:
        return Keyring.parse(data_keys, index_key)
    except ValueError as failure:
        raise SettingsError(f"VERDICT_DATA_KEYS or VERDICT_INDEX_KEY: {failure}") from None
