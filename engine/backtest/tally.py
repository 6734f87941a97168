"""What one pack did to the rows of a back-test: counts that add up from frame to frame."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from engine.frames import Decided
from engine.pack.verdict import Verdict

SCORE_BINS: Final = 20
MAX_SCORES: Final = 10_000  # different scores kept apart; a score of ever new values goes into whole-number bins


@dataclass(slots=True)
class Tally:
    """Counts of one pack's decisions."""

    rows: int = 0
    unsettled: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    scores: Counter[float] = field(default_factory=Counter)
    unscored: int = 0
    reviewed: Counter[str | None] = field(default_factory=Counter)  # reviewed rows by route
    fired: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    fired_labelled: Counter[str] = field(default_factory=Counter)
    fired_bad: Counter[str] = field(default_factory=Counter)
    verdicts_labelled: Counter[str] = field(default_factory=Counter)
    verdicts_bad: Counter[str] = field(default_factory=Counter)

    def add(self, decided: Decided, outcomes: pl.Series | None) -> None:
        """Count decided rows; `outcomes` is true for bad ones and null where nothing is known."""
        outcome = decided.outcome
        self.rows += len(outcome)
        self.unsettled += decided.unsettled
        verdicts = outcome["verdict"].cast(pl.String)
        _count(self.verdicts, verdicts)
        _count(self.categories, outcome["risk_category"].fill_null("unknown"))
        _count(self.reviewed, outcome["route"].filter(verdicts == Verdict.REVIEW.value))
        scores = outcome["risk_score"].cast(pl.Float64)
        self.unscored += scores.null_count()
        _count(self.scores, scores.drop_nulls() if len(self.scores) < MAX_SCORES else scores.drop_nulls().floor())
        hits = decided.hits()
        self.fired.update(hits.fired)
        self.undecided.update(hits.undecided)
        if outcomes is None:
            return
        known, bad = outcomes.is_not_null(), outcomes.fill_null(value=False)
        self.fired_labelled.update(hits.fired if known.all() else decided.hits(known).fired)
        self.fired_bad.update(decided.hits(bad).fired)
        _count(self.verdicts_labelled, verdicts.filter(known))
        _count(self.verdicts_bad, verdicts.filter(bad))

    def histogram(self) -> list[dict[str, Any]]:
        """The scores in at most twenty bins of equal width, `[from, to)`, the last one closed."""
        if not self.scores:
            return []
        low, high = min(self.scores), max(self.scores)
        if low == high:
            return [{"from": low, "to": high, "rows": sum(self.scores.values())}]
        width = (high - low) / SCORE_BINS
        bins = [0] * SCORE_BINS
        for score, count in self.scores.items():
            bins[min(int((score - low) / width), SCORE_BINS - 1)] += count
        return [
            {"from": low + number * width, "to": low + (number + 1) * width, "rows": count}
            for number, count in enumerate(bins)
        ]


def _count(counter: Counter[Any], values: pl.Series) -> None:
    for value, count in values.value_counts().iter_rows():
        counter[value] += count
