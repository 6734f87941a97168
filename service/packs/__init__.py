"""Packs in the service: what decides now, and how a version comes to decide."""

from service.packs.active import ActivePack, active, by_digest, pinned
from service.packs.changing import change_parameter, change_table, parameters_of, tables_of
from service.packs.drafting import check, create_draft, update_draft
from service.packs.editing import parameters, set_cells, set_parameter, tables
from service.packs.life_cycle import activate, approve, reject, retire, submit
from service.packs.reading import diff, get, listing, versions
from service.packs.seeding import seed

__all__ = [
    "ActivePack",
    "activate",
    "active",
    "approve",
    "by_digest",
    "change_parameter",
    "change_table",
    "check",
    "create_draft",
    "diff",
    "get",
    "listing",
    "parameters",
    "parameters_of",
    "pinned",
    "reject",
    "retire",
    "seed",
    "set_cells",
    "set_parameter",
    "submit",
    "tables",
    "tables_of",
    "update_draft",
    "versions",
]
