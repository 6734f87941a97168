"""The check `pan_card`: read the uploaded card and hold it against what was declared."""

from __future__ import annotations

from engine.signal import Finding, Reason, missing
from ml.documents import read_document
from ml.signals import PAN_CARD_SIGNALS, pan_card_finding
from service.checks.context import CheckContext
from service.models import ml_settings


def run(context: CheckContext) -> Finding:
    """Read and compare; `Missing(not_provided)` where no card was uploaded. Raises DocumentRejected."""
    file = context.documents.get("pan_card")
    if file is None:
        return Finding(missing(PAN_CARD_SIGNALS, Reason.NOT_PROVIDED, "no PAN card was uploaded", "pan_card"))
    return pan_card_finding(read_document(file.content(), "pan_card", settings=ml_settings()), context.declared)
