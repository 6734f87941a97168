"""Readings and comparisons as signals: what was read, held against what the applicant declared.

It yields measurements, never a verdict. A field that could not be read is `Missing(not_readable)`, a value that was not
declared or that this kind of document does not print is `Missing(not_provided)`, a model that could not run makes every
signal `Missing(not_executed)`; none of them becomes false or zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from engine.signal import Finding, Missing, Reason, Signal, Value, missing
from ml.documents.evidence import face_evidence, reading_evidence
from ml.documents.reading import DocumentReading
from ml.errors import NotExecuted
from ml.face import FaceEngine, compare_faces
from ml.settings import MlSettings
from ml.similarity import address_similarity, name_similarity

PAN_CARD_SIGNALS: Final = tuple(
    f"pan_card.{name}"
    for name in ("is_pan_card", "number_match", "name_similarity", "dob_match", "quality", "ocr_confidence")
)
ADDRESS_DOCUMENT_SIGNALS: Final = (
    *(
        f"address_document.{name}"
        for name in (
            "kind", "name_similarity", "dob_match", "address_similarity", "issue_age_days", "expiry_date", "quality",
            "ocr_confidence",
        )
    ),
    "aadhaar.last4",
    "aadhaar.number_masked",
)  # fmt: skip
FACE_SIGNALS: Final = tuple(
    f"face.{name}" for name in ("match_score", "selfie_faces", "portrait_found", "selfie_quality")
)

_ADDRESS_KINDS: Final = frozenset({"aadhaar", "passport", "driving_licence", "voter_id", "utility_bill"})
_PRINTS: Final[dict[str, frozenset[str]]] = {
    "name": _ADDRESS_KINDS | {"pan_card"},
    "date_of_birth": frozenset({"aadhaar", "passport", "driving_licence", "voter_id", "pan_card"}),
    "address": frozenset({"aadhaar", "driving_licence", "voter_id", "utility_bill"}),
    "issue_date": frozenset({"utility_bill", "driving_licence"}),
    "expiry_date": frozenset({"passport", "driving_licence"}),
}


def pan_card_finding(reading: DocumentReading, declared: Mapping[str, object]) -> Finding:
    """The signals of the check `pan_card`. `declared` holds `applicant.pan`, `.name` and `.date_of_birth` where known."""
    source = "pan_card"
    is_pan = reading.kind == "pan_card" and reading.checks["recognised"]
    values: dict[str, Value | Missing] = {
        "is_pan_card": is_pan,
        "number_match": _held_against(reading, "number", declared.get("applicant.pan"), _same_number),
        "name_similarity": _held_against(reading, "name", declared.get("applicant.name"), name_similarity),
        "dob_match": _held_against(reading, "date_of_birth", declared.get("applicant.date_of_birth"), _same_date),
        "quality": reading.quality.score,
        "ocr_confidence": _confidence(reading),
    }
    return Finding(_signals(source, "pan_card", values, reading), reading_evidence(reading))


def address_document_finding(reading: DocumentReading, declared: Mapping[str, object], as_of: date) -> Finding:
    """The signals of the check `address_document`; `as_of` is the day from which the document's age is counted."""
    source = "address_document"
    kind = reading.kind if reading.kind in _ADDRESS_KINDS and reading.checks["recognised"] else "other"
    issued = _day(reading, "issue_date")
    values: dict[str, Value | Missing] = {
        "kind": kind,
        "name_similarity": _held_against(reading, "name", declared.get("applicant.name"), name_similarity),
        "dob_match": _held_against(reading, "date_of_birth", declared.get("applicant.date_of_birth"), _same_date),
        "address_similarity": _held_against(reading, "address", declared.get("applicant.address"), address_similarity),
        "issue_age_days": (as_of - issued).days if isinstance(issued, date) else issued,
        "expiry_date": _day(reading, "expiry_date"),
        "quality": reading.quality.score,
        "ocr_confidence": _confidence(reading),
    }
    return Finding(
        _signals(source, "address_document", values, reading) + _aadhaar(reading, source), reading_evidence(reading)
    )


def face_finding(
    portrait: bytes, selfie: bytes, *, engine: FaceEngine | None = None, settings: MlSettings | None = None
) -> Finding:
    """The signals of the check `face`: the portrait on `portrait` (the card's picture) against `selfie`.

    Raises DocumentRejected for a picture that is not accepted.
    """
    source = "face"
    try:
        match = compare_faces(portrait, selfie, engine=engine, settings=settings)
    except NotExecuted as error:
        return Finding(missing(FACE_SIGNALS, Reason.NOT_EXECUTED, error.reason, source), {"not_executed": error.reason})
    no_face = Missing(Reason.NOT_READABLE, match.reason)
    values: dict[str, Value | Missing] = {
        "match_score": no_face if match.score is None else match.score,
        "selfie_faces": match.faces_b,
        "portrait_found": match.face_a is not None,
        "selfie_quality": no_face if match.face_b is None else match.face_b.quality.score,
    }
    signals = tuple(Signal(f"face.{name}", value, source) for name, value in values.items())
    return Finding(signals, face_evidence(match))


def _signals(
    source: str, prefix: str, values: Mapping[str, Value | Missing], reading: DocumentReading
) -> tuple[Signal, ...]:
    return tuple(Signal(f"{prefix}.{name}", value, source, None, reading.confidence) for name, value in values.items())


def _aadhaar(reading: DocumentReading, source: str) -> tuple[Signal, ...]:
    names = ("aadhaar.last4", "aadhaar.number_masked")
    if reading.kind != "aadhaar":
        return missing(names, Reason.NOT_PROVIDED, "the address document is not an Aadhaar", source)
    last4, masked = reading.fields.get("last4"), reading.fields.get("number_masked")
    if last4 is None or masked is None:
        return missing(names, Reason.NOT_READABLE, "the Aadhaar number could not be read", source)
    return tuple(
        Signal(name, entry.value, source, None, entry.confidence)
        for name, entry in zip(names, (last4, masked), strict=True)
    )


def _held_against(
    reading: DocumentReading, field: str, declared: object, compare: Callable[[str, str], Value]
) -> Value | Missing:
    if isinstance(declared, date):
        declared = declared.isoformat()
    if not isinstance(declared, str) or not declared.strip():
        return Missing(Reason.NOT_PROVIDED, f"the applicant declared no {field} to compare with")
    read = reading.text(field)
    return _unread(reading, field) if read is None else compare(read, declared)


def _unread(reading: DocumentReading, field: str) -> Missing:
    if reading.kind in _ADDRESS_KINDS and reading.kind not in _PRINTS.get(field, _ADDRESS_KINDS):
        return Missing(Reason.NOT_PROVIDED, f"a document of kind {reading.kind} prints no {field}")
    return Missing(Reason.NOT_READABLE, f"the {field} could not be read")


def _day(reading: DocumentReading, field: str) -> date | Missing:
    text = reading.text(field)
    if text is None:
        return _unread(reading, field)
    try:
        return date.fromisoformat(text)
    except ValueError:
        return Missing(Reason.NOT_READABLE, f"the {field} is not a whole date")


def _confidence(reading: DocumentReading) -> float | Missing:
    if reading.confidence is None:
        return Missing(Reason.NOT_READABLE, "no field could be read")
    return reading.confidence


def _same_number(read: str, declared: str) -> bool:
    return read.upper() == "".join(declared.split()).upper()


def _same_date(read: str, declared: str) -> bool:
    return read == declared
