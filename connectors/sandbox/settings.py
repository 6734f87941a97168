"""Frozen settings of the sandbox, handed in by whoever starts it; everything it stores in memory has a limit here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Delays, limits and places of one sandbox; ValueError when a limit would not limit.

    `latency_ms` delays every provider's answer; `slow_ms` is the fault `slow`'s extra, `hang_s` bounds `timeout`.
    `api_key`, when set, must come as `Authorization: Bearer ...` to the providers. `mail_folder` is where `FileMailer`
    writes, shown under /mail. `kept` bounds each store (webhook deliveries an inbox, texts), `inboxes` their number.
    """

    latency_ms: int = 0
    slow_ms: int = 1500
    hang_s: float = 120.0
    api_key: str | None = field(default=None, repr=False)
    mail_folder: Path | None = None
    kept: int = 200
    inboxes: int = 50
    max_body_bytes: int = 256 * 1024

    def __post_init__(self) -> None:
        limits = (self.hang_s, self.kept, self.inboxes, self.max_body_bytes)
        if min(self.latency_ms, self.slow_ms) < 0 or min(limits) <= 0:
            raise ValueError("sandbox limits must be above zero, delays not below")
