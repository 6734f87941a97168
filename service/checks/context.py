"""What a check is given and what it is: declared facts, the files it needs, the settings; a function to a Finding.

A check runs outside every transaction. It raises for what it could not do, by the kinds that `running` knows
(`ConnectorError`, `DocumentRejected`, time limits), and never puts a default where it learnt nothing (invariant 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.signal import Finding, Signal
from service.blobs import blobs
from service.settings import Settings


class Queue(StrEnum):
    """The routed queues; more workers on one of them is how the product scales."""

    CHECKS = "checks"
    ML = "ml"
    NOTIFY = "notify"
    BULK = "bulk"
    PACKS = "packs"


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """The newest file of a kind; its content is read from the blob store when it is asked for."""

    id: str
    kind: str
    media_type: str
    content_key: str
    tenant: str

    def content(self) -> bytes:
        """The bytes as uploaded."""
        return blobs().get(self.tenant, self.content_key)


@dataclass(frozen=True, slots=True)
class CheckContext:
    """Everything a check may look at. `declared` is keyed `applicant.<field>`; `signals` are those it needs from others."""

    tenant: str
    application_id: str
    check_run_id: str
    provides: tuple[str, ...]
    declared: Mapping[str, object] = field(repr=False)
    signals: Mapping[str, Signal] = field(repr=False)
    documents: Mapping[str, DocumentFile]
    settings: Settings = field(repr=False)
    now: datetime


CheckFunction = Callable[[CheckContext], Finding]
Fallback = Callable[[CheckContext, Exception], Finding | None]


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A check of this installation. `fallback` gives what is still known when the work failed for good."""

    name: str
    queue: Queue
    run: CheckFunction
    fallback: Fallback | None = None
