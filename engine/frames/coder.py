"""Running what slices decide: from rows of inputs to numbered answers, each different input decided once.

Where the inputs are codes and few enough together, a row's combination is one number and its answer one look-up in an
array; else the different rows of inputs are found first. Answers are kept from batch to batch, within a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal
from typing import Any, Final

import polars as pl

from engine.frames.codes import Key
from engine.frames.decided import State
from engine.frames.numbers import EXACT_MAX
from engine.frames.sheet import WHOLE, Form
from engine.frames.slices import Answer, Slice
from engine.frames.views import View
from engine.pack.problems import SignalError

MAX_DENSE: Final = 1 << 20
MAX_KEPT: Final = 1 << 20  # answers kept; a column of ever new values must not fill the memory
_UNIT: Final = 2.0**-52
_WIDE: Final = Context(prec=80)
_DTYPES: Final[Mapping[str, Any]] = {
    "number": pl.Float64,
    "string": pl.String,
    "boolean": pl.Boolean,
    "date": pl.Date,
}


@dataclass
class Coder:
    """One node that is decided by slice. `kind` and `form` say what its value is as a column, if it is one.

    `dense` names the column that holds all keys as one number; `parts` the signals that patterns set, which come out as
    booleans; `severity` is that of a verdict rule; a `reported` value that is null floors the verdict.
    """

    name: str
    variable: str
    slice: Slice
    keys: tuple[Key, ...]
    as_of: date
    kind: str | None = None
    form: Form = WHOLE
    dense: str | None = None
    parts: tuple[str, ...] = ()
    severity: int = 0
    reported: bool = False
    answers: list[Answer] = field(default_factory=list)
    _values: list[Any] = field(default_factory=list)
    _errors: list[float] = field(default_factory=list)
    _odd: list[bool] = field(default_factory=list)
    _numbers: dict[Any, int] = field(default_factory=dict)
    _known: pl.Series | None = None

    @property
    def reads(self) -> list[str]:
        """The columns it needs."""
        return [self.dense] if self.dense else [key.column for key in self.keys]

    @property
    def writes(self) -> list[str]:
        """The columns it adds: number of the state, whether it floors, what it cannot hold, its value and error."""
        own = [f"{self.variable}{mark}" for mark in "tfxse"]
        return [*own, self.variable, *(f"{self.variable}{number}v" for number in range(len(self.parts)))]

    @property
    def states(self) -> list[State]:
        """The states of its rules, by number."""
        return [answer.state for answer in self.answers]

    def run(self, work: pl.DataFrame, lists: Mapping[str, View]) -> dict[str, pl.Series]:
        """The columns that the node adds; see `writes`."""
        if len(self.answers) > MAX_KEPT:
            self.__dict__.update(answers=[], _values=[], _errors=[], _odd=[], _numbers={}, _known=None)
        ids = self._by_code(work) if self.dense else self._by_row(work, lists)
        found = {f"{self.variable}t": ids, f"{self.variable}f": self._floors.gather(ids)}
        found[f"{self.variable}x"] = pl.Series(self._odd, dtype=pl.Boolean).gather(ids)
        if self.severity:
            severities = [self.severity if answer.state.fired else 0 for answer in self.answers]
            found[f"{self.variable}s"] = pl.Series(severities, dtype=pl.UInt8).gather(ids)
        for number in range(len(self.parts)):
            given = [None if answer.value is None else answer.value[number] for answer in self.answers]
            values = pl.Series(given, dtype=pl.Boolean)
            found[f"{self.variable}{number}v"] = values.gather(ids)
        if self.kind is not None:
            found[self.variable] = pl.Series(self._values, dtype=_DTYPES[self.kind]).gather(ids)
            if self.kind == "number" and self.form.scale is None:
                found[f"{self.variable}e"] = pl.Series(self._errors, dtype=pl.Float64).gather(ids)
        return found

    @property
    def _floors(self) -> pl.Series:
        floors = [one.floors or (self.reported and one.value is None) for one in self.answers]
        return pl.Series(floors, dtype=pl.Boolean)

    # -- by code

    def _by_code(self, work: pl.DataFrame) -> pl.Series:
        assert self.dense is not None
        codes = work[self.dense]
        if self._known is None:
            size = 1
            for key in self.keys:
                size *= key.radix or 1
            self._known = pl.Series([0], dtype=pl.UInt32).new_from_index(0, size)  # 0: not decided yet
        ids = self._known.gather(codes)
        fresh = codes.filter(ids == 0).unique()
        if len(fresh):
            numbers = [1 + self._decide(self._parted(code)) for code in fresh.to_list()]
            self._known = self._known.scatter(fresh, pl.Series(numbers, dtype=pl.UInt32))
            ids = self._known.gather(codes)
        return ids - 1

    def _parted(self, code: int) -> list[Any]:
        values = []
        for key in reversed(self.keys):
            code, digit = divmod(code, key.radix or 1)
            values.append(key.plain(digit))
        return values[::-1]

    # -- by row

    def _by_row(self, work: pl.DataFrame, lists: Mapping[str, View]) -> pl.Series:
        if not self.keys:
            number = self._numbers.get(())
            if number is None:
                number = self._numbers[()] = self._decide([])
            return pl.Series("", [number], pl.UInt32).new_from_index(0, len(work))
        names = [key.column for key in self.keys]
        given = work.select(names)
        seen = given.unique(maintain_order=True)
        numbers = [self._number(row, lists) for row in seen.iter_rows()]
        numbered = seen.with_columns(pl.Series("number", numbers, pl.UInt32))
        return given.join(numbered, on=names, how="left", nulls_equal=True, maintain_order="left")["number"]

    def _number(self, row: tuple[Any, ...], lists: Mapping[str, View]) -> int:
        views = [lists.get(key.column) for key in self.keys]
        lasting = all(view is None or view.lasting for view in views)
        number = self._numbers.get(row) if lasting else None
        if number is None:
            values = []
            for key, view, value in zip(self.keys, views, row, strict=True):
                known = view is not None and value is not None
                values.append(view.items[value] if view is not None and known else key.plain(value))
            number = self._decide(values)
            if lasting:
                self._numbers[row] = number
        return number

    # -- answers

    def _decide(self, values: list[Any]) -> int:
        try:
            answer = self.slice.decide(values, self.as_of)
        except SignalError:  # a computed value that no signal may have: too large, too long
            answer = Answer(None, State((), ()), floors=True)
            value, error, odd = None, 0.0, True
        else:
            value, error, odd = self._column_value(answer.value)
        self.answers.append(answer)
        self._values.append(value)
        self._errors.append(error)
        self._odd.append(odd)
        return len(self.answers) - 1

    def _column_value(self, value: Any) -> tuple[Any, float, bool]:
        """The value as it stands in the column, its error, and whether the column cannot hold it."""
        if value is None or self.kind is None:
            return None, 0.0, False
        if self.kind == "number":
            return self._number_value(value)
        fits: Callable[[Any], bool] = {
            "string": lambda one: isinstance(one, str),
            "boolean": lambda one: isinstance(one, bool),
            "date": lambda one: type(one) is date,
        }[self.kind]
        return (value, 0.0, False) if fits(value) else (None, 0.0, True)

    def _number_value(self, value: Any) -> tuple[float | None, float, bool]:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None, 0.0, True
        if self.form.scale is None:
            near = float(value)
            return near, 0.0 if Decimal(near) == value else abs(near) * _UNIT + 1e-300, abs(near) > 1e300
        scaled = _WIDE.scaleb(Decimal(value), self.form.scale)
        if scaled != scaled.to_integral_value() or abs(scaled) >= EXACT_MAX:
            return None, 0.0, True
        return float(scaled), 0.0, False
