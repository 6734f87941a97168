"""What one run did, rule by rule: read from its marks, for the reasons and for the trace.

The generated function leaves sets of rows, bands and values; here they become outcomes of rules (fired, not_fired,
undecided, skipped) and, when asked for, the trace: the values compared with the text they were compared with, every
decision's value, every parameter used. Values of signals that carry personal data, and texts and dates computed directly
from them, are shown as "(personal data)" (invariant 9).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from engine.feel import NOT_CONSTANT
from engine.pack.canonical import to_json
from engine.pack.emit import Run
from engine.pack.emit_tables import SKIPPED_BAND, points_column
from engine.pack.model import Characteristic, Scorecard, Table, Words
from engine.pack.rules import RuleInfo
from engine.pack.typed import Column, Typed, TypedDecision
from engine.signal import Missing

if TYPE_CHECKING:
    from engine.pack.pack import Pack

HIDDEN: Final = "(personal data)"


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


def trace(pack: Pack, run: Run, found: tuple[Outcome, ...], as_of: date) -> dict[str, Any]:
    """The whole trace as JSON."""
    values = dict(zip(pack.typed.signals, run.signals, strict=True))
    names = dict(zip(pack.decision_index, run.decisions, strict=True))
    hidden = pack.hidden
    shown = {
        name: HIDDEN if name in hidden and _personal(value) else to_json(value)
        for name, value in {**values, **names, **run.missing}.items()
    }
    states = {outcome.rule.id: outcome for outcome in found}
    return {
        "as_of": as_of.isoformat(),
        "signals": {name: shown[name] for name in values},
        "parameters": pack.program.shown_parameters(as_of),
        "patterns": [{"id": one.id, "outcome": states[one.id].state} for one in pack.source.patterns],
        "decisions": {
            one.source.id: {"value": shown[one.source.id], **_decision(one, states, shown)}
            for one in pack.typed.decisions
        },
        "verdict": [
            {
                "id": rule.id,
                "outcome": states[rule.id].state,
                "verdict": rule.verdict.value,
                "test": rule.condition.text,
                "compared": {name: shown[name] for name in states[rule.id].rule.reads if name in shown},
            }
            for rule in pack.source.verdict.rules
        ],
        "floored": run.floored,
    }


def hidden_names(typed: Typed) -> frozenset[str]:
    """Signals with personal data, and decisions that read one directly."""
    pii = {
        name
        for name, spec in typed.signals.items()
        if spec.pii or any(field.pii for field in (spec.fields or {}).values())
    }
    direct = {one.source.id for one in typed.decisions if typed.needs.get(one.source.id, frozenset()) & pii}
    return frozenset(pii | direct)


def _personal(value: object) -> bool:
    """Whether a value of a hidden name says something of a person: numbers and booleans computed from one do not."""
    return value is not None and not isinstance(value, bool | int | Decimal | Missing)


def _decision(decision: TypedDecision, states: dict[str, Outcome], shown: dict[str, Any]) -> dict[str, Any]:
    logic = decision.source.logic
    if isinstance(logic, Table):
        rules: list[dict[str, Any]] = []
        for row in logic.rows:
            outcome = states[row.id]
            entry: dict[str, Any] = {"id": row.id, "outcome": outcome.state}
            if outcome.state != "not_fired":
                entry["points"] = to_json(outcome.points)
                entry["tests"] = {name: cell.text for name, cell in row.cells.items()}
            rules.append(entry)
        inputs = {column.name: _input(column, shown) for column in decision.columns}
        return {"hit_policy": logic.hit_policy.value, "inputs": inputs, "rules": rules}
    if isinstance(logic, Scorecard):
        rules = []
        for one, column in zip(logic.characteristics, decision.columns, strict=True):
            outcome = states[one.id]
            band = outcome.mark if outcome.mark is not None and outcome.mark >= 0 else None
            test = None if band is None else one.bands[band].test.text
            points = to_json(outcome.points)
            entry = {
                "id": one.id,
                "outcome": outcome.state,
                "points": points,
                "input": _input(column, shown),
                "test": test,
            }
            rules.append(entry)
        return {"base": to_json(logic.base), "rules": rules}
    return {"expression": logic.text}


def _input(column: Column, shown: dict[str, Any]) -> dict[str, Any]:
    """The values of the names in a column's expression."""
    return {name: shown[name] for name in sorted(column.compiled.names) if name in shown}
