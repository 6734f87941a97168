"""The audit trail: reading and proving it."""

from __future__ import annotations

from starlette.responses import Response

from api.declare import Caller, Routes
from api.json_body import Json
from api.params import After, Limit, Word, opened, page
from api.wire.audit import AuditLine, AuditReport
from api.wire.base import Page
from service import audit
from service.identity.actor import Permission

routes = Routes("audit")


@routes.get("/v1/audit", Permission.READ_AUDIT, "Read the audit trail", answers=Page[AuditLine])
def list_audit(
    caller: Caller, after: After = None, limit: Limit = 50, subject: Word = None, action: Word = None
) -> Response:
    """Newest first; entries hold no personal data."""
    return page(audit.entries(caller, opened(after), limit, subject=subject, action=action))


@routes.post("/v1/audit:verify", Permission.READ_AUDIT, "Verify the audit trail", answers=AuditReport)
def verify_audit(caller: Caller) -> Response:
    """Walk every chain; a changed, dropped or reordered entry is named by lane and position (invariant 8)."""
    return Json(audit.verify(caller).to_dict())
