"""How flow B's personal data rests: which field seals what, in one place for all who write or read it.

A declaration, the caller's signals, each observed signal and each piece of evidence is one sealed JSON value under the
name of its table and column; PAN, e-mail and phone are found by blind indexes over their normal form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from engine.signal import Missing, Reason, Signal
from service.keys import keyring
from service.tables import Applicant, Application, Evidence, SignalRow
from service.values import encode, seal, unseal

DECLARED: Final = "applicant.declared"
GIVEN: Final = "application.given_signals"
SIGNAL: Final = "signal.value"
EVIDENCE: Final = "evidence.body"


def seal_applicant(tenant: str, declared: Mapping[str, object]) -> Applicant:
    """A new applicant's row with its blind indexes."""
    keys = keyring()

    def index(name: str) -> bytes | None:
        value = declared.get(name)
        return None if value is None else keys.blind_index(str(value), tenant=tenant, field=f"applicant.{name}")

    return Applicant(
        tenant_id=tenant,
        declared=seal(keys, dict(declared), tenant=tenant, field=DECLARED),
        pan_index=index("pan"),
        email_index=index("email"),
        phone_index=index("phone"),
    )


def declared_of(applicant: Applicant) -> dict[str, Any]:
    """What the applicant declared, in typed form; empty where it was erased."""
    if applicant.declared is None:
        return {}
    found: dict[str, Any] = unseal(keyring(), applicant.declared, tenant=applicant.tenant_id, field=DECLARED)
    return found


def seal_given(tenant: str, signals: Mapping[str, object]) -> bytes:
    """The caller's signals, sealed."""
    return seal(keyring(), dict(signals), tenant=tenant, field=GIVEN)


def given_of(application: Application) -> dict[str, Any]:
    """The caller's signals, in typed form."""
    if application.given_signals is None:
        return {}
    found: dict[str, Any] = unseal(keyring(), application.given_signals, tenant=application.tenant_id, field=GIVEN)
    return found


def signal_row(tenant: str, application_id: str, check_run_id: str, signal: Signal) -> SignalRow:
    """A row for an observed or missing signal; the caller sets `evidence_id` and `observed_at`."""
    missing = signal.value if isinstance(signal.value, Missing) else None
    return SignalRow(
        tenant_id=tenant,
        application_id=application_id,
        check_run_id=check_run_id,
        name=signal.name,
        value=None if missing is not None else seal(keyring(), signal.value, tenant=tenant, field=SIGNAL),
        missing=missing.reason.value if missing is not None else None,
        detail=missing.detail if missing is not None else "",
        source=signal.source,
        confidence=signal.confidence,
        evidence_id=signal.evidence_id,
    )


def signal_of(row: SignalRow) -> Signal:
    """The signal as it was observed."""
    value: Any
    if row.value is None:
        value = Missing(Reason(row.missing) if row.missing else Reason.FAILED, row.detail)
    else:
        value = unseal(keyring(), row.value, tenant=row.tenant_id, field=SIGNAL)
    return Signal(row.name, value, row.source, row.observed_at, row.confidence, row.evidence_id)


def evidence_row(tenant: str, application_id: str, check_run_id: str, source: str, body: Mapping[str, Any]) -> Evidence:
    """A row of evidence. Its digest is keyed: a plain hash of few facts about a person could be guessed back."""
    keys = keyring()
    plain = encode(dict(body))
    digest = keys.blind_index(hashlib.sha256(plain).hexdigest(), tenant=tenant, field=EVIDENCE).hex()
    models = body.get("model_ids")
    return Evidence(
        tenant_id=tenant,
        application_id=application_id,
        check_run_id=check_run_id,
        source=source,
        body=keys.seal(plain, tenant=tenant, field=EVIDENCE),
        digest=digest,
        models={"ids": list(models)} if isinstance(models, list | tuple) else {},
    )


def evidence_of(row: Evidence) -> dict[str, Any]:
    """The body of a piece of evidence."""
    if row.body is None:
        return {}
    found: dict[str, Any] = unseal(keyring(), row.body, tenant=row.tenant_id, field=EVIDENCE)
    return found
