"""What a line says: line pictures into the PP-OCR recogniser, its CTC output back into text and confidence.

One line is run at a time, because a batch is padded to its widest line and that costs more than it saves.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.images import Picture

_HEIGHT_PX: Final = 48
_MIN_WIDTH_PX: Final = 48
_MAX_WIDTH_PX: Final = 2400
_BLANK: Final = 0
# The network sees spaces but they lose the vote against blanks; eight votes each bring them back and add none elsewhere.
_SPACE_VOTES: Final = 8.0


def recogniser_input(crop: Picture) -> NDArray[np.float32]:
    """Scale a line to 48 px height, normalise to +-1 and pad short lines with zeros on the right."""
    width = max(8, min(_MAX_WIDTH_PX, round(crop.shape[1] * _HEIGHT_PX / crop.shape[0])))
    interpolation = cv2.INTER_AREA if crop.shape[0] > _HEIGHT_PX else cv2.INTER_CUBIC
    line = cv2.resize(crop, (width, _HEIGHT_PX), interpolation=interpolation)[:, :, ::-1]
    scaled = line.astype(np.float32) / np.float32(127.5) - np.float32(1)
    padded = np.zeros((1, 3, _HEIGHT_PX, max(width, _MIN_WIDTH_PX)), np.float32)
    padded[0, :, :, :width] = scaled.transpose(2, 0, 1)
    return padded


def decode(probabilities: NDArray[np.float32], alphabet: list[str]) -> tuple[str, float]:
    """Greedy CTC: the likeliest class per column, repeats merged, blanks dropped; `alphabet` ends with the space.

    Confidence is the mean probability of the characters kept, spaces left out.
    """
    best = probabilities.argmax(axis=1)
    space = len(alphabet) - 1
    best = np.where(probabilities[:, space] * _SPACE_VOTES > probabilities[np.arange(len(best)), best], space, best)
    kept = (best != _BLANK) & np.concatenate([[True], best[1:] != best[:-1]])
    if not kept.any():
        return "", 0.0
    columns = np.flatnonzero(kept)
    text = "".join(alphabet[best[column]] for column in columns).strip()
    printed = columns[best[columns] != space]
    if not text or not printed.size:
        return "", 0.0
    return text, float(probabilities[printed, best[printed]].mean())
