"""Which models `ml` runs and with how many threads: parsed once, frozen, handed in.

A folder that is configured but absent stops the start; it never falls back silently to another model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VARIABLES: Final = (
    "VERDICT_ML_THREADS",
    "VERDICT_PADDLE_MODEL_DIR",
    "VERDICT_INSIGHTFACE_DIR",
    "VERDICT_WEIGHTS_LICENCE_ACKNOWLEDGED",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MlSettings:
    """`threads` is per inference (1 or 2 pay off); a model folder switches to the extra that it belongs to."""

    threads: int = 2
    paddle_model_dir: Path | None = None
    insightface_dir: Path | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.threads <= 64:
            raise ValueError(f"VERDICT_ML_THREADS must be 1 to 64, not {self.threads}")
        for name, folder in (
            ("VERDICT_PADDLE_MODEL_DIR", self.paddle_model_dir),
            ("VERDICT_INSIGHTFACE_DIR", self.insightface_dir),
        ):
            if folder is not None and not folder.is_dir():
                raise ValueError(f"{name} names a folder that does not exist")


def from_environment(environment: Mapping[str, str]) -> MlSettings:
    """Read `VARIABLES`; ValueError names the one that is wrong, or the licence that was not acknowledged."""
    threads, paddle, insight, licensed = (environment.get(name, "") for name in VARIABLES)
    threads = threads or "2"
    if not threads.isascii() or not threads.isdigit():
        raise ValueError("VERDICT_ML_THREADS must be a whole number")
    if insight and licensed.lower() != "true":
        raise ValueError(
            "InsightFace's published weights forbid commercial use: set VERDICT_WEIGHTS_LICENCE_ACKNOWLEDGED=true"
            " if yours allow it, or unset VERDICT_INSIGHTFACE_DIR"
        )
    return MlSettings(
        threads=int(threads),
        paddle_model_dir=Path(paddle) if paddle else None,
        insightface_dir=Path(insight) if insight else None,
    )
