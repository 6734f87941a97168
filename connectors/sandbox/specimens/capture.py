"""From a flat drawing to a photograph of it: desk, perspective, light, colour cast, blur, noise, JPEG.

The recipe follows what phone photographs of cards show; the levels are FLAT (a scan), PHOTO (a fair phone picture) and
POOR (glare, blur, steep angle). It keeps one invariant: nothing but pixels is written, no EXIF, comment or profile.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from connectors.sandbox.specimens.drawing import Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """How a document was photographed. Angles in degrees, blur as a Gaussian radius in pixels, noise as a deviation."""

    rotation_degrees: float = 0.0
    corner_jitter: float = 0.0
    fill: tuple[float, float] = (1.0, 1.0)
    light: float = 0.0
    blur_px: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.0
    glare: float = 0.0
    jpeg_quality: int = 95
    quarter_turns: int = 0


FLAT: Final = Capture()
PHOTO: Final = Capture(
    rotation_degrees=4,
    corner_jitter=0.03,
    fill=(0.78, 0.9),
    light=0.25,
    blur_px=(0.4, 0.8),
    noise=3,
    jpeg_quality=88,
)
POOR: Final = Capture(
    rotation_degrees=10,
    corner_jitter=0.08,
    fill=(0.6, 0.75),
    light=0.35,
    blur_px=(1.6, 2.4),
    noise=7,
    glare=150,
    jpeg_quality=60,
)
_MARGIN_RATIO = 1.06


def photograph(sheet: Image.Image, capture: Capture, rng: np.random.Generator, *, long_side_px: int = 1400) -> bytes:
    """Photograph `sheet` and return a JPEG without metadata. The same generator state gives the same bytes."""
    picture = sheet.convert("RGB")
    if capture.corner_jitter or capture.rotation_degrees:
        picture = _on_a_desk(picture, capture, rng, long_side_px)
    pixels = np.asarray(picture).astype(np.float32)
    if capture.light:
        pixels *= light_gradient(pixels.shape[:2], capture.light, rng)[:, :, None]
        pixels *= rng.uniform(0.93, 1.05, 3).astype(np.float32)
    if capture.glare:
        pixels += _glare(pixels.shape[:2], capture.glare, rng)[:, :, None]
    return encode(pixels, capture, rng)


def encode(pixels: np.ndarray, capture: Capture, rng: np.random.Generator) -> bytes:
    """Blur, add sensor noise, turn and compress float pixels (0-255) to JPEG bytes without metadata."""
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    radius = float(rng.uniform(*capture.blur_px))
    if radius > 0:
        picture = picture.filter(ImageFilter.GaussianBlur(radius))
    if capture.noise:
        noisy = np.asarray(picture).astype(np.float32) + rng.normal(0, capture.noise, (*pixels.shape[:2], 3))
        picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    if capture.quarter_turns % 4:
        picture = picture.rotate(90 * (capture.quarter_turns % 4), expand=True)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=capture.jpeg_quality)
    return out.getvalue()


def light_gradient(shape: tuple[int, ...], strength: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth factor around 1 that falls across the picture in a random direction by about +-`strength`/2."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.cos(angle) * (x / width - 0.5) + np.sin(angle) * (y / height - 0.5)
    return np.asarray(1.0 + ramp * strength * rng.uniform(0.6, 1.2) - strength * 0.1, np.float32)


def _glare(shape: tuple[int, ...], strength: float, rng: np.random.Generator) -> np.ndarray:
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    cx, cy = rng.uniform(0.3, 0.7) * width, rng.uniform(0.3, 0.7) * height
    spread = rng.uniform(0.1, 0.16) * width
    return np.asarray(strength * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread**2)), np.float32)


def _on_a_desk(sheet: Image.Image, capture: Capture, rng: np.random.Generator, long_side_px: int) -> Image.Image:
    """Lay the sheet on a textured desk, turned and in perspective."""
    fill = float(rng.uniform(*capture.fill))
    ratio = sheet.height / sheet.width
    width = long_side_px if ratio <= 1 else round(long_side_px / ratio)
    frame = (width, round(width * ratio * _MARGIN_RATIO))
    card_width, card_height = frame[0] * fill, frame[0] * fill * ratio
    centre = np.array([frame[0] / 2, frame[1] / 2]) + rng.uniform(-0.02, 0.02, 2) * width
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array([card_width, card_height]) / 2
    angle = np.radians(rng.uniform(-capture.rotation_degrees, capture.rotation_degrees))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    jitter = rng.uniform(-1, 1, (4, 2)) * capture.corner_jitter * np.array([card_width, card_height]) / 2
    corners = np.clip(corners @ turn.T + centre + jitter, 4, np.array(frame) - 5)

    desk = _desk(frame, rng)
    source = [(0, 0), (sheet.width, 0), (sheet.width, sheet.height), (0, sheet.height)]
    coefficients = perspective(corners, np.array(source, float))
    warped = sheet.transform(frame, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", sheet.size, 255).transform(
        frame, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
    )
    desk.paste(warped, (0, 0), mask)
    return desk


def _desk(frame: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    tone = rng.uniform(60, 125) * rng.uniform(0.85, 1.0, 3)
    coarse = rng.normal(0, 9, (frame[1] // 8 + 1, frame[0] // 48 + 1)).astype(np.float32)
    grain = np.asarray(Image.fromarray(coarse).resize(frame, Image.Resampling.BICUBIC))
    pixels: Pixels = np.clip(tone + grain[:, :, None], 0, 255).astype(np.uint8)
    return Image.fromarray(pixels)


def perspective(targets: np.ndarray, sources: np.ndarray) -> tuple[float, ...]:
    """The eight coefficients that carry `targets` (in the photograph) back to `sources` (on the sheet)."""
    rows, values = [], []
    for (x, y), (u, v) in zip(targets, sources, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(float(c) for c in np.linalg.solve(np.array(rows), np.array(values)))
