"""Columns decide as the scalar engine does, row by row: over generated packs, the auto-loan pack and single texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine import Pack, load_pack
from engine.frames import FrameDecider, frame_plan
from engine.signal import Missing
from tests.generators.packs import inputs, packs

DAY = date(2026, 11, 20)
Check = Callable[..., None]
# Shrinking a pack of many parts takes minutes and tells little more than the pack does.
QUICK: dict[str, Any] = {"suppress_health_check": list(HealthCheck), "phases": [Phase.explicit, Phase.generate]}

NUMBERS = st.one_of(
    st.sampled_from(
        [0, 1, -1, 2, 10, 12.5, 0.1, 0.7, 0.8, 0.3, 1 / 3, 1e-9, 1e15, 2.0**53, 1e22, 1e308, -12.5, 9.999999]
    ),
    st.floats(-1e6, 1e6),
    st.integers(-50, 50).map(float),
    st.integers(-200, 200).map(lambda value: value / 10),
)
DATES = st.one_of(
    st.sampled_from([date(2000, 2, 29), date(2001, 2, 28), date(1, 1, 1), date(9999, 12, 31), DAY, date(2026, 11, 19)]),
    st.dates(date(1950, 1, 1), date(2030, 12, 31)),
)
SIGNALS = st.fixed_dictionaries(
    {},
    optional={
        "x": NUMBERS,
        "y": NUMBERS,
        "n": st.integers(0, 100),
        "day": DATES,
        "other_day": DATES,
        "word": st.sampled_from(["a", "b", "", "ab", "Straße", "ΑΣ", "abc def", "z"]),
        "kind": st.sampled_from(["a", "b", "c"]),
        "yes": st.booleans(),
        "no": st.booleans(),
    },
)
ROWS = st.lists(
    st.tuples(SIGNALS, st.sampled_from([DAY, date(2026, 5, 31), date(2025, 1, 1), date(2024, 1, 1)])), min_size=1
)

COLUMNAR = [
    "x + y > limit",
    "x - y <= 0.1",
    "0.7 + 0.1 >= 0.8",
    "x + 0.1 >= 0.8",
    "n * 3 + 1 > 2 * n",
    "x * y >= 10",
    "x / y < limit",
    "x / 3 * 3 = x",
    "(1 + n / 100) ** 3 > 1.331",
    "2 ** n > 1024",
    "-x < y",
    "abs(x) > 12.5",
    "min(x, y) <= max(x, y, n)",
    "sum([x, y, 0.5]) >= 1",
    "mean([x, y]) > 0.5",
    "floor(x) = x",
    "ceiling(x) - floor(x) <= 1",
    "round half up(x, 0) >= decimal(x, 0)",
    "round half down(x, 1) <= round up(x, 1)",
    "decimal(x * 2, 1) >= 0.3",
    "round down(x, 0) = 12",
    "decimal(n / 8, 2) = 0.12",
    "floor(n * 0.5) >= 7",
    "x between 0 and limit",
    "x in [0..limit)",
    "x in (limit..0]",
    "x in (> limit, < 0)",
    "x in (0, 1, 12.5)",
    "not(x = y)",
    "x != 12.5",
    "x = null or y = null",
    "x != null and y > 0",
    "if y = 0 then x > 1 else x / y > 1",
    "if yes then x > y else no",
    "(if yes then 1 else x) > 0.5",
    "(if yes then null else x) > 0.5",
    "y != 0 and x / y > 2",
    "y = 0 or x / y > 2",
    "day < other_day",
    'day = date("2000-02-29")',
    'day in [date("2000-01-01")..as_of]',
    "day.year * 100 + day.month > 200002",
    "day.day = 29 and day.weekday > 1",
    "years and months duration(day, other_day).years >= 18",
    "years and months duration(day, as_of).months < 6",
    'years and months duration(day, other_day) > @"P1Y6M"',
    'years and months duration(day, other_day) / @"P1Y" > 18',
    '(as_of - day) / @"P1D" > 30',
    '(other_day - day) / @"P7D" <= 4',
    "(as_of - day).days >= 365",
    "as_of - day > other_day - day",
    'word = "ab"',
    'word in ("a", "ab")',
    "word in words",
    'kind in ("a", "b") and not(kind = "a")',
    'starts with(word, "a") or ends with(word, "c")',
    'contains(word, "b")',
    "string length(word) > 1",
    'upper case(word) = "AB"',
    'lower case(word) = "straße"',
    'word + kind = "aba"',
    'word < "abc"',
    "list contains(words, word)",
    "list contains([1, 12.5], x)",
    "yes and no",
    "yes or not(no)",
    "yes = no",
    "yes in (true)",
]
BY_SLICE = [
    'substring(word, 1, 1) = "a"',
    'string(x) = "12.5"',
    "some item in [x, y] satisfies item > 1",
    "count([x, y][item > 1]) = 2",
    'day + @"P1M" > other_day',
    'matches(word, "^a")',
    "modulo(n, 7) = 3",
]

PARTLY = [
    'contains(string: word, match: "a")',
    "(if yes then x else word) = 1",
    '-(as_of - day) < @"P1D"',
    '(as_of - day) * 2 > @"P1D"',
    "date(day) = day",
    "date(2020, 1, n) = day",
    "date(word) = day",
    "floor(x, n) = 1",
    'max([word, kind]) = "b"',
    'abs(as_of - day) > @"P1D"',
    'kind in ("a", null)',
    "yes in (null, false)",
    "n in ([1, 2], 5)",
    "not(x in (y, n))",
    "x in (y..n]",
    "x in [y..limit)",
    'word in ["a".."b"]',
    'word in (lower case(kind), "z")',
    "null = null or yes",
    "[x, y] = null or yes",
    "sum([1, 2, 3]) > n",
    "(function(a) a + 1)(x) > 2",
    "{a: x}.a > 2",
    "day.year in [2000..2010]",
    "x > 0 and -x < -1",
    "list contains([true, false], yes)",
    "list contains([x, y], 1)",
    "ends with(word, kind)",
    "(x + 1) / (y - y) > 1 or yes",
]


@pytest.mark.parametrize("text", PARTLY)
@settings(max_examples=8, **QUICK)
@given(rows=ROWS)
def test_whatever_a_text_is_made_of_a_frame_is_decided_like_its_rows(
    equal: Check, condition: Callable[[str], Pack], text: str, rows: list[Any]
) -> None:
    equal(condition(text), rows)


@settings(max_examples=60, **QUICK)
@given(packs(), st.lists(inputs(), min_size=1, max_size=8))
def test_generated_packs_decide_frames_as_they_decide_rows(equal: Check, pack: Pack, rows: list[Any]) -> None:
    equal(pack, rows)


@settings(max_examples=15, **QUICK)
@given(packs(), st.lists(inputs(), min_size=1, max_size=8))
def test_columns_of_decimals_decide_as_those_of_doubles(equal: Check, pack: Pack, rows: list[Any]) -> None:
    equal(pack, rows, pl.Decimal(38, 2))


@pytest.mark.parametrize("text", COLUMNAR)
@settings(max_examples=12, **QUICK)
@given(rows=ROWS)
def test_a_text_with_a_column_form_says_in_columns_what_it_says_of_a_row(
    equal: Check, condition: Callable[[str], Pack], text: str, rows: list[Any]
) -> None:
    pack = condition(text)
    assert not frame_plan(pack).fallbacks
    equal(pack, rows)


@pytest.mark.parametrize("text", BY_SLICE)
@settings(max_examples=8, **QUICK)
@given(rows=ROWS)
def test_a_text_without_a_column_form_is_named_and_decided_all_the_same(
    equal: Check, condition: Callable[[str], Pack], text: str, rows: list[Any]
) -> None:
    pack = condition(text)
    assert list(frame_plan(pack).fallbacks) == ["holds"]
    equal(pack, rows)


def _auto_loan() -> Pack:
    return load_pack(Path(__file__).resolve().parents[3] / "rules" / "auto_loan_in")


def test_every_case_of_the_auto_loan_pack_is_decided_alike_and_no_part_of_it_falls_back(equal: Check) -> None:
    pack = _auto_loan()
    assert frame_plan(pack).fallbacks == {}
    rows = [
        ({name: value for name, value in case.signals.items() if not isinstance(value, Missing)}, case.as_of)
        for case in pack.source.cases
    ]
    equal(pack, rows)


def test_a_division_that_lands_on_its_threshold_is_decided_by_the_scalar_engine(
    condition: Callable[[str], Pack],
) -> None:
    pack = condition("x / y * 100 <= 90")
    frame = pl.DataFrame({"x": [900_000, 900_000, 1], "y": [1_000_000, 1_000_001, 3]})
    decided = FrameDecider(pack).decide(frame, DAY)
    assert decided.outcome["verdict"].to_list() == ["approve"] * 3
    assert decided.unsettled == 1


def test_a_score_that_is_not_whole_is_the_double_nearest_to_the_scalar_decimal(build: Callable[..., Pack]) -> None:
    pack = build(
        'decisions: {points: {expression: "x / 3"}}\n',
        '    - {id: OK, if: "true", verdict: approve, reason: ok}\n  score: points\n',
    )
    frame = pl.DataFrame({"x": [1.0, 2.0, 0.1]})
    found = pack.decide_frame(frame, DAY)
    wanted = [pack.decide({"x": value}, DAY).risk.score for value in frame["x"]]
    assert found["risk_score"].dtype == pl.Float64
    assert found["risk_score"].to_list() == [float(value) for value in wanted if isinstance(value, Decimal)]


def test_rows_of_every_span_of_the_parameters_come_back_in_their_order(build: Callable[..., Pack]) -> None:
    pack = build(
        "",
        '    - {id: OVER, if: "x > limit", verdict: review, reason: over, cite: [law]}\n    - {id: FINE, if: "x <= limit", verdict: approve, reason: fine}\n',
    )
    days = [date(2026, 11, 20), date(2025, 5, 1), date(2024, 1, 1), None, date(2025, 5, 1)]
    frame = pl.DataFrame({"x": [11.0, 11.0, 1.0, 13.0, 9.0], "as_of": days})
    found = pack.decide_frame(frame, DAY)
    assert found["fired"].to_list() == [["FINE"], ["OVER"], [], ["OVER"], ["FINE"]]
    assert found["verdict"].to_list() == ["approve", "review", "review", "review", "approve"]


def test_a_frame_without_rows_gives_columns_without_rows(build: Callable[..., Pack]) -> None:
    found = build().decide_frame(pl.DataFrame(schema={"x": pl.Float64}), DAY)
    assert found.columns == ["verdict", "risk_score", "risk_category", "fired"]
    assert not len(found)
