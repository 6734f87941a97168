"""Decision tables as DMN runs them, null included.

A row matches only if every cell is exactly true. The value of an input is computed once, and each different cell of a
column is tried at most once for it. Two matches under UNIQUE, and different ones under ANY, have no value and warn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from engine.dmn import model
from engine.dmn.boxes import Boxes, Run, Scope
from engine.dmn.log import Log
from engine.dmn.model import HitPolicy
from engine.feel import FeelError, FeelType
from engine.feel.builtins.lists import maximum, minimum, total
from engine.feel.compiler.operators import INLINE_EQUAL
from engine.feel.failure import Failure
from engine.feel.numbers import ArithmeticFailure
from engine.feel.operators.comparison import same
from engine.feel.prepared import SUBJECT, Prepared, Vocabulary, prepare_each_test, prepare_tests
from engine.feel.runtime.loops import Warnings, spend

_LISTING: Final = frozenset({HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.COLLECT})
_PRIORITISED: Final = frozenset({HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER})


@dataclass(frozen=True, slots=True)
class _Column:
    """An input: its value, the values it may have, and its different cells."""

    value: Run
    allowed: Run | None
    cells: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class _Output:
    """An output: its name, type, ranks of its values (none where they have no order) and default."""

    name: str
    kind: FeelType | None
    reference: str
    ranks: tuple[Prepared, ...]
    default: Run | None

    def rank(self, value: object) -> int:
        """The place of a value in the order of priority; one that is not listed comes last."""
        sink = Warnings()
        for place, test in enumerate(self.ranks):
            if test.run({SUBJECT: value}, sink) is True:
                return place
        return len(self.ranks)


@dataclass(frozen=True, slots=True)
class _Row:
    """A rule: for each column the number of its cell (None where it is always true), and its outputs."""

    tests: tuple[tuple[int, int], ...]
    outputs: tuple[Run, ...]


def compile_table(boxes: Boxes, table: model.DecisionTable, names: tuple[str, ...]) -> Run:
    """The function of a decision table."""
    columns, numbered = _columns(boxes, table, names)
    outputs = tuple(_output(boxes, table, clause, names) for clause in table.outputs)
    rows: list[_Row] = []
    entries: dict[str, Run] = {}
    for index, rule in enumerate(table.rules):
        tests = tuple((column, cells[index]) for column, cells in enumerate(numbered) if cells[index] is not None)
        runs = tuple(_entry(boxes, entry, names, entries) for entry in rule.outputs)
        rows.append(_Row(tests, runs))  # type: ignore[arg-type]
    compiled = _Table(table.hit_policy, columns, outputs, tuple(rows))
    return compiled.decide


def _entry(boxes: Boxes, entry: model.LiteralExpression, names: tuple[str, ...], known: dict[str, Run]) -> Run:
    """An output entry; equal texts are compiled once."""
    if entry.language or entry.type_ref:
        return boxes.compile(entry, names)
    if entry.text not in known:
        known[entry.text] = boxes.compile(entry, names) if entry.text else (lambda scope, log: None)  # noqa: ARG005
    return known[entry.text]


def _columns(
    boxes: Boxes, table: model.DecisionTable, names: tuple[str, ...]
) -> tuple[tuple[_Column, ...], list[list[int | None]]]:
    """The columns, and for each the number of every row's cell."""
    columns: list[_Column] = []
    numbered: list[list[int | None]] = []
    for position, clause in enumerate(table.inputs):
        prepare = _about(boxes.types.named(clause.expression.type_ref))
        known: dict[str, int | None] = {}
        cells: list[Run] = []
        numbers: list[int | None] = []
        for rule in table.rules:
            text = rule.inputs[position].text
            if text not in known:
                known[text] = None if text in ("", "-") else len(cells)
                if known[text] is not None:
                    cells.append(boxes.prepared(text, names, prepare))
            numbers.append(known[text])
        allowed = clause.values.text if clause.values is not None else ""
        columns.append(
            _Column(
                boxes.compile(clause.expression, names),
                boxes.prepared(allowed, names, prepare_tests) if allowed not in ("", "-") else None,
                tuple(cells),
            )
        )
        numbered.append(numbers)
    return tuple(columns), numbered


def _about(kind: FeelType | None) -> Callable[[str, Vocabulary], Prepared]:
    """How cells about values of a type are read: of plain types the comparisons need not ask again what they compare."""
    if kind is None or kind.name not in INLINE_EQUAL:
        return prepare_tests
    subject = FeelType(kind.name)
    return lambda text, vocabulary: prepare_tests(text, replace(vocabulary, subject=subject))


def _output(boxes: Boxes, table: model.DecisionTable, clause: model.OutputClause, names: tuple[str, ...]) -> _Output:
    reference = clause.type_ref
    ranks: tuple[Prepared, ...] = ()
    order = clause.values or boxes.types.allowed(reference or (table.type_ref if len(table.outputs) == 1 else ""))
    if table.hit_policy in _PRIORITISED and order is not None and order.text:
        try:
            ranks = prepare_each_test(order.text, Vocabulary(types=boxes.vocabulary(()).types))
        except FeelError:
            ranks = ()
    default = None if clause.default is None else boxes.compile(clause.default, names)
    return _Output(clause.name, boxes.types.named(reference), reference, ranks, default)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table ready to decide."""

    policy: HitPolicy
    columns: tuple[_Column, ...]
    outputs: tuple[_Output, ...]
    rows: tuple[_Row, ...]

    def decide(self, scope: Scope, log: Log) -> object:
        """The table's value; null with a warning where an input is not allowed or the hit policy is violated."""
        subjects: list[Scope] = []
        for column in self.columns:
            subject = {**scope, SUBJECT: column.value(scope, log)}
            if column.allowed is not None and column.allowed(subject, log) is not True:
                log.note("input_values", "an input has a value that its column does not allow")
                return None
            subjects.append(subject)
        hits = self._hits(subjects, log)
        if self.policy is HitPolicy.FIRST:
            first = next(hits, None)
            return self._default(scope, log) if first is None else self._value(first, scope, log)
        return self._resolved(list(hits), scope, log)

    def _hits(self, subjects: Sequence[Scope], log: Log) -> Iterator[_Row]:
        answers: list[list[object]] = [[_UNTRIED] * len(column.cells) for column in self.columns]
        for row in self.rows:
            for column, cell in row.tests:
                answer = answers[column][cell]
                if answer is _UNTRIED:
                    answer = answers[column][cell] = self.columns[column].cells[cell](subjects[column], log)
                if answer is not True:
                    break
            else:
                yield row

    def _resolved(self, rows: list[_Row], scope: Scope, log: Log) -> object:
        spend(log, len(rows))
        if not rows:
            return self._default(scope, log)
        if self.policy is HitPolicy.UNIQUE and len(rows) > 1:
            log.note("unique_violation", f"{len(rows)} rules match where only one may")
            return None
        values = [self._value(row, scope, log) for row in rows]
        if self.policy in _PRIORITISED:
            values = self._by_priority(values, log)
        if self.policy in _LISTING:
            return values
        if self.policy is HitPolicy.ANY:
            return _agreed(values, log)
        aggregate = _AGGREGATES.get(self.policy)
        return values[0] if aggregate is None else self._aggregated(aggregate, values, log)

    def _aggregated(self, aggregate: Callable[[list[Any]], object], values: list[object], log: Log) -> object:
        try:
            return aggregate(values)
        except Failure as failure:
            log.note(failure.code, f"{self.policy}: {failure.message}")
        except ArithmeticFailure:
            log.note("limit", f"{self.policy}: the result is beyond decimal128")
        return None

    def _value(self, row: _Row, scope: Scope, log: Log) -> object:
        pairs = zip(self.outputs, row.outputs, strict=True)
        found = [
            (output, Boxes.converted(run(scope, log), output.kind, output.reference, log)) for output, run in pairs
        ]
        return found[0][1] if len(found) == 1 else {output.name: value for output, value in found}

    def _default(self, scope: Scope, log: Log) -> object:
        if all(output.default is None for output in self.outputs):
            if self.policy in _LISTING:
                return []
            if self.policy is HitPolicy.COUNT:
                return 0
            log.note("no_match", "no rule matches and there is no default")
            return None
        found: dict[str, object] = {}
        for output in self.outputs:
            value = None if output.default is None else output.default(scope, log)
            found[output.name] = Boxes.converted(value, output.kind, output.reference, log)
        value = next(iter(found.values())) if len(self.outputs) == 1 else found
        return [value] if self.policy in _LISTING and not isinstance(value, list) else value

    def _by_priority(self, values: list[object], log: Log) -> list[object]:
        if not any(output.ranks for output in self.outputs):
            log.note("no_priority", f"{self.policy} needs the values of an output in order of priority")
            return [None] * len(values)

        def place(value: Any) -> tuple[int, ...]:
            parts = [value] if len(self.outputs) == 1 else [value[output.name] for output in self.outputs]
            return tuple(output.rank(part) for output, part in zip(self.outputs, parts, strict=True) if output.ranks)

        return sorted(values, key=place)


_UNTRIED: Final = object()


def _agreed(values: list[object], log: Log) -> object:
    """The value that all rules give."""
    if any(same(value, values[0], log) is not True for value in values[1:]):
        log.note("any_violation", "the rules that match give different values")
        return None
    return values[0]


_AGGREGATES: Final[dict[HitPolicy, Callable[[list[Any]], object]]] = {
    HitPolicy.SUM: lambda values: total(_numbers(values)),
    HitPolicy.MIN: minimum,
    HitPolicy.MAX: maximum,
    HitPolicy.COUNT: len,
}


def _numbers(values: list[Any]) -> list[Any]:
    if any(isinstance(value, bool) or not isinstance(value, int | Decimal) for value in values):
        raise Failure("type", "an output is not a number")
    return values
