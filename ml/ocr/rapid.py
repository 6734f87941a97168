"""PP-OCRv6 (small) on ONNX Runtime: the detector and recogniser that lie in rapidocr's wheel, run by our own runner.

rapidocr's code is not imported: its defaults enlarge every picture, read lines in padded batches and take 3 to 5 s for a
card where this takes a fraction of one. The weights are found without importing the package and without any network.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ml.errors import NotExecuted
from ml.images import Picture
from ml.ocr.detect import boxes_of, crop_of, detector_input
from ml.ocr.reader import TextLine, reading_order
from ml.ocr.recognise import decode, recogniser_input

DETECTOR: Final = "PP-OCRv6_det_small.onnx"
RECOGNISER: Final = "PP-OCRv6_rec_small.onnx"
_MIN_CONFIDENCE: Final = 0.5


def bundled_model(name: str) -> Path:
    """Where rapidocr's wheel keeps a model; NotExecuted where the wheel is absent or carries it no longer."""
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise NotExecuted("the package rapidocr, which carries the OCR models, is not installed")
    path = Path(spec.submodule_search_locations[0], "models", name)
    if not path.is_file():
        raise NotExecuted(f"rapidocr's wheel carries no {name}; requirements.lock names the version that does")
    return path


class RapidReader:
    """The default `TextReader`. Loading takes about half a second; keep one per process. Safe to share by threads."""

    def __init__(self, *, threads: int = 2) -> None:
        detector, recogniser = bundled_model(DETECTOR), bundled_model(RECOGNISER)
        self._detector = _session(detector, threads)
        self._recogniser = _session(recogniser, threads)
        characters = self._recogniser.get_modelmeta().custom_metadata_map.get("character")
        if not characters:
            raise NotExecuted(f"{RECOGNISER} does not name its characters")
        self._alphabet = ["", *characters.splitlines(), " "]
        digest = hashlib.sha256(detector.read_bytes() + recogniser.read_bytes()).hexdigest()
        self._model_id = f"pp-ocrv6-small@{digest[:12]}"

    @property
    def model_id(self) -> str:
        """Name and digest of both weights."""
        return self._model_id

    def read(self, picture: Picture, *, detail_px: int = 640) -> list[TextLine]:
        """Find and read all lines; lines read with a confidence under one half are dropped."""
        (output,) = self._detector.run(None, {"x": detector_input(picture, detail_px)})
        boxes = boxes_of(np.asarray(output, np.float32)[0, 0], picture.shape[:2])
        read = self.read_lines([crop_of(picture, box) for box in boxes])
        lines = [
            TextLine(text, confidence, box)
            for (text, confidence), box in zip(read, boxes, strict=True)
            if text and confidence >= _MIN_CONFIDENCE
        ]
        return reading_order(lines)

    def read_lines(self, crops: list[Picture]) -> list[tuple[str, float]]:
        """Read line pictures one by one."""
        return [decode(self._probabilities(crop), self._alphabet) for crop in crops]

    def _probabilities(self, crop: Picture) -> NDArray[np.float32]:
        (output,) = self._recogniser.run(None, {"x": recogniser_input(crop)})
        probabilities: NDArray[np.float32] = np.asarray(output, np.float32)[0]
        return probabilities


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning pool takes the core that the next request needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
