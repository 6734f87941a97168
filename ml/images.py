"""The intake of uploaded pictures: from untrusted bytes to an upright RGB array without metadata.

The type is taken from the content, never from a name. Size and pixel count are checked before anything is decoded, so
a decompression bomb costs nothing. Truncated pictures, encrypted PDFs and PDFs that could run something are refused,
each with a code and a sentence for the applicant (`DocumentRejected`).
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from ml.errors import DocumentRejected

Picture: TypeAlias = NDArray[np.uint8]
MediaType: TypeAlias = Literal["image/jpeg", "image/png", "application/pdf"]

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 40_000_000
MIN_SIDE_PX: Final = 64
MAX_SIDE_PX: Final = 20_000
_DAMAGED: Final = (OSError, SyntaxError, ValueError, EOFError, KeyError, struct.error, zlib.error)


def sniff(data: bytes) -> MediaType:
    """Say what the bytes are by their first bytes; DocumentRejected for anything but JPEG, PNG and PDF."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    raise DocumentRejected(
        "unsupported_type", "The file is not a picture we can read.", "Send a JPEG, PNG or PDF file."
    )


def load_pages(source: bytes | str | Path) -> list[Picture]:
    """Decode a file to upright RGB pictures: one for JPEG and PNG, the first pages for a PDF.

    Raises DocumentRejected for what is too large, too small, damaged or dangerous, OSError for an unreadable path.
    """
    data = _bounded(source)
    media = sniff(data)
    if media == "application/pdf":
        from ml.pdf import render_pages

        return render_pages(data)
    return [_decode(data, media)]


def load_image(source: bytes | str | Path) -> Picture:
    """Decode a file to one upright RGB picture, shape (height, width, 3); of a PDF the first page."""
    return load_pages(source)[0]


def to_jpeg(picture: Picture, quality: int = 90) -> bytes:
    """Encode an RGB picture as JPEG bytes that carry no metadata."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return out.getvalue()


def check_size(width: float, height: float) -> None:
    """Refuse a picture by its declared size in pixels, before it is decoded."""
    if min(width, height) < MIN_SIDE_PX:
        raise DocumentRejected("too_small", "The picture is too small to read.", "Take a larger picture.")
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise DocumentRejected(
            "too_many_pixels", "The picture has too many pixels.", "Send it at 40 megapixels or less."
        )


def _bounded(source: bytes | str | Path) -> bytes:
    if isinstance(source, bytes):
        data = source[: MAX_BYTES + 1]
    else:
        with Path(source).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    if not data:
        raise DocumentRejected("empty", "The file is empty.", "Choose the file again.")
    if len(data) > MAX_BYTES:
        raise DocumentRejected("too_large", "The file is larger than 10 MB.", "Send a smaller file.")
    return data


def _decode(data: bytes, media: MediaType) -> Picture:
    # The plug-in classes are used directly: Image.open would guess the format and warn of bombs instead of refusing.
    try:
        encoded = (JpegImageFile if media == "image/jpeg" else PngImageFile)(io.BytesIO(data))
    except _DAMAGED as error:
        raise _damaged() from error
    check_size(*encoded.size)
    try:
        encoded.load()
    except _DAMAGED as error:
        raise _damaged() from error
    return _rgb(_upright(encoded))


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except _DAMAGED:
        return picture  # a broken EXIF block says nothing; the document reader finds the way up by itself


def _rgb(picture: Image.Image) -> Picture:
    if picture.mode.startswith("I"):  # 16-bit grey: PIL's own conversion would clip instead of scale
        wide = np.asarray(picture).astype(np.float32) / 257
        picture = Image.fromarray(np.clip(wide, 0, 255).astype(np.uint8))
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(paper, picture)
    return np.array(picture.convert("RGB"))


def _damaged() -> DocumentRejected:
    return DocumentRejected("damaged", "The file is damaged or incomplete.", "Send it again or take a new picture.")
