"""The check `face`: does the selfie show the person on the document."""

from __future__ import annotations

from engine.signal import Finding, Reason, missing
from ml.signals import FACE_SIGNALS, face_finding
from service.checks.context import CheckContext
from service.models import ml_settings


def run(context: CheckContext) -> Finding:
    """Compare; `Missing(not_provided)` where a picture is absent. The PAN card's portrait comes before other proofs'."""
    portrait = context.documents.get("pan_card") or context.documents.get("address_proof")
    selfie = context.documents.get("selfie")
    if portrait is None or selfie is None:
        absent = "no selfie" if selfie is None else "no document with a portrait"
        return Finding(missing(FACE_SIGNALS, Reason.NOT_PROVIDED, f"{absent} was uploaded", "face"))
    return face_finding(portrait.content(), selfie.content(), settings=ml_settings())
