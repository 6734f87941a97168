import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ml.errors import DocumentRejected
from ml.images import MAX_BYTES, load_image, sniff, to_jpeg


def grey(width=200, height=120, tone=180):
    return np.full((height, width, 3), tone, np.uint8)


def png_claiming(width, height):
    """A PNG of a few bytes whose header promises a huge picture."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def refused(data):
    with pytest.raises(DocumentRejected) as caught:
        load_image(data)
    assert caught.value.message.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value.code


def test_the_type_is_taken_from_the_content(encoded):
    assert sniff(encoded(grey())) == "image/jpeg"
    assert sniff(encoded(grey(), "PNG")) == "image/png"
    assert sniff(b"%PDF-1.7\n") == "application/pdf"


@pytest.mark.parametrize("form", ["GIF", "BMP", "WEBP", "TIFF"])
def test_other_picture_types_are_refused(encoded, form):
    assert refused(encoded(grey(), form)) == "unsupported_type"


@pytest.mark.parametrize(
    "data", [b"MZ\x90\x00", b"PK\x03\x04", b"<svg xmlns='x'/>", b"hello", b"<?xml version='1.0'?>"]
)
def test_what_is_no_picture_is_refused(data):
    assert refused(data) == "unsupported_type"


def test_an_empty_file_is_refused():
    assert refused(b"") == "empty"


def test_a_file_over_ten_megabytes_is_refused(encoded):
    assert refused(encoded(grey()) + b"\0" * MAX_BYTES) == "too_large"


def test_a_decompression_bomb_is_refused_by_its_header():
    assert refused(png_claiming(60_000, 60_000)) == "too_many_pixels"
    assert refused(png_claiming(9_000, 9_000)) == "too_many_pixels"


def test_a_compressed_text_bomb_inside_a_png_is_refused():
    body = b"Comment\0\0" + zlib.compress(b"A" * 80_000_000, 9)
    whole = io.BytesIO()
    Image.fromarray(grey()).save(whole, "PNG")
    data = whole.getvalue()
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    assert refused(data[:33] + chunk + data[33:]) == "damaged"


def test_a_picture_too_small_to_read_is_refused(encoded):
    assert refused(encoded(grey(40, 40))) == "too_small"


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("kept", [0.2, 0.6, 0.9])
def test_a_truncated_picture_is_refused(encoded, form, kept):
    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    data = encoded(noise, form)
    assert refused(data[: int(len(data) * kept)]) == "damaged"


@given(st.binary(max_size=400), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4\n"]))
def test_garbage_behind_a_right_beginning_is_refused_and_nothing_else_happens(body, start):
    with pytest.raises(DocumentRejected):
        load_image(start + body)


def test_exif_orientation_is_applied(encoded):
    picture = Image.fromarray(grey(300, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert load_image(encoded(picture, exif=exif)).shape == (300, 100, 3)


def test_metadata_does_not_survive_the_intake(encoded):
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    clean = to_jpeg(load_image(encoded(Image.fromarray(grey()), exif=exif)))
    assert b"SecretCamera" not in clean
    assert not Image.open(io.BytesIO(clean)).getexif()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16", "1"])
def test_every_colour_mode_becomes_rgb(encoded, mode):
    source = Image.fromarray(np.full((80, 90), 40_000, np.uint16)) if mode == "I;16" else Image.new(mode, (90, 80))
    picture = load_image(encoded(source, "PNG"))
    assert picture.shape == (80, 90, 3)
    assert picture.dtype == np.uint8


def test_sixteen_bit_grey_is_scaled_and_not_clipped(encoded):
    picture = load_image(encoded(Image.fromarray(np.full((80, 90), 40_000, np.uint16)), "PNG"))
    assert picture.mean() == pytest.approx(40_000 / 257, abs=1)


def test_a_cmyk_jpeg_becomes_rgb(encoded):
    assert load_image(encoded(Image.new("CMYK", (90, 80)))).shape == (80, 90, 3)


def test_a_transparent_picture_is_laid_on_white_paper(encoded):
    assert load_image(encoded(Image.new("RGBA", (90, 80), (0, 0, 0, 0)), "PNG")).min() == 255


def test_a_path_is_read_like_bytes(encoded, tmp_path):
    file = tmp_path / "card.jpg"
    file.write_bytes(encoded(grey()))
    assert load_image(file).shape == load_image(str(file)).shape == (120, 200, 3)
