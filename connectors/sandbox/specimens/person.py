"""Who a specimen is drawn for: the few facts that a card prints. It refuses numbers that no card could print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

_PAN = re.compile(r"[A-Z]{3}P[A-Z][0-9]{4}[A-Z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A fictional individual. `pan` has the form of an individual's number (fourth letter P); ValueError otherwise."""

    name: str
    father_name: str
    date_of_birth: date
    gender: Literal["M", "F", "X"]
    address: str
    pan: str
    aadhaar_last4: str

    def __post_init__(self) -> None:
        if not _PAN.fullmatch(self.pan):
            raise ValueError("a specimen's PAN is three letters, P, a letter, four digits and a letter")
        if not re.fullmatch(r"[0-9]{4}", self.aadhaar_last4):
            raise ValueError("aadhaar_last4 is exactly four digits; a specimen never carries the whole number")
