"""From the engine's decision to the stored rows: the answer's JSON, and every column, computed once and sealed once.

What is stored and what is told are the same bytes (architecture, flow A step 6). The duration of a route becomes a time
here, since nothing below `service` has a clock. Signals rest sealed in the form in which the engine takes them again, the
missing ones with their reasons, so that a decision can be replayed (invariant 1).
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.pack import Decision
from engine.signal import Missing, Reason, Signal
from service import values
from service.audit import canonical
from service.crypto import Keyring
from service.decisions.challenging import Challenge
from service.decisions.trips import Written
from service.identity.actor import Actor
from service.ids import new_id
from service.packs import ActivePack

ANSWER: Final = "decision.answer"
SIGNALS: Final = "decision.signals"
OUTBOX: Final = "outbox.payload"
_text: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_DURATION: Final = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
# A case that no route of the pack takes must not lie in a queue that nobody reads.
UNROUTED: Final[Mapping[str, Any]] = {
    "id": "UNROUTED",
    "queue": "unrouted",
    "priority": 1,
    "due": "PT24H",
    "role": "approval_manager",
    "four_eyes": False,
    "actions": [],
}


@dataclass(frozen=True)
class Made:
    """A decision that was made: by which version, and when; and the challenge that its reference fell to, if any."""

    pack: ActivePack
    decision: Decision
    now: datetime
    challenge: Challenge | None = None

    @property
    def approves(self) -> bool:
        """Whether nobody need look at it."""
        return str(self.decision.verdict) == "approve"


@dataclass(frozen=True)
class Subject:
    """What a decision is about and what it was made with, beside the pack: all that the engine does not know."""

    reference: str
    application_id: str | None
    signals: Mapping[str, Any]
    models: Mapping[str, Any]
    lists: Mapping[str, Any]


@dataclass(frozen=True)
class Rendered:
    """The answer as bytes, and what is stored of it. `case_id` is None where nobody need look."""

    id: str
    raw: bytes
    case_id: str | None
    written: Written


def render(keys: Keyring, actor: Actor, made: Made, subject: Subject, case_number: int) -> Rendered:
    """Make everything that is stored; `case_number` is used only where the verdict is not approve."""
    active, tenant = made.pack, actor.tenant
    decision_id, body = new_id("dec"), made.decision.answer()
    case_id = None if made.approves else new_id("cas")
    route = None if case_id is None else timed_route(body["route"] or UNROUTED, made.now)
    body |= {"id": decision_id, "reference": subject.reference, "route": route, "created_at": rfc3339(made.now)}
    body |= {"application": subject.application_id}
    body["case"] = None if case_id is None else {"id": case_id, "number": shown_number(case_number)}
    # The trace is by far the longest part, and the engine has it ready as text.
    raw = f'{_text(body)[:-1]},"trace":{made.decision.trace_json}}}'.encode()
    facts = {
        "id": decision_id,
        "application": subject.application_id,
        "reference": subject.reference,
        "pack_id": active.pack.id,
        "pack_version": active.version,
        "pack_digest": active.digest,
        "engine_version": body["engine_version"],
        "as_of": body["as_of"],
        "verdict": body["verdict"],
        "score": body["risk"]["score"],
        "category": body["risk"]["category"],
        "fired": [reason["rule"] for reason in body["reasons"]],
        "models": dict(subject.models),
        "lists": dict(subject.lists),
        "digest": body["digest"],
        "now": body["created_at"],
        "message": new_id("msg"),
        "actor": actor.id,
        "actor_name": actor.name,
        "audit": canonical(_audited(body, made, subject)),
    }
    if made.challenge is not None:
        facts |= made.challenge.facts()
    told = {"decision_id": decision_id, "reference": subject.reference, "application_id": subject.application_id}
    told |= {"pack": active.pack.id, "verdict": body["verdict"]}
    case_payload = None
    if case_id is not None and route is not None:
        facts |= _case(body, route, case_id, case_number)
        case = told | {"case_id": case_id, "number": shown_number(case_number)}
        case_payload = keys.seal(_text(case).encode(), tenant=tenant, field=OUTBOX)
    written = Written(
        _text(facts),
        signals=keys.seal(encode_signals(subject.signals), tenant=tenant, field=SIGNALS),
        answer=keys.seal(zlib.compress(raw, 1), tenant=tenant, field=ANSWER),
        payload=keys.seal(_text(told).encode(), tenant=tenant, field=OUTBOX),
        case_payload=case_payload,
    )
    return Rendered(decision_id, raw, case_id, written)


def open_answer(keys: Keyring, sealed: bytes, tenant: str) -> bytes:
    """The answer's JSON as it was given; raises `SealError` where the row was changed."""
    return zlib.decompress(keys.open(sealed, tenant=tenant, field=ANSWER))


def encode_signals(signals: Mapping[str, Any]) -> bytes:
    """Signals as bytes; the origin of a `Signal` is kept in the application's own rows, its value here."""
    held: dict[str, Any] = {}
    missing: dict[str, list[str]] = {}
    for name, given in signals.items():
        value = given.value if isinstance(given, Signal) else given
        if isinstance(value, Missing):
            missing[name] = [value.reason.value, value.detail]
        else:
            held[name] = value
    # The engine has admitted these values, so no object of theirs uses the marks of `service.values`.
    return json.dumps({"values": held, "missing": missing}, default=_marked, ensure_ascii=False).encode()


def decode_signals(body: bytes) -> dict[str, Any]:
    """What `encode_signals` was given, as the engine takes it."""
    found = values.decode(body)
    missing = {name: Missing(Reason(reason), detail) for name, (reason, detail) in found["missing"].items()}
    return dict(found["values"]) | missing


def _marked(value: object) -> Any:
    """What `service.values` writes for a value that JSON has no word for; decimals, of which there are many, at once."""
    return {"$decimal": str(value)} if isinstance(value, Decimal) else json.loads(values.encode(value))


def rfc3339(moment: datetime) -> str:
    """A UTC time as the contract writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown_number(number: int) -> str:
    """A case's number as people say it."""
    return f"KYC-{number:06d}"


def timed_route(route: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The route with its duration as a time counted from `now`."""
    match = _DURATION.fullmatch(str(route["due"]))
    if match is None or not any(match.groups()):
        raise ValueError("the engine's deadline is an ISO 8601 duration of days, hours, minutes and seconds")
    parts = {unit: int(count) for unit, count in match.groupdict().items() if count}
    return {**route, "due": rfc3339(now + timedelta(**parts))}


def _audited(body: Mapping[str, Any], made: Made, subject: Subject) -> dict[str, Any]:
    pack = {"id": made.pack.pack.id, "digest": made.pack.digest}
    about = {"verdict": body["verdict"], "digest": body["digest"], "application": subject.application_id}
    used = {"engine": body["engine_version"], "models": dict(subject.models), "lists": dict(subject.lists)}
    tried = {} if made.challenge is None else made.challenge.facts()
    return {"pack": pack, **about, **used, **tried}


def _case(body: Mapping[str, Any], route: Mapping[str, Any], case_id: str, number: int) -> dict[str, Any]:
    reasons = body["reasons"]
    return {
        "case": case_id,
        "number": number,
        "queue": route["queue"],
        "priority": route["priority"],
        "role": route["role"],
        "four_eyes": bool(route["four_eyes"]),
        "actions": list(route["actions"]),
        "headline": str(reasons[0]["text"])[:300] if reasons else "",
        "due": route["due"],
        "event": new_id("cev"),
        "case_message": new_id("msg"),
    }
