"""dlib's face recogniser: HOG detector on a ladder of sizes, five-point alignment, 128 numbers per face.

Weights come from the wheel of `face-recognition-models`, found without importing the package (it needs a module that
setuptools dropped). The embedding is averaged with that of the mirrored face, which costs a second pass and removed the
last errors on the labelled pairs it was measured on. Operating point: Euclidean distance 0.60 is score 0.60.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

import cv2
import numpy as np

from ml.errors import NotExecuted
from ml.face.engine import Embedding, Face, calibrated, crop_of
from ml.geometry import Box
from ml.images import Picture
from ml.quality import face_quality

EMBEDDER: Final = "dlib_face_recognition_resnet_model_v1.dat"
LANDMARKS: Final = "shape_predictor_5_face_landmarks.dat"
MATCH_DISTANCE: Final = 0.60
_NOTHING_ALIKE: Final = 1.20
# Long side in pixels and how often dlib doubles it. HOG sees faces from 80 px on: a selfie and the people beside it are
# found on the first rung, a card's portrait (a tenth of the picture's width) on the second, and only a picture that
# seems to have no face pays for the third.
_LADDER: Final = ((640, 0), (1100, 0), (1100, 1))
_CHIP_PX: Final = 150
_CHIP_PADDING: Final = 0.25


def bundled_weights(name: str) -> Path:
    """Where the wheel of face-recognition-models keeps a file; NotExecuted where it is absent."""
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise NotExecuted("the package face-recognition-models, which carries dlib's weights, is not installed")
    path = Path(spec.submodule_search_locations[0], "models", name)
    if not path.is_file():
        raise NotExecuted(f"the wheel of face-recognition-models carries no {name}")
    return path


class DlibFaceEngine:
    """The default `FaceEngine`. Loading takes about a quarter of a second; keep one per process."""

    def __init__(self) -> None:
        try:
            import dlib
        except ImportError as error:
            raise NotExecuted("the package dlib-bin is not installed") from error
        landmarks, embedder = bundled_weights(LANDMARKS), bundled_weights(EMBEDDER)
        self._dlib: Any = dlib
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(landmarks))
        self._embedder = dlib.face_recognition_model_v1(str(embedder))
        self._lock = Lock()  # dlib's networks keep their activations inside and are not thread-safe
        digest = hashlib.sha256(landmarks.read_bytes() + embedder.read_bytes()).hexdigest()
        self._model_id = f"dlib-resnet-v1@{digest[:12]}"

    @property
    def model_id(self) -> str:
        """Name and digest of landmarks and embedder."""
        return self._model_id

    def boxes(self, picture: Picture) -> list[Box]:
        """All faces' places, largest first, from the first rung of the ladder that finds any."""
        for long_side, doublings in _LADDER:
            scale = min(1.0, long_side / max(picture.shape[:2]))
            size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
            small = picture if scale == 1.0 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            with self._lock:
                found = self._detector(np.ascontiguousarray(small), doublings)
            if found:
                boxes = [
                    Box.upright(r.left() / scale, r.top() / scale, r.right() / scale, r.bottom() / scale) for r in found
                ]
                return sorted(boxes, key=lambda box: -box.width * box.height)
        return []

    def faces(self, picture: Picture) -> list[Face]:
        """All faces, largest first."""
        return [self._embed(picture, box) for box in self.boxes(picture)]

    def largest(self, picture: Picture) -> tuple[int, Face | None]:
        """How many faces there are, and the largest of them."""
        boxes = self.boxes(picture)
        return len(boxes), self._embed(picture, boxes[0]) if boxes else None

    def score(self, a: Embedding, b: Embedding) -> float:
        """1 at distance 0, 0.60 at 0.60, 0 from 1.20 on."""
        return calibrated(float(np.linalg.norm(a - b)), MATCH_DISTANCE, _NOTHING_ALIKE)

    def _embed(self, picture: Picture, box: Box) -> Face:
        whole = np.ascontiguousarray(picture)
        rectangle = self._dlib.rectangle(*(round(side) for side in (box.left, box.top, box.right, box.bottom)))
        with self._lock:
            shape = self._landmarks(whole, rectangle)
            # The chip is cut from the full picture, not from the small one that the detector saw.
            chip = self._dlib.get_face_chip(whole, shape, _CHIP_PX, _CHIP_PADDING)
            mirrored = np.ascontiguousarray(chip[:, ::-1])
            vectors = [np.array(self._embedder.compute_face_descriptor(view), np.float32) for view in (chip, mirrored)]
        return Face(box, np.mean(vectors, axis=0, dtype=np.float32), face_quality(crop_of(picture, box)))
