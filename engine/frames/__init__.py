"""Packs over columns: the same decisions as the scalar engine's, for millions of rows at a time."""

from __future__ import annotations

from engine.frames.batches import DataError, DataFile, open_data, parquet_batches
from engine.frames.decide import FrameDecider, decide_frame
from engine.frames.decided import Decided
from engine.frames.plan import FramePlan, frame_plan

__all__ = [
    "DataError",
    "DataFile",
    "Decided",
    "FrameDecider",
    "FramePlan",
    "decide_frame",
    "frame_plan",
    "open_data",
    "parquet_batches",
]
