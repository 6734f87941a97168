"""DMN's hit policies: matches, no match, violations, and what an undecided row does to each."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pack.hit_policy import Resolver, bits, total
from engine.pack.model import HitPolicy

Table = Callable[..., tuple[Any, Any]]

DIFFERENT = """\
      - {id: A, if: {x: "< 10"}, then: {out: 1}}
      - {id: B, if: {x: "< 20"}, then: {out: 2}}
      - {id: C, if: {x: ">= 5", y: "> 0"}, then: {out: 3}}
"""
SAME = """\
      - {id: A, if: {x: "< 10"}, then: {out: 7}}
      - {id: B, if: {y: "> 0"}, then: {out: 7}}
"""
WORDS = """\
      - {id: A, if: {x: "< 10"}, then: {out: low}}
      - {id: B, if: {x: "< 20"}, then: {out: high}}
      - {id: C, if: {y: "> 0"}, then: {out: mid}}
"""
RANKED = "out: {type: string, values: [high, mid, low]}"


def _codes(decision: Any) -> list[str]:
    return [warned.code for warned in decision.warnings]


@pytest.mark.parametrize(
    ("policy", "x", "y", "value"),
    [
        ("UNIQUE", 15, 0, 2),
        ("UNIQUE", 30, 0, None),
        ("FIRST", 3, 1, 1),
        ("FIRST", 15, 1, 2),
        ("FIRST", 30, 1, 3),
        ("FIRST", 30, 0, None),
        ("RULE ORDER", 7, 1, [1, 2, 3]),
        ("RULE ORDER", 30, 0, []),
        ("COLLECT", 7, 0, [1, 2]),
        ("COLLECT SUM", 7, 1, 6),
        ("COLLECT SUM", 30, 0, None),
        ("COLLECT MIN", 7, 1, 1),
        ("COLLECT MAX", 7, 1, 3),
        ("COLLECT COUNT", 7, 1, 3),
        ("COLLECT COUNT", 30, 0, 0),
    ],
)
def test_matched_rows_give_the_value_of_the_policy(table: Table, policy: str, x: int, y: int, value: object) -> None:
    found, decision = table(policy, DIFFERENT, x=x, y=y)
    assert found == value
    assert _codes(decision) == []
    assert decision.verdict == "approve"


@pytest.mark.parametrize(
    ("policy", "x", "y", "value"),
    [
        ("PRIORITY", 3, 1, "high"),
        ("PRIORITY", 30, 1, "mid"),
        ("PRIORITY", 30, 0, None),
        ("OUTPUT ORDER", 3, 1, ["high", "mid", "low"]),
        ("OUTPUT ORDER", 30, 0, []),
        ("COLLECT MIN", 3, 1, "high"),
        ("COLLECT MAX", 3, 1, "mid"),
    ],
)
def test_priority_follows_the_listed_values(table: Table, policy: str, x: int, y: int, value: object) -> None:
    found, decision = table(policy, WORDS, RANKED, x=x, y=y)
    assert found == value
    assert decision.verdict == "approve"


@pytest.mark.parametrize(
    ("policy", "default", "value"),
    [
        ("UNIQUE", "9", 9),
        ("FIRST", "9", 9),
        ("ANY", "9", 9),
        ("COLLECT", "9", [9]),
        ("RULE ORDER", "9", [9]),
        ("COLLECT SUM", "0", 0),
        ("COLLECT MAX", "0", 0),
        ("COLLECT COUNT", "5", 5),
        ("UNIQUE", "x + 1", 31),
        ("COLLECT SUM", "x + 1", 31),
    ],
)
def test_the_default_stands_in_where_nothing_matches(table: Table, policy: str, default: str, value: object) -> None:
    outputs = f"out: {{type: number, default: '{default}'}}"
    assert table(policy, DIFFERENT, outputs, x=30, y=0)[0] == value


def test_unique_with_two_matches_is_reported_and_floors(table: Table) -> None:
    found, decision = table("UNIQUE", DIFFERENT, x=3, y=0)
    assert found is None
    assert [(warned.code, warned.rule) for warned in decision.warnings] == [("unique_violation", "B")]
    assert decision.verdict == "review"


def test_any_with_equal_outputs_gives_them(table: Table) -> None:
    found, decision = table("ANY", SAME, x=3, y=1)
    assert (found, decision.verdict) == (7, "approve")


def test_any_with_different_outputs_is_reported_and_floors(table: Table) -> None:
    found, decision = table("ANY", DIFFERENT, x=3, y=0)
    assert found is None
    assert [(warned.code, warned.rule) for warned in decision.warnings] == [("any_violation", "B")]
    assert decision.verdict == "review"


@pytest.mark.parametrize(
    ("policy", "rules", "outputs", "signals", "value"),
    [
        # C is undecided where y is missing.
        ("FIRST", DIFFERENT, None, {"x": 30}, None),  # C may be the match
        ("UNIQUE", DIFFERENT, None, {"x": 15}, None),  # C may violate
        ("UNIQUE", DIFFERENT, None, {"y": 0}, None),  # A and B may match
        ("ANY", SAME, None, {"x": 3}, 7),  # whatever B is, 7 comes out
        ("ANY", SAME, None, {"x": 30}, None),  # B may match, or nothing
        ("COLLECT SUM", DIFFERENT, None, {"x": 7}, 3),
        ("COLLECT", DIFFERENT, None, {"x": 7}, [1, 2]),
        ("COLLECT COUNT", DIFFERENT, None, {"x": 7}, 2),
        ("PRIORITY", WORDS, RANKED, {"x": 15}, "high"),  # nothing outranks high
        ("PRIORITY", WORDS, RANKED, {"y": 1}, None),  # high or mid
        ("OUTPUT ORDER", WORDS, RANKED, {"y": 1}, ["mid"]),
    ],
)
def test_an_undecided_row_withholds_what_it_could_change_and_always_floors(
    table: Table, policy: str, rules: str, outputs: str | None, signals: dict[str, int], value: object
) -> None:
    found, decision = table(policy, rules, *([outputs] if outputs else []), **signals)
    assert found == value
    assert decision.rules("undecided")
    assert decision.unknowns
    assert decision.verdict == "review"
    assert decision.reasons[0].rule == "ON_MISSING"


def test_first_asks_nothing_after_its_match(table: Table) -> None:
    found, decision = table("FIRST", DIFFERENT, x=7)
    assert (found, decision.fired, decision.unknowns) == (1, ("A", "OK"), ())
    assert decision.verdict == "approve"


def test_only_the_rule_that_priority_chose_has_fired(table: Table) -> None:
    found, decision = table("PRIORITY", WORDS, RANKED, x=3, y=1)
    assert (found, decision.fired) == ("high", ("B", "OK"))


def test_a_row_that_one_column_rules_out_is_not_undecided(table: Table) -> None:
    _, decision = table("FIRST", '      - {id: A, if: {x: "> 5", y: "> 0"}, then: {out: 1}}\n', x=1)
    assert decision.rules("not_fired") == ("A",)
    assert decision.verdict == "approve"


def test_several_outputs_give_a_context(table: Table) -> None:
    rules = "      - {id: A, if: {x: '1'}, then: {points: 5, word: '\"w\"'}}\n"
    found, _ = table("UNIQUE", rules, "points: {type: number}, word: {type: string}", x=1, y=1)
    assert found == {"points": 5, "word": "w"}


def test_priority_with_several_outputs_compares_from_left_to_right(table: Table) -> None:
    rules = """\
      - {id: A, if: {x: "1"}, then: {one: b, two: x}}
      - {id: B, if: {x: "1"}, then: {one: a, two: y}}
      - {id: C, if: {x: "1"}, then: {one: a, two: x}}
"""
    outputs = "one: {type: string, values: [a, b]}, two: {type: string, values: [x, y]}"
    assert table("PRIORITY", rules, outputs, x=1, y=1)[0] == {"one": "a", "two": "x"}
    assert table("OUTPUT ORDER", rules, outputs, x=1, y=1)[0] == [
        {"one": "a", "two": "x"},
        {"one": "a", "two": "y"},
        {"one": "b", "two": "x"},
    ]


def test_outputs_may_be_computed_from_signals(table: Table) -> None:
    rules = """\
      - {id: A, if: {x: "< 10"}, then: {points: x * 2}}
      - {id: B, if: {y: "> 0"}, then: {points: 100}}
"""
    found, decision = table("COLLECT SUM", rules, "points: {type: number}", x=4, y=1)
    assert found == 108
    assert [outcome.points for outcome in decision.outcomes if outcome.rule.kind == "row"] == [8, 100]


def test_a_matched_row_without_a_value_is_reported_and_floors(table: Table) -> None:
    rules = '      - {id: A, if: {x: "< 10"}, then: {points: y * 2}}\n'
    found, decision = table("COLLECT SUM", rules, "points: {type: number}", x=4)
    assert found is None
    assert _codes(decision) == ["null_output"]
    assert [(unknown.signal, unknown.rule) for unknown in decision.unknowns] == [("y", "A")]
    assert decision.verdict == "review"


def test_a_computed_output_outside_the_listed_values_is_reported_and_floors(table: Table) -> None:
    rules = "      - {id: A, if: {x: '> 0'}, then: {out: 'if y > 1 then \"high\" else string(y)'}}\n"
    _, decision = table("PRIORITY", rules, RANKED, x=1, y=1)
    assert _codes(decision) == ["output_outside_values"]
    assert decision.verdict == "review"


def test_minimum_of_different_kinds_is_reported_and_floors(table: Table) -> None:
    rules = "      - {id: A, if: {x: '1'}, then: {out: 1}}\n      - {id: B, if: {x: '1'}, then: {out: '\"a\"'}}\n"
    found, decision = table("COLLECT MIN", rules, "out: any", x=1, y=1)
    assert found is None
    assert _codes(decision) == ["mixed_kinds"]


def test_skipped_rows_neither_match_nor_floor(table: Table) -> None:
    rules = '      - {id: A, if: {y: "> 0"}, then: {out: 1}, if_missing: skip}\n      - {id: B, if: {x: "1"}, then: {out: 2}}\n'
    found, decision = table("FIRST", rules, x=1)
    assert found == 2
    assert decision.rules("skipped") == ("A",)
    assert (decision.verdict, decision.unknowns) == ("approve", ())


@pytest.mark.parametrize(("value", "state"), [(0, "not_fired"), (1, "fired")])
@pytest.mark.parametrize("cell", ["> 0", "? + 1 > 1"])
def test_a_value_for_what_is_missing_decides_the_cell(table: Table, cell: str, value: int, state: str) -> None:
    rules = f'      - {{id: A, if: {{y: "{cell}"}}, then: {{out: 1}}, if_missing: {{y: {value}}}}}\n'
    _, decision = table("COLLECT", rules, x=1)
    assert "A" in decision.rules(state)
    assert decision.verdict == "approve"


def test_a_value_for_one_row_does_not_decide_another(table: Table) -> None:
    rules = """\
      - {id: A, if: {y: "> 0"}, then: {out: 1}, if_missing: {y: 1}}
      - {id: B, if: {y: "> 0"}, then: {out: 2}}
"""
    _, decision = table("COLLECT", rules, x=1)
    assert (decision.rules("fired"), decision.rules("undecided")) == (("A", "OK"), ("B",))


def test_sums_are_exact_decimals_of_34_digits() -> None:
    assert total([Decimal("0.1"), Decimal("0.2")]) == Decimal("0.3")
    assert total([1, 2, 3]) == 6
    assert total([10**33, Decimal("0.1")]) == Decimal(10**33).copy_abs() + Decimal("0.1")
    assert total([Decimal("9E6144"), Decimal("9E6144")]) is None


def test_a_sum_too_large_is_a_fault() -> None:
    resolver = Resolver(HitPolicy.SUM, ("o",), {0: (Decimal("9E6144"),), 1: (Decimal("9E6144"),)}, None, (None,))
    assert resolver.resolve(3, 0, resolver.constants) == (None, ("not_a_number", 0))


@given(st.integers(0, 2**70))
def test_bits_are_the_rows_of_a_set(rows: int) -> None:
    assert sum(1 << number for number in bits(rows)) == rows


@given(st.sampled_from(list(HitPolicy)), st.integers(0, 15), st.integers(0, 15))
def test_an_outcome_is_remembered_as_it_is_computed(policy: HitPolicy, matched: int, open_: int) -> None:
    rank = {1: 0, 2: 1, 3: 2, 4: 3}
    resolver = Resolver(policy, ("o",), {n: (n + 1,) for n in range(4)}, None, (rank,))
    key = (matched, open_ & ~matched)
    assert resolver.constant(key) == resolver.memo[key] == resolver.resolve(*key, resolver.constants)


@given(
    st.sampled_from([HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY]),
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.integers(0, 15),
    st.integers(0, 15),
    st.sampled_from([None, 1, 9]),
)
def test_a_value_given_beside_undecided_rows_is_that_of_every_completion(
    policy: HitPolicy, outputs: list[int], matched: int, open_: int, default: int | None
) -> None:
    size = (1 << len(outputs)) - 1
    matched, open_ = matched & size, open_ & size & ~matched
    entries = {number: (value,) for number, value in enumerate(outputs)}
    default_entry = None if default is None else (default,)
    resolver = Resolver(policy, ("o",), entries, default_entry, ({1: 0, 2: 1, 3: 2, 9: 3},))
    value, fault = resolver.resolve(matched, open_, entries)
    if value is None or fault:
        return
    for chosen in range(open_ + 1):
        if chosen & ~open_ == 0:
            completed, violated = resolver.resolve(matched | chosen, 0, entries)
            assert completed == value or (violated or ("",))[0] == "unique_violation"
