"""Lists by number: equal lists, or lists that look alike to what reads them, share one.

`WholeView` numbers lists as they are. `FactView` numbers what the patterns of a pack can tell of them (see `facts`) and
has, for each number, a list that looks so, for the scalar engine to decide on.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Protocol

import polars as pl

from engine.frames.admit_lists import PLACE, ROW, ListColumn, frozen, plain_list
from engine.frames.codes import stand_ins, word_codes
from engine.frames.compare import place
from engine.frames.facts import Usage
from engine.pack.limits import MAX_LIST_ITEMS
from engine.pack.model import SignalSpec

_BITS: Final = 16  # of a fact's number in a row's signature, and of a code read wholly
_AGREES_BITS: Final = (MAX_LIST_ITEMS + 1).bit_length()
_TOGETHER: Final = 4  # facts in one signature of 64 bits
MAX_VALUES: Final = (1 << _BITS) - 2  # different facts, or values of a field, that codes have room for
_FIRST: Final = date(2000, 1, 1)


class View(Protocol):
    """Numbers for the lists of a column. `lasting`: a number means the same list in every frame."""

    lasting: bool
    items: list[list[Any]]

    def number(self, column: ListColumn) -> pl.Series:
        """The number of each row's list; null for a missing one."""


@dataclass
class WholeView:
    """Lists as they are, numbered anew for each frame."""

    lasting: bool = False
    items: list[list[Any]] = field(default_factory=list)

    def number(self, column: ListColumn) -> pl.Series:
        """The number of each row's list."""
        numbers: dict[Hashable, int] = {}
        self.items = []
        found: list[int | None] = []
        for value in column.given.to_list():
            if value is None:
                found.append(None)
                continue
            key: Hashable = value if isinstance(value, str) else frozen(value)
            at = numbers.setdefault(key, len(self.items))
            if at == len(self.items):
                self.items.append(plain_list(value))
            found.append(at)
        return pl.Series(found, dtype=pl.UInt32)


class FieldCoder(Protocol):
    """The codes of one field of a fact, and a value that stands for each."""

    name: str

    @property
    def bits(self) -> int:
        """How many bits its codes and null need."""

    def codes(self, facts: pl.DataFrame, longest: int) -> pl.Series:
        """The code of each fact, from 1; null where the field is."""

    def plain(self, code: int) -> Any:
        """A value that looks like the code less one."""


@dataclass
class _Agrees:
    """The first fact of the same list that has the same value."""

    name: str
    kind: str
    bits: int = _AGREES_BITS

    def codes(self, facts: pl.DataFrame, longest: int) -> pl.Series:
        value = pl.col(self.name)
        first: pl.Expr = pl.when(value.is_not_null()).then(pl.col(PLACE))
        for back in range(1, longest):
            same = (pl.col(ROW) == pl.col(ROW).shift(back)) & (value == value.shift(back))
            first = pl.when(same.fill_null(value=False)).then(pl.col(PLACE) - back).otherwise(first)
        return facts.select((first + 1).alias("code"))["code"]

    def plain(self, code: int) -> Any:
        if self.kind == "date":
            return _FIRST + timedelta(days=code)
        return code if self.kind == "number" else f"value {code}"


@dataclass
class _Ends:
    """Where the value lies among constants."""

    name: str
    kind: str
    ends: list[Any]
    discrete: bool

    @property
    def bits(self) -> int:
        """Room for each end, what lies between two, and null."""
        return (2 * len(self.ends) + 2).bit_length()

    def codes(self, facts: pl.DataFrame, longest: int) -> pl.Series:
        del longest
        value = pl.col(self.name)
        ends = [float(end) for end in self.ends] if self.kind == "number" else self.ends
        found = word_codes(value, ends) if self.discrete else place(value, ends)
        return facts.select((found + 1).alias("code"))["code"]

    def plain(self, code: int) -> Any:
        values = stand_ins(self.kind, self.ends, discrete=self.discrete)
        assert values is not None, "texts are only compared by = and !="
        return values[code]


@dataclass
class _Wholly:
    """The value itself, numbered as it comes."""

    name: str
    values: list[Any] = field(default_factory=list)
    bits: int = _BITS
    _numbers: dict[Any, int] = field(default_factory=dict)

    def codes(self, facts: pl.DataFrame, longest: int) -> pl.Series:
        del longest
        values = facts[self.name]
        seen = values.unique().drop_nulls()
        numbers = pl.Series([1 + self._number(value) for value in seen.to_list()], dtype=pl.UInt32)
        return values.replace_strict(seen, numbers, return_dtype=pl.UInt32)

    def _number(self, value: Any) -> int:
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
            if number >= MAX_VALUES:
                raise OverflowError("too many different values")
        return number

    def plain(self, code: int) -> Any:
        return self.values[code]


def _coder(name: str, kind: str, usage: Usage) -> FieldCoder:
    if usage.wholly:
        return _Wholly(name, bits=2 if kind == "boolean" else _BITS)
    if usage.agrees:
        return _Agrees(name, kind)
    return _Ends(name, kind, sorted(usage.ends), discrete=kind == "string")


def _apart(signature: int) -> tuple[int, ...]:
    """The numbers of the facts in a signature."""
    found = []
    while signature:
        signature, number = divmod(signature, 1 << _BITS)
        found.append(number - 1)
    return tuple(found)


class FactView:
    """Lists of facts by what patterns can tell of them."""

    lasting = True

    def __init__(self, spec: SignalSpec, usages: Mapping[str, Usage]) -> None:
        self.items: list[list[Any]] = []
        self._coders = [_coder(name, (spec.fields or {})[name].type, usage) for name, usage in sorted(usages.items())]
        self._numbers: dict[tuple[int, ...], int] = {}
        self._facts: list[dict[str, Any]] = []
        self._fact_numbers: dict[int, int] = {}

    @property
    def fits(self) -> bool:
        """Whether the codes of a fact fit into one number."""
        return sum(coder.bits for coder in self._coders) < 64

    def number(self, column: ListColumn) -> pl.Series:
        """The number of each row's list."""
        facts = column.facts
        assert facts is not None, "a list of facts has its facts"
        longest = column.sizes.max()
        codes = self._codes(facts, longest if isinstance(longest, int) else 0)
        rows, places = facts[ROW], facts[PLACE]
        signatures = pl.Series([0], dtype=pl.UInt64).new_from_index(0, len(column.given))
        for at in range(_TOGETHER):
            here = places == at
            shifted = (codes.filter(here).cast(pl.UInt64) + 1) * (1 << _BITS * at)
            signatures = signatures.scatter(rows.filter(here), signatures.gather(rows.filter(here)) + shifted)
        seen = signatures.unique()
        numbers = pl.Series([self._row(_apart(one)) for one in seen.to_list()], dtype=pl.UInt32)
        found = signatures.replace_strict(seen, numbers, return_dtype=pl.UInt32)
        found = self._long(column.sizes, rows, codes, found)
        return found.to_frame("n").select(pl.when(column.sizes.is_not_null()).then("n"))["n"]

    def _long(self, sizes: pl.Series, rows: pl.Series, codes: pl.Series, found: pl.Series) -> pl.Series:
        """Lists of more facts than fit into a signature."""
        many = (sizes > _TOGETHER).fill_null(value=False)
        if not many.any():
            return found
        listed: dict[int, list[int]] = {}
        chosen = many.gather(rows)
        for row, code in zip(rows.filter(chosen).to_list(), codes.filter(chosen).to_list(), strict=True):
            listed.setdefault(row, []).append(code)
        numbers = [self._row(tuple(facts)) for facts in listed.values()]
        return found.scatter(pl.Series(list(listed), dtype=pl.UInt32), pl.Series(numbers, dtype=pl.UInt32))

    def _row(self, facts: tuple[int, ...]) -> int:
        number = self._numbers.get(facts)
        if number is None:
            number = self._numbers[facts] = len(self.items)
            self.items.append([self._facts[fact] for fact in facts])
        return number

    def _codes(self, facts: pl.DataFrame, longest: int) -> pl.Series:
        """The number of each fact: of its codes together."""
        code: pl.Expr = pl.lit(0, pl.UInt64)
        columns = []
        for coder in self._coders:
            columns.append(coder.codes(facts, longest).fill_null(0).cast(pl.UInt64).alias(coder.name))
            code = code * (1 << coder.bits) + pl.col(coder.name)
        if not columns:
            return pl.Series([self._fact(0)], dtype=pl.UInt32).new_from_index(0, len(facts))
        together = pl.DataFrame(columns).select(code.alias("code"))["code"]
        seen = together.unique()
        numbers = pl.Series([self._fact(one) for one in seen.to_list()], dtype=pl.UInt32)
        return together.replace_strict(seen, numbers, return_dtype=pl.UInt32)

    def _fact(self, code: int) -> int:
        number = self._fact_numbers.get(code)
        if number is None:
            number = self._fact_numbers[code] = len(self._facts)
            if number >= MAX_VALUES:
                raise OverflowError("too many different facts")
            fact = {}
            for coder in reversed(self._coders):
                code, digit = divmod(code, 1 << coder.bits)
                if digit:
                    fact[coder.name] = coder.plain(digit - 1)
            self._facts.append(fact)
        return number
