"""Words and colours: every code of the product as people say it, and one meaning for each colour.

An unknown code is shown as it is, in grey: it is never taken for a harmless one. Missing is "—" everywhere. Colours never
stand alone; each comes with its word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

MISSING: Final = "—"
Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


@dataclass(frozen=True)
class Badge:
    """A word with its colour and, where it helps, an icon."""

    text: str
    colour: Colour
    icon: str | None = None


_BANDS: Final[Mapping[str, Colour]] = {"low": "green", "medium": "yellow", "high": "orange", "critical": "red"}
_VERDICTS: Final[Mapping[str, Colour]] = {"approve": "green", "review": "yellow", "reject": "red"}
_CASE_STATES: Final[Mapping[str, Badge]] = {
    "open": Badge("New", "gray"),
    "claimed": Badge("In review", "blue"),
    "waiting": Badge("Waiting for customer", "violet"),
    "second": Badge("Waiting for second officer", "blue"),
    "closed": Badge("Closed", "gray"),
}
_VERSION_STATES: Final[Mapping[str, Badge]] = {
    "draft": Badge("Draft, not live", "violet"),
    "submitted": Badge("Submitted", "blue"),
    "approved": Badge("Approved, not live", "blue"),
    "scheduled": Badge("Scheduled, not live", "blue"),
    "active": Badge("Live", "green"),
    "retired": Badge("Retired", "gray"),
    "rejected": Badge("Rejected", "gray"),
}
_ROLES: Final[Mapping[str, str]] = {
    "verification_officer": "Verification officer",
    "approval_manager": "Approval manager",
    "compliance_officer": "Compliance officer",
    "rule_analyst": "Rule analyst",
    "rule_approver": "Rule approver",
    "auditor": "Auditor",
    "admin": "Administrator",
    "origination_system": "Origination system",
}
_SHORT: Final = {
    "pan": "PAN",
    "kyc": "KYC",
    "edd": "EDD",
    "pep": "PEP",
    "nri": "NRI",
    "dob": "date of birth",
    "ocr": "OCR",
}

_MARKS: Final = re.compile(r"[\\`*_{}\[\]()#+~|<>$:!-]")


def risk_badge(risk: Mapping[str, Any]) -> Badge:
    """Band and score, as "HIGH 72"."""
    band, score = risk.get("category"), risk.get("score")
    if band is None and score is None:
        return Badge("Risk not known", "gray")
    text = " ".join(part for part in (str(band or "").upper(), number(score) if score is not None else "") if part)
    return Badge(text, _BANDS.get(str(band), "gray"), ":material/speed:")


def verdict_badge(verdict: str) -> Badge:
    """The verdict of the rules."""
    return Badge(verdict.capitalize(), _VERDICTS.get(verdict, "gray"))


def case_badge(status: str) -> Badge:
    """The state of a case; never in a colour of outcomes or bands."""
    return _CASE_STATES.get(status, Badge(status, "gray"))


def version_badge(status: str) -> Badge:
    """The state of a pack version."""
    return _VERSION_STATES.get(status, Badge(status, "gray"))


def due_badge(due: str | None, created: str | None, now: datetime, *, closed: bool = False) -> Badge | None:
    """Time left, from the last quarter on in orange, late in red; None while there is nothing to say."""
    end = moment(due)
    if end is None or closed:
        return None
    left = end - now
    if left < timedelta():
        return Badge(f"{span(-left)} late", "red", ":material/timer:")
    begun = moment(created)
    if begun is not None and left > (end - begun) / 4:
        return Badge(f"SLA {span(left)} left", "gray", ":material/timer:")
    return Badge(f"SLA {span(left)} left", "orange", ":material/timer:")


def due_in(due: str | None, now: datetime, *, closed: bool = False) -> str:
    """Time left for a table: "3 h", "2 d late"."""
    end = moment(due)
    if end is None or closed:
        return MISSING
    return f"{span(now - end)} late" if end < now else span(end - now)


def ago(text: str | None, now: datetime) -> str:
    """How long ago, for tables."""
    then = moment(text)
    if then is None:
        return MISSING
    return f"{span(now - then)} ago" if now - then >= timedelta(minutes=1) else "just now"


def at(text: str | None) -> str:
    """A time with its zone, for the case."""
    then = moment(text)
    return MISSING if then is None else then.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def moment(text: str | None) -> datetime | None:
    """A time as the API writes it; None where there is none or it cannot be read."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def span(length: timedelta) -> str:
    """A length of time in its two greatest parts."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def number(value: object, places: int = 2) -> str:
    """A number without needless zeros; a dash where there is none, the text where it is not one."""
    if isinstance(value, bool) or value is None:
        return MISSING
    try:
        text = f"{float(str(value)):,.{places}f}"
    except ValueError:
        return str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(value: object) -> str:
    """Any value of the API in a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value, 4)
    if isinstance(value, Mapping | list | tuple):
        return _shown_many(value)
    return MISSING if value is None or value == "" else str(value)


def _shown_many(value: Mapping[str, Any] | Sequence[Any]) -> str:
    if not isinstance(value, Mapping):
        return ", ".join(shown(part) for part in value) or MISSING
    if "missing" in value:
        return f"{MISSING} ({spaced(str(value['missing']))})"
    return ", ".join(f"{spaced(str(key))}: {shown(part)}" for key, part in value.items()) or MISSING


def spaced(code: str) -> str:
    """A code as words: `name_similarity` is "name similarity"."""
    return " ".join(_SHORT.get(part, part) for part in code.replace(".", " ").replace("_", " ").split())


def title(code: str) -> str:
    """A code as a heading."""
    words = spaced(code)
    return words[:1].upper() + words[1:]


def plain(text: str) -> str:
    """A text of the API as Markdown shows it letter by letter: a rule's id or a value is never taken for a mark."""
    return _MARKS.sub(r"\\\g<0>", text)


def role(code: str) -> str:
    """A role as people say it."""
    return _ROLES.get(code, title(code))


def count(items: int, one: str, many: str | None = None) -> str:
    """A number with its noun, as in "1 case" and "3 cases"."""
    return f"{items} {one if items == 1 else many or one + 's'}"
