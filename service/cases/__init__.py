"""Cases: queues, claims, dispositions with reason and note, four eyes, and the page that shows it all."""

from service.cases.claiming import assign, claim, claim_next, escalate, release
from service.cases.deciding import decide, second
from service.cases.page import get
from service.cases.reading import listing, queues
from service.cases.reasons import reason_codes
from service.cases.working import note, request_information

__all__ = [
    "assign",
    "claim",
    "claim_next",
    "decide",
    "escalate",
    "get",
    "listing",
    "note",
    "queues",
    "reason_codes",
    "release",
    "request_information",
    "second",
]
