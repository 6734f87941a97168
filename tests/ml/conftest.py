"""Builders and shared models for the tests of `ml`; models are loaded once for the whole run."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from connectors.sandbox.specimens import Person
from ml.face import FaceEngine, face_engine
from ml.ocr import TextReader, text_reader
from ml.settings import MlSettings

TODAY = date(2026, 6, 1)


@pytest.fixture(scope="session")
def asha() -> Person:
    return Person(
        name="Asha Verma",
        father_name="Ramesh Verma",
        date_of_birth=date(1990, 5, 17),
        gender="F",
        address="12 Lake View Road, Bandra West, Mumbai, Maharashtra 400050",
        pan="AAAPV1234K",
        aadhaar_last4="4321",
    )


@pytest.fixture(scope="session")
def text() -> TextReader:
    return text_reader(MlSettings())


@pytest.fixture(scope="session")
def dlib_faces() -> FaceEngine:
    return face_engine(MlSettings())


@pytest.fixture(scope="session")
def public_data() -> Path:
    folder = Path(os.environ.get("VERDICT_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the published test data is not here; set VERDICT_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def encoded() -> Callable[..., bytes]:
    """Encode an array or PIL picture: encoded(picture, "PNG")."""

    def encode(picture: np.ndarray | Image.Image, form: str = "JPEG", **options: object) -> bytes:
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        out = io.BytesIO()
        image.save(out, form, **options)
        return out.getvalue()

    return encode
