"""The portrait on a specimen card and the selfies made from it.

There is one face: the portrait of astronaut Eileen Collins (NASA, public domain) that scikit-image ships. A selfie is a
new picture of it by light, pose, crop, blur and noise, and shares no pixel with the card. The other person's selfie is
made by `stranger`, which repaints and reshapes the face until a matcher tells it apart.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from PIL import Image

from connectors.sandbox.specimens.capture import Capture, encode, light_gradient, perspective
from connectors.sandbox.specimens.stranger import stranger_of

_PORTRAIT_BOX: Final = (132, 14, 312, 235)  # head and shoulders
_SELFIE_BOX: Final = (96, 0, 346, 300)
_SELFIE_SIZE: Final = (750, 900)
_SELFIE: Final = Capture(blur_px=(0.5, 1.0), noise=4, jpeg_quality=86)


@lru_cache(maxsize=1)
def _photo() -> Image.Image:
    with (files("skimage") / "data" / "astronaut.png").open("rb") as picture:
        return Image.open(picture).convert("RGB")


@lru_cache(maxsize=2)
def _sitter(*, other: bool) -> Image.Image:
    near = _photo().crop(_SELFIE_BOX).resize(_SELFIE_SIZE, Image.Resampling.LANCZOS)
    return stranger_of(near) if other else near


def id_portrait(size: tuple[int, int]) -> Image.Image:
    """The portrait as a card prints it."""
    return _photo().crop(_PORTRAIT_BOX).resize(size, Image.Resampling.LANCZOS)


def selfie(seed: int, *, other: bool = False) -> bytes:
    """A selfie as JPEG bytes: the person of the portrait or, with `other`, someone whom a matcher tells apart."""
    rng = np.random.default_rng([seed, 4])
    width, height = _SELFIE_SIZE
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    # The four points of the sitter that become the frame: a crop, a tilt and a slight turn of the head in one.
    inset = rng.uniform(0.015, 0.06, (4, 2)) * (width, height) * np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    posed = _sitter(other=other).transform(
        _SELFIE_SIZE, Image.Transform.PERSPECTIVE, perspective(corners, corners + inset), Image.Resampling.BICUBIC
    )
    pixels = np.asarray(posed).astype(np.float32) / 255
    pixels = pixels ** float(rng.uniform(0.8, 1.2)) * 255
    pixels *= light_gradient((height, width), 0.35, rng)[:, :, None] * rng.uniform(0.94, 1.05, 3).astype(np.float32)
    return encode(pixels, _SELFIE, rng)
