"""Decisions: made once per key, kept for ever, read and replayed; tried by any version; and what became of them."""

from service.decisions.making import decide, decide_batch, record
from service.decisions.outcomes import outcomes_of, record_outcome
from service.decisions.reading import explanation, get, listing, replay
from service.decisions.request import Answer, BatchItem, DecisionRequest
from service.decisions.trying import decide_with_version
from service.paging import Page

__all__ = [
    "Answer",
    "BatchItem",
    "DecisionRequest",
    "Page",
    "decide",
    "decide_batch",
    "decide_with_version",
    "explanation",
    "get",
    "listing",
    "outcomes_of",
    "record",
    "record_outcome",
    "replay",
]
