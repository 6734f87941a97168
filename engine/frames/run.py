"""Running a compiled pack over admitted rows: level by level, then the fold to a verdict, then the rows in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from engine.frames.admit_lists import ListColumn
from engine.frames.builder import Program
from engine.frames.decided import SEVERITIES, VERDICTS, Part, Track
from engine.frames.numbers import quotients
from engine.frames.rows import Row, States
from engine.frames.views import WholeView

if TYPE_CHECKING:
    from engine.pack.pack import Pack

_WORDS: Final = pl.Series([None, *SEVERITIES.values()], dtype=VERDICTS)
MAX_SCORE: Final = 2**62


@dataclass(frozen=True)
class Runner:
    """Runs one program. `score_type` is the type of the reported score: whole numbers, or doubles."""

    pack: Pack
    program: Program
    score_type: Any

    def run(
        self,
        work: pl.DataFrame,
        lists: Mapping[str, ListColumn],
        one_by_one: Callable[[pl.Series], list[Row]],
    ) -> tuple[Part, int]:
        """Decide rows; `one_by_one` decides those by the scalar engine whose index it is given. Also: how many."""
        size = len(work)
        work = self._levels(self._viewed(work, lists))
        rows = work["doubt"].arg_true()
        found = one_by_one(rows)
        states = States()
        numbers = [states.number(row.state) for row in found]
        tracks = [self._track(node.variable, node.states, work, rows) for _, node in self._ordered()]
        if len(rows):
            whole = pl.Series([None], dtype=pl.UInt32).new_from_index(0, size)
            tracks.append(Track(whole.scatter(rows, pl.Series(numbers, dtype=pl.UInt32)), states.items))
        part = Part(
            pl.Series(dtype=pl.UInt32),
            _patched(work["verdict"], rows, [row.verdict for row in found], VERDICTS),
            _patched(
                self._score(work), rows, [score_value(row.score, self.score_type) for row in found], self.score_type
            ),
            _patched(self._category(work), rows, [row.category for row in found], pl.String),
            _patched(self._route(work), rows, [row.route for row in found], pl.String),
            tuple(tracks),
        )
        return part, len(rows)

    # -- the levels

    def _viewed(self, work: pl.DataFrame, lists: Mapping[str, ListColumn]) -> pl.DataFrame:
        """With a number for each list that a node reads."""
        added = []
        for column, (name, view) in self.program.views.items():
            try:
                numbers = view.number(lists[name])
            except OverflowError:  # facts of ever new values: from now on each list is taken as it is
                whole = WholeView()
                self.program.views[column] = (name, whole)
                numbers = whole.number(lists[name])
            added.append(numbers.alias(column))
        return work.with_columns(added)

    def _levels(self, work: pl.DataFrame) -> pl.DataFrame:
        lists = {column: view for column, (_, view) in self.program.views.items()}
        steps = self.program.sheet.steps
        nodes: dict[int, list[Any]] = {}
        for level, node in self.program.nodes:
            nodes.setdefault(level, []).append(node)
        for level in range(len(steps) + 1):
            if level:
                work = work.with_columns(steps[level - 1])
            for node in nodes.get(level, ()):
                added = node.run(work, lists)
                work = work.with_columns(series.alias(name) for name, series in added.items())
            if level == self.program.route_at:
                work = work.with_columns(self._verdict(work))
        return work

    def _verdict(self, work: pl.DataFrame) -> pl.Series:
        """The worst rule that fired, review where none did, and at least the floor where anything is not known."""
        severities = [f"{node.variable}s" for _, node in self.program.nodes]
        earned = pl.max_horizontal([pl.col(name) for name in severities if name in work.columns] or [pl.lit(0)])
        floors = [pl.col(f"{node.variable}f") for _, node in self.program.nodes]
        floors += [pl.col(name).is_null() for name in self._reported() if name in work.columns]
        worst = pl.when(earned > 0).then(earned).otherwise(2)
        floor = self.pack.on_missing.severity
        floored = pl.any_horizontal(floors) if floors else pl.lit(value=False)
        number = pl.when(floored).then(pl.max_horizontal(worst, pl.lit(floor))).otherwise(worst)
        found = work.select(number.cast(pl.UInt32).alias("verdict"))["verdict"]
        return _WORDS.gather(found).cast(pl.String).alias("verdict")

    def _reported(self) -> list[str]:
        variables = self.pack.typed.variables
        return [variables[name] for name in (self.program.score, self.program.category) if name]

    # -- what is reported

    def _ordered(self) -> list[tuple[int, Any]]:
        """The nodes in pack order: as they were compiled."""
        return self.program.nodes

    @staticmethod
    def _track(variable: str, states: Any, work: pl.DataFrame, rows: pl.Series) -> Track:
        ids = work[f"{variable}t"]
        if len(rows):
            ids = ids.scatter(rows, None)
        return Track(ids, states)

    def _score(self, work: pl.DataFrame) -> pl.Series:
        """The reported score, where the decision gives a number: the double nearest to it, or the whole number."""
        coder = self.program.coders.get(self.program.score or "")
        if coder is not None:
            values = [score_value(answer.value, self.score_type) for answer in coder.answers]
            return pl.Series(values, dtype=self.score_type).gather(work[f"{coder.variable}t"])
        column = self.program.score_column
        if column is None or column.kind != "number":
            return pl.Series([None], dtype=self.score_type).new_from_index(0, len(work))
        numbers = work[self.pack.typed.variables[self.program.score or ""]]
        return quotients(numbers, column.form.scale).cast(self.score_type)

    def _category(self, work: pl.DataFrame) -> pl.Series:
        """The reported category, where the decision gives a text."""
        name = self.program.category or ""
        coder = self.program.coders.get(name)
        if coder is not None:
            values = [answer.value if isinstance(answer.value, str) else None for answer in coder.answers]
            return pl.Series(values, dtype=pl.String).gather(work[f"{coder.variable}t"])
        variable = self.pack.typed.variables.get(name, "")
        if variable in work.columns and work[variable].dtype == pl.String:
            return work[variable]
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(work))

    def _route(self, work: pl.DataFrame) -> pl.Series:
        names = pl.Series([route.id for route in self.pack.source.routes], dtype=pl.String)
        if not len(names):
            return pl.Series([None], dtype=pl.String).new_from_index(0, len(work))
        return names.gather(work["route"].cast(pl.UInt32))


def score_value(value: Any, dtype: Any) -> int | float | None:
    """A score as the column holds it; None for what is no number.

    Raises:
        OverflowError: for a score too large for a column of whole numbers.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if dtype != pl.Int64:
        return float(value)
    if not -MAX_SCORE < value < MAX_SCORE:
        raise OverflowError("a score is too large for a column")
    return int(value)


def _patched(values: pl.Series, rows: pl.Series, found: list[Any], dtype: Any) -> pl.Series:
    values = values.cast(dtype)
    return values.scatter(rows, pl.Series(found, dtype=dtype)) if len(rows) else values
