"""The door for signals: admitted values, refused ones all at once, and never a value in an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pack import Pack, SignalError
from engine.pack.admit import RefusedError, admit_number
from engine.pack.limits import MAX_LIST_ITEMS
from engine.pack.problems import SignalProblem
from engine.signal import Missing, Reason

BODY = """\
signals:
  n: {type: number}
  r: {type: number, range: [0, 1]}
  p: {type: number, range: [0.5, 2]}
  v: {type: number, values: [1, 2]}
  s: {type: string}
  e: {type: string, values: [A, B]}
  b: {type: boolean}
  d: {type: date}
  w: {type: date, range: [2020-01-01, 2030-01-01]}
  t: {type: date and time}
  l: {type: list, items: string}
  f: {type: list, fields: {name: string, size: {type: number, range: [0, 9]}, day: date, ok: boolean}}
"""


class Word(StrEnum):
    A = "A"


@pytest.fixture(scope="module")
def pack(build: Callable[..., Pack]) -> Pack:
    return build(BODY)


def _admitted(pack: Pack, name: str, value: object) -> Any:
    decision = pack.decide({name: value}, date(2026, 1, 1))
    return dict(zip(pack.typed.signals, decision.run.signals, strict=True))[name]


def _refused(pack: Pack, signals: dict[Any, Any]) -> tuple[SignalProblem, ...]:
    with pytest.raises(SignalError) as caught:
        pack.decide(signals, date(2026, 1, 1))
    return caught.value.problems


@pytest.mark.parametrize(
    ("name", "value", "admitted"),
    [
        ("n", 5, 5),
        ("n", 0.1, Decimal("0.1")),
        ("n", Decimal("1.50"), Decimal("1.5")),
        ("n", -3.0, -3),
        ("r", 0.41, Decimal("0.41")),
        ("r", 1, 1),
        ("r", Decimal("0.1234567890123456789"), Decimal("0.1234567890123456789")),
        ("p", 0.5, Decimal("0.5")),
        ("v", 2.0, 2),
        ("s", "x", "x"),
        ("s", Word.A, "A"),
        ("e", "A", "A"),
        ("e", Word.A, "A"),
        ("b", True, True),
        ("d", "2026-11-20", date(2026, 11, 20)),
        ("d", date(2026, 11, 20), date(2026, 11, 20)),
        ("w", "2025-01-01", date(2025, 1, 1)),
        ("t", "2026-11-20T10:00:00+00:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("t", datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("l", ["a", "b"], ["a", "b"]),
        ("l", (), []),
        (
            "f",
            [{"name": "A", "size": 1, "day": "2026-01-01", "ok": True}, {"name": None}],
            [
                {"name": "A", "size": 1, "day": date(2026, 1, 1), "ok": True},
                {"name": None, "size": None, "day": None, "ok": None},
            ],
        ),
        ("f", [{"name": Missing(Reason.NOT_READABLE)}], [{"name": None, "size": None, "day": None, "ok": None}]),
        ("n", Missing(Reason.STALE), None),
    ],
)
def test_a_fitting_value_is_admitted(pack: Pack, name: str, value: object, admitted: object) -> None:
    found = _admitted(pack, name, value)
    assert found == admitted
    assert isinstance(found, (type(admitted), int, Decimal))


@pytest.mark.parametrize(
    ("name", "value", "got"),
    [
        ("n", True, "a boolean"),
        ("n", "5", "a string"),
        ("n", None, "null"),
        ("n", float("nan"), "no finite number"),
        ("n", float("inf"), "no finite number"),
        ("n", Decimal("NaN"), "no finite number"),
        ("n", Decimal("1E+9999"), "a number of more than 34 digits"),
        ("n", 10**40, "a number of more than 34 digits"),
        ("n", [1], "a list"),
        ("r", 1.5, "a number outside it"),
        ("r", -1, "a number outside it"),
        ("r", Decimal("1E-9999"), "a number of more than 34 digits"),
        ("p", 2.0000001, "a number outside it"),
        ("v", 3, "another number"),
        ("v", "1", "a string"),
        ("s", 5, "a number"),
        ("s", "x" * 10_001, "a string longer than 10000 characters"),
        ("e", "C", "another string"),
        ("e", ["A"], "a list"),
        ("b", 1, "a number"),
        ("b", "true", "a string"),
        ("d", "20261120", "a string"),
        ("d", "2026-11-31", "a string that is no date"),
        ("d", datetime(2026, 11, 20, tzinfo=UTC), "a date and time"),
        ("w", "2031-01-01", "a date outside it"),
        ("t", "2026-11-20", "a string"),
        ("t", "2026-11-20T99:00:00", "a string that is no date and time"),
        ("t", date(2026, 1, 1), "a date"),
        ("l", "ab", "a string"),
        ("l", [1], "a number"),
        ("l", ["x"] * (MAX_LIST_ITEMS + 1), f"a list of more than {MAX_LIST_ITEMS}"),
        ("f", [1], "a list with a number"),
        ("f", {"name": "A"}, "an object"),
        ("f", [{"nope": 1}], "a list with an unknown field in a fact"),
        ("f", [{"size": 10}], "a list with a number outside it as size"),
        ("f", [{"name": 1}], "a list with a number as name"),
        ("n", object(), "a object"),
    ],
)
def test_an_unfitting_value_is_refused_by_kind(pack: Pack, name: str, value: object, got: str) -> None:
    problems = _refused(pack, {name: value})
    assert [(problem.name, problem.got) for problem in problems] == [(name, got)]


def test_all_refusals_come_at_once_and_carry_no_value(pack: Pack) -> None:
    signals = {"n": "4711", "e": "hunter2", "b": "yes", "nn": 1, "d": "01.02.1990", 7: 1}
    problems = _refused(pack, signals)
    assert [problem.name for problem in problems] == ["7", "b", "d", "e", "n", "nn"]
    text = "; ".join(str(problem) for problem in problems)
    assert "nn: expected did you mean n?, got an undeclared signal" in text
    for value in ("4711", "hunter2", "yes", "01.02"):
        assert value not in text


def test_an_undeclared_signal_is_refused_even_beside_a_missing_one(pack: Pack) -> None:
    assert [problem.name for problem in _refused(pack, {"zz": 1})] == ["zz"]
    assert [problem.name for problem in _refused(pack, {"zz": 1, "n": Missing(Reason.FAILED)})] == ["zz"]


def test_a_caller_cannot_set_what_patterns_set(example: Pack, clean: dict[str, Any]) -> None:
    problems = _refused(example, {**clean, "patterns.names_differ": False})
    assert [problem.name for problem in problems] == ["patterns.names_differ"]


@given(
    st.dictionaries(
        st.sampled_from(["n", "r", "s", "e", "b", "d", "l", "f", "zz"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.decimals(), st.dates(),
            st.lists(st.text(max_size=2), max_size=2), st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
        ),
        max_size=5,
    )
)  # fmt: skip
def test_whatever_is_posted_is_decided_or_refused(pack: Pack, signals: dict[str, Any]) -> None:
    try:
        decision = pack.decide(signals, date(2026, 1, 1))
    except SignalError:
        return
    assert decision.verdict == "approve"
    assert decision.digest


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("9007199254740993.50000000000000000000", Decimal("9007199254740993.5")),
        ("0." + "1" * 34 + "000", Decimal("0." + "1" * 34)),
        ("1" * 34 + ".0", int("1" * 34)),
    ],
)
def test_zeros_at_the_end_of_a_fraction_are_no_digits_too_many(text: str, taken: object) -> None:
    assert admit_number(Decimal(text)) == taken


@pytest.mark.parametrize("text", ["1" * 35, "1" * 34 + "0", "0." + "1" * 35, "1" * 34 + ".10"])
def test_a_digit_too_many_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="more than 34 digits"):
        admit_number(Decimal(text))
