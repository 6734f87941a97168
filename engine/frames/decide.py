"""Deciding frames: admitted rows by the columns that a pack compiles to, the rest row by row.

`FrameDecider` is made once for a pack and takes frames of any size, one after the other. Rows are grouped by the span
of dates in which the same parameters are in force. What the columns cannot settle for a row (`doubt`), the scalar engine
decides; what a signal's declaration refuses is counted, or raised, and never decided.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from engine.frames.admit import UNDECLARED, Admitted, admit
from engine.frames.decided import VERDICTS, Decided, Part, Track
from engine.frames.forms import Forms
from engine.frames.program import compile_program
from engine.frames.rows import Row, States, decide_rows
from engine.frames.run import Runner, score_value
from engine.frames.sheet import AS_OF, Form
from engine.frames.translate import Unsupported
from engine.frames.wholeness import score_type
from engine.pack.problems import SignalError

if TYPE_CHECKING:
    from engine.pack.pack import Pack

MAX_PROGRAMS: Final = 8  # compiled at a time: spans of dates, and forms of numbers


class FrameDecider:
    """Decides frames with one pack. Keeps what it has learnt of inputs seen before; not for several threads at once.

    With `texts`, columns of texts are read as what the pack's signals declare, as a CSV file's are.
    """

    def __init__(self, pack: Pack, *, texts: bool = False) -> None:
        self.pack = pack
        self.texts = texts
        starts = {value.start for one in pack.source.parameters.values() for value in one.values}
        self._starts = sorted(starts)
        self._forms = Forms(pack)
        self._runners: dict[tuple[int, tuple[tuple[str, Form], ...]], Runner | None] = {}
        self._score_type = score_type(pack)

    def decide(self, frame: pl.DataFrame, as_of: date, ignore: Collection[str] = ()) -> Decided:
        """Decide the rows that the pack's signals admit; the others are counted in `invalid`.

        `ignore` names columns that are no signals. A column `as_of` dates its row; elsewhere `as_of` counts.

        Raises:
            SignalError: for columns that are neither declared nor ignored, by name.
            TypeError: when `as_of` is no date.
        """
        if not isinstance(as_of, date) or isinstance(as_of, datetime):
            raise TypeError("as_of is a date")
        admitted = admit(self.pack, frame, as_of, ignore, texts=self.texts)
        undeclared = [one for one in admitted.problems if one.got == UNDECLARED]
        if undeclared:
            raise SignalError(undeclared)
        forms = self._forms.settle(admitted)
        self._settle_odd(admitted)
        positions = pl.int_range(len(frame), dtype=pl.UInt32, eager=True)
        if admitted.refused is not None:
            positions = positions.filter(~admitted.refused)
        invalid = len(frame) - len(positions)
        odd = positions.head(0)
        if admitted.odd is not None:
            aside = admitted.odd.gather(positions)
            odd, positions = positions.filter(aside), positions.filter(~aside)
        parts = [self._part(admitted, forms, rows) for rows in self._spans(admitted, positions)]
        unsettled = sum(count for _, count in parts) + len(odd)
        found = [part for part, _ in parts] + ([self._scalar(admitted, odd)] if len(odd) else [])
        return Decided(len(frame), invalid, tuple(admitted.problems), admitted.refusals, tuple(found), unsettled)

    def _spans(self, admitted: Admitted, positions: pl.Series) -> list[pl.Series]:
        """The rows of each span of dates."""
        dates = admitted.work[AS_OF].gather(positions)
        if not len(dates) or self._span(dates.min()) == self._span(dates.max()):
            return [positions]
        spans = dates.replace_strict(seen := dates.unique(), [self._span(day) for day in seen.to_list()])
        return [positions.filter(spans == span) for span in spans.unique().sort().to_list()]

    def _span(self, day: Any) -> int:
        return bisect_right(self._starts, day)

    def _settle_odd(self, admitted: Admitted) -> None:
        """Refuse the rows set aside that the scalar engine refuses."""
        if admitted.odd is None:
            return
        refused: dict[tuple[str, str], list[int]] = {}
        rows = admitted.odd.arg_true()
        for place, (signals, day) in zip(rows.to_list(), admitted.rows(rows), strict=True):
            try:
                self.pack.decide(signals, day)
            except SignalError as error:
                for one in error.problems:
                    refused.setdefault((one.name, one.expected), []).append(place)
        for (name, expected), places in refused.items():
            mark = pl.Series([False]).new_from_index(0, len(admitted.odd))
            admitted.refuse(name, expected, mark.scatter(pl.Series(places, dtype=pl.UInt32), True))

    def _part(self, admitted: Admitted, forms: dict[str, Form], positions: pl.Series) -> tuple[Part, int]:
        """The rows of one span, and how many of them the scalar engine decided."""
        every = len(positions) == len(admitted.work)
        work = admitted.work if every else admitted.work[positions]
        runner = self._runner(forms, work)
        if runner is None:
            return self._scalar(admitted, positions), len(positions)
        lists = admitted.lists
        if not every:
            specs = self.pack.source.signals
            lists = {name: one.at(specs[name], positions) for name, one in lists.items()}
        part, unsettled = runner.run(work, lists, lambda rows: self._rows(admitted, positions.gather(rows)))
        return replace(part, positions=positions), unsettled

    def _rows(self, admitted: Admitted, positions: pl.Series) -> list[Row]:
        return list(decide_rows(self.pack, admitted.rows(positions)))

    def _runner(self, forms: dict[str, Form], work: pl.DataFrame) -> Runner | None:
        """The program for the rows' span; None where the pack has no column form at all."""
        if not len(work):
            return None
        as_of = work[AS_OF][0]
        key = self._span(as_of), tuple(forms.items())
        if key not in self._runners:
            if len(self._runners) >= MAX_PROGRAMS:
                self._runners.clear()
            try:
                program = compile_program(self.pack, as_of, forms)
            except Unsupported:
                self._runners[key] = None
            else:
                self._runners[key] = Runner(self.pack, program, self._score_type)
        return self._runners[key]

    def _scalar(self, admitted: Admitted, positions: pl.Series) -> Part:
        """Rows decided one by one."""
        found = self._rows(admitted, positions)
        states = States()
        ids = [states.number(row.state) for row in found]
        return Part(
            positions,
            pl.Series([row.verdict for row in found], dtype=VERDICTS),
            pl.Series([score_value(row.score, self._score_type) for row in found], dtype=self._score_type),
            pl.Series([row.category for row in found], dtype=pl.String),
            pl.Series([row.route for row in found], dtype=pl.String),
            (Track(pl.Series(ids, dtype=pl.UInt32), states.items),),
        )


def decide_frame(pack: Pack, frame: pl.DataFrame, as_of: date, ignore: Collection[str] = ()) -> pl.DataFrame:
    """The columns verdict, risk_score, risk_category and fired for every row of a frame, in row order.

    Raises:
        SignalError: when a value is refused or a column is undeclared, naming columns and rows; nothing is decided then.
        TypeError: when `as_of` is no date.
    """
    found = FrameDecider(pack).decide(frame, as_of, ignore)
    if found.problems:
        raise SignalError(found.problems)
    columns = found.outcome.select("verdict", "risk_score", "risk_category")
    return columns.with_columns(found.lists().alias("fired"), pl.col("verdict").cast(pl.String))
