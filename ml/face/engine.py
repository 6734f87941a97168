"""What a face engine promises: faces with boxes, embeddings and quality, and a score that means the same for all.

A score is 0-1 and 0.60 is every engine's operating point, whatever its own metric: an engine maps its distance so that
its documented threshold lands there. Embeddings of different engines are never compared (`model_id` says whose it is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Box
from ml.images import Picture
from ml.quality import Quality

Embedding: TypeAlias = NDArray[np.float32]
MATCH_SCORE: Final = 0.60


@dataclass(frozen=True, slots=True)
class Face:
    """One face in a picture: `box` in its pixels, `embedding` in the engine's own space, `quality` of the crop."""

    box: Box
    embedding: Embedding
    quality: Quality


@runtime_checkable
class FaceEngine(Protocol):
    """Finds and compares faces in RGB pictures. A picture without a face has none; absent weights raise NotExecuted."""

    @property
    def model_id(self) -> str:
        """Name and digest of the weights, as a decision cites them."""
        ...

    def boxes(self, picture: Picture) -> list[Box]:
        """All faces' places, largest first, without embedding them."""
        ...

    def faces(self, picture: Picture) -> list[Face]:
        """All faces, largest first."""
        ...

    def largest(self, picture: Picture) -> tuple[int, Face | None]:
        """How many faces there are, and the largest of them; the others are not embedded."""
        ...

    def score(self, a: Embedding, b: Embedding) -> float:
        """How alike two faces are, 0-1; 0.60 and over is a match. Symmetric."""
        ...


def crop_of(picture: Picture, box: Box) -> Picture:
    """The part of a picture inside a level box, at least one pixel of it."""
    left, top = max(0, round(box.left)), max(0, round(box.top))
    right, bottom = min(picture.shape[1], round(box.right)), min(picture.shape[0], round(box.bottom))
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]


def calibrated(distance: float, threshold: float, ceiling: float) -> float:
    """Map a distance to a score: 0 becomes 1, `threshold` becomes 0.60, `ceiling` and beyond become 0, linearly between.

    Two straight pieces keep the order of distances and invent no probability that was not measured.
    """
    if distance <= threshold:
        return 1.0 - (1.0 - MATCH_SCORE) * distance / threshold
    return max(0.0, MATCH_SCORE * (ceiling - distance) / (ceiling - threshold))
