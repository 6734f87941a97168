"""The acts on a case as questions to be confirmed: who, what, what follows, which reasons; and why an act is not open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backoffice.present.case import applicant
from backoffice.present.question import Question
from backoffice.present.words import MISSING, at, spaced, title

Page = Mapping[str, Any]
REASONED_NOTE: Final = 20
"""Characters; the service's own limit for declines, overrides and sending back."""

WANTED: Final = {
    "document_photo": "A new photo of the document",
    "selfie": "A new selfie",
    "proof_of_address": "Another proof of address",
    "source_of_funds": "Where the funds come from",
    "explanation": "An explanation",
}
QUEUES: Final = ("edd", "fraud", "sanctions", "credit_review", "kyc_review")
_DONE: Final = {
    "approve": "approval recorded",
    "decline": "decline recorded",
    "agree": "you agreed, and the case is closed",
    "send_back": "sent back",
    "escalate": "moved to another queue",
    "request": "the customer is asked",
}


def question(name: str, page: Page) -> Question | None:
    """The drawer of that name for this case; None for a name that is none."""
    build = {
        "approve": _approve,
        "decline": _decline,
        "request": _request,
        "escalate": _escalate,
        "agree": _agree,
        "send_back": _send_back,
    }.get(name)
    return None if build is None else build(page)


def why_not(page: Page, *, may: Mapping[str, Any], works: bool) -> str | None:
    """Why the decision buttons are off; None where they are on."""
    if may.get("decide"):
        return None
    if not works:
        return "Your role reads cases and does not decide them."
    if may.get("claim"):
        return "Claim the case first; then it is yours to decide."
    owner = (page.get("assignee") or {}).get("name")
    if owner:
        return f"{owner} is working on this case."
    return f"This case is for the role {spaced(str(page.get('role')))}."


def done(name: str) -> str:
    """An act in the past tense."""
    return _DONE.get(name, "done")


def recommendation(page: Page, event: Mapping[str, Any]) -> str:
    """What the first officer recommends, with reason and note."""
    note = event.get("note")
    who, what = page.get("decided_by_name") or "An officer", page.get("outcome") or MISSING
    said = f"**{who}** recommends to **{what}**: {_reason(page)}."
    return said + (f"\n\n> {note}" if note else "") + f"\n\n{at(page.get('decided_at'))}"


def outcome(page: Page) -> str:
    """How a closed case ended, and by whom."""
    word = {"approve": ":green-badge[Approved]", "decline": ":red-badge[Declined]"}.get(
        str(page.get("outcome")), MISSING
    )
    by = str(page.get("decided_by_name") or MISSING)
    second = f", confirmed by {page['second_by_name']}" if page.get("second_by_name") else ""
    return f"{word} by {by}{second}  \n{_reason(page)}  \n{at(page.get('closed_at'))}"


def _approve(page: Page) -> Question:
    override = (page.get("decision") or {}).get("verdict") == "reject"
    follows = "The rules say reject: this is an override and needs a note. " if override else ""
    return _deciding(
        page,
        "approve",
        "Approve case",
        follows + _then(page, "The application is approved."),
        REASONED_NOTE if override else 0,
    )


def _decline(page: Page) -> Question:
    told = (page.get("decision") or {}).get("customer_reasons") or []
    said = "The applicant will be told: " + "; ".join(f"“{one}”" for one in told) + "." if told else ""
    return _deciding(
        page,
        "decline",
        "Decline case",
        _then(page, "The application is rejected.") + (" " + said if said else ""),
        REASONED_NOTE,
    )


def _deciding(page: Page, name: str, heading: str, follows: str, least: int) -> Question:
    codes = {str(one["code"]): str(one["text"]) for one in (page.get("reason_codes") or {}).get(name, [])}
    return Question(
        name=name,
        title=heading,
        about=_about(page),
        consequence=follows,
        confirm="Confirm",
        choices=codes,
        least_note=least,
        and_next=True,
    )


def _request(page: Page) -> Question:
    return Question(
        name="request",
        title="Request information",
        about=_about(page),
        consequence="The case waits for the customer and stays yours.",
        confirm="Send request",
        choices=WANTED,
        choice_label="What is missing",
    )


def _escalate(page: Page) -> Question:
    return Question(
        name="escalate",
        title="Escalate case",
        about=_about(page),
        consequence="The case leaves you and goes to an approval manager.",
        confirm="Escalate",
        choices={name: title(name) for name in QUEUES if name != page.get("queue")},
        choice_label="To which queue",
        least_note=REASONED_NOTE,
    )


def _agree(page: Page) -> Question:
    return Question(
        name="agree",
        title="Agree as second officer",
        about=_about(page),
        consequence=f"The case closes: {page.get('outcome')}. Undo is not possible.",
        confirm="Agree and close",
    )


def _send_back(page: Page) -> Question:
    return Question(
        name="send_back",
        title="Send back",
        about=_about(page),
        consequence=f"The case goes back to {page.get('decided_by_name') or 'the officer'}, with your note.",
        confirm="Send back",
        least_note=REASONED_NOTE,
    )


def _about(page: Page) -> str:
    return f"{page.get('number')} · {applicant(page)}"


def _then(page: Page, alone: str) -> str:
    return (
        "A second officer confirms before anything happens."
        if page.get("four_eyes")
        else f"{alone} Undo is not possible."
    )


def _reason(page: Page) -> str:
    code = page.get("reason_code")
    known = {one["code"]: one["text"] for codes in (page.get("reason_codes") or {}).values() for one in codes}
    return str(known.get(code) or (spaced(str(code)) if code else MISSING))
