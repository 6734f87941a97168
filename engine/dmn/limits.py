"""The bounds of a DMN model: what is beyond them is refused before it is worked on."""

from __future__ import annotations

from typing import Final

MAX_MODEL_BYTES: Final = 10 * 1024 * 1024
"""Size of one XML file."""

MAX_XML_DEPTH: Final = 100
"""Levels of elements in a file."""

MAX_XML_ELEMENTS: Final = 400_000
"""Elements of a file: a table of 5,000 rows and 20 columns has about 220,000."""

MAX_IMPORTS: Final = 50
"""Models that one model reaches by its imports."""

MAX_TYPE_DEPTH: Final = 30
"""Item definitions that refer to each other."""

MAX_CALL_DEPTH: Final = 30
"""Decisions, services and knowledge models that call each other while one decision is made."""
