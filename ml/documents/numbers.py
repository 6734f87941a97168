"""Identity numbers in read text: which letters must be digits, which numbers are well formed, and what must be hidden.

An Aadhaar number is never kept: whatever looks like one loses all but its last four digits before a line leaves this
package, also where the reading was not perfect and the check digit fails.
"""

from __future__ import annotations

import re
from typing import Final

from stdnum import verhoeff
from stdnum.in_ import pan as pan_number

_AS_LETTER: Final = str.maketrans("0125678", "OIZSGTB")
_AS_DIGIT: Final = str.maketrans("OQDILZSGTB", "0001125678")
_TWELVE: Final = re.compile(r"(?<!\d)(?:\d[ -]?){8}(\d{4})(?!\d)")
_SIXTEEN: Final = re.compile(r"(?<!\d)(?:\d{4}[ -]?){3}\d{4}(?!\d)")
_HIDDEN: Final = re.compile(r"(?<![A-Z0-9*])[X*x]{4}[ -]?[X*x]{4}[ -]?(\d{4})(?!\d)")


def pan_in(text: str) -> tuple[str, bool] | None:
    """The PAN that a line shows and whether a look-alike character had to be exchanged; None where there is none.

    Positions 1-5 and 10 are letters, 6-9 digits, so `O` and `0` can be told apart by place.
    """
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    candidates = [token for token in text.upper().split() if re.fullmatch(r"[A-Z0-9]{10}", token)]
    if len(compact) == 10:
        candidates.append(compact)
    for candidate in candidates:
        if sum(char.isdigit() for char in candidate[5:9]) < 3 or sum(char.isalpha() for char in candidate[:5]) < 4:
            continue
        repaired = candidate[:5].translate(_AS_LETTER) + candidate[5:9].translate(_AS_DIGIT)
        repaired += candidate[9].translate(_AS_LETTER)
        if re.fullmatch(r"[A-Z]{5}\d{4}[A-Z]", repaired):
            return repaired, repaired != candidate
    return None


def is_pan(number: str) -> bool:
    """Whether `number` is a well-formed PAN (form, holder letter and serial; its check letter is not public)."""
    return bool(pan_number.is_valid(number))


def aadhaar_last4_in(text: str) -> tuple[str, bool] | None:
    """The last four digits of the Aadhaar number in a line, and whether the rest was hidden; None if there is none."""
    if match := _HIDDEN.search(text):
        return match[1], True
    if (match := _TWELVE.search(text)) and not _SIXTEEN.search(text):
        return match[1], False
    return None


def is_aadhaar(digits: str) -> bool:
    """Whether twelve digits form an Aadhaar number: Verhoeff check digit, not starting with 0 or 1."""
    return len(digits) == 12 and digits[0] not in "01" and bool(verhoeff.is_valid(digits))


def hide_numbers(text: str, *, always: bool) -> str:
    """Mask the Aadhaar numbers and virtual ids in a line but for the last four digits.

    With `always` (the document is an Aadhaar) every group of twelve or sixteen digits goes, else only well-formed ones.
    """

    def hidden(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        well_formed = is_aadhaar(digits) or (len(digits) == 16 and verhoeff.is_valid(digits))
        if not (always or well_formed):
            return match[0]
        return "XXXX " * (len(digits) // 4 - 1) + digits[-4:]

    return _TWELVE.sub(hidden, _SIXTEEN.sub(hidden, text))
