"""What every `TextReader` promises. PaddleOCR runs in the same suite where its extra and its models are installed."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from connectors.sandbox.specimens.drawing import font
from ml.errors import NotExecuted
from ml.ocr import TextReader, text_reader
from ml.ocr.paddle import PaddleReader
from ml.ocr.rapid import bundled_model
from ml.settings import MlSettings


@pytest.fixture(scope="module", params=["rapid", "paddle"])
def reader(request):
    if request.param == "rapid":
        return text_reader(MlSettings())
    folder = os.environ.get("VERDICT_PADDLE_MODEL_DIR")
    if find_spec("paddleocr") is None or not folder:
        pytest.skip("the extra `paddle` is not installed or VERDICT_PADDLE_MODEL_DIR is not set")
    return text_reader(MlSettings(paddle_model_dir=Path(folder)))


def sheet(rows, size=(900, 600)):
    page = Image.new("RGB", size, (235, 238, 240))
    draw = ImageDraw.Draw(page)
    for x, y, text in rows:
        draw.text((x, y), text, fill=(20, 20, 20), font=font("Medium", 34))
    return np.asarray(page)


def test_it_is_a_text_reader_and_names_its_weights(reader):
    assert isinstance(reader, TextReader)
    assert "@" in reader.model_id


def test_lines_come_in_reading_order_with_spaces_places_and_confidence(reader):
    lines = reader.read(sheet([(60, 60, "INCOME TAX"), (560, 64, "GOVT. OF INDIA"), (60, 300, "Father's Name")]))
    assert [line.text for line in lines] == ["INCOME TAX", "GOVT. OF INDIA", "Father's Name"]
    assert all(0.9 < line.confidence <= 1 for line in lines)
    assert abs(lines[1].box.left - 560) < 25
    assert abs(lines[2].box.centre[1] - 322) < 20


def test_a_picture_without_text_has_no_lines(reader):
    assert reader.read(np.full((400, 600, 3), 200, np.uint8)) == []


def test_single_lines_are_read_in_the_order_given(reader):
    crops = [sheet([(10, 6, word)], (360, 56)) for word in ("AAAPV1234K", "17/05/1990")]
    assert [text for text, _ in reader.read_lines(crops)] == ["AAAPV1234K", "17/05/1990"]
    assert reader.read_lines([]) == []


def test_reading_twice_gives_the_same(reader):
    page = sheet([(60, 60, "Permanent Account Number")])
    assert reader.read(page) == reader.read(page)


def test_the_reader_is_loaded_once_per_process():
    assert text_reader(MlSettings()) is text_reader(MlSettings())


def test_a_model_that_the_wheel_lacks_is_not_executed_and_not_downloaded():
    with pytest.raises(NotExecuted, match="carries no"):
        bundled_model("PP-OCRv9_det_huge.onnx")


def test_a_paddle_folder_without_models_is_not_executed(tmp_path):
    with pytest.raises(NotExecuted, match=r"det/inference\.yml"):
        PaddleReader(tmp_path)


@pytest.mark.skipif(find_spec("paddleocr") is not None, reason="the extra `paddle` is installed")
def test_without_the_paddle_extra_a_configured_folder_is_not_executed_and_never_replaced(tmp_path):
    for part in ("det", "rec"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "inference.yml").write_text("Global: {model_name: PP-OCRv5_mobile}\n")
    with pytest.raises(NotExecuted, match="not installed"):
        text_reader(MlSettings(paddle_model_dir=tmp_path))
