"""The trace of a run as JSON text: the values compared with the text they were compared with, every decision's value,
every parameter used.

An answer carries its trace always, so this is most of what a decision costs after it is made. All that does not change
between runs is written once per pack: a rule that did not fire is one ready piece, a table whose rows came out as before
is another. Values of signals that carry personal data, and texts and dates computed directly from them, are shown as
"(personal data)" (invariant 9).
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Final, TypeAlias

from engine.feel import NOT_CONSTANT
from engine.pack.canonical import to_json
from engine.pack.emit import Run
from engine.pack.emit_tables import points_column
from engine.pack.model import Scorecard, Table
from engine.pack.outcomes import Outcome
from engine.pack.rules import RuleInfo
from engine.pack.typed import Typed, TypedDecision
from engine.signal import Missing

HIDDEN: Final = "(personal data)"
MAX_REMEMBERED: Final = 256  # outcomes of one table that are kept as text; a table has few that occur
_text: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_HIDDEN_TEXT: Final = _text(HIDDEN)
_WORDS: Final = {None: "null", True: "true", False: "false"}

Shown: TypeAlias = Mapping[str, str]
_Keyed: TypeAlias = list[tuple[str, str]]


def hidden_names(typed: Typed) -> frozenset[str]:
    """Signals with personal data, and decisions that read one directly."""
    pii = {
        name
        for name, spec in typed.signals.items()
        if spec.pii or any(field.pii for field in (spec.fields or {}).values())
    }
    direct = {one.source.id for one in typed.decisions if typed.needs.get(one.source.id, frozenset()) & pii}
    return frozenset(pii | direct)


class Tracer:
    """Writes the traces of one pack."""

    def __init__(self, typed: Typed, rules: Mapping[str, RuleInfo]) -> None:
        known = {*typed.signals, *(one.source.id for one in typed.decisions)}
        hidden = hidden_names(typed)
        self._signals = [(name, name in hidden, _key(name)) for name in typed.signals]
        self._decisions: list[tuple[str, bool]] = []
        self._writers: list[_TableText | _CardText | _ExpressionText] = []
        self._patterns = len(typed.source.patterns)
        place, mark = self._patterns, 0
        for one in typed.decisions:
            self._decisions.append((one.source.id, one.source.id in hidden))
            writer = _writer(one, place, mark, known)
            self._writers.append(writer)
            place, mark = place + writer.rules, mark + writer.marks
        self._verdict_from = place
        self._verdict = [
            (
                f'{{"id":{_text(rule.id)},"outcome":"',
                f'","verdict":"{rule.verdict.value}","test":{_text(rule.condition.text)},"compared":',
                _keyed(rules[rule.id].reads, known),
            )
            for rule in typed.source.verdict.rules
        ]

    def text(self, run: Run, found: Sequence[Outcome], parameters: str, as_of: date) -> str:
        """The trace as JSON; `parameters` is the JSON of those in force."""
        shown = self._shown(run)
        patterns = ",".join(
            [f'{{"id":{_text(one.rule.id)},"outcome":"{one.state}"}}' for one in found[: self._patterns]]
        )
        verdict = ",".join(
            [
                f"{head}{one.state}{tail}{_object(names, shown)}}}"
                for (head, tail, names), one in zip(self._verdict, found[self._verdict_from :], strict=True)
            ]
        )
        return (
            f'{{"as_of":"{as_of.isoformat()}",'
            f'"signals":{{{",".join([key + shown[name] for name, _, key in self._signals])}}},'
            f'"parameters":{parameters},"patterns":[{patterns}],'
            f'"decisions":{{{",".join([one.text(run, found, shown) for one in self._writers])}}},'
            f'"verdict":[{verdict}],"floored":{_WORDS[run.floored]}}}'
        )

    def _shown(self, run: Run) -> dict[str, str]:
        """Every signal's and decision's value as JSON text."""
        shown = {
            name: _hideable(value) if hidden else _value(value)
            for (name, hidden, _), value in zip(self._signals, run.signals, strict=True)
        }
        for (name, hidden), value in zip(self._decisions, run.decisions, strict=True):
            shown[name] = _hideable(value) if hidden else _value(value)
        for name, missing in run.missing.items():
            shown[name] = _value(missing)
        return shown


class _ExpressionText:
    """A literal expression: its value and its text."""

    rules = marks = 0

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._head = f'{_key(name)}{{"value":'
        self._tail = f',"expression":{_text(text)}}}'

    def text(self, run: Run, found: Sequence[Outcome], shown: Shown) -> str:
        """The entry of the decision."""
        del run, found
        return self._head + shown[self._name] + self._tail


class _TableText:
    """A table: its inputs, and every row with what became of it."""

    marks = 3

    def __init__(self, one: TypedDecision, logic: Table, place: int, mark: int, known: Container[str]) -> None:
        self.rules = len(logic.rows)
        self._name, self._place, self._mark = one.source.id, place, mark
        self._head = f'{_key(one.source.id)}{{"value":'
        self._hit_policy = f',"hit_policy":{_text(logic.hit_policy.value)},"inputs":'
        self._columns = [(_key(column.name), _keyed(sorted(column.compiled.names), known)) for column in one.columns]
        self._heads = [f'{{"id":{_text(row.id)},"outcome":"' for row in logic.rows]
        self._tests = [_text({name: cell.text for name, cell in row.cells.items()}) for row in logic.rows]
        column = points_column(logic)
        computed = [column is not None and entry[column].constant is NOT_CONSTANT for entry in one.outputs]
        self._computed = sum(1 << row for row, dynamic in enumerate(computed) if dynamic)
        self._remembered: dict[tuple[int, int], str] = {}

    def text(self, run: Run, found: Sequence[Outcome], shown: Shown) -> str:
        """The entry of the decision."""
        matched, possible, _ = run.marks[self._mark : self._mark + 3]
        rules = None if matched & self._computed else self._remembered.get((matched, possible))
        if rules is None:
            rules = self._rules(found)
            if not matched & self._computed and len(self._remembered) < MAX_REMEMBERED:
                self._remembered[matched, possible] = rules
        inputs = ",".join([key + _object(names, shown) for key, names in self._columns])
        return f'{self._head}{shown[self._name]}{self._hit_policy}{{{inputs}}},"rules":[{rules}]}}'

    def _rules(self, found: Sequence[Outcome]) -> str:
        pieces = []
        for head, tests, one in zip(
            self._heads, self._tests, found[self._place : self._place + self.rules], strict=True
        ):
            more = "" if one.state == "not_fired" else f',"points":{_value(one.points)},"tests":{tests}'
            pieces.append(f'{head}{one.state}"{more}}}')
        return ",".join(pieces)


class _CardText:
    """A scorecard: every characteristic with its input, its band and its points."""

    def __init__(self, one: TypedDecision, logic: Scorecard, place: int, known: Container[str]) -> None:
        self.rules = self.marks = len(logic.characteristics)
        self._name, self._place = one.source.id, place
        self._head = f'{_key(one.source.id)}{{"value":'
        self._base = f',"base":{_value(logic.base)},"rules":['
        self._items = [
            (
                f'{{"id":{_text(each.id)},"outcome":"',
                _keyed(sorted(column.compiled.names), known),
                [_text(b.test.text) for b in each.bands],
            )
            for each, column in zip(logic.characteristics, one.columns, strict=True)
        ]

    def text(self, run: Run, found: Sequence[Outcome], shown: Shown) -> str:
        """The entry of the decision."""
        del run
        pieces = []
        for (head, names, tests), one in zip(self._items, found[self._place : self._place + self.rules], strict=True):
            test = "null" if one.mark is None or one.mark < 0 else tests[one.mark]
            points, inputs = _value(one.points), _object(names, shown)
            pieces.append(f'{head}{one.state}","points":{points},"input":{inputs},"test":{test}}}')
        return f"{self._head}{shown[self._name]}{self._base}{','.join(pieces)}]}}"


def _writer(
    one: TypedDecision, place: int, mark: int, known: Container[str]
) -> _TableText | _CardText | _ExpressionText:
    logic = one.source.logic
    if isinstance(logic, Table):
        return _TableText(one, logic, place, mark, known)
    if isinstance(logic, Scorecard):
        return _CardText(one, logic, place, known)
    return _ExpressionText(one.source.id, logic.text)


def _key(name: str) -> str:
    return _text(name) + ":"


def _keyed(names: Iterable[str], known: Container[str]) -> _Keyed:
    """Names that are signals or decisions, each with its key; parameters are shown once for the whole trace."""
    return [(_key(name), name) for name in names if name in known]


def _object(keyed: _Keyed, shown: Shown) -> str:
    return "{" + ",".join([key + shown[name] for key, name in keyed]) + "}"


def _hideable(value: Any) -> str:
    """Hide what says something of a person: numbers and booleans computed from personal data do not."""
    personal = value is not None and not isinstance(value, bool | int | Decimal | Missing)
    return _HIDDEN_TEXT if personal else _value(value)


def _value(value: Any) -> str:
    kind = value.__class__
    if value is None or kind is bool:
        return _WORDS[value]
    if kind is int:
        return str(value)
    if kind is str:
        return encode_basestring(value)
    if kind is Decimal:
        return repr(to_json(value))
    if kind is date:
        return f'"{value.isoformat()}"'
    return _text(to_json(value))
