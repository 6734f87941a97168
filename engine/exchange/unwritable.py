"""Characters that a file format cannot hold, written as a mark and their number, reversibly.

XML forbids most control characters and turns a carriage return into a line feed; spreadsheets read `_x000D_` in a text
as an escape of their own. `␛{7}` stands for the character 7; the mark itself is written so too.
"""

from __future__ import annotations

import re
from typing import Final

MARK: Final = "\u241b"
IN_XML: Final = re.compile(f"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff{MARK}]")
IN_CELLS: Final = re.compile(IN_XML.pattern + "|_(?=x[0-9A-Fa-f]{4}_)|x(?=005F_)")
_MARKED: Final = re.compile(MARK + r"\{([0-9a-f]{1,6})\}")


def masked(text: str, unwritable: re.Pattern[str] = IN_XML) -> str:
    """The text with marks in place of what cannot be written."""
    return unwritable.sub(lambda found: f"{MARK}{{{ord(found.group()):x}}}", text)


def unmasked(text: str) -> str:
    """The reverse of `masked`; a mark without a character's number stays as it is."""
    return _MARKED.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    code = int(found.group(1), 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else found.group()
