"""The door for columns: a frame's columns become the work sheet of a pack, or their rows are refused.

Columns are admitted as `engine.pack.admit` admits single values: the same types, ranges and listed values; null is a
missing signal, in facts an absent field.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.frames.admit_lists import ListColumn, admit_list, plain_list
from engine.frames.admit_values import Marks, absent, admit_values, dates_of
from engine.frames.sheet import AS_OF
from engine.frames.texts import parsed
from engine.pack.admit import admission
from engine.pack.problems import SignalProblem, nearest

if TYPE_CHECKING:
    from engine.pack.pack import Pack

UNDECLARED = "an undeclared signal"


@dataclass(slots=True)
class Admitted(Marks):
    """The columns of a frame by the names that the pack's program has for signals.

    `work` has a column for every signal that is no list, and `as_of`; `lists` holds the list signals by name; `given` the
    columns as they came, for the scalar engine.
    """

    work: pl.DataFrame = field(default_factory=pl.DataFrame)
    lists: dict[str, ListColumn] = field(default_factory=dict)
    given: pl.DataFrame = field(default_factory=pl.DataFrame)

    def rows(self, rows: pl.Series) -> Iterator[tuple[dict[str, Any], date]]:
        """Some rows as the scalar engine takes them, each with its date: what is null is left out, in facts too."""
        dates = self.work[AS_OF].gather(rows).to_list()
        for row, day in zip(self.given[rows].iter_rows(named=True), dates, strict=True):
            yield signals_of(row, self.lists), day


def admit(
    pack: Pack, frame: pl.DataFrame, as_of: date, ignore: Collection[str] = (), *, texts: bool = False
) -> Admitted:
    """Admit a frame for a pack. What is refused stands in `problems` and `refused`; nothing is raised.

    With `texts`, columns of texts are read as what their signals declare, as a CSV file's are.
    """
    found = Admitted()
    declared = pack.source.signals
    columns: list[pl.Series] = [_as_of(frame, as_of, found)]
    kept: list[pl.Series] = []
    for name, spec in declared.items():
        variable = pack.typed.variables[name]
        if spec.type == "list":
            given = (
                frame[name] if name in frame.columns else pl.Series("", [None], pl.Null).new_from_index(0, len(frame))
            )
            kept.append(given.alias(name))
            listed = found.lists[name] = admit_list(spec, given)
            found.refuse(name, admission(spec).expected, listed.refused)
            found.set_aside(listed.odd)
        elif name in frame.columns:
            given = parsed(spec, frame[name], found) if texts else frame[name]
            kept.append(given)
            columns.append(admit_values(spec, given, found).alias(variable))
        else:
            columns.append(absent(spec, len(frame)).alias(variable))
    found.work, found.given = pl.DataFrame(columns), pl.DataFrame(kept)
    for name in frame.columns:
        if name not in declared and name != AS_OF and name not in ignore:
            remedy = nearest(name, declared, "a declared signal")
            found.problems.append(SignalProblem(name[:120], remedy, UNDECLARED))
    return found


def _as_of(frame: pl.DataFrame, default: date, found: Admitted) -> pl.Series:
    if AS_OF not in frame.columns:
        return pl.Series(AS_OF, [default], pl.Date).new_from_index(0, len(frame))
    dates, refused = dates_of(frame[AS_OF])
    found.refuse(AS_OF, "date (YYYY-MM-DD)", refused)
    return dates.fill_null(default).alias(AS_OF)


def signals_of(row: Mapping[str, Any], lists: Collection[str]) -> dict[str, Any]:
    """The signals of a frame's row as the scalar engine takes them: what is null is left out, in facts too."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if value is not None and name != AS_OF:
            found[name] = plain_list(value) if name in lists else value
    return found
