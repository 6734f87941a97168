"""Identifiers: a prefix that says the kind, and 26 characters that sort by time and cannot be guessed (ULID)."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """Return e.g. `dec_01j9...`: 48 bits of milliseconds, then 80 random bits; sorts by time of making."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return prefix + "_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))
