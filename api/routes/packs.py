"""Packs and the life of their versions."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.declare import Caller, Routes
from api.intake import UPLOAD, read_upload
from api.json_body import Json
from api.params import Id, PackName, whole
from api.wire.base import ID_PATTERN, NoteBody, Page
from api.wire.packs import (
    IMPORT_FORM,
    CheckReport,
    Diff,
    DraftBody,
    ImportedVersion,
    NewPackBody,
    PackLine,
    RollBackBody,
    ScheduleBody,
    VersionAnswer,
    VersionLine,
)
from service import packs
from service.errors import NotFound
from service.identity.actor import Actor, Permission
from service.packs import exchanging

routes = Routes("packs")
VERSION = "/v1/packs/{pack_id}/versions/{version_id}"
Against = Annotated[str, Query(pattern=ID_PATTERN, description="the version to compare with")]

ExportTo = Annotated[
    exchanging.Form, Query(description="a DMN 1.5 model, an Excel workbook, or a zip of the files", examples=["xlsx"])
]


@routes.get("/v1/packs", Permission.READ_PACKS, "List packs", answers=Page[PackLine])
def list_packs(caller: Caller) -> Response:
    """Each with its active version and those on their way."""
    return whole(packs.listing(caller))


@routes.post("/v1/packs", Permission.WRITE_PACKS, "Start a pack", answers=VersionAnswer, status=201)
def create_pack(caller: Caller, body: NewPackBody) -> Response:
    """A first draft, from files."""
    return _draft(caller, body.pack, body)


@routes.get("/v1/packs/{pack_id}/versions", Permission.READ_PACKS, "List a pack's versions", answers=Page[VersionLine])
def list_versions(caller: Caller, pack_id: PackName) -> Response:
    """Newest first."""
    return whole(packs.versions(caller, pack_id))


@routes.post("/v1/packs/{pack_id}/versions", Permission.WRITE_PACKS, "Start a draft", answers=VersionAnswer, status=201)
def create_draft(caller: Caller, pack_id: PackName, body: DraftBody) -> Response:
    """From a version, from files, or from the active version."""
    return _draft(caller, pack_id, body)


@routes.post(
    "/v1/packs/{pack_id}/versions:import",
    Permission.WRITE_PACKS,
    "Import a draft",
    answers=ImportedVersion,
    status=201,
    body=UPLOAD,
    openapi=IMPORT_FORM,
)
async def import_version(caller: Caller, pack_id: PackName, request: Request) -> Response:
    """A draft of a workbook, a DMN model or YAML; `not_carried` lists what of a foreign model it leaves out.

    422 names every fault with its sheet and cell, or its line; so it does where the file is another pack's.
    """
    form = await read_upload(request, fields=(), optional=("note",))
    note = form.fields.get("note", "").strip()
    told = await run_in_threadpool(exchanging.import_draft, caller, pack_id, form.content, note)
    return Json(told, 201, {"location": f"/v1/packs/{pack_id}/versions/{told['id']}"})


@routes.get(VERSION, Permission.READ_PACKS, "Read a version", answers=VersionAnswer)
def read_version(caller: Caller, pack_id: PackName, version_id: Id) -> Response:
    """With its files and its last check."""
    return Json(packs.get(caller, of_pack(caller, pack_id, version_id)))


@routes.get(
    VERSION + "/export",
    Permission.READ_PACKS,
    "Export a version",
    media=(exchanging.XLSX, exchanging.XML, exchanging.ZIP),
)
def export_version(caller: Caller, pack_id: PackName, version_id: Id, to: ExportTo) -> Response:
    """The version as a file, with nothing lost; the same version gives the same bytes."""
    file = exchanging.export(caller, of_pack(caller, pack_id, version_id), to)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
    return Response(file.content, 200, headers, file.media_type)


@routes.post(VERSION + ":check", Permission.READ_PACKS, "Check a version", answers=CheckReport)
def check_version(caller: Caller, pack_id: PackName, version_id: Id) -> Response:
    """Compile, lint and run the cases. Needs `packs:write` or `packs:approve`."""
    return Json(packs.check(caller, of_pack(caller, pack_id, version_id)))


@routes.get(VERSION + "/diff", Permission.READ_PACKS, "Compare two versions", answers=Diff)
def diff_versions(caller: Caller, pack_id: PackName, version_id: Id, against: Against) -> Response:
    """What moves from `against` to this version: rules, thresholds, routes."""
    other = of_pack(caller, pack_id, against)
    return Json(packs.diff(caller, other, of_pack(caller, pack_id, version_id)))


@routes.post(VERSION + ":submit", Permission.WRITE_PACKS, "Submit a draft", answers=VersionLine)
def submit_version(caller: Caller, pack_id: PackName, version_id: Id, body: NoteBody) -> Response:
    """It is checked, frozen under its digest and changes no more; its proofs and its back-test begin."""
    return Json(packs.submit(caller, of_pack(caller, pack_id, version_id), body.note))


@routes.post(VERSION + ":approve", Permission.APPROVE_PACKS, "Approve a version", answers=VersionLine)
def approve_version(caller: Caller, pack_id: PackName, version_id: Id, body: NoteBody) -> Response:
    """Never by whoever wrote on it (invariant 6). 409 names what is still running, red or absent: check, proofs, back-test."""
    return Json(packs.approve(caller, of_pack(caller, pack_id, version_id), body.note))


@routes.post(VERSION + ":reject", Permission.APPROVE_PACKS, "Reject a version", answers=VersionLine)
def reject_version(caller: Caller, pack_id: PackName, version_id: Id, body: NoteBody) -> Response:
    """With a note that says why."""
    return Json(packs.reject(caller, of_pack(caller, pack_id, version_id), body.note))


@routes.post(VERSION + ":activate", Permission.ACTIVATE_PACKS, "Activate a version", answers=VersionLine)
def activate_version(caller: Caller, pack_id: PackName, version_id: Id, body: NoteBody) -> Response:
    """It decides from the next request on; the version before retires in the same transaction."""
    return Json(packs.activate(caller, of_pack(caller, pack_id, version_id), body.note))


@routes.post(VERSION + ":schedule", Permission.ACTIVATE_PACKS, "Schedule a version", answers=VersionLine)
def schedule_version(caller: Caller, pack_id: PackName, version_id: Id, body: ScheduleBody) -> Response:
    """From its instant on it decides, in place of the version before; scheduling again moves the instant."""
    return Json(packs.schedule(caller, of_pack(caller, pack_id, version_id), body.effective_from, body.note))


@routes.post(VERSION + ":unschedule", Permission.ACTIVATE_PACKS, "Unschedule a version", answers=VersionLine)
def unschedule_version(caller: Caller, pack_id: PackName, version_id: Id, body: NoteBody) -> Response:
    """It stays approved."""
    return Json(packs.unschedule(caller, of_pack(caller, pack_id, version_id), body.note))


@routes.post("/v1/packs/{pack_id}:rollback", Permission.ACTIVATE_PACKS, "Roll back", answers=VersionLine)
def roll_back(caller: Caller, pack_id: PackName, body: RollBackBody) -> Response:
    """The version before decides again, or the one named; the reason is kept in the audit."""
    to = None if body.to is None else of_pack(caller, pack_id, body.to)
    return Json(packs.roll_back(caller, pack_id, body.note, to))


@routes.post(VERSION + ":retire", Permission.ACTIVATE_PACKS, "Retire a version", answers=VersionLine)
def retire_version(caller: Caller, pack_id: PackName, version_id: Id, body: NoteBody) -> Response:
    """Without a successor the pack decides nothing any more: requests get 404."""
    return Json(packs.retire(caller, of_pack(caller, pack_id, version_id), body.note))


def of_pack(caller: Actor, pack_id: str, version_id: str) -> str:
    """The version's id, if it is a version of this pack; raises `NotFound`."""
    if not any(version["id"] == version_id for version in packs.versions(caller, pack_id)):
        raise NotFound("there is no such version of this pack")
    return version_id


def _draft(caller: Actor, pack_id: str, body: DraftBody) -> Response:
    told = packs.create_draft(caller, pack_id, body.from_version, body.files, body.note)
    return Json(told, 201, {"location": f"/v1/packs/{pack_id}/versions/{told['id']}"})
