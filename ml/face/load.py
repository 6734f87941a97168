"""Which face engine runs: loaded once per process and settings."""

from __future__ import annotations

from functools import lru_cache

from ml.face.engine import FaceEngine
from ml.settings import MlSettings


@lru_cache(maxsize=4)
def face_engine(settings: MlSettings) -> FaceEngine:
    """InsightFace where its folder is set, dlib otherwise; NotExecuted where the chosen one cannot run."""
    if settings.insightface_dir is not None:
        from ml.face.insight import InsightFaceEngine

        return InsightFaceEngine(settings.insightface_dir)
    from ml.face.dlib_engine import DlibFaceEngine

    return DlibFaceEngine()
