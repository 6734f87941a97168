"""Packs in the service: what decides now, and how a version comes to decide."""

from service.packs.active import ActivePack, active, by_digest, pinned
from service.packs.changing import change_parameter, change_table, parameters_of, tables_of
from service.packs.drafting import check, create_draft, update_draft
from service.packs.editing import parameters, set_cells, set_parameter, tables
from service.packs.jobs import backtest, prove
from service.packs.life_cycle import activate, approve, reject, retire, roll_back, submit
from service.packs.reading import diff, get, listing, versions
from service.packs.scheduling import activate_due, schedule, unschedule
from service.packs.seeding import seed

__all__ = [
    "ActivePack",
    "activate",
    "activate_due",
    "active",
    "approve",
    "backtest",
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
    "prove",
    "reject",
    "retire",
    "roll_back",
    "schedule",
    "seed",
    "set_cells",
    "set_parameter",
    "submit",
    "tables",
    "tables_of",
    "unschedule",
    "update_draft",
    "versions",
]
