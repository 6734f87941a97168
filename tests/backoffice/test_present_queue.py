from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backoffice.present import queue

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CASES = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.from_regex(r"KYC-[0-9]{6}", fullmatch=True),
            "queue": st.sampled_from(["edd", "kyc_review"]),
            "risk": st.fixed_dictionaries({"category": st.sampled_from(["low", "high", None])}),
            "headline": st.text(max_size=20),
        }
    ),
    max_size=20,
)


@given(CASES, st.sampled_from([None, "edd"]), st.sampled_from([None, "low"]), st.text(max_size=6))
def test_filters_only_take_away_and_keep_the_order(
    cases: list[dict[str, Any]], name: str | None, band: str | None, text: str
) -> None:
    left = queue.matching(cases, queue=name, band=band, text=text)
    rest = iter(cases)
    assert all(any(one is other for other in rest) for one in left)
    assert all(name in {None, one["queue"]} for one in left)


@given(CASES)
def test_no_filter_takes_nothing_away(cases: list[dict[str, Any]]) -> None:
    assert queue.matching(cases, queue=None, band=None, text="  ") == cases


def test_a_row_has_at_most_eight_columns_and_says_you_for_ones_own() -> None:
    row = queue.case_row(
        {"number": "KYC-000001", "status": "claimed", "assignee": {"id": "per_1", "name": "Omar"}}, NOW, "per_1"
    )
    assert len(row) == 8
    assert row["Owner"] == "You"


def test_home_counts_due_today_late_and_what_others_decided() -> None:
    mine = [{"due_at": (NOW + timedelta(hours=hours)).isoformat()} for hours in (-1, 3, 30)]
    load = queue.load(mine, [{"decided_by": "per_1"}, {"decided_by": "per_2"}], NOW, "per_1")
    assert (load.mine, load.due_today, load.late, load.second) == (3, 1, 1, 1)


def test_the_count_says_so_where_there_is_more_than_was_loaded() -> None:
    assert queue.count_line(37, 200, more=True) == "37 of 200+"


def test_every_chip_says_what_next_where_it_is_empty() -> None:
    assert all(one.empty.endswith(".") for one in queue.LENSES)
    assert queue.lens("unheard of") is queue.LENSES[0]
