"""Document pictures as `data:` addresses, so that they travel inside the signed-in page and rest at no address of their own.

Pictures are made upright and no larger than a screen needs. What cannot be drawn is None, and the view says so.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_SIDE_PX: Final = 1400
MAX_PIXELS: Final = 40_000_000
_MARGIN: Final = 0.45
"""How much of a face's box is shown around it, so that an officer sees a head and not a mask."""

Box = Sequence[Sequence[float]]


def document_picture(content: bytes, media_type: str) -> str | None:
    """The file, or the first page of a PDF, as a `data:` address."""
    picture = _opened(content, media_type)
    return None if picture is None else _address(picture)


def face_picture(content: bytes, media_type: str, box: Box | None) -> str | None:
    """The part of the picture around a face, as a square; None without a box."""
    picture = _opened(content, media_type)
    if picture is None or not box:
        return None
    across, down = [point[0] for point in box], [point[1] for point in box]
    side = max(max(across) - min(across), max(down) - min(down)) * (1 + 2 * _MARGIN)
    middle = ((max(across) + min(across)) / 2, (max(down) + min(down)) / 2)
    left, top = (max(0, round(centre - side / 2)) for centre in middle)
    right, bottom = min(picture.width, round(middle[0] + side / 2)), min(picture.height, round(middle[1] + side / 2))
    return _address(picture.crop((left, top, right, bottom))) if right > left and bottom > top else None


def _opened(content: bytes, media_type: str) -> Image.Image | None:
    try:
        if media_type.startswith("application/pdf"):
            return _first_page(content)
        picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
        if picture.width * picture.height > MAX_PIXELS:
            return None
        return ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _first_page(content: bytes) -> Image.Image | None:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
        try:
            page = document[0]
            scale = MAX_SIDE_PX / max(page.get_size())
            return page.render(scale=scale).to_pil().convert("RGB")  # type: ignore[no-any-return]
        finally:
            document.close()
    except (pypdfium2.PdfiumError, IndexError):
        return None


def _address(picture: Image.Image) -> str:
    picture.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
