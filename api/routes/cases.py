"""Cases: queues, claiming, deciding, the second pair of eyes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from api.declare import Caller, Routes
from api.json_body import Json
from api.params import After, Id, Limit, QueueName, opened, page, whole
from api.wire.base import Page
from api.wire.cases import (
    AskBody,
    AssignBody,
    CaseDecisionBody,
    CaseLine,
    CaseNoteBody,
    CasePage,
    ClaimNextBody,
    EscalateBody,
    Queues,
    ReasonCodes,
    SecondBody,
)
from service import cases
from service.identity import people
from service.identity.actor import Permission

routes = Routes("cases")
Status = Annotated[Literal["open", "claimed", "waiting", "second", "closed"] | None, Query()]


@routes.get("/v1/cases", Permission.READ_CASES, "List cases", answers=Page[CaseLine])
def list_cases(
    *,
    caller: Caller,
    queue: QueueName = None,
    status: Status = None,
    mine: Annotated[bool, Query(description="only those that the caller holds")] = False,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """By priority, then by deadline."""
    found = cases.listing(caller, queue=queue, status=status, mine=mine, after=opened(after), limit=limit)
    return page(found)


@routes.get("/v1/queues", Permission.READ_CASES, "Count what waits", answers=Queues)
def list_queues(caller: Caller) -> Response:
    """Open and late cases by queue."""
    told = cases.queues(caller)
    return whole(told) if isinstance(told, list) else Json(told)


@routes.get("/v1/case-reasons", Permission.READ_CASES, "List the reason codes", answers=ReasonCodes)
async def list_reasons(caller: Caller) -> Response:
    """What a decision of a case may give as its reason, by outcome."""
    assert caller.may(Permission.READ_CASES)
    return Json(cases.reason_codes())


@routes.get("/v1/assignees", Permission.ASSIGN_CASES, "List who may be given a case", answers=Queues)
def list_assignees(caller: Caller) -> Response:
    """Active officers and managers: id, name, roles."""
    return whole(people.assignees(caller))


@routes.post("/v1/cases:claim-next", Permission.WORK_CASES, "Take the next case", answers=CasePage)
def claim_next_case(caller: Caller, body: ClaimNextBody) -> Response:
    """The most urgent open case that the caller may work; 404 where nothing waits."""
    return Json(cases.claim_next(caller, queue=body.queue))


@routes.get("/v1/cases/{case_id}", Permission.READ_CASES, "Read a case", answers=CasePage)
def read_case(caller: Caller, case_id: Id) -> Response:
    """The whole case page; values are masked for callers without `personal_data:read`."""
    return Json(cases.get(caller, case_id))


@routes.post("/v1/cases/{case_id}:claim", Permission.WORK_CASES, "Claim a case", answers=CasePage)
def claim_case(caller: Caller, case_id: Id) -> Response:
    """Two officers, one winner: the other gets 409."""
    return Json(cases.claim(caller, case_id))


@routes.post("/v1/cases/{case_id}:release", Permission.WORK_CASES, "Give a case back", answers=CasePage)
def release_case(caller: Caller, case_id: Id) -> Response:
    """Back into its queue."""
    return Json(cases.release(caller, case_id))


@routes.post("/v1/cases/{case_id}:assign", Permission.ASSIGN_CASES, "Give a case to somebody", answers=CasePage)
def assign_case(caller: Caller, case_id: Id, body: AssignBody) -> Response:
    """To a person who may work it."""
    return Json(cases.assign(caller, case_id, body.person_id))


@routes.post("/v1/cases/{case_id}:escalate", Permission.WORK_CASES, "Move a case to another queue", answers=CasePage)
def escalate_case(caller: Caller, case_id: Id, body: EscalateBody) -> Response:
    """With a note that says why."""
    return Json(cases.escalate(caller, case_id, body.queue, body.note))


@routes.post("/v1/cases/{case_id}:request-information", Permission.WORK_CASES, "Ask the applicant", answers=CasePage)
def request_information(caller: Caller, case_id: Id, body: AskBody) -> Response:
    """The case waits until something comes."""
    return Json(cases.request_information(caller, case_id, body.what, body.note))


@routes.post("/v1/cases/{case_id}/notes", Permission.WORK_CASES, "Write a note", answers=CasePage, status=201)
def add_note(caller: Caller, case_id: Id, body: CaseNoteBody) -> Response:
    """Into the timeline; notes are sealed at rest."""
    return Json(cases.note(caller, case_id, body.text), 201)


@routes.post("/v1/cases/{case_id}:decide", Permission.WORK_CASES, "Decide a case", answers=CasePage)
def decide_case(caller: Caller, case_id: Id, body: CaseDecisionBody) -> Response:
    """By the officer who holds it. A four-eyes case then waits for a second person. 409 where the case has changed."""
    return Json(cases.decide(caller, case_id, body.outcome, body.reason_code, body.note, body.version))


@routes.post("/v1/cases/{case_id}:second", Permission.SECOND_CASES, "Be the second pair of eyes", answers=CasePage)
def second_case(caller: Caller, case_id: Id, body: SecondBody) -> Response:
    """Agree, and the case closes; or send it back with a note. Never by whoever decided it (invariant 6)."""
    return Json(cases.second(caller, case_id, body.agree, body.note, body.version))
