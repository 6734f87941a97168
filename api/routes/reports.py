"""Reports: the catalogue, asking for one, downloading it."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from api.declare import Caller, Routes
from api.json_body import Json
from api.params import After, Id, Limit, PathName, opened, page_body
from api.wire.reports import ReportBody, ReportCatalogue, ReportRun
from service import reports
from service.identity.actor import Permission

routes = Routes("reports")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@routes.get("/v1/reports", Permission.READ_REPORTS, "List reports", answers=ReportCatalogue)
def list_reports(caller: Caller, after: After = None, limit: Limit = 50) -> Response:
    """What can be asked for, and the runs that were, newest first."""
    runs = reports.listing(caller, after=opened(after), limit=limit)
    return Json({"catalogue": reports.catalogue()} | page_body(runs))


@routes.post("/v1/reports/{report}", Permission.MAKE_REPORTS, "Ask for a report", answers=ReportRun, status=202)
def request_report(caller: Caller, report: PathName, body: ReportBody) -> Response:
    """A worker makes it; poll its run, then download."""
    return Json(reports.request(caller, report, body.first, body.last, body.format), 202)


@routes.get("/v1/reports/runs/{run_id}", Permission.READ_REPORTS, "Read a report's run", answers=ReportRun)
def read_report(caller: Caller, run_id: Id) -> Response:
    """Queued, running, done or failed."""
    return Json(reports.get(caller, run_id))


@routes.get(
    "/v1/reports/runs/{run_id}/content",
    Permission.READ_REPORTS,
    "Download a report",
    media=("text/csv", XLSX),
    problems=(409,),
)
def download_report(caller: Caller, run_id: Id) -> Response:
    """The file; each download is audited. 409 while it is not done."""
    name, media_type, content = reports.download(caller, run_id)
    return Response(content, 200, {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}, media_type)
