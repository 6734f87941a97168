"""How alike two names are: words aligned in any order, each pair with its own likeness, leftovers counted against it.

A word that one side merely omits costs little; leftovers on both sides contradict each other and cost much. Where fewer
than two full words agree, the result is capped below the alert line: a single name or an initial is no identification
(screening practice; only another attribute can lift it).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from engine.screening.names import Name, Word, skeleton

OMITTED = 0.2  # cost of a leftover where only one side has any
CONTRADICTED = 0.75  # cost of a leftover where both sides have some
SINGLE_WORD_CAP = 0.74  # times 0.9 is under the default threshold of 0.70
SAME_CLASS = 0.97
SAME_SOUND = 0.85
INITIAL = 0.85


@dataclass(frozen=True, slots=True)
class Likeness:
    """The score (0-1) of two names, and the sentence that tells which words agreed."""

    score: float
    text: str
    full_words: int


def compare_names(query: Name, candidate: Name, *, person: bool = True) -> Likeness:
    """Align the words and score them; symmetric. Bodies are often known by one word, so the cap is for persons."""
    if not query.words or not candidate.words:
        return Likeness(0.0, "a name without letters cannot be compared", 0)
    left, right = _split_alike(query.words, candidate.words)
    pairs, rest_left, rest_right = _align(left, right)
    matched = sum(_pair_weight(a, b) for a, b, _ in pairs)
    if not matched:
        return Likeness(0.0, "no word of the names agrees", 0)
    cost = CONTRADICTED if rest_left and rest_right else OMITTED
    rest = cost * (sum(word.weight for word in rest_left) + sum(word.weight for word in rest_right))
    score = sum(_pair_weight(a, b) * alike for a, b, alike in pairs) / (matched + rest)
    full = sum(1 for a, b, _ in pairs if not a.initial and not b.initial and min(a.weight, b.weight) > 0.3)
    capped = person and full < 2
    return Likeness(min(score, SINGLE_WORD_CAP) if capped else score, _sentence(pairs, rest_left, rest_right), full)


def word_likeness(a: Word, b: Word) -> float:
    """0-1: equal 1, one spelling class 0.97, an initial 0.85, few typing errors or the same consonants less."""
    if a.text == b.text:
        return 1.0
    if a.kind == b.kind:
        return SAME_CLASS
    if a.initial or b.initial:
        return INITIAL if a.text[0] == b.text[0] else 0.0
    longest = max(len(a.text), len(b.text))
    budget = _edit_budget(longest)
    edits = OSA.distance(a.text, b.text, score_cutoff=3)
    alike = 1 - edits / longest if edits <= budget else 0.0
    if len(a.skeleton) > 1 and a.skeleton == b.skeleton and edits <= (1 if longest <= 4 else 3):
        alike = max(alike, SAME_SOUND)
    return alike


def _edit_budget(length: int) -> int:
    if length <= 3:
        return 0
    if length <= 6:
        return 1
    return 2 if length <= 10 else 3


def _align(left: list[Word], right: list[Word]) -> tuple[list[tuple[Word, Word, float]], list[Word], list[Word]]:
    """Pair the most alike first; for short names that is the best pairing but in contrived cases."""
    scored = sorted(
        ((word_likeness(a, b), i, j) for i, a in enumerate(left) for j, b in enumerate(right)),
        key=lambda item: (-item[0], item[1] + item[2], item[1]),
    )
    used_left: set[int] = set()
    used_right: set[int] = set()
    pairs: list[tuple[Word, Word, float]] = []
    for alike, i, j in scored:
        if alike <= 0 or i in used_left or j in used_right:
            continue
        used_left.add(i)
        used_right.add(j)
        pairs.append((left[i], right[j], alike))
    return (
        pairs,
        [word for i, word in enumerate(left) if i not in used_left],
        [word for j, word in enumerate(right) if j not in used_right],
    )


def _split_alike(a: tuple[Word, ...], b: tuple[Word, ...]) -> tuple[list[Word], list[Word]]:
    """Write neighbours as one word where the other side does: `abdul rahman` and `abdulrahman`."""
    return _joined(a, b), _joined(b, a)


def _joined(words: tuple[Word, ...], others: tuple[Word, ...]) -> list[Word]:
    whole = {word.text for word in others} - {word.text for word in words}
    for position, (first, second) in enumerate(pairwise(words)):
        text = first.text + second.text
        if text in whole:
            weight = max(first.weight, second.weight)
            one = Word(text, text, skeleton(text), weight, initial=False)
            return [*words[:position], one, *words[position + 2 :]]
    return list(words)


def _pair_weight(a: Word, b: Word) -> float:
    return min(a.weight, b.weight) if a.initial or b.initial else (a.weight + b.weight) / 2


def _sentence(pairs: list[tuple[Word, Word, float]], rest_left: list[Word], rest_right: list[Word]) -> str:
    same = ", ".join(a.text if a.text == b.text else f"{a.text}~{b.text}" for a, b, _ in pairs)
    parts = [f"agree: {same}"]
    if rest_left:
        parts.append("only in the query: " + ", ".join(word.text for word in rest_left))
    if rest_right:
        parts.append("only on the list: " + ", ".join(word.text for word in rest_right))
    return "; ".join(parts)
