"""What a cell of a workbook holds, and what is read from one after people have edited it.

A cell's own type is the truth: a number is a number, a text a text, a date a date. Texts are never formulas: one that
begins with a sign that a spreadsheet could take for a formula (`= + - @`, a tab) is written behind an apostrophe, and an
apostrophe at the beginning of any text means "the rest, as it stands". `#` begins what a cell cannot say otherwise
(`#null`, a number of more than 15 digits, a date before 1900-03-01). Lists and mappings are written as YAML writes them
on one line. Characters that XML forbids are written as a mark and their number, reversibly.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from engine.exchange.content import Feel, plain
from engine.exchange.failure import ExchangeError
from engine.exchange.unwritable import IN_CELLS, masked, unmasked
from engine.exchange.yaml_writer import flow_text, number_text, scalar_text
from engine.pack.limits import MAX_PROBLEMS
from engine.pack.problems import Problems
from engine.pack.yaml_tree import ScalarNode, parse_yaml

FIRST_DATE: Final = date(1900, 3, 1)  # before it, spreadsheets count a day that never was
EXACT_DIGITS: Final = 15  # what a spreadsheet's numbers keep

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_SIMPLE_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")


class Kind(Enum):
    """How the values of a column are to be taken."""

    TEXT = "text"
    FEEL = "FEEL"
    CONSTANT = "value"
    WORDS = "list of words"


@dataclass(frozen=True, slots=True)
class Missing:
    """A signal that a case says could not be had, with the reason."""

    reason: str


class CellError(ValueError):
    """What a cell holds is not what its column is for; carries a message and a remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        self.message, self.remedy = message, remedy
        super().__init__(message)


def encode(value: Any, kind: Kind) -> str | bool | int | float | date:
    """What to put into a cell for a value of a pack."""
    if isinstance(value, Missing):
        return f"#missing {value.reason}"
    if kind is Kind.FEEL and _keeps_text(value):
        return _number(Decimal(value))
    if kind is Kind.WORDS and _are_simple(value):
        return _guarded(", ".join(value))
    if isinstance(value, str):
        return _guarded(value, "[{" if kind is Kind.CONSTANT else "")
    if isinstance(value, list | dict):
        return masked(flow_text(value), IN_CELLS)
    return _native_of(value)


def _native_of(value: Any) -> str | bool | int | float | date:
    """A number, boolean or date in a cell of its kind; what no cell holds exactly, behind `#`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal) and _is_exact(Decimal(value)):
        return _number(Decimal(value))
    return value if isinstance(value, date) and value >= FIRST_DATE else f"#{scalar_text(value)}"


def decode(value: object, kind: Kind) -> Any:
    """The value of a pack that a non-empty cell holds; `value` is as the workbook's reader gives it.

    Raises:
        CellError: for what the column cannot hold.
    """
    if not isinstance(value, str):
        return _TYPED[kind](_native(value))
    text = unmasked(value)
    if value.startswith("'"):
        return _TYPED[kind](text[1:])
    if value.startswith("#"):
        return _directive(text, kind)
    if value.startswith(("[", "{")) and kind in {Kind.CONSTANT, Kind.WORDS}:
        return _collection(text, kind)
    return _TYPED[kind](text)


def _guarded(text: str, more: str = "") -> str:
    needs = not text.strip() or text.startswith(tuple("'=+-@#\t\r" + more))
    return ("'" if needs else "") + masked(text, IN_CELLS)


def _are_simple(words: list[str]) -> bool:
    return bool(words) and all(isinstance(word, str) and _SIMPLE_WORD.fullmatch(word) for word in words)


def _is_exact(value: Decimal) -> bool:
    """Whether a spreadsheet's number is this number, digit for digit."""
    return len(value.normalize().as_tuple().digits) <= EXACT_DIGITS and -300 < value.adjusted() < EXACT_DIGITS


def _keeps_text(text: str) -> bool:
    """Whether a FEEL text is a number that comes back from a cell with the same characters."""
    if not _NUMBER.fullmatch(text) or len(text) > EXACT_DIGITS + 5:
        return False
    value = Decimal(text)
    return _is_exact(value) and number_text(_exact(_number(value))) == text


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _exact(value: float) -> int | Decimal:
    """The decimal that was meant by a spreadsheet's number: the shortest one that is stored so."""
    exact = Decimal(repr(value))
    return int(exact) if exact == exact.to_integral_value() else exact


def _native(value: object) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        exact = _exact(value)
        try:
            number_text(exact)
        except ExchangeError:
            raise CellError("the number has more than 34 digits", "write a shorter one") from None
        return exact
    if isinstance(value, datetime):
        return value if value.time() != datetime.min.time() else value.date()
    if isinstance(value, date):
        return value
    raise CellError("the cell holds a time or a duration", "write it as a text")


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, date) else scalar_text(value)


def _as_feel(value: Any) -> Feel:
    if isinstance(value, datetime):
        return Feel(f'date and time("{value.isoformat()}")')
    if isinstance(value, date):
        return Feel(f'date("{value.isoformat()}")')
    return Feel(_as_text(value))


def _as_constant(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _as_words(value: Any) -> list[str]:
    return [word for part in _as_text(value).split(",") if (word := part.strip())]


_TYPED: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: _as_text,
    Kind.FEEL: _as_feel,
    Kind.CONSTANT: _as_constant,
    Kind.WORDS: _as_words,
}


def _collection(text: str, kind: Kind) -> Any:
    problems = Problems(MAX_PROBLEMS)
    node = parse_yaml("cell", text, problems)
    if node is None or len(problems):
        raise CellError("the list cannot be read", "write [a, b], or {name: value}, or put an apostrophe before a text")
    value = plain(node)
    if kind is Kind.WORDS and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        raise CellError("the list does not hold words only", "write [first, second], numbers in quotes")
    return value


def _directive(text: str, kind: Kind) -> Any:
    """What begins with `#`: a value that a cell has no type for."""
    if text.startswith("#missing ") and kind is Kind.CONSTANT:
        return Missing(text.removeprefix("#missing ").strip())
    problems = Problems(MAX_PROBLEMS)
    node = parse_yaml("cell", text[1:], problems)
    if kind is not Kind.CONSTANT or len(problems) or not isinstance(node, ScalarNode) or isinstance(node.value, str):
        raise CellError("a text begins with #", "put an apostrophe before it")
    return node.value
