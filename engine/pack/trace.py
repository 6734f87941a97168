"""What one run did, rule by rule: read from its marks, for the reasons and for the trace.

The generated function leaves sets of rows, bands and values; here they become outcomes of rules (fired, not_fired,
undecided, skipped) and, when asked for, the trace: the values compared with the text they were compared with, every
decision's value, every parameter used. Values of signals that carry personal data, and texts and dates computed directly
from them, are shown as "(personal data)" (invariant 9).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.feel import NOT_CONSTANT
from engine.pack.canonical import to_json
from engine.pack.emit import Run
from engine.pack.emit_tables import NO_BAND, SKIPPED_BAND, UNKNOWN_BAND, points_column
from engine.pack.model import Characteristic, Scorecard, Table
from engine.pack.rules import RuleInfo
from engine.pack.typed import Column, TypedDecision

if TYPE_CHECKING:
    from engine.pack.pack import Pack

HIDDEN: Final = "(personal data)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a rule. `mark` is the band of a characteristic, else None."""

    rule: RuleInfo
    state: str
    points: int | Decimal | None = None
    text: str | None = None
    tell: str | None = None
    cite: tuple[str, ...] = ()
    mark: int | None = None


def outcomes(pack: Pack, run: Run) -> Iterator[Outcome]:
    """The outcome of every rule, in pack order."""
    states = {True: "fired", False: "not_fired", None: "undecided"}
    for pattern, fired in zip(pack.source.patterns, run.patterns, strict=True):
        rule = pack.rules[pattern.id]
        yield Outcome(rule, states[fired], None, rule.reason, rule.tell)
    at = 0
    for decision in pack.typed.decisions:
        logic = decision.source.logic
        if isinstance(logic, Table):
            yield from _rows(pack, decision, logic, run.marks[at : at + 3])
            at += 3
        elif isinstance(logic, Scorecard):
            for one, band in zip(logic.characteristics, run.marks[at:], strict=False):
                yield _characteristic(pack.rules[one.id], one, band)
                at += 1
    for place, verdict_rule in enumerate(pack.source.verdict.rules):
        bit = 1 << place
        state = (
            "fired"
            if run.fired & bit
            else "undecided"
            if run.undecided & bit
            else "skipped"
            if run.skipped & bit
            else "not_fired"
        )
        rule = pack.rules[verdict_rule.id]
        yield Outcome(rule, state, None, rule.reason, rule.tell)


def _rows(pack: Pack, decision: TypedDecision, table: Table, marks: tuple[Any, ...]) -> Iterator[Outcome]:
    matched, possible, dynamic = marks
    column = points_column(table)
    for number, row in enumerate(table.rows):
        rule, bit = pack.rules[row.id], 1 << number
        if matched & bit:
            yield Outcome(rule, "fired", _points(decision, number, column, dynamic), rule.reason, rule.tell)
        elif possible & bit:
            yield Outcome(rule, "skipped" if rule.skips else "undecided")
        else:
            yield Outcome(rule, "not_fired")


def _points(
    decision: TypedDecision, number: int, column: int | None, dynamic: dict[int, tuple[Any, ...]] | None
) -> int | Decimal | None:
    if column is None:
        return None
    value = decision.outputs[number][column].constant
    if value is NOT_CONSTANT:
        value = dynamic[number][column] if dynamic and number in dynamic else None
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _characteristic(rule: RuleInfo, one: Characteristic, band: int) -> Outcome:
    """A characteristic fires where its band gives points or a reason; a band of nothing is a miss."""
    if band == SKIPPED_BAND:
        return Outcome(rule, "skipped", mark=band)
    if band in {UNKNOWN_BAND, NO_BAND}:
        return Outcome(rule, "undecided", mark=band)
    found = one.bands[band]
    points = found.points if isinstance(found.points, int | Decimal) else 0
    if not points and not found.words.reason:
        return Outcome(rule, "not_fired", points, mark=band)
    text, tell = found.words.reason or rule.reason, found.words.tell or rule.tell
    return Outcome(rule, "fired", points, text, tell, found.words.cite or rule.cite, band)


def trace(pack: Pack, run: Run, found: tuple[Outcome, ...], as_of: date) -> dict[str, Any]:
    """The whole trace as JSON."""
    pii = {
        name
        for name, spec in pack.typed.signals.items()
        if spec.pii or any(f.pii for f in (spec.fields or {}).values())
    }
    values = dict(zip(pack.typed.signals, run.signals, strict=True))
    shown = {name: _show(run.missing.get(name, value), hide=name in pii) for name, value in values.items()}
    names = dict(zip(pack.decision_index, run.decisions, strict=True))
    direct = {name: bool(pack.typed.needs.get(name, frozenset()) & pii) for name in names}
    states = {outcome.rule.id: outcome for outcome in found}
    known = {**values, **names, "as_of": as_of}
    parameters = {name: dated for name, dated in pack.program.parameters(as_of).items() if name in pack.program.read}
    return {
        "as_of": as_of.isoformat(),
        "signals": shown,
        "parameters": {
            name: None
            if dated is None
            else {"value": to_json(dated.value), "from": dated.start.isoformat(), "source": dated.source}
            for name, dated in parameters.items()
        },
        "patterns": [_state(states[pattern.id]) for pattern in pack.source.patterns],
        "decisions": {
            decision.source.id: {
                "value": _show(names[decision.source.id], hide=direct[decision.source.id]),
                **_decision(decision, states, known, pii),
            }
            for decision in pack.typed.decisions
        },
        "verdict": [
            {
                **_state(states[rule.id]),
                "verdict": rule.verdict.value,
                "test": rule.condition.text,
                "compared": {
                    name: _show(known.get(name), hide=name in pii)
                    for name in states[rule.id].rule.reads
                    if name in known
                },
            }
            for rule in pack.source.verdict.rules
        ],
        "floored": run.floored,
    }


def _show(value: Any, *, hide: bool) -> Any:
    if hide and value is not None and not isinstance(value, bool | int | Decimal):
        return to_json(value) if type(value).__name__ == "Missing" else HIDDEN
    return to_json(value)


def _state(outcome: Outcome) -> dict[str, Any]:
    return {"id": outcome.rule.id, "outcome": outcome.state}


def _decision(
    decision: TypedDecision, states: dict[str, Outcome], known: dict[str, Any], pii: set[str]
) -> dict[str, Any]:
    logic = decision.source.logic
    if isinstance(logic, Table):
        inputs = {column.name: _input(column, known, pii) for column in decision.columns}
        rules = []
        for row in logic.rows:
            entry = _state(states[row.id])
            if states[row.id].points is not None:
                entry["points"] = to_json(states[row.id].points)
            entry["tests"] = {name: cell.text for name, cell in row.cells.items()}
            rules.append(entry)
        return {"hit_policy": logic.hit_policy.value, "inputs": inputs, "rules": rules}
    if isinstance(logic, Scorecard):
        rules = []
        for one, column in zip(logic.characteristics, decision.columns, strict=True):
            outcome = states[one.id]
            band = outcome.mark if outcome.mark is not None and outcome.mark >= 0 else None
            test = None if band is None else one.bands[band].test.text
            value = _input(column, known, pii)
            rules.append({**_state(outcome), "points": to_json(outcome.points), "input": value, "test": test})
        return {"base": to_json(logic.base), "rules": rules}
    return {"expression": logic.text}


def _input(column: Column, known: dict[str, Any], pii: set[str]) -> dict[str, Any]:
    """The expression of a column and the values of the names in it."""
    names = sorted(column.compiled.names)
    return {name: _show(known.get(name), hide=name in pii) for name in names}
