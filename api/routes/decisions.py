"""Decisions on signals in hand. `POST /v1/decisions` is the hot path: one thread hop, and the stored bytes as they are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Query
from starlette.responses import Response

from api.declare import Caller, Routes
from api.intake import JSON_EXACT
from api.json_body import Json
from api.params import After, Id, Limit, Word, opened, page, whole
from api.problems import of_service
from api.wire.base import Page
from api.wire.decisions import (
    BatchAnswer,
    BatchBody,
    DecisionAnswer,
    DecisionBody,
    DecisionLine,
    Explanation,
    OneDecisionBody,
    OutcomeAnswer,
    OutcomeBody,
    ReplayAnswer,
    ReplayBody,
    Verdict,
)
from service import decisions
from service.decisions import Answer, DecisionRequest
from service.identity.actor import Permission

routes = Routes("decisions")
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern="^[\\x21-\\x7e]{1,255}$",
        description="one key, one decision; the same key and body bring the stored answer again",
        examples=["LOAN-2026-000117"],
    ),
]


@routes.post("/v1/decisions", Permission.DECIDE, "Decide on signals in hand", answers=DecisionAnswer, body=JSON_EXACT)
def make_decision(caller: Caller, body: OneDecisionBody, key: Key) -> Response:
    """Decide once for the key and store it. 409 where the key came with another body, 422 lists every wrong signal.

    `Idempotency-Replayed: true` marks an answer that was stored before. With `version`, a test by that version, which needs
    `packs:read` too.
    """
    request = _request(body, key)
    if body.version is not None:
        return stored(decisions.decide_with_version(caller, request, body.version))
    return stored(decisions.decide(caller, request))


@routes.post("/v1/decisions:batch", Permission.DECIDE, "Decide many", answers=BatchAnswer, body=JSON_EXACT)
def make_decisions(caller: Caller, body: BatchBody) -> Response:
    """Decide each item by itself, with its own key; a refused item stops none of the others."""
    done = decisions.decide_batch(caller, [_request(item, item.idempotency_key) for item in body.items])
    results: list[dict[str, Any]] = []
    for item in done:
        result: dict[str, Any] = {"idempotency_key": item.idempotency_key, "decision": None, "problem": None}
        if item.answer is not None:
            result |= {"status": 200, "decision": item.answer.body}
        else:
            assert item.error is not None
            problem, _ = of_service(item.error)
            result |= {"status": problem.status, "problem": problem.model_dump()}
        results.append(result)
    return Json({"results": results})


@routes.get("/v1/decisions", Permission.READ_DECISIONS, "List decisions", answers=Page[DecisionLine])
def list_decisions(
    caller: Caller,
    after: After = None,
    limit: Limit = 50,
    reference: Word = None,
    verdict: Annotated[Verdict | None, Query()] = None,
) -> Response:
    """Newest first."""
    return page(decisions.listing(caller, after=opened(after), limit=limit, reference=reference, verdict=verdict))


@routes.get("/v1/decisions/{decision_id}", Permission.READ_DECISIONS, "Read a decision", answers=DecisionAnswer)
def read_decision(caller: Caller, decision_id: Id) -> Response:
    """The decision as it was answered."""
    return Json(decisions.get(caller, decision_id))


@routes.get(
    "/v1/decisions/{decision_id}/explanation", Permission.READ_DECISIONS, "Explain a decision", answers=Explanation
)
def explain_decision(caller: Caller, decision_id: Id) -> Response:
    """Rules that fired, what each compared, what was missing; near misses, and the smallest changes of the verdict."""
    return Json(decisions.explanation(caller, decision_id))


@routes.post("/v1/decisions/{decision_id}:replay", Permission.READ_DECISIONS, "Decide again", answers=ReplayAnswer)
def replay_decision(caller: Caller, decision_id: Id, body: ReplayBody | None = None) -> Response:
    """Decide again with the stored signals, without storing, and say whether the digests are the same.

    By the stored pack, or by the version named, which needs `packs:read`.
    """
    return Json(decisions.replay(caller, decision_id, None if body is None else body.version))


@routes.post("/v1/decisions/{decision_id}/outcome", Permission.DECIDE, "Tell an outcome", answers=OutcomeAnswer)
def tell_outcome(caller: Caller, decision_id: Id, body: OutcomeBody) -> Response:
    """What became of it: good or bad. The same outcome of the same source again changes nothing."""
    return Json(decisions.record_outcome(caller, decision_id, body.outcome, body.source, body.note))


@routes.get(
    "/v1/decisions/{decision_id}/outcomes",
    Permission.READ_DECISIONS,
    "Read a decision's outcomes",
    answers=Page[OutcomeAnswer],
)
def read_outcomes(caller: Caller, decision_id: Id) -> Response:
    """Newest first; the newest of each source holds."""
    return whole(decisions.outcomes_of(caller, decision_id))


def stored(answer: Answer) -> Response:
    """An answer's bytes as they were stored."""
    headers = {"idempotency-replayed": "true"} if answer.replayed else None
    return Response(answer.raw, 200, headers, "application/json")


def _request(body: DecisionBody, key: str) -> DecisionRequest:
    return DecisionRequest(
        pack=body.pack, reference=body.reference, signals=body.signals, as_of=body.as_of, idempotency_key=key
    )
