"""Signals: what the world told us about an applicant, and what it could not tell.

A `Signal` is a typed, dated, sourced value. A `Missing` is a signal that could not be had, with its reason; it is a
value of its own, never a default (invariant 3: unknown never approves). This module is all that `connectors` and `ml`
may know of the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Scalar: TypeAlias = str | bool | int | Decimal | float | date | datetime | timedelta
Value: TypeAlias = Scalar | list["Value"] | dict[str, "Value"] | None


class Reason(StrEnum):
    """Why a signal is missing: the words that officers and packs see."""

    NOT_PROVIDED = "not_provided"
    NOT_READABLE = "not_readable"
    NOT_FOUND = "not_found"
    PROVIDER_DOWN = "provider_down"
    PROVIDER_REFUSED = "provider_refused"
    TIMED_OUT = "timed_out"
    STALE = "stale"
    NOT_EXECUTED = "not_executed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Missing:
    """A signal that could not be had. `detail` is for officers and never carries personal data."""

    reason: Reason
    detail: str = ""

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value: an unknown is neither true nor false."""
        raise TypeError(f"a missing signal ({self.reason}) has no truth value")


@dataclass(frozen=True, slots=True)
class Signal:
    """One named value with its origin.

    `source` names the check, provider or person it came from; `observed_at` is aware UTC; `confidence` is 0-1 where the
    source gives one; `evidence_id` points at the stored raw answer or image.
    """

    name: str
    value: Value | Missing
    source: str
    observed_at: datetime | None = None
    confidence: float | None = None
    evidence_id: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a connector or a model returns: its signals, and the evidence to keep (JSON-able, before encryption)."""

    signals: tuple[Signal, ...]
    evidence: dict[str, Value] = field(default_factory=dict)


def missing(names: tuple[str, ...] | list[str], reason: Reason, detail: str, source: str) -> tuple[Signal, ...]:
    """Say for each of `names` that it could not be had, and why."""
    return tuple(Signal(name, Missing(reason, detail), source) for name in names)
