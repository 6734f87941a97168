"""Readings and face comparisons as JSON-able evidence: what an officer is shown and a decision cites.

Boxes are four [x, y] corners in pixels of the upright picture, whose size stands beside them. Embeddings are biometric
templates and never part of evidence; Aadhaar numbers are masked before they get here.
"""

from __future__ import annotations

from engine.signal import Value
from ml.documents.reading import DocumentReading
from ml.face import Face, FaceMatch
from ml.geometry import Box
from ml.quality import Quality


def reading_evidence(reading: DocumentReading) -> dict[str, Value]:
    """A reading as nested dictionaries, lists and scalars."""
    return {
        "kind": reading.kind,
        "fields": {
            name: {"value": entry.value, "confidence": entry.confidence, "box": _box(entry.box)}
            for name, entry in reading.fields.items()
        },
        "checks": dict(reading.checks),
        "quality": quality_evidence(reading.quality),
        "lines": [{"text": line.text, "confidence": line.confidence, "box": _box(line.box)} for line in reading.lines],
        "portrait": _box(reading.portrait),
        "redactions": [_box(box) for box in reading.redactions],
        "picture": {"width_px": reading.width_px, "height_px": reading.height_px},
        "model_ids": list(reading.model_ids),
    }


def face_evidence(match: FaceMatch) -> dict[str, Value]:
    """A comparison as nested dictionaries, lists and scalars, without embeddings."""
    return {
        "outcome": match.outcome.value,
        "score": match.score,
        "reason": match.reason,
        "faces_portrait": match.faces_a,
        "faces_selfie": match.faces_b,
        "portrait": _face(match.face_a),
        "selfie": _face(match.face_b),
        "model_ids": [match.model_id],
    }


def quality_evidence(quality: Quality) -> dict[str, Value]:
    """The score, each measure with its limit, and the sentences for the applicant."""
    return {
        "score": quality.score,
        "measures": {
            measure.name: {"value": measure.value, "limit": measure.limit, "passed": measure.passed}
            for measure in quality.measures
        },
        "complaints": list(quality.complaints),
    }


def _face(face: Face | None) -> Value:
    return None if face is None else {"box": _box(face.box), "quality": quality_evidence(face.quality)}


def _box(box: Box | None) -> Value:
    return None if box is None else [[round(x, 1), round(y, 1)] for x, y in box.corners]
