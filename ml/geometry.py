"""Boxes and the maps between pictures: a box found on a straightened card is reported on the picture as uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Point: TypeAlias = tuple[float, float]
Matrix: TypeAlias = NDArray[np.float64]

cv2.setNumThreads(1)  # parallel work is spread over processes; OpenCV's own pool would only fight with it


@dataclass(frozen=True, slots=True)
class Box:
    """Four corners in pixels, clockwise from the top left of the text as it is read."""

    corners: tuple[Point, Point, Point, Point]

    @classmethod
    def upright(cls, left: float, top: float, right: float, bottom: float) -> Box:
        """A box with level edges."""
        return cls(((left, top), (right, top), (right, bottom), (left, bottom)))

    @classmethod
    def around(cls, points: NDArray[np.floating]) -> Box:
        """The box of four points given as an array of shape (4, 2)."""
        a, b, c, d = ((float(x), float(y)) for x, y in points)
        return cls((a, b, c, d))

    @property
    def left(self) -> float:
        """The smallest x."""
        return min(x for x, _ in self.corners)

    @property
    def right(self) -> float:
        """The largest x."""
        return max(x for x, _ in self.corners)

    @property
    def top(self) -> float:
        """The smallest y."""
        return min(y for _, y in self.corners)

    @property
    def bottom(self) -> float:
        """The largest y."""
        return max(y for _, y in self.corners)

    @property
    def centre(self) -> Point:
        """The mean of the corners."""
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4

    @property
    def width(self) -> float:
        """Length of the upper edge."""
        (x0, y0), (x1, y1) = self.corners[:2]
        return float(np.hypot(x1 - x0, y1 - y0))

    @property
    def height(self) -> float:
        """Length of the left edge."""
        (x0, y0), (x1, y1) = self.corners[0], self.corners[3]
        return float(np.hypot(x1 - x0, y1 - y0))

    def mapped(self, matrix: Matrix) -> Box:
        """The same box seen through a 3 x 3 homography."""
        points = np.array(self.corners, np.float64).reshape(-1, 1, 2)
        return Box.around(np.asarray(cv2.perspectiveTransform(points, matrix), np.float64).reshape(4, 2))

    def joined(self, other: Box) -> Box:
        """The level box around both."""
        return Box.upright(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )
