"""The check `pan`: is the declared number real and alive, and does it belong to this name and birthday.

One call to the provider through its breaker and bulkhead. An applicant who declared no PAN, name or birthday is not sent
half a question: every signal is then `Missing(not_provided)`.
"""

from __future__ import annotations

from datetime import date

from connectors.errors import ConnectorError
from connectors.pan import PAN_SIGNALS, SOURCE, PanQuery, ProteanPanVerifier, unverified
from engine.signal import Finding, Reason, missing
from service.checks.context import CheckContext
from service.providers import provider


def run(context: CheckContext) -> Finding:
    """Ask the provider. Raises ConnectorError."""
    query = _query(context)
    if query is None:
        detail = "PAN, name and date of birth are needed to ask the provider"
        return Finding(missing(PAN_SIGNALS, Reason.NOT_PROVIDED, detail, SOURCE))
    client = provider("pan", context.settings.pan_url, context.settings.provider_deadline_s)
    return ProteanPanVerifier(client).verify(query)


def fallback(context: CheckContext, error: Exception) -> Finding | None:
    """The number's form is known even when the provider fails."""
    query = _query(context)
    return unverified(query, error) if query is not None and isinstance(error, ConnectorError) else None


def _query(context: CheckContext) -> PanQuery | None:
    declared = context.declared
    pan, name, born = (declared.get(f"applicant.{field}") for field in ("pan", "name", "date_of_birth"))
    father = declared.get("applicant.father_name")
    if not isinstance(pan, str) or not isinstance(name, str) or not isinstance(born, date):
        return None
    return PanQuery(pan, name, born, father if isinstance(father, str) else None)
