"""How alike two names or two addresses are, 0-1, for values that a machine read and a person typed.

Written for one question: is what the document says what the applicant declared? It tolerates order, initials, missing
middle names, honorifics, accents and a misread letter; it is no screening matcher. The rules are stated with each
function so that an officer can recompute a score by hand.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

_HONORIFICS: Final = frozenset({"mr", "mrs", "ms", "miss", "dr", "shri", "sri", "smt", "kumari", "kum", "md", "prof"})
_INITIAL_LIKENESS: Final = 0.85
_LEAST_LIKENESS: Final = 0.6
_UNMATCHED_WEIGHT: Final = 0.5
_PIN_DIFFERS: Final = 0.5
_PIN: Final = re.compile(r"(?<!\d)[1-9]\d{5}(?!\d)")
_STREET_WORDS: Final = {
    "rd": "road", "st": "street", "ave": "avenue", "apt": "apartment", "bldg": "building", "blk": "block", "sec": "sector",
    "nr": "near", "opp": "opposite", "flr": "floor", "no": "number", "soc": "society", "ngr": "nagar", "mg": "marg",
}  # fmt: skip
_STREET_NOISE: Final = frozenset(("number", "flat", "house", "india"))


def name_similarity(a: str, b: str) -> float:
    """Each word of the shorter name is paired with its likest unused word of the longer one, weighted by length.

    A pair counts its Levenshtein similarity (nothing under 0.6), an initial against a word that begins with it 0.85.
    A word of the longer name without a partner weighs half. Names that differ only in spacing count as equal.
    """
    words_a, words_b = name_words(a), name_words(b)
    if not words_a or not words_b:
        return 0.0
    if "".join(words_a) == "".join(words_b) or sorted(words_a) == sorted(words_b):
        return 1.0
    short, long = sorted((words_a, words_b), key=lambda words: (len(words), sum(map(len, words)), words))
    unused = list(long)
    gained = weight = 0.0
    for word in sorted(short, key=len, reverse=True):
        partner = max(unused, key=lambda other: _word_likeness(word, other))
        likeness = _word_likeness(word, partner)
        size = max(len(word), len(partner)) if likeness else len(word)
        gained += size * likeness
        weight += size
        if likeness:
            unused.remove(partner)
    weight += _UNMATCHED_WEIGHT * sum(map(len, unused))
    return round(gained / weight, 4)


def address_similarity(a: str, b: str) -> float:
    """The mean of rapidfuzz's token-sort and token-set ratios after common abbreviations are written out.

    Two different PIN codes cap the result at 0.5: the same street name in another town is another address.
    """
    words_a, words_b = _address_words(a), _address_words(b)
    if not words_a or not words_b:
        return 0.0
    left, right = " ".join(words_a), " ".join(words_b)
    score = (fuzz.token_sort_ratio(left, right) + fuzz.token_set_ratio(left, right)) / 200
    pins_a, pins_b = set(_PIN.findall(a)), set(_PIN.findall(b))
    if pins_a and pins_b and pins_a.isdisjoint(pins_b):
        score = min(score, _PIN_DIFFERS)
    return round(score, 4)


def name_words(name: str) -> list[str]:
    """The words of a name, lower case, without accents, punctuation and honorifics."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z]+", plain.replace("'", ""))
    return [word for word in words if word not in _HONORIFICS] or words


def _word_likeness(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if min(len(a), len(b)) == 1:
        return _INITIAL_LIKENESS if a[0] == b[0] else 0.0
    likeness = float(Levenshtein.normalized_similarity(a, b))
    return likeness if likeness >= _LEAST_LIKENESS else 0.0


def _address_words(address: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", address.casefold())
    return [full for word in words if (full := _STREET_WORDS.get(word, word)) not in _STREET_NOISE]
