"""Packs that the installation brings: a folder of `rules/` becomes a tenant's first active version, once.

What people have made of a pack since is never replaced: where any version is active, the folder is left alone. The
author is `system:author` and the approver `system:installer`, two names that no person has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlmodel import col

from engine.pack.limits import MAX_FILES
from service.db import unit
from service.errors import Invalid
from service.identity.actor import system
from service.packs.editing import declared_pack
from service.packs.life_cycle import install
from service.tables import PackVersion

AUTHOR: Final = "system:author"
_PARTS: Final = ("*.yaml", "tables/*.yaml", "cases/*.yaml", "README.md")


def seed(tenant: str, folder: Path) -> str:
    """Make the folder's pack the tenant's first active version and return the version's id; idempotent.

    Raises:
        Invalid: where the folder holds no pack, or its check is not green.
    """
    files = read_folder(folder)
    pack_id = declared_pack(files)
    if pack_id is None:
        raise Invalid(f"there is no pack in the folder {folder.name}")
    query = select(col(PackVersion.id)).where(col(PackVersion.pack_id) == pack_id, col(PackVersion.status) == "active")
    with unit(tenant) as session:
        held = session.execute(query).scalar_one_or_none()
    return held or install(system(tenant, "installer"), pack_id, files, AUTHOR)


def read_folder(folder: Path) -> dict[str, str]:
    """The pack's files by relative name."""
    paths = sorted({path for part in _PARTS for path in folder.glob(part)})
    if len(paths) > MAX_FILES:
        raise Invalid(f"the folder {folder.name} has more than {MAX_FILES} files")
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
