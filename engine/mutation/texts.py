"""Small faults in one FEEL text: what an author mistypes, one change at a time.

Works on the tokens of the text, so that everything else stays as it was written. It makes thresholds one unit of their
last written digit higher and lower, opens and closes boundaries, swaps comparisons, `and` with `or`, signs of
calculations and truth values, takes `not` away, and drops conditions and members of a list. It promises no text that
compiles: what does not is no fault that could reach a decision, and the caller sets it aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.feel import FeelError
from engine.feel.lexer import Kind, Token, tokenize

_COMPARISONS: Final = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "!=", "!=": "="}
_WIDER: Final = {"<": "<=", ">": ">="}
_CALCULATIONS: Final = {"+": "-", "-": "+", "*": "/", "/": "*"}
_WORDS: Final = {"and": "or", "or": "and", "true": "false", "false": "true"}
_OPENING: Final = frozenset({"(", "[", "{"})
_CLOSING: Final = frozenset({")", "]", "}"})
_OPERAND_BEGINS: Final = frozenset({"and", "or", "if", "then", "else", "return", "satisfies", "in", ",", ":"})
_OPERAND_ENDS: Final = frozenset({"and", "or", "then", "else", "return", "satisfies", ","})


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a text: its kind, the text after it, and the offsets and words it replaced."""

    kind: str
    text: str
    start: int
    before: str
    after: str


def unit_steps(value: int | Decimal) -> tuple[int | Decimal, int | Decimal]:
    """The numbers one unit of the last written digit above and below: 0.60 gives 0.61 and 0.59, 24 gives 25 and 23."""
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    if not isinstance(exponent, int) or exponent >= 0:
        return value + 1, value - 1
    step = Decimal((0, (1,), exponent))
    return value + step, value - step


def edits(text: str, members: Sequence[str] = ()) -> list[Edit]:
    """Every fault of a text, each once; `members` are the words that a cell's column may hold."""
    try:
        tokens = tokenize(text)[:-1]
    except FeelError:
        return []
    found: dict[str, Edit] = {}
    for start, end, kind, after in _changes(tokens, members):
        changed = text[:start] + after + text[end:]
        if changed.strip() != text.strip() and changed.strip() and changed not in found:
            found[changed] = Edit(kind, changed, start, text[start:end], after)
    return list(found.values())


def widenings(text: str) -> list[Edit]:
    """The faults that make a condition true more often: what may be asked of a condition that must never be true.

    Comparisons lose their strictness, limits move outward, conditions of a conjunction fall away. Inside `not(...)` and
    `if` the direction is not plain, so nothing there is touched.
    """
    tokens = tokenize(text)[:-1]
    if any(token.text in {"not", "if", "every", "some"} for token in tokens if token.kind is Kind.WORD):
        return []
    found: dict[str, Edit] = {}
    for start, end, kind, after in _widening(tokens):
        changed = text[:start] + after + text[end:]
        found.setdefault(changed, Edit(kind, changed, start, text[start:end], after))
    return list(found.values())


_Change = tuple[int, int, str, str]


def _changes(tokens: list[Token], members: Sequence[str]) -> Iterator[_Change]:
    between = 0
    for place, token in enumerate(tokens):
        if token.kind is Kind.NUMBER and token.value is not None:
            yield from ((token.start, token.end, "threshold", str(value)) for value in unit_steps(token.value))
        elif token.kind is Kind.WORD and token.text == "between":
            between += 1
        elif token.kind is Kind.WORD and token.text == "and" and between:
            between -= 1
        elif token.kind is Kind.WORD and token.text in _WORDS and not _is_part(tokens, place):
            kind = "logic" if token.text in {"and", "or"} else "truth value"
            yield token.start, token.end, kind, _WORDS[token.text]
            if kind == "logic":
                yield from _dropped_operands(tokens, place)
        elif token.kind is Kind.WORD and token.text == "not" and _next(tokens, place) == "(":
            yield token.start, token.end, "negation", ""
        elif token.kind is Kind.SYMBOL:
            yield from _symbol(tokens, place)
    yield from _lists(tokens, members)


def _is_part(tokens: list[Token], place: int) -> bool:
    """Whether the word is a member of a longer name: `a.true`, or a key of a context."""
    return (place > 0 and tokens[place - 1].text == ".") or _next(tokens, place) == ":"


def _next(tokens: list[Token], place: int) -> str:
    return tokens[place + 1].text if place + 1 < len(tokens) else ""


def _symbol(tokens: list[Token], place: int) -> Iterator[_Change]:
    token = tokens[place]
    if token.text in _COMPARISONS:
        yield token.start, token.end, "comparison", _COMPARISONS[token.text]
    elif token.text in _CALCULATIONS and place > 0 and _is_value(tokens[place - 1]):
        yield token.start, token.end, "calculation", _CALCULATIONS[token.text]
    elif token.text == "..":
        opening, closing = _bracket(tokens, place, -1), _bracket(tokens, place, 1)
        if opening is not None and opening.text in {"[", "("}:
            yield opening.start, opening.end, "boundary", "(" if opening.text == "[" else "["
        if closing is not None and closing.text in {"]", ")"}:
            yield closing.start, closing.end, "boundary", ")" if closing.text == "]" else "]"


def _is_value(token: Token) -> bool:
    if token.kind is Kind.WORD:
        return token.text not in {"and", "or", "then", "else", "in", "return", "satisfies", "between", "if"}
    return token.kind in {Kind.NUMBER, Kind.STRING, Kind.AT} or token.text in {")", "]"}


def _bracket(tokens: list[Token], place: int, step: int) -> Token | None:
    """The bracket around a place, before it (-1) or after it (1)."""
    deeper, shallower = (_OPENING, _CLOSING) if step > 0 else (_CLOSING, _OPENING)
    depth = 0
    place += step
    while 0 <= place < len(tokens):
        token = tokens[place]
        if token.kind is Kind.SYMBOL and token.text in deeper:
            depth += 1
        elif token.kind is Kind.SYMBOL and token.text in shallower:
            if depth == 0:
                return token
            depth -= 1
        place += step
    return None


def _dropped_operands(tokens: list[Token], place: int) -> Iterator[_Change]:
    """Take away the operand before the operator and, where it is the last of its chain, the one after it."""
    operator = tokens[place]
    first = _reach(tokens, place, -1, operator.text)
    last = _reach(tokens, place, 1, operator.text)
    yield tokens[first].start, tokens[place + 1].start, "condition", ""
    if _next(tokens, last) != operator.text:
        yield tokens[place - 1].end, tokens[last].end, "condition", ""


def _reach(tokens: list[Token], place: int, step: int, operator: str) -> int:
    """The farthest token of the operand beside an operator."""
    deeper, shallower = (_OPENING, _CLOSING) if step > 0 else (_CLOSING, _OPENING)
    # `a or b and c`: what stands beside `and` ends at `or`; what stands beside `or` may hold an `and`.
    stops = (_OPERAND_ENDS if step > 0 else _OPERAND_BEGINS) - ({"and"} if operator == "or" else set())
    depth = 0
    at = place + step
    while 0 <= at < len(tokens):
        token = tokens[at]
        plain = token.kind in {Kind.SYMBOL, Kind.WORD}
        if plain and token.text in deeper:
            depth += 1
        elif plain and token.text in shallower:
            if depth == 0:
                break
            depth -= 1
        elif plain and depth == 0 and token.text in stops:
            break
        at += step
    return at - step


def _lists(tokens: list[Token], members: Sequence[str]) -> Iterator[_Change]:
    """Members of lists of words: each dropped, and in a cell one added or put in its place."""
    words = [place for place, token in enumerate(tokens) if token.kind is Kind.STRING]
    for place in words:
        token = tokens[place]
        if _next(tokens, place) == ",":
            yield token.start, tokens[place + 2].start, "member", ""
        elif place > 0 and tokens[place - 1].text == "," and (place + 1 == len(tokens) or _next(tokens, place) == ")"):
            yield tokens[place - 1].start, token.end, "member", ""
    held = {tokens[place].text for place in words}
    other = next((member for member in members if member not in held), None)
    if other is not None and words and _is_cell_list(tokens):
        last = tokens[words[-1]]
        quoted = '"' + other.replace("\\", "\\\\").replace('"', '\\"') + '"'
        yield last.end, last.end, "member", f", {quoted}"
        if len(words) == 1:
            yield last.start, last.end, "member", quoted


def _is_cell_list(tokens: list[Token]) -> bool:
    """Whether a cell is nothing but words: `"A","B"`, or those in `not(...)`."""
    return all(token.kind is Kind.STRING or token.text in {",", "not", "(", ")"} for token in tokens)


def _widening(tokens: list[Token]) -> Iterator[_Change]:
    for place, token in enumerate(tokens):
        if token.kind is Kind.SYMBOL and token.text in _WIDER:
            yield token.start, token.end, "comparison", _WIDER[token.text]
        elif token.kind is Kind.WORD and token.text == "and":
            yield from _dropped_operands(tokens, place)
        elif token.kind is Kind.NUMBER and token.value is not None and place > 0:
            above, below = unit_steps(token.value)
            if tokens[place - 1].text in {"<", "<="}:
                yield token.start, token.end, "threshold", str(above)
            elif tokens[place - 1].text in {">", ">="}:
                yield token.start, token.end, "threshold", str(below)


__all__ = ["Edit", "edits", "unit_steps", "widenings"]
