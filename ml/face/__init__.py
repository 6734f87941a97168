"""Faces: one protocol, `FaceEngine`; dlib by default, InsightFace where its models are set; `compare_faces` for pairs."""

from ml.face.compare import FaceMatch, FaceOutcome, compare_faces
from ml.face.engine import MATCH_SCORE, Face, FaceEngine
from ml.face.load import face_engine

__all__ = ["MATCH_SCORE", "Face", "FaceEngine", "FaceMatch", "FaceOutcome", "compare_faces", "face_engine"]
