from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.present import words

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_an_unknown_band_is_shown_in_grey_and_never_in_the_colour_of_a_known_one() -> None:
    assert words.risk_badge({"category": "peculiar", "score": 12}).colour == "gray"
    assert words.risk_badge({}) == words.Badge("Risk not known", "gray")


def test_a_risk_badge_says_band_and_score() -> None:
    assert words.risk_badge({"category": "high", "score": 72.0}).text == "HIGH 72"


@pytest.mark.parametrize("status", ["open", "claimed", "waiting", "second", "closed", "something_new"])
def test_the_state_of_a_case_never_has_a_colour_of_outcomes(status: str) -> None:
    assert words.case_badge(status).colour in {"gray", "blue", "violet"}


@pytest.mark.parametrize(
    ("hours_left", "colour", "text"),
    [(20, "gray", "SLA 20 h left"), (5, "orange", "SLA 5 h left"), (-2, "red", "2 h late")],
)
def test_time_left_turns_orange_in_the_last_quarter_and_red_when_it_is_over(
    hours_left: int, colour: str, text: str
) -> None:
    end = NOW + timedelta(hours=hours_left)
    badge = words.due_badge(end.isoformat(), (end - timedelta(hours=24)).isoformat(), NOW)
    assert badge is not None
    assert (badge.colour, badge.text) == (colour, text)


def test_a_closed_case_is_never_late() -> None:
    assert words.due_badge(NOW.isoformat(), None, NOW + timedelta(days=3), closed=True) is None
    assert words.due_in(NOW.isoformat(), NOW + timedelta(days=3), closed=True) == words.MISSING


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_missing_is_a_dash(nothing: object) -> None:
    assert words.shown(nothing) == words.MISSING


def test_a_missing_signal_says_why() -> None:
    assert words.shown({"missing": "not_readable"}) == "— (not readable)"


@pytest.mark.parametrize(
    ("value", "text"), [(0.6, "0.6"), (40.0, "40"), (1199, "1,199"), (True, "yes"), (0, "0"), (["AS", "JK"], "AS, JK")]
)
def test_values_read_as_people_write_them(value: object, text: str) -> None:
    assert words.shown(value) == text


def test_codes_become_words_with_their_abbreviations() -> None:
    assert words.title("pan_card.dob_match") == "PAN card date of birth match"


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4000)))
def test_a_span_is_never_empty_and_names_at_most_two_units(length: timedelta) -> None:
    text = words.span(length)
    assert 2 <= len(text.split()) <= 4


@given(st.text(max_size=40))
def test_a_time_that_cannot_be_read_is_a_dash_and_no_error(text: str) -> None:
    assert words.ago(text, NOW) == words.MISSING or words.moment(text) is not None


def test_times_in_the_case_carry_their_zone() -> None:
    assert words.at("2026-11-20T17:30:00+05:30") == "2026-11-20 12:00 UTC"
