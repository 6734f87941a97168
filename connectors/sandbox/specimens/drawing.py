"""Pens and papers of the specimens: fonts, security-print backgrounds, wrapped text, signatures.

Fonts are Roboto out of the `font-roboto` wheel, so that a specimen looks the same on every machine.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels: TypeAlias = NDArray[np.uint8]
Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]

INK: Colour = (24, 26, 32)
FAINT: Colour = (92, 96, 108)


@lru_cache(maxsize=64)
def font(style: str, size_px: int) -> ImageFont.FreeTypeFont:
    """A Roboto face, for example `font("Medium", 26)`; OSError for a style that the wheel lacks."""
    return ImageFont.truetype(str(files("font_roboto") / "files" / f"Roboto-{style}.ttf"), size_px)


def guilloche(size: tuple[int, int], tint: Colour, rng: np.random.Generator) -> Image.Image:
    """A pastel sheet with four layers of interlaced fine lines, like the print below a card's text."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    sheet = np.empty((height, width, 3), np.float32)
    sheet[:] = np.asarray(tint, np.float32)
    for layer in range(4):
        wave, cross = rng.uniform(0.02, 0.05), rng.uniform(0.008, 0.02)
        bend = rng.uniform(2.0, 5.0)
        lines = np.exp(-((np.sin(x * wave * (0.6 + 0.2 * layer) + bend * np.sin(y * cross)) / 0.12) ** 2))
        shade = rng.uniform(5, 13, 3).astype(np.float32)
        sheet -= lines[:, :, None] * shade
    return Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8))


def wrap(text: str, face: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    """Break `text` at spaces so that no line is wider than `width_px` (a single longer word stays whole)."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and face.getlength(joined) <= width_px:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def watermark(sheet: Image.Image, text: str, centre: tuple[int, int], angle_degrees: float) -> None:
    """Write a large pale word across the sheet, in place."""
    face = font("Black", 92)
    left, top, right, bottom = face.getbbox(text)
    plate = Image.new("L", (int(right - left) + 20, int(bottom - top) + 20), 0)
    ImageDraw.Draw(plate).text((10 - left, 10 - top), text, fill=26, font=face)
    plate = plate.rotate(angle_degrees, expand=True, resample=Image.Resampling.BICUBIC)
    at = (centre[0] - plate.width // 2, centre[1] - plate.height // 2)
    sheet.paste((150, 40, 40), at, plate)


def signature(draw: ImageDraw.ImageDraw, start: Point, width_px: float, rng: np.random.Generator) -> None:
    """Draw an illegible pen stroke: decoration, and a thing that a reader must not take for text."""
    steps = np.linspace(0.0, 1.0, 120)
    phases = rng.uniform(0, 2 * np.pi, 3)
    heights = (
        12 * np.sin(steps * 21 + phases[0]) + 8 * np.sin(steps * 37 + phases[1]) + 4 * np.sin(steps * 9 + phases[2])
    )
    slants = 5 * np.sin(steps * 25 + phases[1])
    points = [(start[0] + s * width_px + dx, start[1] + dy) for s, dx, dy in zip(steps, slants, heights, strict=True)]
    draw.line(points, fill=(40, 44, 110), width=3, joint="curve")
