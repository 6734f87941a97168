"""What one run did, rule by rule: read from its marks, for the reasons, the digest and the trace.

The generated function leaves sets of rows, bands and values; here they become outcomes of rules: fired, not_fired,
undecided or skipped, always in pack order (patterns, tables and scorecards in the order of decisions, verdict rules).
Each table, each scorecard, the patterns and the verdict contribute a `Part`. A part depends on its marks alone, so equal
marks share one part, with the reasons and texts that others make of it; how many are kept is bounded by their size.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple

from engine.feel import NOT_CONSTANT
from engine.pack.canonical import canonical_text
from engine.pack.emit import Run
from engine.pack.emit_scorecards import SKIPPED_BAND
from engine.pack.emit_tables import points_column
from engine.pack.hit_policy import bits
from engine.pack.model import Characteristic, Scorecard, Table, Words
from engine.pack.reasons import Reason, Weighed, weighed
from engine.pack.rules import RuleInfo
from engine.pack.typed import Typed, TypedDecision

MAX_REMEMBERED: Final = 20_000
"""Outcomes of one table's remembered parts together: 400 parts of 50 rows, 4 parts of 5,000."""


class Outcome(NamedTuple):
    """What became of a rule. `mark` is the band of a characteristic, else None."""

    rule: RuleInfo
    state: str
    points: int | Decimal | None = None
    text: str | None = None
    tell: str | None = None
    cite: tuple[str, ...] = ()
    mark: int | None = None


class Part:
    """The share of one table, scorecard, of the patterns or of the verdict in a run.

    `notable` are the outcomes that are not `not_fired`, `reasons` what those that fired say, `told` what they tell the
    applicant, `states` the canonical texts of the fired, the skipped and the undecided. `shown` is the tracer's to fill.
    """

    __slots__ = ("notable", "outcomes", "reasons", "shown", "states", "told")

    def __init__(self, outcomes: tuple[Outcome, ...], notable: tuple[Outcome, ...]) -> None:
        self.outcomes = outcomes
        self.notable = notable
        self.reasons: tuple[Weighed, ...] = tuple(found for one in notable if (found := _reason(one)))
        self.told = tuple((one.rule.id, one.tell) for one in notable if one.state == "fired" and one.tell)
        self.states = tuple(_state_text(notable, state) for state in ("fired", "skipped", "undecided"))
        self.shown: tuple[str, ...] | None = None


def _reason(outcome: Outcome) -> Weighed | None:
    rule = outcome.rule
    text = outcome.text or rule.reason
    if outcome.state != "fired" or not (text or rule.verdict):
        return None
    cite = outcome.cite or rule.cite
    return weighed(Reason(rule.id, text or rule.id, outcome.points, rule.verdict, cite), rule.order)


def _state_text(notable: Iterable[Outcome], state: str) -> str:
    return ",".join(
        f"[{canonical_text(one.rule.id)},{canonical_text(one.points)}]" for one in notable if one.state == state
    )


class Outlook:
    """The possible outcomes of every rule of a pack, made once, so that reading a run is choosing among them."""

    def __init__(self, typed: Typed, rules: dict[str, RuleInfo]) -> None:
        source = typed.source
        self._patterns = _Remembered(
            partial(_flags, [_choices(rules[one.id], one.words) for one in source.patterns]), len(source.patterns)
        )
        self._steps: list[tuple[_Remembered, int, int]] = []
        place = 0
        for decision in typed.decisions:
            logic = decision.source.logic
            if isinstance(logic, Table):
                table = _Table(decision, logic, rules)
                self._steps.append((_Remembered(table.part, len(logic.rows), table.key), place, place + 1))
                place += 1
            elif isinstance(logic, Scorecard):
                items = [(rules[one.id], one) for one in logic.characteristics]
                self._steps.append((_Remembered(partial(_bands, items), len(items)), place, place + len(items)))
                place += len(items)
        verdict = [_choices(rules[one.id], one.words) for one in source.verdict.rules]
        self._verdict = _Remembered(partial(_verdict, verdict), len(verdict))

    def parts(self, run: Run) -> list[Part]:
        """The parts of a run: of the patterns, of every table and scorecard in the order of decisions, of the verdict."""
        marks = run.marks
        found = [self._patterns.of(run.patterns)]
        found += [step.of(marks[start:end]) for step, start, end in self._steps]
        found.append(self._verdict.of((run.fired, run.undecided | run.skipped)))
        return found


class _Remembered:
    """The parts of one step that occurred, by their marks; all are dropped when their outcomes become too many."""

    def __init__(
        self, make: Callable[[Any], Part], rules: int, key: Callable[[Any], Hashable | None] | None = None
    ) -> None:
        self._make = make
        self._key = key
        self._most = max(4, MAX_REMEMBERED // max(rules, 1))
        self._known: dict[Hashable, Part] = {}

    def of(self, marks: Any) -> Part:
        """The part for these marks; one that has no key is made anew."""
        key = marks if self._key is None else self._key(marks)
        found = self._known.get(key)
        if found is None:
            found = self._make(marks)
            if key is not None:
                if len(self._known) >= self._most:
                    self._known.clear()
                self._known[key] = found
        return found


class _Choices(NamedTuple):
    """The outcomes a rule can have; `open` is undecided, or skipped where the rule says so."""

    fired: Outcome
    missed: Outcome
    open: Outcome


def _choices(rule: RuleInfo, words: Words, points: int | Decimal | None = None) -> _Choices:
    fired = Outcome(rule, "fired", points, words.reason, words.tell, words.cite)
    return _Choices(fired, Outcome(rule, "not_fired"), Outcome(rule, "skipped" if rule.skips else "undecided"))


def _part(outcomes: Iterable[Outcome]) -> Part:
    found = tuple(outcomes)
    return Part(found, tuple(one for one in found if one.state != "not_fired"))


def _flags(choices: list[_Choices], patterns: tuple[bool | None, ...]) -> Part:
    return _part(
        one.fired if fired else one.missed if fired is False else one.open
        for one, fired in zip(choices, patterns, strict=True)
    )


def _verdict(choices: list[_Choices], sets: tuple[int, int]) -> Part:
    fired, open_ = sets
    return _part(
        one.fired if fired >> place & 1 else one.open if open_ >> place & 1 else one.missed
        for place, one in enumerate(choices)
    )


class _Table:
    """The rows of a table: where few of many matched, only those are looked at."""

    def __init__(self, decision: TypedDecision, logic: Table, rules: dict[str, RuleInfo]) -> None:
        self._column = points_column(logic)
        self._rows: list[_Choices] = []
        self._computed = 0
        for number, (row, entry) in enumerate(zip(logic.rows, decision.outputs, strict=True)):
            value = None if self._column is None else entry[self._column].constant
            if value is NOT_CONSTANT:
                self._computed |= 1 << number
            self._rows.append(_choices(rules[row.id], row.words, None if value is NOT_CONSTANT else _number(value)))
        self._missed = [choice.missed for choice in self._rows]

    def key(self, marks: tuple[tuple[int, int, Any]]) -> tuple[int, int] | None:
        """What the part depends on; None where points were computed."""
        matched, possible, _ = marks[0]
        return None if matched & self._computed else (matched, possible)

    def part(self, marks: tuple[tuple[int, int, Any]]) -> Part:
        """The outcomes for the sets of rows that matched and that were possible."""
        matched, possible, entries = marks[0]
        outcomes = self._missed.copy()
        notable = []
        for number in bits(matched | possible):
            choice = self._rows[number]
            found = choice.fired if matched >> number & 1 else choice.open
            if self._computed & matched & 1 << number:
                found = found._replace(points=_number(entries[number][self._column]))
            outcomes[number] = found
            notable.append(found)
        return Part(tuple(outcomes), tuple(notable))


def _number(value: object) -> int | Decimal | None:
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _bands(items: list[tuple[RuleInfo, Characteristic]], bands: tuple[int, ...]) -> Part:
    return _part(map(_characteristic, items, bands))


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
