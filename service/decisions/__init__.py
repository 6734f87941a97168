"""Decisions: made once per key, kept for ever, read and replayed."""

from service.decisions.making import decide, decide_batch, record
from service.decisions.reading import explanation, get, listing, replay
from service.decisions.request import Answer, BatchItem, DecisionRequest
from service.paging import Page

__all__ = [
    "Answer",
    "BatchItem",
    "DecisionRequest",
    "Page",
    "decide",
    "decide_batch",
    "explanation",
    "get",
    "listing",
    "record",
    "replay",
]
