"""Consents: what the applicant agreed to, when, and in which words; kept beside the application.

Each has a purpose and the aware time at which it was given; a consent from the future, or without a time, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from service.applications.fields import FieldError, plain_text
from service.errors import Problem

MAX_CONSENTS: Final = 20
SKEW: Final = timedelta(minutes=5)  # clocks of callers run ahead of ours
_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_TEXTS: Final = {"text": 2000, "text_version": 64, "version": 64, "channel": 64, "language": 35}


def check_consents(given: Sequence[object], now: datetime) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return the consents and every problem, each with its place in the list."""
    if len(given) > MAX_CONSENTS:
        return [], [Problem("/consents", f"at most {MAX_CONSENTS} consents")]
    kept: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for position, consent in enumerate(given):
        where = f"/consents/{position}"
        if not isinstance(consent, Mapping):
            problems.append(Problem(where, "expected an object with purpose and given_at"))
            continue
        faults = _faults(consent, now)
        problems.extend(Problem(f"{where}/{name}", message) for name, message in faults)
        if not faults:
            kept.append({str(name): value for name, value in consent.items()})
    return kept, problems


def _faults(consent: Mapping[str, Any], now: datetime) -> list[tuple[str, str]]:
    known = {"purpose", "given_at", *_TEXTS}
    faults = [(str(name)[:64], "unknown field") for name in consent if name not in known]
    if not isinstance(consent.get("purpose"), str) or not _PURPOSE.match(consent["purpose"]):
        faults.append(("purpose", "expected a word in lower case, such as kyc"))
    given_at = _moment(consent.get("given_at"))
    if given_at is None:
        faults.append(("given_at", "expected a time with its zone, such as 2026-10-01T09:30:00Z"))
    elif given_at > now + SKEW:
        faults.append(("given_at", "a consent cannot be given in the future"))
    for name, longest in _TEXTS.items():
        if name in consent:
            try:
                plain_text(consent[name], longest, f"expected a text of 1 to {longest} characters")
            except FieldError as fault:
                faults.append((name, str(fault)))
    return faults


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str) or not 20 <= len(value) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
