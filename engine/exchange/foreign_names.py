"""Names of a foreign DMN model as names of a pack, and FEEL texts with the one written for the other.

DMN's names hold spaces and signs, a pack's are lower-case words; the longest name wins, as in FEEL. Texts in quotes and
keys before a colon stay as they are. A name that is changed is on the import's list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from engine.pack.limits import MAX_EXPRESSION_CHARS, MAX_NAME_CHARS
from engine.pack.source import RESERVED

_TEXT: Final = r'"(?:[^"\\]|\\.)*"'
_NOT_OURS: Final = re.compile(r"[^a-z0-9]+")
_ROOM: Final = 20  # characters left for a number or a suffix


def snake(name: str, otherwise: str = "value") -> str:
    """A name as a pack writes names: `Post-bureau risk category` is `post_bureau_risk_category`."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKD", name))
    found = _NOT_OURS.sub("_", split.encode("ascii", "ignore").decode().lower()).strip("_")
    found = found[: MAX_NAME_CHARS - _ROOM].strip("_") or otherwise
    found = found if found[0].isalpha() else f"n_{found}"
    return f"{found}_value" if found in RESERVED or found == "patterns" else found


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with the first number that makes it one of its own."""
    taken, number, found = set(taken), 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


class Rewriter:
    """Writes FEEL texts with other names: `("Applicant data", "Age")` may become `applicant_data.age`."""

    def __init__(self, names: Mapping[tuple[str, ...], str]) -> None:
        self._names = {_key(path): text for path, text in names.items()}
        longest = sorted(names, key=lambda path: (-sum(map(len, path)), path))
        choices = "|".join(r"\s*\.\s*".join(_words(part) for part in path) for path in longest)
        self._pattern = (
            re.compile(rf"{_TEXT}|(?<![\w?])(?<!(?<!\.)\.)(?:{choices})(?!\w)(?!\s*:(?!\s*=))") if names else None
        )

    def __call__(self, text: str) -> str:
        """The text with the names of the pack; one that is, or becomes, too long for FEEL stays as it is."""
        if self._pattern is None or len(text) > MAX_EXPRESSION_CHARS:
            return text
        pieces: list[str] = []
        at = size = 0
        for found in self._pattern.finditer(text):
            pieces += (text[at : found.start()], self._names.get(_normal(found.group()), found.group()))
            at, size = found.end(), size + len(pieces[-1])
            if size > 2 * MAX_EXPRESSION_CHARS:
                return text
        return "".join([*pieces, text[at:]])

    def found(self, text: str) -> set[str]:
        """The names that a text speaks of; names of one part only."""
        if self._pattern is None or len(text) > MAX_EXPRESSION_CHARS:
            return set()
        return {_normal(found.group()) for found in self._pattern.finditer(text)} & self._names.keys()


def _words(name: str) -> str:
    return r"\s+".join(re.escape(word) for word in name.split()) or r"(?!)"


def _key(path: tuple[str, ...]) -> str:
    return _normal(".".join(path))


def _normal(text: str) -> str:
    return text if text.startswith('"') else re.sub(r"\s+", " ", re.sub(r"\s*\.\s*", ".", text)).strip()
