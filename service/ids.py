"""Identifiers: a prefix that says the kind, and 26 characters that sort by time and cannot be guessed (ULID's layout)."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# Two characters at a time: every decision makes several ids.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -10, -10)


def new_id(prefix: str) -> str:
    """Return e.g. `dec_01j9...`: 48 bits of milliseconds, then 80 random bits; sorts by time of making."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return prefix + "_" + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
