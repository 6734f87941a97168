"""One face against one face: the largest of each picture, a score, and a reason where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ml.face.engine import MATCH_SCORE, Face, FaceEngine
from ml.face.load import face_engine
from ml.images import load_image
from ml.settings import MlSettings


class FaceOutcome(StrEnum):
    """How a comparison ended."""

    MATCH = "match"
    NO_MATCH = "no_match"
    NO_FACE_A = "no_face_in_first_picture"
    NO_FACE_B = "no_face_in_second_picture"
    NO_FACES = "no_face_in_either_picture"


_WHERE: Final = {
    FaceOutcome.NO_FACE_A: "no face in the first picture",
    FaceOutcome.NO_FACE_B: "no face in the second picture",
    FaceOutcome.NO_FACES: "no face in either picture",
}


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """The outcome of a comparison. `score` is 0-1 and 0.60 and over a match; without two faces it is None.

    `reason` says in one sentence why there is no score, or what to know about it (several faces); empty otherwise.
    `faces_a` and `faces_b` count the faces seen; `face_a` and `face_b` are the ones compared.
    """

    outcome: FaceOutcome
    score: float | None
    reason: str
    faces_a: int
    faces_b: int
    face_a: Face | None
    face_b: Face | None
    model_id: str

    @property
    def is_match(self) -> bool:
        """Whether two faces were compared and reach the operating point."""
        return self.outcome is FaceOutcome.MATCH


def compare_faces(
    a: bytes | str | Path,
    b: bytes | str | Path,
    *,
    engine: FaceEngine | None = None,
    settings: MlSettings | None = None,
) -> FaceMatch:
    """Compare the largest face of two pictures, given as paths or bytes.

    Raises DocumentRejected for a file that is not accepted and NotExecuted where the engine cannot run.
    """
    chosen = engine or face_engine(settings or MlSettings())
    (count_a, face_a), (count_b, face_b) = (chosen.largest(load_image(source)) for source in (a, b))
    if face_a is None or face_b is None:
        outcome = FaceOutcome.NO_FACE_A if face_a is None else FaceOutcome.NO_FACE_B
        if face_a is None and face_b is None:
            outcome = FaceOutcome.NO_FACES
        reason = f"There is {_WHERE[outcome]}."
        return FaceMatch(outcome, None, reason, count_a, count_b, face_a, face_b, chosen.model_id)
    score = round(chosen.score(face_a.embedding, face_b.embedding), 4)
    outcome = FaceOutcome.MATCH if score >= MATCH_SCORE else FaceOutcome.NO_MATCH
    crowded = [name for name, count in (("first", count_a), ("second", count_b)) if count > 1]
    reason = f"Several faces in the {' and '.join(crowded)} picture; the largest was compared." if crowded else ""
    return FaceMatch(outcome, score, reason, count_a, count_b, face_a, face_b, chosen.model_id)
