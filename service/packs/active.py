"""Compiled packs in memory, pinned by digest (invariant 5), and which of them decides.

A compiled pack is a pure function of its files, and a digest names it for ever, so what is cached is never stale; only
which digest is active can change, and that is read in the same trip that claims the idempotency key. The cache is
bounded and compiles each pack once, however many threads ask for it at the same time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text
from sqlmodel import Session, col

from engine.pack import Pack
from service.db import unit
from service.errors import Invalid, NotFound
from service.packs.compiling import compile_files
from service.packs.drafting import is_draft
from service.packs.scheduling import activate_due
from service.tables import PackVersion, utc_now

CACHED_PACKS: Final = 256

_KEPT: Final = ("submitted", "approved", "scheduled", "active", "retired")


@dataclass(frozen=True, slots=True)
class ActivePack:
    """A compiled version: what decides, and how a decision names it. `id` is the version's row."""

    pack: Pack
    digest: str
    version: str
    id: str


class _Cache:
    """Least recently used out first; one lock per pack while it compiles, so that others are not held up."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: OrderedDict[tuple[str, str, str], ActivePack] = OrderedDict()
        self._compiling: dict[tuple[str, str, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str, str], make: Callable[[], ActivePack]) -> ActivePack:
        """Return the held pack, or make and hold it."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
            mine = self._compiling.setdefault(key, threading.Lock())
        with mine:
            with self._lock:
                found = self._held.get(key)
            if found is None:
                try:
                    found = make()
                finally:
                    with self._lock:
                        self._compiling.pop(key, None)
                with self._lock:
                    self._held[key] = found
                    while len(self._held) > self._size:
                        self._held.popitem(last=False)
            return found


_cache = _Cache(CACHED_PACKS)


def active(tenant: str, pack_id: str) -> ActivePack:
    """The version that decides now, a scheduled one that is due included; raises `NotFound` where none does."""
    version_id, digest, due = _deciding(tenant, pack_id)
    if due:
        activate_due(tenant, utc_now(), pack_id)
        version_id, digest, _ = _deciding(tenant, pack_id)
    if version_id is None or digest is None:
        raise NotFound(f"no version of the pack {pack_id} is active")
    return pinned(tenant, pack_id, digest, version_id)


def by_digest(tenant: str, pack_id: str, digest: str) -> ActivePack:
    """The version with this digest, whatever became of it; raises `NotFound` where the tenant never had it."""
    query = select(col(PackVersion.id)).where(
        col(PackVersion.pack_id) == pack_id,
        col(PackVersion.digest) == digest,
        col(PackVersion.status).in_(_KEPT),
    )
    with unit(tenant) as session:
        version_id = session.execute(query).scalar_one_or_none()
    if version_id is None:
        raise NotFound(f"there is no version of the pack {pack_id} with that digest")
    return pinned(tenant, pack_id, digest, version_id)


def by_version(tenant: str, version_id: str) -> tuple[ActivePack, str]:
    """A version compiled as it stands, a draft included, and its state; raises `NotFound`, `Invalid` for what does not compile.

    A draft is compiled from the files it has now; what decides is named by the digest of their content.
    """
    query = select(
        col(PackVersion.pack_id), col(PackVersion.digest), col(PackVersion.status), col(PackVersion.files)
    ).where(col(PackVersion.id) == version_id)
    with unit(tenant) as session:
        row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such pack version")

    def compiled() -> ActivePack:
        pack = compile_files(row.files)
        if pack.id != row.pack_id or (not is_draft(row.digest) and pack.digest != row.digest):
            raise Invalid(f"the files of this version are not the pack {row.pack_id} that it names")
        return ActivePack(pack, pack.digest, pack.version, version_id)

    # A draft's or a rejected version's content may be another row's too, and each row answers under its own id.
    name = row.digest if row.status in _KEPT else f"{row.digest}@{version_id}"
    return _cache.get((tenant, row.pack_id, name), compiled), row.status


def pinned(tenant: str, pack_id: str, digest: str, version_id: str) -> ActivePack:
    """The compiled version whose digest and row the caller has just read; asks the database at the first time only."""
    return _cache.get((tenant, pack_id, digest), lambda: _compile(tenant, pack_id, digest, version_id))


def _deciding(tenant: str, pack_id: str) -> tuple[str | None, str | None, bool]:
    with unit(tenant) as session:
        row = session.execute(_DECIDING, {"pack": pack_id, "now": utc_now()}).one()
    return row.id, row.digest, row.due


def _compile(tenant: str, pack_id: str, digest: str, version_id: str) -> ActivePack:
    with unit(tenant) as session:
        files = _files(session, version_id)
    pack = compile_files(files)
    if pack.digest != digest or pack.id != pack_id:
        raise Invalid("the stored files of the pack version do not give its digest")
    return ActivePack(pack, digest, pack.version, version_id)


def _files(session: Session, version_id: str) -> dict[str, str]:
    files = session.execute(
        select(col(PackVersion.files)).where(col(PackVersion.id) == version_id)
    ).scalar_one_or_none()
    if files is None:
        raise NotFound("there is no such pack version")
    return dict(files)


_DECIDING = text(
    "SELECT v.id, v.digest, EXISTS (SELECT FROM pack_version s WHERE s.pack_id = :pack AND s.status = 'scheduled'"
    " AND s.effective_from <= :now) AS due FROM (SELECT 1) AS one LEFT JOIN pack_version v"
    " ON v.pack_id = :pack AND v.status = 'active'"
)
