"""Which models the checks read with: the readers' settings, taken from the environment once for each process."""

from __future__ import annotations

import os
from functools import lru_cache

from ml.settings import MlSettings, from_environment


@lru_cache(maxsize=1)
def ml_settings() -> MlSettings:
    """The readers' settings; ValueError where a folder is absent or a licence was not acknowledged."""
    return from_environment(os.environ)
