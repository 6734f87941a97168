"""Pictures of a reading: fields framed for an officer's eye, and Aadhaar numbers blackened before a picture is kept."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from ml.documents.reading import DocumentReading
from ml.geometry import Box
from ml.images import Picture, to_jpeg

_SURE: Final = (20, 130, 70)
_DOUBTFUL: Final = (200, 110, 0)
_PORTRAIT: Final = (40, 90, 200)
_SURE_FROM: Final = 0.9


def drawn(photograph: Picture, reading: DocumentReading) -> bytes:
    """The photograph as JPEG bytes with a frame and a name at every field: green where sure, amber where not.

    Numbers that must not be kept are blackened here too.
    """
    picture = Image.fromarray(_blackened(photograph, reading.redactions))
    draw = ImageDraw.Draw(picture)
    stroke = max(2, picture.width // 400)
    for name, entry in reading.fields.items():
        if entry.box is not None:
            colour = _SURE if entry.confidence >= _SURE_FROM else _DOUBTFUL
            _frame(draw, entry.box, colour, stroke)
            draw.text((entry.box.left, max(0, entry.box.top - 14)), name, fill=colour)
    if reading.portrait is not None:
        _frame(draw, reading.portrait, _PORTRAIT, stroke)
    return to_jpeg(np.asarray(picture))


def masked(photograph: Picture, reading: DocumentReading) -> bytes | None:
    """The photograph as JPEG bytes with the first eight digits of a shown Aadhaar number blackened; None if none is."""
    return to_jpeg(_blackened(photograph, reading.redactions)) if reading.redactions else None


def _blackened(photograph: Picture, boxes: tuple[Box, ...]) -> Picture:
    picture = Image.fromarray(photograph)
    draw = ImageDraw.Draw(picture)
    for box in boxes:
        draw.polygon(list(box.corners), fill=(0, 0, 0))
    return np.asarray(picture)


def _frame(draw: ImageDraw.ImageDraw, box: Box, colour: tuple[int, int, int], stroke: int) -> None:
    draw.line([*box.corners, box.corners[0]], fill=colour, width=stroke)
