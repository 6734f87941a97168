"""Why an officer decides as they do: the codes that a disposition must carry, by outcome.

RBI asks for the officer's recorded reason on every refused KYC application. The words are for reports and never for the
applicant, whom only the pack's `tell` texts reach (invariant 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REASON_CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "approve": {
        "documents_agree": "The documents agree with what was declared",
        "difference_explained": "The difference is explained by evidence on file",
        "identity_confirmed": "Identity was confirmed by another official document",
        "not_the_listed_person": "The list entry is another person",
        "risk_accepted": "The risk is known and accepted under enhanced due diligence",
    },
    "decline": {
        "identity_not_established": "Identity could not be established",
        "documents_unacceptable": "Documents are unreadable, expired or not accepted",
        "information_not_received": "Information that was asked for did not arrive",
        "address_not_established": "The address could not be established",
        "affordability": "The instalment is not affordable, or credit history is insufficient",
        "listed_person": "The applicant is the listed person",
        "outside_policy": "Outside the company's policy",
        "suspected_misuse": "Documents or data appear to be misused",
    },
}


def reason_codes() -> dict[str, list[dict[str, str]]]:
    """The catalogue for screens: outcome to codes with their words."""
    return {
        outcome: [{"code": code, "text": words} for code, words in codes.items()]
        for outcome, codes in REASON_CODES.items()
    }
