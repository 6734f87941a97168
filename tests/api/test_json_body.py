"""Strict JSON in, exact numbers out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.json_body import MAX_DEPTH, Json, Malformed, parse

PLAIN = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
FLOATS = st.floats(-1e290, 1e290).filter(lambda number: number == 0 or abs(number) > 1e-290)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | FLOATS | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES)
def test_what_json_can_say_is_read_as_it_was_written(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_as_malformed_and_nothing_else(raw: bytes) -> None:
    try:
        parse(raw)
    except Malformed:
        return


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nul",
        "{'a': 1}",
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e999",
        "1e-999999",
        "9" * 41,
        "0." + "1" * 60,
        '"\\u0000"',
        '{"\\u0000": 1}',
        '["\\ud800"]',
        '{"\\udfff": 1}',
        "[" * 33 + "]" * 33,
        '{"a":' * 40 + "1" + "}" * 40,
        "[" * 100_000,
        '{"a":' * 50_000,
        '"\x00"',
        "[1] [2]",
        "// no",
    ],
)
def test_what_could_break_something_behind_is_refused_without_being_quoted(text: str) -> None:
    for exact in (False, True):
        with pytest.raises(Malformed) as refusal:
            parse(text.encode(), exact=exact)
        assert len(str(refusal.value)) < 100


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(Malformed):
        parse(b'"\xff"')
    with pytest.raises(Malformed):
        parse('"é"'.encode("utf-16"))


def test_depth_is_counted_and_not_brackets() -> None:
    assert len(parse(b"[" + b"[]," * 1000 + b"1]")) == 1001
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert parse(b'"' + b"[" * 1000 + b'"')


def test_fractions_are_exact_where_a_decision_hangs_on_them() -> None:
    assert parse(b'{"a": 0.1, "b": 1e2, "c": 3}', exact=True) == {"a": Decimal("0.1"), "b": Decimal("1e2"), "c": 3}
    assert isinstance(parse(b"0.1"), float)


def test_an_answer_writes_decimals_and_times_as_json_has_them() -> None:
    told = {
        "a": Decimal("0.1"),
        "b": Decimal("60.0"),
        "c": date(2026, 1, 2),
        "d": datetime(2026, 1, 2, tzinfo=UTC),
        "e": (1,),
    }
    assert json.loads(Json(told).body) == {
        "a": 0.1,
        "b": 60,
        "c": "2026-01-02",
        "d": "2026-01-02T00:00:00+00:00",
        "e": [1],
    }


def test_an_answer_never_holds_nan() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        Json({"a": float("nan")})
    with pytest.raises(TypeError):
        Json({"a": object()})
