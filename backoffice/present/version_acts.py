"""The steps of a pack version as questions: who may take them, what they still want, what follows, what must be ticked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from backoffice.present.packs import short_digest, version_name
from backoffice.present.question import Question
from backoffice.present.words import at

Version = Mapping[str, Any]
DONE: Final = {
    "submit": "submitted",
    "approve": "approved",
    "reject": "rejected",
    "schedule": "scheduled",
    "unschedule": "approved, and not scheduled any more",
    "activate": "live",
    "rollback": "live again",
    "retire": "retired",
    "shadow": "deciding in the shadow",
    "challenge": "answering for its share",
    "stop": "not on live traffic any more",
}
_REASONED: Final = 20
_NOT_ACTIVATOR: Final = "A rule approver makes versions live."


@dataclass(frozen=True)
class Step:
    """A button; `why_not` says why it is off."""

    name: str
    label: str
    main: bool
    why_not: str | None


def steps(version: Version, me: str, permissions: Collection[str], before: Version | None = None) -> list[Step]:
    """The steps from the version's state; a draft's are its own. `before` is the version a roll-back would bring back."""
    status = version.get("status")
    live = None if "packs:activate" in permissions else _NOT_ACTIVATOR
    if status == "submitted":
        return _of_submitted(version, me, permissions)
    if status == "approved":
        return [
            Step("activate", "Activate now", main=True, why_not=live),
            Step("schedule", "Schedule", main=False, why_not=live and ""),
        ]
    if status == "scheduled":
        return [
            Step("schedule", "Move the date", main=False, why_not=live),
            Step("activate", "Activate now", main=False, why_not=live and ""),
            Step("unschedule", "Take off the schedule", main=False, why_not=live and ""),
        ]
    if status == "retired" and version.get("activated_at"):
        return [Step("rollback", "Roll back to this version", main=False, why_not=live)]
    if status == "active":
        back = [] if before is None else [_back(before, live)]
        return [*back, Step("retire", "Retire without a successor", main=False, why_not=live and "")]
    return []


def trial_steps(version: Version, running: Collection[str], permissions: Collection[str]) -> list[Step]:
    """What may be done with a version on live traffic; `running` holds the modes of its running trials."""
    refusal = None
    if "packs:activate" not in permissions:
        refusal = "A rule approver puts versions on live traffic."
    elif version.get("status") not in {"approved", "scheduled"}:
        refusal = "Only an approved version that is not live is tried on live traffic."
    found = []
    if "shadow" not in running:
        found.append(Step("shadow", "Start shadow", main=True, why_not=refusal))
    if "challenger" not in running:
        found.append(Step("challenge", "Start challenger", main=False, why_not=refusal and ""))
    if running:
        stop = None if "packs:activate" in permissions else "A rule approver stops trials."
        found.append(Step("stop", "Stop now", main=True, why_not=stop))
    return found


def question(name: str, version: Version, live: Version | None, before: Version | None = None) -> Question | None:
    """The drawer of that step; None for a name that is none."""
    about = f"{version.get('pack')} {version_name(version)}"
    made = _making(name, version, about) or _taking_effect(name, version, live, before, about)
    return made or _on_trial(name, live, about)


def _of_submitted(version: Version, me: str, permissions: Collection[str]) -> list[Step]:
    refusal = reject = None
    if "packs:approve" not in permissions:
        refusal = reject = "A rule approver approves it."
    elif me in (version.get("authors") or []):
        refusal = reject = "You wrote on this version; another person approves it."
    elif not (version.get("evidence") or {}).get("ready"):
        refusal = "Approve opens when everything above is on record."
    return [
        Step("approve", "Approve", main=True, why_not=refusal),
        Step("reject", "Reject", main=False, why_not=reject and ""),
    ]


def _back(before: Version, refusal: str | None) -> Step:
    return Step("rollback", f"Roll back to {version_name(before)}", main=False, why_not=refusal)


def _making(name: str, version: Version, about: str) -> Question | None:
    digest = short_digest(version.get("digest"))
    known = {
        "submit": Question(
            name="submit",
            title="Submit for approval",
            about=about,
            consequence="The version is frozen under its digest. Its proofs and its back-test begin; another person approves it.",
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
    }
    return known.get(name)


def _taking_effect(
    name: str, version: Version, live: Version | None, before: Version | None, about: str
) -> Question | None:
    digest = short_digest(version.get("digest"))
    replaced = f"It replaces {version_name(live)}" if live is not None else "No version is live now"
    target = before if version.get("status") == "active" and before is not None else version
    gone = replaced if target is version else f"It replaces {version_name(version)}"
    planned = f" It is scheduled for {at(version.get('effective_from'))}." if version.get("effective_from") else ""
    known = {
        "schedule": Question(
            name="schedule",
            title="Schedule version",
            about=about,
            consequence=f"From that instant on this version decides, by itself. {replaced} then.{planned}",
            confirm="Schedule",
            asks="instant",
        ),
        "unschedule": Question(
            name="unschedule",
            title="Take off the schedule",
            about=about,
            consequence=f"The version stays approved and takes no effect by itself.{planned}",
            confirm="Take off",
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
        "rollback": Question(
            name="rollback",
            title="Roll back",
            about=f"{version.get('pack')} {version_name(target)}",
            consequence=f"From the next application on, {version_name(target)} decides again. {gone}.",
            confirm="Roll back",
            least_note=_REASONED,
            note_label="Reason",
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


def _on_trial(name: str, live: Version | None, about: str) -> Question | None:
    beside = "the live version" if live is None else version_name(live)
    known = {
        "shadow": Question(
            name="shadow",
            title="Start shadow",
            about=about,
            consequence=f"It decides on every live decision beside {beside}. Nobody sees what it says but this page.",
            confirm="Start",
        ),
        "challenge": Question(
            name="challenge",
            title="Start challenger",
            about=about,
            consequence=f"It answers for a share of the references, the same ones always; {beside} answers for the others.",
            confirm="Start",
            asks="percent",
            ticks=("Its answers are real: customers are approved and declined by them.",),
        ),
        "stop": Question(
            name="stop",
            title="Stop trial",
            about=about,
            consequence=f"At once: the next decision is made by {beside}. The figures stay.",
            confirm="Stop",
        ),
    }
    return known.get(name)
