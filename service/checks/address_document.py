"""The check `address_document`: find out what the address proof is, read it and hold it against what was declared."""

from __future__ import annotations

from engine.signal import Finding, Reason, missing
from ml.documents import read_document
from ml.signals import ADDRESS_DOCUMENT_SIGNALS, address_document_finding
from service.checks.context import CheckContext
from service.models import ml_settings


def run(context: CheckContext) -> Finding:
    """Read and compare; `Missing(not_provided)` where no proof was uploaded. Raises DocumentRejected."""
    file = context.documents.get("address_proof")
    if file is None:
        detail = "no address document was uploaded"
        return Finding(missing(ADDRESS_DOCUMENT_SIGNALS, Reason.NOT_PROVIDED, detail, "address_document"))
    return address_document_finding(
        read_document(file.content(), settings=ml_settings()), context.declared, context.now.date()
    )
