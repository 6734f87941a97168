"""Text reading: one protocol, `TextReader`; PP-OCR on ONNX Runtime by default, PaddleOCR where its models are set."""

from __future__ import annotations

from functools import lru_cache

from ml.ocr.reader import TextLine, TextReader
from ml.settings import MlSettings

__all__ = ["TextLine", "TextReader", "text_reader"]


@lru_cache(maxsize=4)
def text_reader(settings: MlSettings) -> TextReader:
    """The reader that `settings` ask for, loaded once per process; NotExecuted where it cannot run."""
    if settings.paddle_model_dir is not None:
        from ml.ocr.paddle import PaddleReader

        return PaddleReader(settings.paddle_model_dir, threads=settings.threads)
    from ml.ocr.rapid import RapidReader

    return RapidReader(threads=settings.threads)
