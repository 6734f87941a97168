"""A second face out of the first, for the demonstration of a selfie that does not match.

No second free portrait comes with the dependencies, and a photograph of a real stranger is not ours to ship. So the one
portrait is repainted (dark hair, darker skin, beard, heavy brows, another suit) and its features are moved by a thin
plate spline, until dlib's embedding lies about 0.75 away where 0.6 is the usual limit. It is a stand-in for a different
person in tests and demonstrations and says nothing about how well a matcher tells real people apart.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from skimage.transform import ThinPlateSplineTransform, warp

from connectors.sandbox.specimens.drawing import Point

# All points are pixels of the 512 px portrait; the picture handed in shows it from ORIGIN on, SCALE times as large.
_ORIGIN: Final = (96, 0)
_SCALE: Final = 3.0

_FACE: Final = (
    (176, 96), (186, 86), (200, 80), (226, 77), (250, 79), (264, 84), (272, 96), (270, 120), (265, 143), (253, 163),
    (243, 171), (232, 177), (220, 178), (209, 176), (200, 168), (191, 160), (185, 150), (181, 127),
)  # fmt: skip
_HEAD: Final = (
    (140, 90), (150, 60), (165, 30), (190, 10), (240, 5), (290, 30), (318, 70), (318, 110), (300, 150), (280, 150),
    (270, 120), (272, 98), (262, 90), (226, 84), (190, 92), (180, 104), (180, 150), (170, 155), (150, 130),
)  # fmt: skip
_NECK: Final = ((190, 160), (262, 160), (262, 184), (245, 200), (205, 198), (188, 180))
_BEARD: Final = (
    (182, 128), (190, 150), (200, 134), (212, 134), (224, 138), (236, 134), (250, 136), (262, 148), (268, 126),
    (268, 146), (255, 166), (243, 174), (220, 180), (205, 176), (190, 164), (183, 146),
)  # fmt: skip
_LIPS: Final = ((203, 140), (224, 144), (246, 142), (238, 151), (222, 157), (208, 151))
_BROWS: Final = (
    ((184, 96), (192, 86), (208, 86), (218, 91), (217, 95), (206, 92), (192, 93)),
    ((234, 94), (244, 88), (260, 89), (268, 98), (258, 95), (246, 94), (235, 97)),
)
_SUIT: Final = ((96, 190), (150, 200), (346, 200), (346, 300), (96, 300))

# Feature: its points, the centre it is scaled about, scale (x, y), shift (x, y).
_FEATURES: Final = (
    (((179, 104), (181, 127), (185, 150), (200, 168), (220, 178), (243, 171), (260, 154), (268, 131), (272, 108)),
     (225, 110), (0.98, 0.94), (0.0, 0.0)),
    (((186, 94), (200, 87), (216, 92)), (201, 90), (1.0, 1.0), (2.52, -0.86)),
    (((236, 93), (252, 91), (265, 99)), (250, 92), (1.0, 1.0), (-2.52, -0.86)),
    (((195, 101), (203, 98), (212, 104), (203, 106)), (204, 102), (1.02, 1.14), (2.52, 1.57)),
    (((237, 106), (246, 100), (255, 105), (246, 108)), (247, 103), (1.02, 1.14), (-2.52, 1.57)),
    (((226, 102), (225, 119), (214, 131), (224, 134), (234, 132)), (225, 118), (1.02, 1.13), (0.0, -0.63)),
    (((201, 139), (224, 139), (246, 141), (224, 156)), (224, 146), (1.04, 0.79), (0.0, 2.52)),
    (((190, 72), (225, 62), (262, 72)), (225, 70), (1.0, 1.0), (0.0, 1.7)),
)  # fmt: skip
_STILL: Final = ((130, 60), (320, 60), (135, 130), (315, 130), (160, 200), (290, 200), (225, 20))


def stranger_of(sitter: Image.Image) -> Image.Image:
    """Return another person's picture made from `sitter`, a crop of the portrait starting at the module's origin."""
    return _reshape(_repaint(sitter))


def _repaint(sitter: Image.Image) -> Image.Image:
    pixels = np.asarray(sitter).astype(np.float32)
    size = sitter.size
    face, lips = _mask(size, _FACE, 6), _mask(size, _LIPS, 2)
    brightest, darkest = pixels.max(2, keepdims=True), pixels.min(2, keepdims=True)
    coloured = np.clip(((brightest - darkest) / (brightest + 1) - 0.22) / 0.12, 0, 1)  # hair is, the backdrop is not
    grey = pixels.mean(2, keepdims=True)
    hair = _soften(coloured * _mask(size, _HEAD, 4) * (1 - _mask(size, _FACE, 3)))
    pixels = pixels * (1 - hair) + hair * grey * np.array([0.35, 0.315, 0.30], np.float32)
    suit = _soften(coloured * _mask(size, _SUIT, 2))
    pixels = pixels * (1 - suit) + suit * grey * np.array([0.45, 0.62, 0.86], np.float32)
    skin = np.maximum(face, _mask(size, _NECK, 4)) * (1 - hair)
    pixels = pixels * (1 - skin) + skin * pixels * np.array([0.82, 0.72, 0.62], np.float32)
    stubble = np.random.default_rng(1).normal(1.0, 0.12, (*pixels.shape[:2], 1)).astype(np.float32)
    pixels *= 1 - np.clip(_mask(size, _BEARD, 5) - lips, 0, 1) * 0.55 * stubble
    brows = np.clip(_mask(size, _BROWS[0], 2) + _mask(size, _BROWS[1], 2), 0, 1)
    pixels *= 1 - brows * 0.5
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _reshape(picture: Image.Image) -> Image.Image:
    before: list[Point] = []
    after: list[Point] = []
    for points, (cx, cy), (sx, sy), (dx, dy) in _FEATURES:
        for x, y in points:
            before.append((x, y))
            after.append((cx + (x - cx) * sx + dx, cy + (y - cy) * sy + dy))
    right, bottom = _ORIGIN[0] + picture.width / _SCALE, _ORIGIN[1] + picture.height / _SCALE
    xs, ys = np.linspace(_ORIGIN[0], right, 6), np.linspace(_ORIGIN[1], bottom, 7)
    edge = [(float(x), float(y)) for x in xs for y in ys if x in (xs[0], xs[-1]) or y in (ys[0], ys[-1])]
    for point in (*_STILL, *edge):
        before.append(point)
        after.append(point)
    spline = ThinPlateSplineTransform.from_estimate(_in_picture(after), _in_picture(before))
    # The spline is smooth: asking it at every tenth pixel and interpolating is a hundred times cheaper.
    coarse_y, coarse_x = np.mgrid[0 : picture.height : 10, 0 : picture.width : 10]
    grid = np.column_stack([coarse_x.ravel(), coarse_y.ravel()]).astype(float)
    moved = (spline(grid) - grid).reshape(*coarse_x.shape, 2).astype(np.float32)
    shift = [
        np.asarray(Image.fromarray(moved[:, :, k]).resize(picture.size, Image.Resampling.BILINEAR)) for k in (0, 1)
    ]
    y, x = np.mgrid[0 : picture.height, 0 : picture.width].astype(np.float32)
    where = np.stack([y + shift[1], x + shift[0]])
    channels = [
        warp(np.asarray(band), where, order=1, mode="edge", preserve_range=True)  # type: ignore[no-untyped-call]
        for band in picture.split()
    ]
    return Image.fromarray(np.clip(np.dstack(channels), 0, 255).astype(np.uint8))


def _in_picture(points: list[Point]) -> np.ndarray:
    return (np.array(points, float) - _ORIGIN) * _SCALE


def _mask(size: tuple[int, int], outline: tuple[Point, ...], blur_px: float) -> np.ndarray:
    plate = Image.new("L", size, 0)
    ImageDraw.Draw(plate).polygon([tuple(p) for p in _in_picture(list(outline))], fill=255)
    return _soften(np.asarray(plate)[:, :, None] / 255, blur_px)


def _soften(mask: np.ndarray, blur_px: float = 3) -> np.ndarray:
    plate = Image.fromarray((mask[:, :, 0] * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(blur_px))
    return np.asarray(plate).astype(np.float32)[:, :, None] / 255
