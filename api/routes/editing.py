"""Changing a draft: all its files, one table, or one parameter's value from a day on."""

from __future__ import annotations

from starlette.responses import Response

from api.declare import Caller, Routes
from api.json_body import Json
from api.params import Id, PackName, PathName, whole
from api.routes.packs import VERSION, of_pack
from api.wire.packs import FilesBody, ParameterBody, Parameters, TableBody, Tables, VersionAnswer
from service import packs
from service.identity.actor import Permission

routes = Routes("packs")


@routes.put(VERSION, Permission.WRITE_PACKS, "Replace a draft's files", answers=VersionAnswer)
def update_draft(caller: Caller, pack_id: PackName, version_id: Id, body: FilesBody) -> Response:
    """409 where somebody saved the draft since it was read."""
    return Json(packs.update_draft(caller, of_pack(caller, pack_id, version_id), body.files, body.row_version))


@routes.get(VERSION + "/tables", Permission.READ_PACKS, "Read a version's tables", answers=Tables)
def read_tables(caller: Caller, pack_id: PackName, version_id: Id) -> Response:
    """Decision tables, scorecards, verdict rules and routes as rows for a grid."""
    return whole(packs.tables_of(caller, of_pack(caller, pack_id, version_id)))


@routes.put(VERSION + "/tables/{table}", Permission.WRITE_PACKS, "Replace a table's rows", answers=VersionAnswer)
def replace_table(caller: Caller, pack_id: PackName, version_id: Id, table: PathName, body: TableBody) -> Response:
    """The rest of the file stays as it was written, comments included."""
    version = of_pack(caller, pack_id, version_id)
    return Json(packs.change_table(caller, version, table, body.rows, body.row_version))


@routes.get(VERSION + "/parameters", Permission.READ_PACKS, "Read a version's parameters", answers=Parameters)
def read_parameters(caller: Caller, pack_id: PackName, version_id: Id) -> Response:
    """Each with its dated values and their sources."""
    return whole(packs.parameters_of(caller, of_pack(caller, pack_id, version_id)))


@routes.put(
    VERSION + "/parameters/{parameter}", Permission.WRITE_PACKS, "Set a parameter's value", answers=VersionAnswer
)
def set_parameter(
    caller: Caller, pack_id: PackName, version_id: Id, parameter: PathName, body: ParameterBody
) -> Response:
    """From a day on; a value that begins on the same day is replaced."""
    told = packs.change_parameter(
        caller,
        of_pack(caller, pack_id, version_id),
        parameter,
        from_=body.effective_from,
        value=body.value,
        source=body.source,
        note=body.note,
        row_version=body.row_version,
    )
    return Json(told)
