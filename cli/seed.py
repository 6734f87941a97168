"""What a new installation holds: the schema, a tenant, the packs; for the demo also people, a key and demo lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cli.installation import Installation

PEOPLE = {
    "officer": ("Omar Officer", "verification_officer"),
    "manager": ("Mina Manager", "approval_manager"),
    "compliance": ("Chitra Compliance", "compliance_officer"),
    "analyst": ("Anil Analyst", "rule_analyst"),
    "approver": ("Asta Approver", "rule_approver"),
    "auditor": ("Ada Auditor", "auditor"),
    "admin": ("Ali Admin", "admin"),
}


def seed(installation: Installation, *, demo: bool) -> Installation:
    """Migrate and load; repeating it changes nothing. Returns the installation with the secrets that were made."""
    from service.db import check_role, engine
    from service.migrate import migrate
    from service.settings import settings

    if installation.owner_url:
        migrate(installation.owner_url)
    check_role(engine())
    config = settings()
    _tenant(config.default_tenant)
    from service import packs

    for folder in sorted(config.rules_dir.glob("*/pack.yaml")):
        packs.seed(config.default_tenant, folder.parent)
    return _demo(installation, config.default_tenant) if demo else installation


def _tenant(name: str) -> None:
    from service import audit
    from service.db import unit
    from service.tables import Tenant

    with unit(name) as session:
        if session.get(Tenant, name) is None:
            session.add(Tenant(id=name, name=name))
            session.flush()
            audit.open_lanes(session, name)


def _demo(installation: Installation, tenant: str) -> Installation:
    """People with one password from the secrets, a key for the origination system, and lists of invented persons."""
    from connectors.sandbox import lists as demo_lists
    from service.embedded.secrets import remember
    from service.identity import keys, people
    from service.identity.actor import Role, system
    from service.screening import import_list

    actor = system(tenant, "installer")
    held = {person["email"] for person in people.list_people(actor).items}
    for short, (name, role) in PEOPLE.items():
        email = f"{short}@demo.example"
        if email not in held:
            people.create_person(
                actor, email=email, name=name, password=installation.secrets["demo_password"], roles=[role]
            )
    if "demo_api_key" not in installation.secrets:
        made = keys.create_key(actor, "demo origination system", [Role.ORIGINATOR])
        remember(installation.data_dir, "demo_api_key", made["key"])
        installation = replace(installation, secrets=installation.secrets | {"demo_api_key": made["key"]})
    folder = Path(demo_lists.__file__).parent
    for name, kind in (("demo_sanctions", "sanctions"), ("demo_pep", "pep"), ("demo_watchlist", "watchlist")):
        import_list(actor, name, kind, folder / f"{name}.csv")  # the same file again confirms that it is in force
    return installation
