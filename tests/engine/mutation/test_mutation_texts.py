"""The faults of one text: which there are, and that each differs from the text in one place only."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import FeelError, parse_expression, parse_unary_tests
from engine.mutation.texts import edits, unit_steps, widenings

NAMES = ["a", "b", "c", "x", "score"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("< 0.60", {"<= 0.60", "< 0.61", "< 0.59"}),
        ("[650..750)", {"(650..750)", "[650..750]", "[651..750)", "[649..750)", "[650..751)", "[650..749)"}),
        ("a and b", {"a or b", "a", "b"}),
        ("a or b and c", {"a and b and c", "b and c", "a", "a or b or c", "a or c", "a or b"}),
        ("not(a)", {"(a)"}),
        ("x between 1 and 3", {f"x between {low} and {high}" for low, high in ((2, 3), (0, 3), (1, 4), (1, 2))}),
        ("true", {"false"}),
        ("x + score", {"x - score"}),
        ("-x", set()),
        ('"E"', set()),
    ],
)
def test_the_faults_of_a_text_are_these(text: str, expected: set[str]) -> None:
    assert {one.text for one in edits(text)} == expected


def test_members_of_a_cell_are_dropped_added_and_replaced() -> None:
    assert {one.text for one in edits('"N","D"', ("N", "D", "E"))} == {'"D"', '"N"', '"N","D", "E"'}
    assert {one.text for one in edits('"N"', ("N", "E"))} == {'"N", "E"', '"E"'}
    assert {one.text for one in edits('not("P")', ("P", "C"))} == {'("P")', 'not("P", "C")', 'not("C")'}


def test_a_unit_is_one_in_the_last_written_place() -> None:
    assert unit_steps(24) == (25, 23)
    assert unit_steps(Decimal("0.60")) == (Decimal("0.61"), Decimal("0.59"))
    assert unit_steps(Decimal("9.5")) == (Decimal("9.6"), Decimal("9.4"))
    assert unit_steps(Decimal("1E+2")) == (101, 99)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'verdict = "approve" and score > 24',
            {
                "score > 24",
                'verdict = "approve"',
                'verdict = "approve" and score >= 24',
                'verdict = "approve" and score > 23',
            },
        ),
        ("score < 5", {"score <= 5", "score < 6"}),
        ("not(a) and b", set()),
    ],
)
def test_an_invariant_is_only_widened(text: str, expected: set[str]) -> None:
    assert {one.text for one in widenings(text)} == expected


def test_what_cannot_be_read_has_no_faults() -> None:
    assert edits('"open') == []


conditions = st.recursive(
    st.sampled_from(["a", "b", "x < 5", "x >= 0.5", 'c = "w"', "score in [1..3)", "not(b)", 'c in ("v", "w")']),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=6,
)


@given(conditions)
def test_every_fault_of_a_condition_reads_and_differs(text: str) -> None:
    parse_expression(text, NAMES)
    for one in edits(text):
        assert one.text != text
        parse_expression(one.text, NAMES)
        assert text[: one.start] == one.text[: one.start]
        assert text.endswith(one.text[one.start + len(one.after) :])


@given(
    st.lists(st.sampled_from(["1", "2.50", '"w"', "< 3", "[1..2]", "(0..9)", "> x", "!= 4"]), min_size=1, max_size=4)
)
def test_most_faults_of_a_cell_read(tests: list[str]) -> None:
    text = ", ".join(tests)
    for one in edits(text, ("w", "z")):
        try:
            parse_unary_tests(one.text, ["x"])
        except FeelError:
            assert one.kind == "member"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a..b", set()),  # no range without its brackets
        ("x in [f(1)..(2)]", {"x in (f(1)..(2)]", "x in [f(1)..(2))"}),
        ("x.true", set()),
        ("]1..2[", set()),
    ],
)
def test_brackets_are_matched_and_parts_of_names_left_alone(text: str, expected: set[str]) -> None:
    found = {one.text for one in edits(text) if one.kind in {"boundary", "truth value"}}
    assert found == expected
