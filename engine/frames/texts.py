"""Texts as what a signal declares: how the columns of a CSV file are read.

A number is written as in JSON, a boolean true, false, 1 or 0, a date as ISO 8601 has it; an empty text is missing. Any
other text is refused, as the value itself would be: none becomes a missing signal.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from engine.frames.admit_values import Marks
from engine.pack.admit import admission
from engine.pack.model import SignalSpec

_NUMBER: Final = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}


def parsed(spec: SignalSpec, given: pl.Series, marks: Marks) -> pl.Series:
    """A column of texts as values of its signal; texts that are none are marked as refused."""
    if given.dtype != pl.String:
        return given
    texts = given.set(given == "", None)
    if spec.type == "number":
        values = texts.set(~texts.str.contains(_NUMBER), None).cast(pl.Float64, strict=False)
    elif spec.type == "boolean":
        lower = texts.str.to_lowercase()
        values = lower.replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
    else:
        return texts
    marks.refuse(spec.id, admission(spec).expected, texts.is_not_null() & values.is_null())
    return values
