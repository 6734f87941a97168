"""The door for columns: what it takes, what it refuses and how it says so; and lists of facts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine import Pack, SignalError
from engine.frames import FrameDecider
from engine.pack.limits import MAX_LIST_ITEMS

DAY = date(2026, 11, 20)
Build = Callable[..., Pack]
QUICK: dict[str, Any] = {"suppress_health_check": list(HealthCheck), "phases": [Phase.explicit, Phase.generate]}

REFUSED = [
    ("n", pl.Series([5.0, 101.0, None])),
    ("n", pl.Series([5, -1, None])),
    ("n", pl.Series([Decimal("1.00"), Decimal("100.01"), None])),
    ("x", pl.Series([1.0, float("nan"), None])),
    ("x", pl.Series([1.0, float("inf"), None])),
    ("kind", pl.Series(["a", "d", None])),
    ("kind", pl.Series(["a", "d", None], dtype=pl.Categorical)),
    ("word", pl.Series(["a", "b" * 10_001, None])),
    ("day", pl.Series(["2026-01-01", "2026-13-01", None])),
    ("facts.document", pl.Series(["[]", '{"ordinal": 1}', None])),
    ("facts.document", pl.Series(["[]", "[", None])),
    ("facts.document", pl.Series([[], [{"ordinal": 1.0, "stray": "x"}], None])),
    ("facts.document", pl.Series([[], [{"ordinal": float("inf")}], None])),
    ("facts.document", pl.Series([[], [{"ordinal": 1.0}] * (MAX_LIST_ITEMS + 1), None])),
    ("facts.document", pl.Series([[], [None], None], dtype=pl.List(pl.Struct({"ordinal": pl.Float64})))),
]
WHOLLY_REFUSED = [
    ("x", pl.Series(["1", None])),
    ("x", pl.Series([True, None])),
    ("word", pl.Series([1, None])),
    ("yes", pl.Series([1, None])),
    ("yes", pl.Series(["true", None])),
    ("day", pl.Series([datetime(2026, 1, 1, tzinfo=UTC), None])),
    ("facts.document", pl.Series([1, None])),
    ("facts.document", pl.Series([[{"ordinal": "1"}], None])),
]


@pytest.mark.parametrize(("name", "values"), REFUSED)
def test_a_refused_value_names_column_and_row_and_never_the_value(build: Build, name: str, values: pl.Series) -> None:
    with pytest.raises(SignalError) as caught:
        build().decide_frame(pl.DataFrame({name: values}), DAY)
    (problem,) = caught.value.problems
    assert problem.name == name
    assert problem.got == "something else in 1 row, first in row 1"


@pytest.mark.parametrize(("name", "values"), WHOLLY_REFUSED)
def test_a_column_of_another_type_is_refused_wherever_it_has_a_value(
    build: Build, name: str, values: pl.Series
) -> None:
    decided = FrameDecider(build()).decide(pl.DataFrame({name: values}), DAY)
    assert decided.positions.to_list() == [1]
    assert decided.refusals[name][1] == 1


def test_refused_rows_are_counted_and_the_others_decided(build: Build) -> None:
    frame = pl.DataFrame({"n": [1, 200, 3, 300], "kind": ["a", "b", "zz", None]})
    decided = FrameDecider(build()).decide(frame, DAY)
    assert (decided.rows, decided.invalid) == (4, 3)
    assert decided.positions.to_list() == [0]
    assert {name: rows for name, (_, rows) in decided.refusals.items()} == {"n": 2, "kind": 1}


def test_an_undeclared_column_is_refused_by_name_unless_it_is_ignored(build: Build) -> None:
    frame = pl.DataFrame({"wrod": ["a"], "x": [1.0]})
    with pytest.raises(SignalError, match="wrod: expected did you mean word"):
        build().decide_frame(frame, DAY)
    assert len(build().decide_frame(frame, DAY, ignore=["wrod"])) == 1


def test_the_date_of_a_frame_is_a_date(build: Build) -> None:
    with pytest.raises(TypeError, match="as_of is a date"):
        build().decide_frame(
            pl.DataFrame({"x": [1.0]}), datetime(2026, 1, 1, tzinfo=UTC)
        )  # a datetime is a date to Python


def test_numbers_that_no_double_holds_are_decided_by_the_scalar_engine_or_refused_by_it(
    condition: Callable[[str], Pack],
) -> None:
    pack = condition("x > 9007199254740993")
    frame = pl.DataFrame({"x": [9007199254740992, 9007199254740993, 9007199254740994]})
    decided = FrameDecider(pack).decide(frame, DAY)
    assert decided.outcome["verdict"].to_list() == ["reject", "reject", "approve"]
    assert decided.unsettled == 3
    objects = pl.DataFrame({"x": pl.Series([Decimal("1e20"), 5, 10**40, None], dtype=pl.Object)})
    again = FrameDecider(pack).decide(objects, DAY)
    assert again.positions.to_list() == [0, 1, 3]
    assert again.refusals["x"][1] == 1
    many_decimals = pl.DataFrame({"x": pl.Series(["1.5", "9007199254740993.5"]).str.to_decimal(scale=20)})
    assert FrameDecider(pack).decide(many_decimals, DAY).outcome["verdict"].to_list() == ["reject", "approve"]


def test_columns_of_cents_and_of_kinds_without_values_are_taken(condition: Callable[[str], Pack]) -> None:
    pack = condition("x > 0.1 and x <= 0.3")
    cents = pl.DataFrame({"x": pl.Series(["0.10", "0.11", "0.30", "0.31"]).str.to_decimal(scale=2)})
    assert pack.decide_frame(cents, DAY)["verdict"].to_list() == ["reject", "approve", "approve", "reject"]
    nothing = pl.DataFrame({"x": [None, None], "facts.document": [None, None]})
    assert pack.decide_frame(nothing, DAY)["verdict"].to_list() == ["review", "review"]


# -- lists of facts

PATTERNS = """\
patterns:
  - {id: DIFFER, over: {a: document, b: document}, if: "a.ordinal < b.ordinal and a.key != b.key",
     sets: {patterns.differ: true}, reason: they differ, cite: [law]}
  - {id: SAME_DAY, over: {a: document, b: document}, if: "a.born = b.born and a.key = b.key",
     sets: {patterns.same_day: true}, reason: same day, cite: [law]}
  - {id: GOOD_PAN, over: {a: document}, if: 'a.kind = "pan" and a.good = true',
     sets: {patterns.good_pan: true}, reason: good pan, cite: [law]}
"""
PATTERN_RULES = """\
    - {id: DIFFERENT, if: "patterns.differ", verdict: reject, reason: differ, cite: [law]}
    - {id: DOUBLE, if: "patterns.same_day", verdict: review, reason: double, cite: [law]}
    - {id: GOOD, if: "patterns.good_pan", verdict: approve, reason: good}
"""
FACT = st.fixed_dictionaries(
    {},
    optional={
        "ordinal": st.integers(1, 4).map(float),
        "key": st.sampled_from(["A", "B", "C"]),
        "kind": st.sampled_from(["pan", "other"]),
        "born": st.sampled_from([date(2000, 1, 1), date(1990, 5, 5)]),
        "good": st.booleans(),
    },
)
LISTS = st.lists(st.none() | st.lists(FACT, max_size=6), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def patterned(build: Build) -> Pack:
    return build(PATTERNS, PATTERN_RULES)


@settings(max_examples=80, **QUICK)
@given(lists=LISTS)
def test_patterns_say_of_lists_in_columns_what_they_say_of_each(
    equal: Callable[..., None], patterned: Pack, lists: list[Any]
) -> None:
    rows = [({} if one is None else {"facts.document": one}, DAY) for one in lists]
    equal(patterned, rows)


@settings(max_examples=30, **QUICK)
@given(lists=LISTS)
def test_lists_as_json_texts_are_the_lists_they_spell(patterned: Pack, lists: list[Any]) -> None:
    def text(fact: dict[str, Any]) -> dict[str, Any]:
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in fact.items()}

    texts = [None if one is None else json.dumps([text(fact) for fact in one]) for one in lists]
    frame = pl.DataFrame({"facts.document": pl.Series(texts, dtype=pl.String)})
    found = patterned.decide_frame(frame, DAY)
    for fired, one in zip(found["fired"].to_list(), lists, strict=True):
        assert fired == list(patterned.decide({} if one is None else {"facts.document": one}, DAY).fired)


def test_lists_that_look_alike_to_the_patterns_are_decided_once(patterned: Pack) -> None:
    facts = [[{"ordinal": 1.0, "key": f"A{row}"}, {"ordinal": 2.0, "key": f"B{row % 2}{row}"}] for row in range(500)]
    decider = FrameDecider(patterned)
    found = decider.decide(pl.DataFrame({"facts.document": facts}), DAY)
    assert found.outcome["verdict"].to_list() == ["reject"] * 500
    (runner,) = decider._runners.values()
    assert runner is not None
    assert len(runner.program.nodes[0][1].states) == 1


def test_facts_of_ever_new_values_are_taken_as_they_are(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.frames.views.MAX_VALUES", 3)
    pack = build(PATTERNS, PATTERN_RULES)
    facts = [[{"ordinal": float(row), "key": "A"}, {"ordinal": 900.0, "key": "B"}] for row in range(20)]
    decider = FrameDecider(pack)
    for _ in range(2):
        found = decider.decide(pl.DataFrame({"facts.document": facts}), DAY)
        assert found.outcome["verdict"].to_list() == ["reject"] * 20


def test_a_column_of_texts_that_says_nothing_at_all_is_missing_in_every_row(build: Build) -> None:
    pack = build(
        "decisions: {age: {expression: 'years and months duration(day, as_of).years'}, gap: {expression: 'day - as_of'}}\n",
        "    - {id: OLD, if: 'age > 9 or gap < duration(\"P1D\")', verdict: approve, reason: r}\n",
    )
    frame = pl.DataFrame({"day": [None, None], "n": [None, None]}, schema={"day": pl.String, "n": pl.String})
    decided = FrameDecider(pack, texts=True).decide(frame, DAY)
    assert decided.outcome["verdict"].to_list() == [str(pack.decide({}, DAY).verdict)] * 2
