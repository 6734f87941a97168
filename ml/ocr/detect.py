"""Where text is: the PP-OCR detector's probability map turned into rotated boxes.

The network marks the shrunken core of each line (differentiable binarisation, Liao et al. 2020); each core's rectangle
is grown again by area x ratio / perimeter. Resizing is done here, so that the working size is what the caller asked for.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.geometry import Box
from ml.images import Picture

_CORE_PROBABILITY: Final = 0.3
_BOX_PROBABILITY: Final = 0.6
_UNCLIP_RATIO: Final = 1.6
_MIN_CORE_PX: Final = 3
_MAX_LINES: Final = 200
_STRIDE: Final = 32


def detector_input(picture: Picture, detail_px: int) -> NDArray[np.float32]:
    """Resize to `detail_px` on the long side in steps of 32 px, as the network's strides need, and normalise to +-1."""
    height, width = picture.shape[:2]
    scale = detail_px / max(height, width)
    size = tuple(max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in (width, height))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(picture, size, interpolation=interpolation)[:, :, ::-1]  # the models were trained on BGR
    scaled = small.astype(np.float32) / np.float32(127.5) - np.float32(1)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def boxes_of(probability: NDArray[np.float32], shape: tuple[int, int]) -> list[Box]:
    """The text boxes of a probability map, in pixels of a picture of `shape` (height, width)."""
    cores = (probability > _CORE_PROBABILITY).astype(np.uint8)
    contours, _ = cv2.findContours(cores, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    ratio = np.array([shape[1] / probability.shape[1], shape[0] / probability.shape[0]])
    found: list[Box] = []
    for contour in contours[:_MAX_LINES]:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < _MIN_CORE_PX or _mean_inside(probability, contour) < _BOX_PROBABILITY:
            continue
        grow = 2 * width * height * _UNCLIP_RATIO / (2 * (width + height))
        corners = cv2.boxPoints((centre, (width + grow, height + grow), angle))
        found.append(Box.around(_from_top_left(corners * ratio)))
    return found


def crop_of(picture: Picture, box: Box) -> Picture:
    """Cut the box out of the picture, levelled; a box much taller than wide is turned to be read sideways."""
    width, height = max(2, round(box.width)), max(2, round(box.height))
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(box.corners, np.float32), target)
    crop = cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.rot90(crop) if height > 1.5 * width else crop, np.uint8)


def _mean_inside(probability: NDArray[np.float32], contour: cv2.typing.MatLike) -> float:
    x, y, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [contour - np.array([x, y], np.int32)], 1)
    return float(cv2.mean(probability[y : y + height, x : x + width], mask)[0])


def _from_top_left(corners: NDArray[np.floating]) -> NDArray[np.floating]:
    """Order four corners clockwise from the top left, taking the text to run along the more level edge."""
    by_x = corners[np.argsort(corners[:, 0])]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1])]
    top_right, bottom_right = right[np.argsort(right[:, 1])]
    return np.array([top_left, top_right, bottom_right, bottom_left])
