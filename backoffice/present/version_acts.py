"""The steps of a pack version as questions: who may take them, what follows, and what must be ticked before it goes live."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from backoffice.present.packs import short_digest, version_name
from backoffice.present.question import Question

Version = Mapping[str, Any]
DONE: Final = {
    "submit": "submitted",
    "approve": "approved",
    "reject": "rejected",
    "activate": "live",
    "retire": "retired",
}
_REASONED: Final = 20


@dataclass(frozen=True)
class Step:
    """A button; `why_not` says why it is off."""

    name: str
    label: str
    main: bool
    why_not: str | None


def steps(version: Version, me: str, permissions: Collection[str]) -> list[Step]:
    """The steps from the version's state; a draft's are its own."""
    status = version.get("status")
    if status == "submitted":
        refusal = None
        if "packs:approve" not in permissions:
            refusal = "A rule approver approves it."
        elif me in (version.get("authors") or []):
            refusal = "You wrote on this version; another person approves it."
        return [
            Step("approve", "Approve", main=True, why_not=refusal),
            Step("reject", "Reject", main=False, why_not=refusal and ""),
        ]
    live = None if "packs:activate" in permissions else "A rule approver makes versions live."
    if status == "approved":
        return [Step("activate", "Activate", main=True, why_not=live)]
    if status == "retired" and version.get("activated_at"):
        return [Step("activate", "Roll back to this version", main=False, why_not=live)]
    if status == "active":
        return [Step("retire", "Retire without a successor", main=False, why_not=live)]
    return []


def question(name: str, version: Version, live: Version | None) -> Question | None:
    """The drawer of that step; None for a name that is none."""
    about = f"{version.get('pack')} {version_name(version)}"
    digest = short_digest(version.get("digest"))
    replaced = f"It replaces {version_name(live)}" if live is not None else "No version is live now"
    known = {
        "submit": Question(
            name="submit",
            title="Submit for approval",
            about=about,
            consequence="The version is frozen under its digest. Another person approves it.",
            confirm="Submit",
        ),
        "approve": Question(
            name="approve",
            title="Approve version",
            about=about,
            consequence=f"You confirm the content {digest}. It is not live until it is activated.",
            confirm="Approve",
        ),
        "reject": Question(
            name="reject",
            title="Reject version",
            about=about,
            consequence="The version ends here; a new draft can be made from it.",
            confirm="Reject",
            least_note=_REASONED,
        ),
        "activate": Question(
            name="activate",
            title="Activate version",
            about=about,
            consequence="From the next application on, this version decides.",
            confirm="Activate",
            ticks=(
                f"{replaced}.",
                "It takes effect at once, for every new decision.",
                f"I have read what it changes ({digest}).",
            ),
        ),
        "retire": Question(
            name="retire",
            title="Retire version",
            about=about,
            consequence="No version decides until another one is activated: applications are refused.",
            confirm="Retire",
            least_note=_REASONED,
            ticks=("I know that this pack then decides nothing.",),
        ),
    }
    return known.get(name)
