"""Back-tests: what a pack would have decided of rows on record, and what changes from the version before it."""

from __future__ import annotations

from engine.backtest.result import BacktestResult, Changed
from engine.backtest.run import DEFAULT_MINUTES_PER_CASE, Backtest, OutcomeError
from engine.backtest.workbook import write_workbook

__all__ = [
    "DEFAULT_MINUTES_PER_CASE",
    "Backtest",
    "BacktestResult",
    "Changed",
    "OutcomeError",
    "write_workbook",
]
