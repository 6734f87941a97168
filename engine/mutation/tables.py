"""The mutants of decision tables and scorecards: cells, outcomes, points, order, defaults, missing values, policies.

Each fault is the whole logic with one thing changed. Order is changed only where it decides: neighbouring rows of a
FIRST table, neighbouring bands, neighbouring values of a priority.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from engine.mutation.texts import edits
from engine.pack.model import (
    SKIP,
    Band,
    Characteristic,
    Constant,
    Expr,
    HitPolicy,
    IfMissing,
    Output,
    Row,
    Scorecard,
    Table,
)
from engine.pack.problems import Place

# Single-hit policies are left as they are: where rows do not overlap, which `pack check` demands, they say the same.
_OTHER_POLICY: Final = {
    HitPolicy.SUM: HitPolicy.MAX,
    HitPolicy.MAX: HitPolicy.SUM,
    HitPolicy.MIN: HitPolicy.MAX,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty version of a table or scorecard; `rule` is None where the fault is the table's own."""

    rule: str | None
    operator: str
    change: str
    place: Place | None
    logic: Table | Scorecard
    deletes: str | None = None


def table_mutants(logic: Table | Scorecard, members: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """Every fault of a table or scorecard; `members` are the words each column may hold."""
    if isinstance(logic, Table):
        yield from _table(logic, members)
    else:
        yield from _scorecard(logic, members)


def toggled(if_missing: IfMissing) -> tuple[str, IfMissing]:
    """The other treatment of a missing value: skipped where it was undecided, and the other way round."""
    if if_missing is None:
        return "a missing value skips the rule", SKIP
    return "a missing value leaves the rule undecided", None


# -- tables


def _table(table: Table, members: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    for number, row in enumerate(table.rows):
        for operator, change, place, changed in _row(table, row, members):
            rows = (*table.rows[:number], changed, *table.rows[number + 1 :])
            yield Fault(row.id, operator, change, place, replace(table, rows=rows))
        if len(table.rows) > 1:
            rows = (*table.rows[:number], *table.rows[number + 1 :])
            yield Fault(row.id, "deleted", "the row is taken out", row.place, replace(table, rows=rows), row.id)
        if table.hit_policy is HitPolicy.FIRST and number + 1 < len(table.rows):
            other = table.rows[number + 1]
            rows = (*table.rows[:number], other, row, *table.rows[number + 2 :])
            yield Fault(row.id, "order", f"{other.id} comes before {row.id}", row.place, replace(table, rows=rows))
    yield from _outputs(table)
    for name, text in table.inputs.items():
        for operator, change, changed_text in text_faults(text):
            inputs = {**table.inputs, name: changed_text}
            yield Fault(None, operator, f"column {name}: {change}", text.place, replace(table, inputs=inputs))
    policy = _OTHER_POLICY.get(table.hit_policy)
    if policy is not None and len(table.rows) > 1:
        change = f"hit policy {table.hit_policy} becomes {policy}"
        yield Fault(None, "hit policy", change, None, replace(table, hit_policy=policy))


def _row(table: Table, row: Row, members: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, Place, Row]]:
    for name, cell in row.cells.items():
        for operator, change, changed in text_faults(cell, members.get(name, ())):
            yield operator, f"{name}: {change}", cell.place, replace(row, cells={**row.cells, name: changed})
        rest = {key: text for key, text in row.cells.items() if key != name}
        if rest:
            yield "condition", f"the cell {name}: {cell.text} is left empty", cell.place, replace(row, cells=rest)
    for name, text in row.outputs.items():
        for operator, change, changed in _outcomes(text, table.outputs[name]):
            yield operator, f"{name}: {change}", text.place, replace(row, outputs={**row.outputs, name: changed})
    if row.cells:
        change, missing = toggled(row.if_missing)
        yield "if_missing", change, row.place, replace(row, if_missing=missing)


def _outcomes(text: Expr, output: Output) -> Iterator[tuple[str, str, Expr]]:
    """Points one higher, the next of the declared values, or the faults of a computed outcome."""
    if output.values:
        other = next((value for value in output.values if quoted(value) != text.text), None)
        if other is not None:
            yield "outcome", f"{text.text} becomes {quoted(other)}", Expr(quoted(other), None, text.place)
        return
    number = as_number(text.text)
    if number is None:
        yield from (("outcome", change, changed) for _, change, changed in text_faults(text))
        return
    yield "points", f"{number} becomes {number + 1}", Expr(str(number + 1), None, text.place)


def _outputs(table: Table) -> Iterator[Fault]:
    for name, output in table.outputs.items():
        if output.default is not None:
            for _, change, changed in _outcomes(output.default, output):
                outputs = {**table.outputs, name: replace(output, default=changed)}
                logic = replace(table, outputs=outputs)
                yield Fault(None, "default", f"default of {name}: {change}", output.default.place, logic)
        if output.values and table.hit_policy in {HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER}:
            for number in range(len(output.values) - 1):
                values = list(output.values)
                values[number : number + 2] = reversed(values[number : number + 2])
                logic = replace(table, outputs={**table.outputs, name: replace(output, values=tuple(values))})
                change = f"{values[number]} comes before {values[number + 1]}"
                yield Fault(None, "order", change, output.place, logic)


# -- scorecards


def _scorecard(card: Scorecard, members: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    for number, one in enumerate(card.characteristics):
        for operator, change, place, changed in _characteristic(one, members.get(one.id, ())):
            rest = (*card.characteristics[:number], changed, *card.characteristics[number + 1 :])
            yield Fault(one.id, operator, change, place, replace(card, characteristics=rest))
        if len(card.characteristics) > 1:
            rest = (*card.characteristics[:number], *card.characteristics[number + 1 :])
            logic = replace(card, characteristics=rest)
            yield Fault(one.id, "deleted", "the characteristic is taken out", one.place, logic, one.id)
    for base in _more(card.base):
        yield Fault(None, "points", f"base {card.base} becomes {base}", None, replace(card, base=base))


def _characteristic(one: Characteristic, members: Sequence[str]) -> Iterator[tuple[str, str, Place, Characteristic]]:
    for number, band in enumerate(one.bands):
        others = (one.bands[:number], one.bands[number + 1 :])

        def whole(*bands: Band, others: tuple[tuple[Band, ...], tuple[Band, ...]] = others) -> Characteristic:
            return replace(one, bands=(*others[0], *bands, *others[1]))

        for operator, change, changed in text_faults(band.test, members):
            yield operator, f"band {band.test.text}: {change}", band.test.place, whole(replace(band, test=changed))
        for points in _more(band.points):
            yield (
                "points",
                f"points of {band.test.text}: {band.points} becomes {points}",
                band.place,
                whole(replace(band, points=points)),
            )
        if len(one.bands) > 1:
            yield "deleted", f"the band {band.test.text} is taken out", band.place, whole()
        if number + 1 < len(one.bands):
            following = one.bands[number + 1]
            swapped = (*one.bands[:number], following, band, *one.bands[number + 2 :])
            change = f"the band {following.test.text} comes before {band.test.text}"
            yield "order", change, band.place, replace(one, bands=swapped)
    for operator, change, changed in text_faults(one.input):
        yield operator, f"input: {change}", one.input.place, replace(one, input=changed)
    change, missing = toggled(one.if_missing)
    yield "if_missing", change, one.place, replace(one, if_missing=missing)


def _more(points: Constant) -> tuple[int | Decimal, ...]:
    return (points + 1,) if isinstance(points, int | Decimal) and not isinstance(points, bool) else ()


# -- texts


def text_faults(text: Expr, members: Sequence[str] = ()) -> Iterator[tuple[str, str, Expr]]:
    """The faults of one text: kind, words, and the text after it."""
    for edit in edits(text.text, members):
        yield edit.kind, described(text.text, edit.start, edit.before, edit.after), Expr(edit.text, None, text.place)


def described(text: str, start: int, before: str, after: str) -> str:
    """A change of a text in words, with a little of what stands around it."""
    if not before:
        return f"{' '.join(text.split())[:60]}: {after.strip(' ,')} is added"
    end = start + len(before)
    around = " ".join(f"{text[max(0, start - 24) : start]}»{before}«{text[end : end + 24]}".split())
    return f"{around} loses it" if not after.strip() else f"{around} becomes {after.strip()}"


def as_number(text: str) -> int | Decimal | None:
    """A text that is a plain number, as one."""
    plain = text.strip()
    if not plain.lstrip("-").replace(".", "", 1).isdigit() or not plain.isascii():
        return None
    return Decimal(plain) if "." in plain else int(plain)


def quoted(value: Constant) -> str:
    """A declared value as FEEL writes it."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)


__all__ = ["Fault", "as_number", "described", "quoted", "table_mutants", "text_faults", "toggled"]
