"""Finding the card or page in a photograph and laying it flat.

A quadrilateral is believed only if it has the proportions of a card or page, fills a plausible part of the frame and
stands out from the background on all four sides; otherwise the whole frame is taken, because a wrong crop loses fields.
Boxes found on the flat picture go back to the photograph through `Flat.to_photograph`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.geometry import Box, Matrix
from ml.images import Picture

_SEARCH_PX: Final = 500
_ASPECT: Final = (1.25, 1.9)  # A4 is 1.41, a passport page 1.42, a bank-card size 1.59
_AREA_SHARE: Final = (0.15, 0.95)
_BORDER_CONTRAST: Final = 12.0
_LONG_SIDE_PX: Final = 1600


@dataclass(frozen=True, slots=True)
class Flat:
    """A straightened picture. `matrix` maps the photograph to it; `found` says whether an outline was seen."""

    picture: Picture
    matrix: Matrix
    found: bool

    def to_photograph(self, box: Box) -> Box:
        """Carry a box of the flat picture back to the photograph."""
        return box.mapped(np.asarray(np.linalg.inv(self.matrix), np.float64))

    def turned(self, quarter_turns: int) -> Flat:
        """The same, turned counter-clockwise by quarter turns."""
        picture, matrix = self.picture, self.matrix
        for _ in range(quarter_turns % 4):
            # (x, y) -> (y, width - 1 - x)
            step = np.array([[0, 1, 0], [-1, 0, picture.shape[1] - 1], [0, 0, 1]], np.float64)
            picture, matrix = np.rot90(picture), step @ matrix
        return Flat(np.ascontiguousarray(picture), matrix, self.found)


def flatten(photograph: Picture) -> Flat:
    """Straighten the document in `photograph`, or take the whole frame where no outline is believed."""
    corners = _outline(photograph)
    return whole_frame(photograph) if corners is None else _laid_flat(photograph, corners, found=True)


def whole_frame(photograph: Picture) -> Flat:
    """The photograph itself, scaled to the working size."""
    height, width = photograph.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    return _laid_flat(photograph, corners, found=False)


def _laid_flat(photograph: Picture, corners: NDArray[np.float32], *, found: bool) -> Flat:
    wide = max(_distance(corners, 0, 1), _distance(corners, 3, 2))
    high = max(_distance(corners, 0, 3), _distance(corners, 1, 2))
    scale = min(1.0, _LONG_SIDE_PX / max(wide, high))
    size = (max(2, round(wide * scale)), max(2, round(high * scale)))
    target = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    # Area averaging is what a reduced photograph needs; warpPerspective alone would alias thin strokes.
    source = cv2.GaussianBlur(photograph, (0, 0), 0.4 / scale) if scale < 0.7 else photograph
    flat = cv2.warpPerspective(source, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Flat(np.asarray(flat, np.uint8), np.asarray(matrix, np.float64), found)


def _outline(photograph: Picture) -> NDArray[np.float32] | None:
    scale = _SEARCH_PX / max(photograph.shape[:2])
    size = (max(2, round(photograph.shape[1] * scale)), max(2, round(photograph.shape[0] * scale)))
    small: Picture = np.asarray(cv2.resize(photograph, size, interpolation=cv2.INTER_AREA), np.uint8)
    best: tuple[float, NDArray[np.float32]] | None = None
    for edges in _edge_maps(small):
        contours, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:5]:
            hull = cv2.convexHull(contour)
            quad = cv2.approxPolyDP(hull, 0.03 * cv2.arcLength(hull, closed=True), closed=True)
            if len(quad) != 4:
                continue
            corners = _clockwise(quad.reshape(4, 2).astype(np.float32))
            area = cv2.contourArea(corners) / (size[0] * size[1])
            if _plausible(corners, area, small) and (best is None or area > best[0]):
                best = (area, corners)
    return None if best is None else best[1] / np.float32(scale)


def _edge_maps(small: Picture) -> list[NDArray[np.uint8]]:
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (5, 5), 0)
    kernel = np.ones((5, 5), np.uint8)
    _, bright = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    maps = [cv2.morphologyEx(bright, cv2.MORPH_CLOSE, kernel)]
    maps += [cv2.dilate(cv2.Canny(grey, low, 3 * low), kernel) for low in (20, 50)]
    return [np.asarray(edges, np.uint8) for edges in maps]


def _plausible(corners: NDArray[np.float32], area: float, small: Picture) -> bool:
    if not _AREA_SHARE[0] <= area <= _AREA_SHARE[1]:
        return False
    wide = (_distance(corners, 0, 1) + _distance(corners, 3, 2)) / 2
    high = (_distance(corners, 0, 3) + _distance(corners, 1, 2)) / 2
    if not _ASPECT[0] <= max(wide, high) / max(1.0, min(wide, high)) <= _ASPECT[1]:
        return False
    centre = corners.mean(axis=0)
    for index in range(4):
        middle = (corners[index] + corners[(index + 1) % 4]) / 2
        step = (middle - centre) / np.linalg.norm(middle - centre) * 9
        inside, outside = _tone(small, middle - step), _tone(small, middle + step)
        if outside is None or inside is None or float(np.abs(inside - outside).max()) < _BORDER_CONTRAST:
            return False
    return True


def _tone(small: Picture, at: NDArray[np.floating]) -> NDArray[np.float64] | None:
    x, y = round(float(at[0])), round(float(at[1]))
    if not (2 <= x < small.shape[1] - 2 and 2 <= y < small.shape[0] - 2):
        return None
    return np.asarray(np.median(small[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3), axis=0), np.float64)


def _clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """From the top left: the two upper corners left to right, then the lower ones right to left."""
    angles = np.arctan2(*(corners - corners.mean(axis=0)).T[::-1])
    ordered = corners[np.argsort(angles)]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)


def _distance(corners: NDArray[np.float32], a: int, b: int) -> float:
    return float(np.linalg.norm(corners[a] - corners[b]))
