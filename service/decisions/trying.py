"""Decisions to try a version with: any version that is kept, a draft as it stands; told as a test and stored apart.

A tried decision opens no case, sends no message, stands in no register and is counted nowhere. Its signals and answer rest sealed
like any other's. The same key with the same question brings the stored answer again.
"""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from engine.pack import Decision
from service import audit
from service.db import unit
from service.decisions.making import decide_with
from service.decisions.rendering import encode_signals, rfc3339, timed_route
from service.decisions.request import Answer, DecisionRequest
from service.errors import Conflict, NotFound
from service.identity.actor import Actor, Permission
from service.keys import keyring
from service.packs import ActivePack
from service.packs.active import by_version
from service.tables import Tryout, utc_now

ANSWER: Final = "tryout.answer"
SIGNALS: Final = "tryout.signals"


def decide_with_version(actor: Actor, request: DecisionRequest, version_id: str) -> Answer:
    """Decide by the version named and store it as a test. Needs READ_PACKS.

    Raises NotFound for an unknown version or one of another pack, Invalid for a draft that does not compile and for signals of
    a wrong type, Conflict where the key belongs to another question.
    """
    actor.must(Permission.READ_PACKS)
    request.check()
    asked = f"{version_id}:{request.body_digest}"
    held = _held(actor, request.idempotency_key, asked)
    if held is not None:
        return held
    pack, status = by_version(actor.tenant, version_id)
    if pack.pack.id != request.pack:
        raise NotFound("there is no such version of this pack")
    now = utc_now()
    decision = decide_with(pack, request.signals, request.as_of or now.date())
    row = _row(actor, request, pack, status, decision)
    row.body_digest = asked
    raw = _raw(row, decision, status)
    row.answer = keyring().seal(zlib.compress(raw, 1), tenant=actor.tenant, field=ANSWER)
    try:
        with unit(actor.tenant) as session:
            session.add(row)
            content = {"version": version_id, "digest": pack.digest, "verdict": row.verdict, "status": status}
            audit.append(session, actor, "decision.tried", row.id, content)
    except IntegrityError:
        held = _held(actor, request.idempotency_key, asked)
        if held is None:
            raise
        return held
    return Answer(raw, replayed=False)


def get_tried(actor: Actor, tryout_id: str) -> dict[str, Any]:
    """The answer as it was given. Needs READ_PACKS; raises `NotFound`."""
    actor.must(Permission.READ_PACKS)
    with unit(actor.tenant) as session:
        row = session.get(Tryout, tryout_id)
    if row is None or row.answer is None:
        raise NotFound("there is no such decision")
    answer: dict[str, Any] = json.loads(_opened(row))
    return answer


def _held(actor: Actor, key: str, asked: str) -> Answer | None:
    with unit(actor.tenant) as session:
        row = session.execute(select(Tryout).where(col(Tryout.key) == key)).scalar_one_or_none()
    if row is None:
        return None
    if row.body_digest != asked:
        raise Conflict("this idempotency key was used with another body")
    return Answer(_opened(row), replayed=True)


def _opened(row: Tryout) -> bytes:
    return zlib.decompress(keyring().open(row.answer or b"", tenant=row.tenant_id, field=ANSWER))


def _row(actor: Actor, request: DecisionRequest, pack: ActivePack, status: str, decision: Decision) -> Tryout:
    body = decision.answer()
    return Tryout(
        tenant_id=actor.tenant,
        key=request.idempotency_key,
        body_digest=request.body_digest,
        reference=request.reference,
        pack_id=pack.pack.id,
        version_id=pack.id,
        version_status=status,
        pack_digest=pack.digest,
        engine_version=body["engine_version"],
        as_of=decision.as_of,
        verdict=body["verdict"],
        risk_score=None if decision.risk.score is None else Decimal(decision.risk.score),
        risk_category=body["risk"]["category"],
        fired=[reason["rule"] for reason in body["reasons"]],
        signals=keyring().seal(encode_signals(request.signals), tenant=actor.tenant, field=SIGNALS),
        digest=body["digest"],
        made_by=actor.id,
    )


def _raw(row: Tryout, decision: Decision, status: str) -> bytes:
    body = decision.answer()
    route = None if body["route"] is None else timed_route(body["route"], row.created_at)
    body |= {"id": row.id, "reference": row.reference, "route": route, "created_at": rfc3339(row.created_at)}
    body |= {"application": None, "case": None, "test": True}
    body["version"] = {"id": row.version_id, "status": status}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f'{text[:-1]},"trace":{decision.trace_json}}}'.encode()
