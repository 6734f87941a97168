"""How good a picture is, as four numbers with their limits and one sentence each for the applicant.

Sharpness, glare, exposure and resolution are measured on the document (or face) itself, not on the desk around it. A
number is a measurement, not a verdict: packs set what is good enough. Limits were chosen on specimens and on published
sample cards and are to be set again on a deployment's own pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.images import Picture

_WORK_WIDTH_PX: Final = 1000
_FACE_WIDTH_PX: Final = 128  # about what the embedder sees
_TILE_PX: Final = 40
_BURNT_TONE: Final = 249  # noise pulls clipped pixels a little under 255


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured property: `value` against `limit`, whether it `passed`, its `score` 0-1 and a sentence."""

    name: str
    value: float
    limit: float
    passed: bool
    score: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Quality:
    """All measures. `score` (0-1) is the worst of them, because one spoilt property spoils the reading."""

    score: float
    measures: tuple[Measure, ...]

    @property
    def complaints(self) -> tuple[str, ...]:
        """What the applicant should do better, empty when everything passed."""
        return tuple(measure.sentence for measure in self.measures if not measure.passed)


def document_quality(picture: Picture, *, wanted_px: int = 600, white_paper: bool = False) -> Quality:
    """Measure a straightened document; `wanted_px` is the long side that its print needs.

    On `white_paper` glare is not measured: burnt-out paper cannot be told from paper.
    """
    glare = () if white_paper else (_glare(picture),)
    return _overall(_sharpness(picture), *glare, _exposure(picture), _resolution(picture, wanted_px))


def face_quality(face: Picture, *, wanted_px: int = 90) -> Quality:
    """Measure the crop of a face; `wanted_px` is the width that the matcher needs."""
    return _overall(
        _sharpness(face, limit=30.0, width_px=_FACE_WIDTH_PX), _exposure(face), _resolution(face, wanted_px)
    )


def _overall(*measures: Measure) -> Quality:
    return Quality(round(min(measure.score for measure in measures), 3), measures)


def _grey(picture: Picture, width_px: int) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if grey.shape[1] > width_px:
        height = max(1, round(grey.shape[0] * width_px / grey.shape[1]))
        grey = cv2.resize(grey, (width_px, height), interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


def _sharpness(picture: Picture, limit: float = 60.0, width_px: int = _WORK_WIDTH_PX) -> Measure:
    """The sharpest tenth of all tiles, as variance of the Laplacian after a light denoising.

    A mean over the picture would call a sharp card with little print blurred; sensor noise would call a blurred one sharp.
    """
    grey = cv2.GaussianBlur(_grey(picture, width_px), (0, 0), 1.0)
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    rows, columns = max(1, grey.shape[0] // _TILE_PX), max(1, grey.shape[1] // _TILE_PX)
    tiles = [
        float(tile.var())
        for band in np.array_split(edges, rows, axis=0)
        for tile in np.array_split(band, columns, axis=1)
    ]
    value = float(np.percentile(tiles, 90))
    passed = value >= limit
    sentence = "The picture is sharp." if passed else "The picture is blurred; hold still and take it again."
    return Measure("sharpness", round(value, 1), limit, passed, _ramp(value, limit / 4, limit * 1.5), sentence)


def _glare(picture: Picture, limit: float = 0.03) -> Measure:
    """The share of tiles burnt out to white. Cards print a tinted ground, so pure white on one is light, not paper."""
    tiles = cv2.resize(picture.min(axis=2), (40, 40), interpolation=cv2.INTER_AREA)
    value = float((tiles >= _BURNT_TONE).mean())
    passed = value <= limit
    sentence = "There is no glare." if passed else "A light reflects on it; tilt it or switch off the flash."
    return Measure("glare", round(value, 4), limit, passed, 1 - _ramp(value, limit / 2, limit * 4), sentence)


def _exposure(picture: Picture, darkest: float = 0.25) -> Measure:
    """Brightness of the lighter half, 0-1: the paper, not the ink."""
    grey = _grey(picture, 200)
    value = float(np.percentile(grey, 75)) / 255
    passed = value >= darkest
    sentence = "It is bright enough." if passed else "The picture is too dark; take it in better light."
    return Measure("exposure", round(value, 3), darkest, passed, _ramp(value, darkest / 2, darkest * 1.4), sentence)


def _resolution(picture: Picture, wanted_px: int) -> Measure:
    value = float(max(picture.shape[:2]))
    passed = value >= wanted_px
    sentence = "It is large enough." if passed else "It is too small in the picture; move closer."
    return Measure(
        "resolution", value, float(wanted_px), passed, _ramp(value, wanted_px / 3, wanted_px * 1.1), sentence
    )


def _ramp(value: float, nothing: float, full: float) -> float:
    return round(min(1.0, max(0.0, (value - nothing) / (full - nothing))), 3)
