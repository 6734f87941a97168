"""PaddleOCR 3 behind `TextReader`: used where `VERDICT_PADDLE_MODEL_DIR` names a folder with its models.

The folder holds one sub-folder for detection and one for recognition (`det`, `rec`, each with `inference.yml` as Paddle
exports it). They are handed over by path, so nothing is downloaded; what is missing raises NotExecuted.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import yaml

from ml.errors import NotExecuted
from ml.geometry import Box
from ml.images import Picture
from ml.ocr.reader import TextLine, reading_order


class PaddleReader:
    """A `TextReader` on paddleocr 3. Loading takes seconds; keep one per process."""

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        detector, recogniser = _exported(folder, "det"), _exported(folder, "rec")
        try:
            from paddleocr import PaddleOCR, TextRecognition
        except ImportError as error:
            raise NotExecuted("the extra `paddle` (paddleocr, paddlepaddle) is not installed") from error
        names = [_model_name(model) for model in (detector, recogniser)]
        self._pipeline: Any = PaddleOCR(
            text_detection_model_name=names[0],
            text_detection_model_dir=str(detector),
            text_recognition_model_name=names[1],
            text_recognition_model_dir=str(recogniser),
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            text_det_limit_type="max",
            device="cpu",
            cpu_threads=threads,
        )
        self._lines: Any = TextRecognition(
            model_name=names[1], model_dir=str(recogniser), device="cpu", cpu_threads=threads
        )
        self._lock = Lock()
        self._model_id = f"paddleocr:{names[0]}+{names[1]}@{_digest(detector, recogniser)}"

    @property
    def model_id(self) -> str:
        """Names and digest of both exported models."""
        return self._model_id

    def read(self, picture: Picture, *, detail_px: int = 640) -> list[TextLine]:
        """Find and read all lines with text detection at `detail_px` on the long side."""
        with self._lock:
            pages = list(self._pipeline.predict(picture[:, :, ::-1].copy(), text_det_limit_side_len=detail_px))
        lines = [
            TextLine(text.strip(), float(score), Box.around(np.asarray(polygon, np.float64).reshape(4, 2)))
            for page in pages
            for text, score, polygon in zip(page["rec_texts"], page["rec_scores"], page["rec_polys"], strict=True)
            if text.strip()
        ]
        return reading_order(lines)

    def read_lines(self, crops: list[Picture]) -> list[tuple[str, float]]:
        """Read line pictures one by one."""
        if not crops:
            return []
        with self._lock:
            results = list(self._lines.predict([crop[:, :, ::-1].copy() for crop in crops], batch_size=1))
        return [(str(result["rec_text"]).strip(), float(result["rec_score"])) for result in results]


def _exported(folder: Path, part: str) -> Path:
    model = folder / part
    if not (model / "inference.yml").is_file():
        raise NotExecuted(f"VERDICT_PADDLE_MODEL_DIR has no {part}/inference.yml")
    return model


def _model_name(model: Path) -> str:
    described = yaml.safe_load((model / "inference.yml").read_text(encoding="utf-8"))
    name = described.get("Global", {}).get("model_name") if isinstance(described, dict) else None
    if not isinstance(name, str):
        raise NotExecuted(f"{model.name}/inference.yml names no model")
    return name


def _digest(*models: Path) -> str:
    whole = hashlib.sha256()
    for model in models:
        for file in sorted(model.iterdir()):
            if file.suffix in {".pdiparams", ".json", ".pdmodel", ".onnx"}:
                whole.update(file.read_bytes())
    return whole.hexdigest()[:12]
