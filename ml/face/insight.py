"""InsightFace behind `FaceEngine`: used where `VERDICT_INSIGHTFACE_DIR` names a model pack's folder.

InsightFace's published packs may be used for non-commercial research only; a deployment brings its own licence with its
own folder. Embeddings are compared by cosine: distance is 1 - cosine, and the operating point 0.60 is placed at
cosine 0.36, between the customary 0.3 and 0.4 of ArcFace models; it has not been measured here and must be set on the
deployment's own pairs.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.errors import NotExecuted
from ml.face.engine import Embedding, Face, calibrated, crop_of
from ml.geometry import Box
from ml.images import Picture
from ml.quality import face_quality

MATCH_COSINE: Final = 0.36
_NOTHING_ALIKE: Final = 1.0  # cosine 0
_DETECTION_PX: Final = (640, 640)


class InsightFaceEngine:
    """A `FaceEngine` on an InsightFace pack (detector and recogniser as ONNX files in one folder)."""

    def __init__(self, folder: Path) -> None:
        models = sorted(folder.glob("*.onnx"))
        if not models:
            raise NotExecuted("VERDICT_INSIGHTFACE_DIR holds no .onnx models")
        try:
            from insightface.app import FaceAnalysis
        except ImportError as error:
            raise NotExecuted("the extra `insightface` is not installed") from error
        # FaceAnalysis looks for root/models/name and downloads what it does not find there: hand it an absolute folder.
        self._app: Any = FaceAnalysis(
            name=str(folder.resolve()),
            allowed_modules=["detection", "recognition"],
            providers=["CPUExecutionProvider"],
        )
        self._app.prepare(ctx_id=-1, det_size=_DETECTION_PX)
        whole = hashlib.sha256()
        for model in models:
            whole.update(model.read_bytes())
        self._model_id = f"insightface:{folder.name}@{whole.hexdigest()[:12]}"

    @property
    def model_id(self) -> str:
        """Name of the folder and digest of its models."""
        return self._model_id

    def boxes(self, picture: Picture) -> list[Box]:
        """All faces' places, largest first, without embedding them."""
        found, _ = self._app.det_model.detect(picture[:, :, ::-1].copy(), max_num=0, metric="default")
        boxes = [Box.upright(*(float(side) for side in row[:4])) for row in found]
        return sorted(boxes, key=_area, reverse=True)

    def faces(self, picture: Picture) -> list[Face]:
        """All faces, largest first."""
        found = []
        for seen in self._app.get(picture[:, :, ::-1].copy()):
            box = Box.upright(*(float(side) for side in seen.bbox))
            quality = face_quality(crop_of(picture, box))
            found.append(Face(box, np.asarray(seen.normed_embedding, np.float32), quality))
        return sorted(found, key=lambda face: _area(face.box), reverse=True)

    def largest(self, picture: Picture) -> tuple[int, Face | None]:
        """How many faces there are, and the largest of them."""
        faces = self.faces(picture)
        return len(faces), next(iter(faces), None)

    def score(self, a: Embedding, b: Embedding) -> float:
        """1 at cosine 1, 0.60 at 0.36, 0 from 0 down."""
        cosine = float(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))
        return calibrated(max(0.0, 1.0 - cosine), 1.0 - MATCH_COSINE, _NOTHING_ALIKE)


def _area(box: Box) -> float:
    return box.width * box.height
