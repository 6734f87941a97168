"""A back-test: what a pack would have decided of rows on record, and what would change from another pack.

Frames are added one after the other and only counts are kept, so any number of rows fits. Rows that a pack's signals
refuse are counted and never decided; with two packs only rows that both admit are compared. Without a recorded outcome
a rule "would fire", and no rate of true or false alarms is claimed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from engine.backtest.changes import responsible
from engine.backtest.result import BacktestResult, Changed, Labels, Refusal, Side
from engine.backtest.tally import Tally
from engine.frames import Decided, FrameDecider
from engine.frames.sheet import AS_OF

if TYPE_CHECKING:
    from engine.pack.pack import Pack

DEFAULT_MINUTES_PER_CASE: Final = 12.0
"""Minutes of an officer for one reviewed case where nobody says otherwise; every report states the figure it used."""


class OutcomeError(ValueError):
    """The outcome or reference column is absent, or an outcome is neither a boolean nor 0 or 1."""


class Backtest:
    """Counts what `pack` decides of the frames that are added, beside `against`, the version it would replace.

    `as_of` dates the rows that have no date in a column `as_of`. `outcome` names a column of booleans or 0 and 1 that
    says which rows turned out bad (null: not known); `reference` one whose text names a row in the list of changed rows,
    of which `limit_changed` are kept. `minutes` gives minutes per case by queue, `minutes_per_case` for all others.
    With `texts`, columns of texts are read as what the packs' signals declare, as a CSV file's are.
    """

    def __init__(
        self,
        pack: Pack,
        against: Pack | None = None,
        *,
        as_of: date,
        outcome: str | None = None,
        reference: str | None = None,
        limit_changed: int = 1000,
        minutes_per_case: float = DEFAULT_MINUTES_PER_CASE,
        minutes: Mapping[str, float] | None = None,
        texts: bool = False,
    ) -> None:
        self.as_of = as_of
        self.outcome = outcome
        self.reference = reference
        self.limit_changed = limit_changed
        self.minutes_per_case = minutes_per_case
        self.minutes = dict(minutes or {})
        self._new = Side(pack, FrameDecider(pack, texts=texts), Tally())
        self._old = None if against is None else Side(against, FrameDecider(against, texts=texts), Tally())
        self._rows = 0
        self._invalid = 0
        self._refused: Counter[Refusal] = Counter()
        self._ignored: dict[str, None] = {}
        self._labels = Labels()
        self._verdicts: Counter[tuple[str, str]] = Counter()
        self._categories: Counter[tuple[str, str]] = Counter()
        self._changed: list[Changed] = []
        self._changed_count = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Decide and count the rows of a frame; columns that no pack declares are noted and ignored.

        Raises:
            OutcomeError: when the outcome or reference column is absent, or an outcome is not a boolean, 0 or 1.
        """
        for name in (self.outcome, self.reference):
            if name is not None and name not in frame.columns:
                raise OutcomeError(f"there is no column {name}")
        self._note_ignored(frame)
        numbered = frame.with_row_index(_ROW, offset=self._rows + 1)
        self._rows += len(frame)
        kept, new, old = self._decided(numbered)
        outcomes = None if self.outcome is None else _outcomes(kept[self.outcome])
        if outcomes is not None:
            self._labels.add(outcomes)
        self._new.tally.add(new, outcomes)
        if self._old is not None and old is not None:
            self._old.tally.add(old, outcomes)
            self._compare(kept, new, old)

    @property
    def signals(self) -> list[str]:
        """The signals that the packs declare."""
        names = [*self._new.pack.signals, *(self._old.pack.signals if self._old else ())]
        return list(dict.fromkeys(names))

    def result(self) -> BacktestResult:
        """What has been counted so far."""
        return BacktestResult(
            new=self._new,
            old=self._old,
            as_of=self.as_of,
            rows=self._rows,
            invalid=self._invalid,
            refused=dict(self._refused),
            ignored=tuple(self._ignored),
            labels=None if self.outcome is None else self._labels,
            verdicts=dict(self._verdicts),
            categories=dict(self._categories),
            changed=tuple(self._changed),
            changed_count=self._changed_count,
            minutes_per_case=self.minutes_per_case,
            minutes=self.minutes,
        )

    # -- one frame

    def _note_ignored(self, frame: pl.DataFrame) -> None:
        known = {AS_OF, self.outcome, self.reference, *self._new.pack.signals}
        known |= set(self._old.pack.signals) if self._old else set()
        self._ignored |= dict.fromkeys(name for name in frame.columns if name not in known)

    def _decided(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, Decided, Decided | None]:
        """The rows that every pack admits, and what each pack decides of them."""
        frame, new = self._admitted(self._new, frame)
        if self._old is None:
            return frame, new, None
        admitted, old = self._admitted(self._old, frame)
        if len(admitted) < len(frame):
            admitted, new = self._admitted(self._new, admitted)
        return admitted, new, old

    def _admitted(self, side: Side, frame: pl.DataFrame) -> tuple[pl.DataFrame, Decided]:
        ignore = [name for name in frame.columns if name not in side.pack.signals]
        decided = side.decider.decide(frame, self.as_of, ignore)
        if not decided.invalid:
            return frame, decided
        self._invalid += decided.invalid
        for name, (expected, rows) in decided.refusals.items():
            self._refused[Refusal(name, expected)] += rows
        return frame[decided.positions], decided.renumbered()

    def _compare(self, frame: pl.DataFrame, new: Decided, old: Decided) -> None:
        pairs = pl.DataFrame(
            {
                "old": old.outcome["verdict"].cast(pl.String),
                "new": new.outcome["verdict"].cast(pl.String),
                "old_category": old.outcome["risk_category"].fill_null("unknown"),
                "new_category": new.outcome["risk_category"].fill_null("unknown"),
            }
        )
        for before, after, count in pairs.group_by("old", "new").len().iter_rows():
            self._verdicts[before, after] += count
        for before, after, count in pairs.group_by("old_category", "new_category").len().iter_rows():
            self._categories[before, after] += count
        changed = (pairs["old"] != pairs["new"]).arg_true()
        self._changed_count += len(changed)
        shown = changed.head(self.limit_changed - len(self._changed)).to_list()
        if not shown:
            return
        was, now = old.rules_at(shown), new.rules_at(shown)
        lines = pairs[shown].with_columns(frame[_ROW][shown])
        references = [None] * len(shown) if self.reference is None else frame[self.reference][shown].to_list()
        for at, line, reference in zip(shown, lines.iter_rows(named=True), references, strict=True):
            rules = responsible(self._old_pack, self._new.pack, was[at], now[at])
            text = None if reference is None else str(reference)
            self._changed.append(Changed(line[_ROW], text, line["old"], line["new"], rules))

    @property
    def _old_pack(self) -> Pack:
        assert self._old is not None
        return self._old.pack


_ROW: Final = "\x00row"  # a name that no file gives a column


def _outcomes(given: pl.Series) -> pl.Series:
    """The outcome of each row: true is bad, null is not known."""
    if given.dtype == pl.Boolean:
        return given
    if given.dtype == pl.Null:
        return given.cast(pl.Boolean)
    texts = given.cast(pl.String).str.to_lowercase()
    known: dict[Any, bool] = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
    found = texts.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.Boolean)
    wrong = found.is_null() & given.is_not_null()
    if wrong.any():
        raise OutcomeError(
            f"the outcome column {given.name} has {wrong.sum()} values that are neither true, false, 0 nor 1"
        )
    return found
