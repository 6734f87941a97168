"""What a version would do: proofs, back-tests on stored decisions, trials on live traffic, and single decisions to try it."""

from __future__ import annotations

from urllib.parse import quote
from uuid import uuid4

from starlette.responses import Response

from api.declare import Caller, Routes
from api.intake import JSON_EXACT
from api.json_body import Json
from api.params import Id, PackName, whole
from api.routes.decisions import stored
from api.routes.packs import VERSION, of_pack
from api.routes.reports import XLSX
from api.wire.base import NoteBody, Page
from api.wire.decisions import DecisionAnswer, TryBody
from api.wire.packs import BacktestBody, ChallengeBody, PackJob, PackJobResult, Trial, TrialFigures
from service import decisions, packs
from service.decisions import DecisionRequest
from service.identity.actor import Permission
from service.packs import jobs
from service.trials import figures, running

routes = Routes("packs")


@routes.post(VERSION + ":prove", Permission.READ_PACKS, "Prove a version", answers=PackJob, status=202)
def prove_version(caller: Caller, pack_id: PackName, version_id: Id) -> Response:
    """The whole check with its proofs, by a worker. Needs `packs:write` or `packs:approve`."""
    return Json(packs.prove(caller, of_pack(caller, pack_id, version_id)), 202)


@routes.post(VERSION + ":backtest", Permission.READ_PACKS, "Back-test a version", answers=PackJob, status=202)
def backtest_version(caller: Caller, pack_id: PackName, version_id: Id, body: BacktestBody) -> Response:
    """Decide stored decisions again, by a worker; poll its job. Needs `packs:write` or `packs:approve`."""
    version = of_pack(caller, pack_id, version_id)
    return Json(packs.backtest(caller, version, body.first, body.last, body.against), 202)


@routes.get(VERSION + "/backtests", Permission.READ_PACKS, "List a version's back-tests", answers=Page[PackJob])
def list_backtests(caller: Caller, pack_id: PackName, version_id: Id) -> Response:
    """Newest first, at most a hundred."""
    return whole(jobs.listing(caller, of_pack(caller, pack_id, version_id), "backtest"))


@routes.get(VERSION + "/backtests/{job_id}", Permission.READ_PACKS, "Read a back-test", answers=PackJobResult)
def read_backtest(caller: Caller, pack_id: PackName, version_id: Id, job_id: Id) -> Response:
    """How far it is, and its figures when it is done: counts, migrations, rules and references, nothing personal."""
    return Json(jobs.get(caller, of_pack(caller, pack_id, version_id), job_id))


@routes.get(
    VERSION + "/backtests/{job_id}/content",
    Permission.READ_PACKS,
    "Download a back-test",
    media=(XLSX,),
    problems=(409,),
)
def download_backtest(caller: Caller, pack_id: PackName, version_id: Id, job_id: Id) -> Response:
    """The workbook; each download is audited. 409 while it is not done."""
    name, media_type, content = jobs.download(caller, of_pack(caller, pack_id, version_id), job_id)
    return Response(content, 200, {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}, media_type)


@routes.post(VERSION + ":shadow", Permission.ACTIVATE_PACKS, "Start a shadow", answers=Trial, status=201)
def start_shadow(caller: Caller, pack_id: PackName, version_id: Id, body: NoteBody) -> Response:
    """An approved version decides beside the active one from now on, recorded and without effect."""
    return Json(running.shadow(caller, of_pack(caller, pack_id, version_id), body.note), 201)


@routes.post(VERSION + ":challenge", Permission.ACTIVATE_PACKS, "Start a challenger", answers=Trial, status=201)
def start_challenger(caller: Caller, pack_id: PackName, version_id: Id, body: ChallengeBody) -> Response:
    """An approved version answers for a part of the references; where it fails, the active one does."""
    return Json(running.challenge(caller, of_pack(caller, pack_id, version_id), body.percent, body.note), 201)


@routes.post(VERSION + ":stop", Permission.ACTIVATE_PACKS, "Stop a version's trials", answers=Page[Trial])
def stop_trials(caller: Caller, pack_id: PackName, version_id: Id, body: NoteBody) -> Response:
    """At once: the next decision is the active version's."""
    return whole(running.stop(caller, of_pack(caller, pack_id, version_id), body.note))


@routes.get(VERSION + "/trials", Permission.READ_PACKS, "List a version's trials", answers=Page[Trial])
def list_trials(caller: Caller, pack_id: PackName, version_id: Id) -> Response:
    """Newest first, at most a hundred."""
    return whole(running.listing(caller, of_pack(caller, pack_id, version_id)))


@routes.get(VERSION + "/trials/{trial_id}", Permission.READ_PACKS, "Read a trial", answers=TrialFigures)
def read_trial(caller: Caller, pack_id: PackName, version_id: Id, trial_id: Id) -> Response:
    """Agreement, migrations, the rules that differ, both arms with their outcomes, and the newest differing decisions."""
    return Json(figures.figures(caller, of_pack(caller, pack_id, version_id), trial_id))


@routes.post(VERSION + ":decide", Permission.READ_PACKS, "Try a version", answers=DecisionAnswer, body=JSON_EXACT)
def try_version(caller: Caller, pack_id: PackName, version_id: Id, body: TryBody) -> Response:
    """Decide by this version, a draft included: a test (`test: true`), stored apart and counted nowhere."""
    version = of_pack(caller, pack_id, version_id)
    request = DecisionRequest(pack_id, body.reference, body.signals, body.as_of, f"try-{uuid4()}")
    return stored(decisions.decide_with_version(caller, request, version))
