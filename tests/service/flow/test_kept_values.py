"""Values come back from rest as what they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values import decode, encode, jsonable

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.dates()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.datetimes(timezones=st.just(UTC))
)
KEYS = st.text(max_size=8) | st.sampled_from(["$date", "$$date", "$", "$decimal"])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


@given(VALUES)
def test_what_is_kept_comes_back_equal_and_of_the_same_type(value: object) -> None:
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


def test_a_duration_comes_back() -> None:
    assert decode(encode(timedelta(days=2, seconds=3))) == timedelta(days=2, seconds=3)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1: 2}, b"bytes"])
def test_what_json_has_no_word_for_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode(value)


def test_answers_carry_iso_dates_and_plain_numbers() -> None:
    told = jsonable({"a": date(2026, 1, 2), "b": [Decimal("1.50"), Decimal(7)], "c": datetime(2026, 1, 2, tzinfo=UTC)})
    assert told == {"a": "2026-01-02", "b": [1.5, 7], "c": "2026-01-02T00:00:00+00:00"}
    assert jsonable(Decimal("0.1000000000000000000001")) == "0.1000000000000000000001"
