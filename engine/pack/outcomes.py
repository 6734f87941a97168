"""What one run did, rule by rule: read from its marks, for the reasons, the digest and the trace.

The generated function leaves sets of rows, bands and values; here they become outcomes of rules: fired, not_fired,
undecided or skipped, always in pack order (patterns, tables and scorecards in the order of decisions, verdict rules).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from engine.feel import NOT_CONSTANT
from engine.pack.emit import Run
from engine.pack.emit_tables import SKIPPED_BAND, points_column
from engine.pack.model import Characteristic, Scorecard, Table, Words
from engine.pack.rules import RuleInfo
from engine.pack.typed import Typed, TypedDecision


class Outcome(NamedTuple):
    """What became of a rule. `mark` is the band of a characteristic, else None."""

    rule: RuleInfo
    state: str
    points: int | Decimal | None = None
    text: str | None = None
    tell: str | None = None
    cite: tuple[str, ...] = ()
    mark: int | None = None


class Outlook:
    """The possible outcomes of every rule of a pack, made once, so that reading a run is choosing among them."""

    def __init__(self, typed: Typed, rules: Mapping[str, RuleInfo]) -> None:
        self._patterns = [_choices(rules[one.id], one.words) for one in typed.source.patterns]
        self._steps = [self._step(decision, rules) for decision in typed.decisions]
        self._verdict = [_choices(rules[one.id], one.words) for one in typed.source.verdict.rules]

    @staticmethod
    def _step(decision: TypedDecision, rules: Mapping[str, RuleInfo]) -> _Step:
        logic = decision.source.logic
        if isinstance(logic, Table):
            column = points_column(logic)
            rows = []
            for row, entry in zip(logic.rows, decision.outputs, strict=True):
                value = None if column is None else entry[column].constant
                dynamic = value is NOT_CONSTANT
                rows.append((_choices(rules[row.id], row.words, None if dynamic else _number(value)), dynamic))
            return _TableStep(rows, column)
        if isinstance(logic, Scorecard):
            return _CardStep([(rules[one.id], one) for one in logic.characteristics])
        return None

    def outcomes(self, run: Run) -> Iterator[Outcome]:
        """The outcome of every rule, in pack order."""
        for choice, fired in zip(self._patterns, run.patterns, strict=True):
            yield choice.fired if fired else choice.missed if fired is False else choice.open
        at = 0
        for step in self._steps:
            if isinstance(step, _TableStep):
                yield from step.outcomes(run.marks[at : at + 3])
                at += 3
            elif isinstance(step, _CardStep):
                yield from map(_characteristic, step.items, run.marks[at : at + len(step.items)])
                at += len(step.items)
        open_ = run.undecided | run.skipped
        for place, choice in enumerate(self._verdict):
            bit = 1 << place
            yield choice.fired if run.fired & bit else choice.open if open_ & bit else choice.missed


class _Choices(NamedTuple):
    """The outcomes a rule can have; `open` is undecided, or skipped where the rule says so."""

    fired: Outcome
    missed: Outcome
    open: Outcome


def _choices(rule: RuleInfo, words: Words, points: int | Decimal | None = None) -> _Choices:
    fired = Outcome(rule, "fired", points, words.reason, words.tell, words.cite)
    return _Choices(fired, Outcome(rule, "not_fired"), Outcome(rule, "skipped" if rule.skips else "undecided"))


class _TableStep:
    """The rows of a table, each with its choices and whether its points are computed."""

    def __init__(self, rows: list[tuple[_Choices, bool]], column: int | None) -> None:
        self.rows = rows
        self.column = column

    def outcomes(self, marks: tuple[Any, ...]) -> Iterator[Outcome]:
        """The outcomes for the sets of rows that matched and that were possible."""
        matched, possible, entries = marks
        for number, (choice, dynamic) in enumerate(self.rows):
            bit = 1 << number
            if matched & bit:
                points = entries[number][self.column] if dynamic else None
                yield choice.fired._replace(points=_number(points)) if dynamic else choice.fired
            else:
                yield choice.open if possible & bit else choice.missed


class _CardStep(NamedTuple):
    """The characteristics of a scorecard."""

    items: list[tuple[RuleInfo, Characteristic]]


_Step: TypeAlias = _TableStep | _CardStep | None


def _number(value: object) -> int | Decimal | None:
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _characteristic(item: tuple[RuleInfo, Characteristic], band: int) -> Outcome:
    """A characteristic fires where its band gives points or a reason; a band of nothing is a miss."""
    rule, one = item
    if band < 0:
        return Outcome(rule, "skipped" if band == SKIPPED_BAND else "undecided", mark=band)
    found = one.bands[band]
    points = _number(found.points)
    if not points and not found.words.reason:
        return Outcome(rule, "not_fired", points, mark=band)
    text, tell = found.words.reason or rule.reason, found.words.tell or rule.tell
    return Outcome(rule, "fired", points, text, tell, found.words.cite or rule.cite, band)
