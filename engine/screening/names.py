"""A name as matching sees it: normal letters, words, how much each word tells, and the keys it is found by.

Nothing is thrown away that could tell two people apart: titles go only while other words remain. Scripts that the
lexicon has no letters for stay as they are and match within themselves; a word is never guessed into another script.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from engine.screening import lexicon

MAX_NAME = 300
MAX_WORDS = 16
_SPLIT_CASE = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_DIGRAPHS = (
    ("sch", "s"), ("kh", "k"), ("gh", "g"), ("th", "t"), ("dh", "d"), ("bh", "b"), ("ph", "f"), ("sh", "s"),
    ("ch", "c"), ("zh", "z"), ("ck", "k"), ("q", "k"), ("x", "ks"), ("w", "v"), ("tz", "s"), ("ts", "s"), ("z", "s"),
)  # fmt: skip
_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as normalised, the class it belongs to, its consonants, its weight, and whether it is an initial."""

    text: str
    kind: str
    skeleton: str
    weight: float
    initial: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A parsed name. `words` is empty when nothing in the text is a letter or a digit."""

    text: str
    words: tuple[Word, ...]

    @property
    def key(self) -> str:
        """Equal for the same words in any order, letter case and known spelling: what `name_key` of a document is."""
        return " ".join(sorted(word.kind for word in self.words))


def normal(text: str) -> str:
    """Compatibility form, no marks, no case, Latin letters where the lexicon knows them."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(lexicon.LETTERS)
    bare = "".join(letter for letter in unicodedata.normalize("NFD", folded) if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=20_000)
def parse_name(text: str, *, person: bool = True) -> Name:
    """Read a name; words beyond `MAX_WORDS` and letters beyond `MAX_NAME` are left out."""
    opened = _SPLIT_CASE.sub(" ", unicodedata.normalize("NFKC", text[:MAX_NAME]))
    found = "".join(map(_letter_or_blank, normal(opened))).split()[:MAX_WORDS]
    kept = [word for word in found if not (person and word in lexicon.TITLES)] or found
    return Name(text[:MAX_NAME], tuple(_word(word, person=person) for word in kept))


def skeleton(text: str) -> str:
    """The consonants of a Latin word, sounds that spellings confuse made one; a leading vowel counts as `a`."""
    for written, sound in _DIGRAPHS:
        text = text.replace(written, sound)
    text = text.replace("c", "k")
    bones = "".join(letter for letter in text[1:] if letter not in _VOWELS and letter != "h")
    head = "a" if text[:1] in _VOWELS and text[:1] != "y" else text[:1]
    out = head
    for letter in bones:
        if letter != out[-1:]:
            out += letter
    return out


def retrieval_keys(name: Name) -> frozenset[str]:
    """The keys under which this name is filed and sought: words, their consonants, and neighbours written as one."""
    telling = [word for word in name.words if not word.initial and word.weight > lexicon.WEIGHT_PARTICLE]
    words = telling or list(name.words)
    keys = {f"w:{word.kind}" for word in words}
    keys |= {f"s:{word.skeleton}" for word in words if len(word.skeleton) > 1}
    pairs = zip(name.words, name.words[1:], strict=False)
    keys |= {f"s:{joined}" for a, b in pairs if len(joined := skeleton(a.text + b.text)) > 3}
    return frozenset(keys)


def _letter_or_blank(letter: str) -> str:
    # Vowel signs of Indian scripts are marks, not letters; a word must not break at them.
    return letter if unicodedata.category(letter)[0] in "LNM" else " "


def _word(text: str, *, person: bool) -> Word:
    initial = person and len(text) == 1 and text.isalpha()
    kind = lexicon.VARIANTS.get(text, text) if person else lexicon.FORMS.get(text, text)
    return Word(text, kind, skeleton(text), _weight(text, kind, person=person, initial=initial), initial)


def _weight(text: str, kind: str, *, person: bool, initial: bool) -> float:
    if text in lexicon.PARTICLES:
        return lexicon.WEIGHT_PARTICLE
    if not person:
        return lexicon.WEIGHT_FORM if text in lexicon.FORMS else 1.0
    if initial:
        return lexicon.WEIGHT_INITIAL
    if kind in lexicon.VERY_COMMON:
        return lexicon.WEIGHT_VERY_COMMON
    return lexicon.WEIGHT_COMMON if kind in lexicon.COMMON else 1.0
