"""What is asked and what is answered when signals are in hand (flow A of the architecture).

A request is frozen and knows the digest of its body, so that a second call with the same key can be told from another
question under that key. An answer carries the JSON text as it was stored, so that nobody renders it twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from service.errors import Invalid, Problem, ServiceError

MAX_REFERENCE: Final = 200
MAX_KEY: Final = 255


@dataclass(frozen=True)
class DecisionRequest:
    """One question: which pack, about what, on which signals, under which key. `as_of` None is today (UTC)."""

    pack: str
    reference: str
    signals: Mapping[str, Any]
    as_of: date | None
    idempotency_key: str

    @cached_property
    def body_digest(self) -> str:
        """SHA-256 of the canonical body; raises `Invalid` where it holds what JSON has no word for."""
        body = {"pack": self.pack, "reference": self.reference, "signals": self.signals, "as_of": self.as_of}
        try:
            text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
            return hashlib.sha256(text.encode()).hexdigest()
        except (ValueError, TypeError, RecursionError):
            raise Invalid("the signals are not plain JSON values") from None

    def check(self) -> None:
        """Raise `Invalid` with every fault of the request's own words; the signals are the pack's to judge."""
        faults = []
        if not 1 <= len(self.reference) <= MAX_REFERENCE or not _is_plain(self.reference):
            faults.append(Problem("/reference", f"is not text of 1 to {MAX_REFERENCE} characters"))
        if not 1 <= len(self.idempotency_key) <= MAX_KEY or not self.idempotency_key.isascii():
            faults.append(Problem("/idempotency_key", f"is not 1 to {MAX_KEY} printable ASCII characters"))
        elif not self.idempotency_key.isprintable():
            faults.append(Problem("/idempotency_key", "has control characters"))
        if not _is_plain(self.pack):
            faults.append(Problem("/pack", "is not the id of a pack"))
        if faults:
            raise Invalid("the request is malformed", tuple(faults))


@dataclass(frozen=True)
class Answer:
    """A decision's JSON; `replayed` where the key had been answered before. `raw` is the same JSON as bytes."""

    raw: bytes
    replayed: bool

    @cached_property
    def body(self) -> dict[str, Any]:
        """The answer as a mapping of its own."""
        return dict(json.loads(self.raw))


@dataclass(frozen=True)
class BatchItem:
    """What became of one request of a batch: an answer, or the refusal that the single call would have raised."""

    idempotency_key: str
    answer: Answer | None = None
    error: ServiceError | None = field(default=None, compare=False)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"decimal:{value}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError


def _is_plain(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
