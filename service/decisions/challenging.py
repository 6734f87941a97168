"""The challenger's part of live traffic: which references fall to it, and that its failure is never the caller's.

A reference falls to the challenger by a hash of the challenger's content and the reference: the same reference always, on
every machine, and with a greater percentage those that fell before and more. Whatever goes wrong in the challenger, a signal
that it refuses included, the champion decides, and what went wrong is kept with the decision by its kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Self

import structlog
from sqlalchemy import text

from engine.pack import Decision
from service.db import unit
from service.dispatch import placed
from service.packs import ActivePack, active, pinned

if TYPE_CHECKING:
    from service.decisions.trips import Claim

_PARTS: Final = 10_000
_log = structlog.get_logger("service.decisions")


def falls_to(digest: str, percent: int, reference: str) -> bool:
    """Say whether the reference falls to the challenger of that digest."""
    drawn = hashlib.sha256(f"{digest}\x1f{reference}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") % _PARTS < percent * (_PARTS // 100)


@dataclass
class Challenge:
    """A running trial whose challenger is to decide this reference; `fallback` says why it did not, by kind."""

    trial_id: str
    version_id: str
    digest: str
    fallback: str | None = None

    @classmethod
    def of(cls, found: Claim, reference: str) -> Self | None:
        """The challenge that a reference falls to; None where there is no challenger, or the champion has it."""
        if found.trial_id is None or found.trial_version is None or found.trial_digest is None:
            return None
        if not falls_to(found.trial_digest, found.trial_percent or 0, reference):
            return None
        return cls(found.trial_id, found.trial_version, found.trial_digest)

    def decide(
        self, tenant: str, pack_id: str, signals: Mapping[str, Any], as_of: date
    ) -> tuple[ActivePack, Decision] | None:
        """The challenger's decision; None where it failed in any way, and `fallback` says how."""
        try:
            pack = pinned(tenant, pack_id, self.digest, self.version_id)
            decision = pack.pack.decide(signals, as_of)
            # What is worked out late must fail here too, while the champion can still decide.
            _ = decision.answer(), decision.trace_json
        except Exception as failure:  # noqa: BLE001 - a challenger's fault must never be the caller's
            self.fallback = type(failure).__name__
            _log.warning("challenger.failed", trial=self.trial_id, **placed(failure))
            return None
        return pack, decision

    def facts(self) -> dict[str, Any]:
        """The trial and the fallback, for the stored facts and the audit."""
        return {"trial": self.trial_id, "fallback": self.fallback}


def assigned(tenant: str, pack_id: str, reference: str) -> ActivePack:
    """The version that an application of this reference is checked and decided by; raises `NotFound` where none is active."""
    champion = active(tenant, pack_id)
    with unit(tenant) as session:
        trial = session.execute(_RUNNING, {"pack": pack_id, "champion": champion.digest}).first()
    if trial is None or not falls_to(trial.digest, trial.percent, reference):
        return champion
    try:
        return pinned(tenant, pack_id, trial.digest, trial.version_id)
    except Exception as failure:  # noqa: BLE001 - a challenger's fault must never be the caller's
        _log.warning("challenger.failed", trial=trial.id, **placed(failure))
        return champion


def champion_instead(tenant: str, pack: ActivePack, failure: Exception) -> tuple[ActivePack, Challenge] | None:
    """Who decides where a challenger broke off: its champion, and the challenge with the failure; None for any other pack."""
    with unit(tenant) as session:
        trial = session.execute(_CHALLENGED, {"version": pack.id, "digest": pack.digest}).first()
    if trial is None:
        return None
    _log.warning("challenger.failed", trial=trial.id, **placed(failure))
    champion = pinned(tenant, pack.pack.id, trial.champion_digest, trial.champion_id)
    return champion, Challenge(trial.id, pack.id, pack.digest, type(failure).__name__)


_RUNNING: Final = text(
    "SELECT id, version_id, digest, percent FROM trial WHERE pack_id = :pack AND mode = 'challenger'"
    " AND ended_at IS NULL AND champion_digest = :champion"
)
_CHALLENGED: Final = text(
    "SELECT id, champion_id, champion_digest FROM trial WHERE version_id = :version AND digest = :digest"
    " AND mode = 'challenger' ORDER BY id DESC LIMIT 1"
)
