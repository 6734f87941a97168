"""Changes of a draft by table and by parameter: read, edit the text in place, save under the row version that was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from service.identity.actor import Actor, Permission
from service.packs.drafting import update_draft
from service.packs.editing import parameters, set_cells, set_parameter, tables
from service.packs.reading import get


def tables_of(actor: Actor, version_id: str) -> list[dict[str, Any]]:
    """A version's tables as grids. Needs READ_PACKS."""
    return tables(get(actor, version_id)["files"])


def parameters_of(actor: Actor, version_id: str) -> list[dict[str, Any]]:
    """A version's parameters. Needs READ_PACKS."""
    return parameters(get(actor, version_id)["files"])


def change_table(
    actor: Actor, version_id: str, table: str, rows: Sequence[Mapping[str, Any]], row_version: int
) -> dict[str, Any]:
    """Save one table's rows into a draft; raises `Conflict` where the draft has changed. Needs WRITE_PACKS."""
    actor.must(Permission.WRITE_PACKS)
    return update_draft(actor, version_id, set_cells(get(actor, version_id)["files"], table, rows), row_version)


def change_parameter(
    actor: Actor, version_id: str, name: str, *, from_: date, value: Any, source: str, note: str, row_version: int
) -> dict[str, Any]:
    """Save one dated value into a draft; raises `Conflict` where the draft has changed. Needs WRITE_PACKS."""
    actor.must(Permission.WRITE_PACKS)
    files = set_parameter(get(actor, version_id)["files"], name, from_, value, source, note)
    return update_draft(actor, version_id, files, row_version)
