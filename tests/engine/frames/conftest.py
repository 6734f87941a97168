"""Frames of signals, and the comparison of a frame's decisions with the scalar engine's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from engine.frames import FrameDecider
from engine.pack import Pack, parse_pack
from engine.pack.model import SignalSpec

Row = tuple[dict[str, Any], date]
PLAIN = {"number": pl.Float64, "string": pl.String, "boolean": pl.Boolean, "date": pl.Date}


def column(spec: SignalSpec, values: Sequence[Any], numbers: Any = pl.Float64) -> pl.Series:
    """The column of a signal."""
    if spec.type == "list":
        fields = spec.fields or {}
        dtype = pl.List(pl.Struct({name: PLAIN[field.type] for name, field in fields.items()}))
        facts = [
            None if value is None else [{name: fact.get(name) for name in fields} for fact in value] for value in values
        ]
        return pl.Series(spec.id, facts, dtype, strict=False)
    if spec.type == "number":
        if numbers == pl.Float64:
            values = [None if value is None else float(value) for value in values]
        elif isinstance(numbers, pl.Decimal):
            values = [None if value is None else Decimal(value) for value in values]
        return pl.Series(spec.id, values, numbers)
    return pl.Series(spec.id, values, PLAIN[spec.type])


def frame_of(pack: Pack, rows: Sequence[Row], numbers: Any = pl.Float64) -> pl.DataFrame:
    """Rows of signals as a frame with a date for each row."""
    columns = [pl.Series("as_of", [day for _, day in rows], pl.Date)]
    for name, spec in pack.signals.items():
        columns.append(column(spec, [signals.get(name) for signals, _ in rows], numbers))
    return pl.DataFrame(columns)


def scalar(pack: Pack, row: Row) -> dict[str, Any]:
    """What the scalar engine says of a row, in the words of a frame."""
    decision = pack.decide(*row)
    score = decision.risk.score
    return {
        "verdict": decision.verdict.value,
        "risk_score": float(score) if isinstance(score, Decimal) else score,
        "risk_category": decision.risk.category,
        "route": None if decision.route is None else decision.route.id,
        "fired": list(decision.fired),
        "undecided": list(decision.rules("undecided")),
    }


def columnar(pack: Pack, frame: pl.DataFrame, day: date = date(2026, 11, 20)) -> list[dict[str, Any]]:
    """What the columns say of every row of a frame."""
    decided = FrameDecider(pack).decide(frame, day)
    assert not decided.problems, decided.problems
    rules = decided.rules_at(range(len(frame)))
    lists = decided.lists().to_list()
    found = []
    for number, line in enumerate(decided.outcome.iter_rows(named=True)):
        assert line["position"] == number
        assert lists[number] == list(rules[number].fired)
        shown = {name: line[name] for name in ("verdict", "risk_score", "risk_category", "route")}
        found.append({**shown, "fired": lists[number], "undecided": list(rules[number].undecided)})
    return found


@pytest.fixture
def equal() -> Callable[..., None]:
    """Assert that a frame is decided like its rows."""

    def check(pack: Pack, rows: Sequence[Row], numbers: Any = pl.Float64) -> None:
        for row, found in zip(rows, columnar(pack, frame_of(pack, rows, numbers)), strict=True):
            wanted = scalar(pack, row)
            assert found == wanted, (row, found, wanted)

    return check


HEAD = """\
pack: sample
title: A sample
version: "1"
on_missing: review
sources:
  law: {title: A law}
signals:
  x: {type: number}
  y: {type: number}
  n: {type: number, range: [0, 100]}
  day: {type: date}
  other_day: {type: date}
  word: {type: string}
  kind: {type: string, values: [a, b, c]}
  yes: {type: boolean}
  no: {type: boolean}
  facts.document: {type: list, fields: {ordinal: number, key: string, kind: string, born: date, good: boolean}}
parameters:
  limit:
    values:
      - {from: 2025-01-01, value: 10, source: law}
      - {from: 2026-06-01, value: 12.5, source: law}
  words:
    values:
      - {from: 2025-01-01, value: [a, b], source: law}
"""


@pytest.fixture(scope="session")
def build() -> Callable[..., Pack]:
    """Compile a pack of the signals above from its decisions and the rest."""

    def make(body: str = "", rules: str = '    - {id: OK, if: "true", verdict: approve, reason: fine}\n') -> Pack:
        return parse_pack({"pack.yaml": f"{HEAD}{body}verdict:\n  rules:\n{rules}"})

    return make


@pytest.fixture(scope="session")
def condition(build: Callable[..., Pack]) -> Callable[[str], Pack]:
    """A pack that approves where a condition holds and rejects where its opposite does."""

    def make(text: str) -> Pack:
        return build(
            f"decisions:\n  holds: {{expression: '{text}'}}\n",
            '    - {id: YES, if: "holds", verdict: approve, reason: yes}\n'
            '    - {id: NO, if: "not(holds)", verdict: reject, reason: no, cite: [law]}\n',
        )

    return make
