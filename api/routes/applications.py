"""Applications: create, add documents, submit, and see how far the checks have come."""

from __future__ import annotations

from typing import Annotated, Final, get_args

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.declare import Caller, Routes
from api.intake import JSON_EXACT, UPLOAD, read_upload
from api.json_body import Json
from api.params import After, Id, Limit, Word, opened, page
from api.wire.applications import ApplicationAnswer, ApplicationBody, ApplicationLine, DocumentKind, DocumentLine
from api.wire.base import Page
from service import applications
from service.applications import ApplicationRequest
from service.errors import Invalid, Problem
from service.identity.actor import Permission

routes = Routes("applications")
KINDS: Final = get_args(DocumentKind)
_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["kind", "file"],
                    "properties": {
                        "kind": {"type": "string", "enum": list(KINDS)},
                        "file": {"type": "string", "format": "binary", "description": "JPEG, PNG or PDF"},
                    },
                },
                "example": {"kind": "pan_card", "file": "the bytes of the image"},
            }
        },
    }
}
Status = Annotated[str | None, Query(pattern="^[a-z_]{1,20}$")]


@routes.post(
    "/v1/applications",
    Permission.APPLY,
    "Create an application",
    answers=ApplicationAnswer,
    status=201,
    body=JSON_EXACT,
)
def create_application(caller: Caller, body: ApplicationBody) -> Response:
    """A draft that takes documents until it is submitted. 409 where the reference is taken, 422 lists every fault."""
    asked = ApplicationRequest(
        pack=body.pack,
        reference=body.reference,
        applicant=body.applicant,
        signals=body.signals,
        consents=body.consents,
    )
    told = applications.create(caller, asked)
    return Json(told, 201, {"location": f"/v1/applications/{told['id']}"})


@routes.get("/v1/applications", Permission.READ_APPLICATIONS, "List applications", answers=Page[ApplicationLine])
def list_applications(
    caller: Caller, after: After = None, limit: Limit = 50, status: Status = None, reference: Word = None
) -> Response:
    """Newest first."""
    return page(applications.listing(caller, after=opened(after), limit=limit, status=status, reference=reference))


@routes.get(
    "/v1/applications/{application_id}",
    Permission.READ_APPLICATIONS,
    "Read an application",
    answers=ApplicationAnswer,
)
def read_application(caller: Caller, application_id: Id) -> Response:
    """Status, checks, documents, signals (masked), and the decision when there is one."""
    return Json(applications.get(caller, application_id))


@routes.post(
    "/v1/applications/{application_id}/documents",
    Permission.APPLY,
    "Add a document",
    answers=DocumentLine,
    status=201,
    body=UPLOAD,
    openapi=_FORM,
)
async def add_document(caller: Caller, application_id: Id, request: Request) -> Response:
    """Upload one file of a kind; a further file of the same kind replaces it for the checks. 413 where it is too large."""
    form = await read_upload(request, fields=("kind",))
    kind = form.fields["kind"]
    if kind not in KINDS:
        raise Invalid("the kind is not known", (Problem("/kind", f"is one of {', '.join(KINDS)}"),))
    told = await run_in_threadpool(
        applications.add_document, caller, application_id, kind, form.content, form.file_name
    )
    return Json(told, 201)


@routes.post(
    "/v1/applications/{application_id}:submit",
    Permission.APPLY,
    "Submit an application",
    answers=ApplicationAnswer,
    status=202,
)
def submit_application(caller: Caller, application_id: Id) -> Response:
    """Start the checks; a second submit answers the same and starts nothing. Poll the application, or take the webhook."""
    return Json(applications.submit(caller, application_id), 202)


@routes.get(
    "/v1/documents/{document_id}/content",
    Permission.SEE_PERSONAL_DATA,
    "Read a document's content",
    media=("image/png", "image/jpeg", "application/pdf"),
)
def read_document_content(caller: Caller, document_id: Id) -> Response:
    """The file itself, for the case page; each reading is audited."""
    media_type, content = applications.document(caller, document_id)
    return Response(content, 200, {"content-disposition": "inline"}, media_type)
