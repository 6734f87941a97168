"""The lists of work: rows of the review queue, what Home counts, and what waits for a second officer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from backoffice.present.words import MISSING, case_badge, due_in, moment, risk_badge, title

Case = Mapping[str, Any]
Row = dict[str, str]


@dataclass(frozen=True)
class Lens:
    """One chip over the queue: what it asks of the API, and what to say where nothing is found."""

    name: str
    mine: bool
    status: str | None
    empty: str


LENSES: Final = (
    Lens("Mine", mine=True, status=None, empty="You hold no cases. Claim the next one, or look under Unassigned."),
    Lens(
        "Unassigned", mine=False, status="open", empty="No unassigned cases. New ones come when rules ask for a person."
    ),
    Lens("Team", mine=False, status="claimed", empty="Nobody is reviewing a case now."),
    Lens("Waiting", mine=False, status="waiting", empty="No case waits for a customer."),
    Lens("Second", mine=False, status="second", empty="No case waits for a second officer."),
    Lens("Closed", mine=False, status="closed", empty="No case has been closed yet."),
)


def lens(name: str | None) -> Lens:
    """The chip of that name; the first one for any other."""
    return next((one for one in LENSES if one.name == name), LENSES[0])


def case_row(case: Case, now: datetime, me: str) -> Row:
    """One line of the queue, eight columns."""
    assignee = case.get("assignee") or {}
    owner = "You" if assignee.get("id") == me else str(assignee.get("name") or MISSING)
    return {
        "Case": str(case.get("number", MISSING)),
        "Applicant": str(case.get("applicant_name") or case.get("reference") or MISSING),
        "Reason": str(case.get("headline") or MISSING),
        "Risk": risk_badge(case.get("risk") or {}).text,
        "Queue": title(str(case.get("queue", ""))),
        "Due in": due_in(case.get("due_at"), now, closed=case.get("status") == "closed"),
        "Status": case_badge(str(case.get("status"))).text,
        "Owner": owner,
    }


def matching(cases: Iterable[Case], *, queue: str | None, band: str | None, text: str) -> list[Case]:
    """The cases that the filters leave, in their order. Text is looked for in number, reference, name and reason."""
    wanted = text.casefold().strip()
    return [
        case
        for case in cases
        if (queue is None or case.get("queue") == queue)
        and (band is None or (case.get("risk") or {}).get("category") == band)
        and (not wanted or wanted in _words(case))
    ]


def count_line(shown: int, loaded: int, *, more: bool) -> str:
    """What is drawn of what there is, as in "37 of 412"."""
    return f"{shown} of {loaded}{'+' if more else ''}"


def nothing_matches(loaded: int) -> str:
    """What to say where the filters left nothing."""
    return f"0 of {loaded} match. Clear the filters to see them."


@dataclass(frozen=True)
class Load:
    """What Home counts of one's own work."""

    mine: int
    due_today: int
    late: int
    second: int


def load(mine: Sequence[Case], waiting_second: Sequence[Case], now: datetime, me: str) -> Load:
    """One's own cases: all, due before the day ends (UTC), late; and the others' that wait for a second look."""
    due = [moment(case.get("due_at")) for case in mine]
    return Load(
        mine=len(mine),
        due_today=sum(1 for end in due if end is not None and end.date() == now.date() and end >= now),
        late=sum(1 for end in due if end is not None and end < now),
        second=len(seconds(waiting_second, me)),
    )


def seconds(cases: Iterable[Case], me: str) -> list[Case]:
    """Those that somebody else decided; nobody is their own second."""
    return [case for case in cases if case.get("decided_by") != me]


def queue_row(queue: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One line of what waits where."""
    return {
        "Queue": title(str(queue.get("queue", ""))),
        "New": queue.get("open", 0),
        "In review": queue.get("claimed", 0),
        "Waiting": queue.get("waiting", 0),
        "Second": queue.get("second", 0),
        "Late": queue.get("late", 0),
        "Next due": due_in(queue.get("next_due"), now),
    }


def _words(case: Case) -> str:
    return " ".join(
        str(case.get(key) or "") for key in ("number", "reference", "applicant_name", "headline")
    ).casefold()
