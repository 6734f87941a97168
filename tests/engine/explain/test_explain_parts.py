"""The parts of an explanation one by one: clauses, conditions, thresholds, candidates, the search at its limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.explain import explain
from engine.explain.changes import Candidates
from engine.explain.clauses import clauses, inner, negated
from engine.explain.conditions import MAX_PARTS, Facts, because
from engine.explain.search import Search
from engine.explain.sentences import unmet
from engine.explain.thresholds import MAX_PER_NAME, thresholds
from engine.pack import Pack, Verdict, parse_pack

TODAY = date(2026, 11, 20)
HEAD = """\
pack: parts
title: Parts
version: "1"
on_missing: review
sources: {law: {title: The law}}
parameters:
  words: {values: [{from: 2025-01-01, value: [A, B], source: law}]}
  later: {values: [{from: 2030-01-01, value: 5, source: law}]}
signals:
  x: {type: number}
  y: {type: number}
  word: {type: string}
  day: {type: date}
  yes: {type: boolean}
"""


def pack_of(condition: str, decisions: str = "", rest: str = "") -> Pack:
    verdict = f"verdict:\n  rules:\n    - {{id: GO, if: '{condition}', verdict: approve, reason: fine}}\n"
    return parse_pack({"pack.yaml": HEAD + decisions + verdict + rest})


# -- clauses


@pytest.mark.parametrize(
    ("text", "operator", "expected"),
    [
        ("a and b and c", "and", ["a", "b", "c"]),
        ("a and b or c", "and", ["a and b or c"]),
        ("a and b or c", "or", ["a and b", "c"]),
        ("(a and b) and c", "and", ["(a and b)", "c"]),
        ("a between 1 and 2", "and", ["a between 1 and 2"]),
        ("if a then b and c else d", "and", ["if a then b and c else d"]),
        ('"unclosed and b', "and", ['"unclosed and b']),
    ],
)
def test_a_condition_is_split_at_its_top_only(text: str, operator: str, expected: list[str]) -> None:
    assert clauses(text, operator) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("((a))", "a"), ("(a) and (b)", "(a) and (b)"), ("a", "a"), ("f(a)", "f(a)")]
)
def test_brackets_around_the_whole_are_taken_off(text: str, expected: str) -> None:
    assert inner(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("not(a)", "a"), ("not(a) and not(b)", None), ("a", None)])
def test_a_not_around_the_whole_is_seen(text: str, expected: str | None) -> None:
    assert negated(text) == expected


# -- conditions


def facts(pack: Pack, **signals: object) -> Facts:
    return Facts.of(pack, pack.decide(signals, TODAY))


@pytest.mark.parametrize(
    ("condition", "signals", "expected"),
    [
        ("x > 5", {"x": 3}, ["x is 3, at most 5"]),
        ("5 < x", {"x": 3}, ["x is 3, at most 5"]),
        ("x > -5", {"x": -7}, ["x is -7, at most -5"]),
        ("x > y", {"x": 3, "y": 4}, ["x is 3, at most y, 4"]),
        ("x + y > 5", {"x": 1, "y": 2}, ["x + y > 5 is false with x 1, y 2"]),
        ("2 * x > y * y", {"x": 1, "y": 2}, ["2 * x > y * y is false with x 1, y 2"]),
        ("list contains(words, word)", {"word": "C"}, ['list contains(words, word) is false with word "C"']),
        ("yes", {"yes": False}, ["yes is false"]),
        ("not(yes)", {"yes": True}, ["yes is true"]),
        ("x > 5 or y > 5", {"x": 1, "y": 2}, ["x is 1, at most 5", "y is 2, at most 5"]),
        ("x > 5 and y > 5", {"x": 1, "y": 9}, ["x is 1, at most 5"]),
        ("x > 5 and y > 5", {"y": 9}, ["x is not known"]),
        ("x != null and x > 5", {}, ["x is not known"]),
        ("x > later", {"x": 1}, ["later is not known"]),
        ('day < date("2020-01-01")', {"day": "2021-05-01"}, ['day < date("2020-01-01") is false with day 2021-05-01']),
    ],
)
def test_why_a_condition_does_not_hold(condition: str, signals: Mapping[str, object], expected: list[str]) -> None:
    pack = pack_of(condition)
    found = because(facts(pack, **signals), condition, holds=False)

    assert found == expected


def test_a_decision_is_taken_apart_and_a_circle_of_words_is_bounded() -> None:
    decisions = "decisions:\n" + "".join(
        f"  d{number}: {{expression: '{'x > 5' if number == 0 else f'd{number - 1}'}'}}\n" for number in range(12)
    )
    found = because(facts(pack_of("d3", decisions), x=1), "d3", holds=False)
    deep = because(facts(pack_of("d11", decisions), x=1), "d11", holds=False)

    assert found == ["x is 1, at most 5"]
    assert deep == ["d3 is false"]


def test_the_sentences_of_one_condition_are_bounded() -> None:
    condition = " or ".join(f"x > {number}" for number in range(10, 10 + 2 * MAX_PARTS))
    assert len(because(facts(pack_of(condition), x=1), condition, holds=False)) == MAX_PARTS


def test_what_cannot_be_read_has_no_truth_and_is_told_as_it_stands() -> None:
    found = facts(pack_of("x > 5"), x=1)

    assert found.truth("x +") is None
    assert because(found, "x +", holds=False) == ["x + is false"]
    assert found.shown("y") == "not known"
    assert found.basis("x") == ""


def test_computed_values_are_shown_in_twelve_digits_and_long_texts_shortened() -> None:
    decisions = "decisions:\n  third: {expression: 'x / 3'}\n"
    condition = "third > 5"
    assert because(facts(pack_of(condition, decisions), x=1), condition, holds=False) == [
        "third is 0.333333333333, at most 5"
    ]
    long = " + ".join(["x"] * 60) + " > 500"
    assert because(facts(pack_of(long), x=1), long, holds=False)[0].startswith("x + x + x")
    assert "..." in because(facts(pack_of(long), x=1), long, holds=False)[0]


# -- thresholds and candidates


@pytest.mark.parametrize(
    ("condition", "name", "expected"),
    [
        ("x between 3 and 7", "x", (3, 7)),
        ("x in (1, [3..5], > 8)", "x", (1, 3, 5, 8)),
        ("x > -4", "x", (-4,)),
        ("x in [2, 4]", "x", (2, 4)),
        ("list contains(words, word)", "word", ("A", "B")),
        ('day > date("2020-01-31")', "day", (date(2020, 1, 31),)),
        ('day > @"2020-01-31"', "day", (date(2020, 1, 31),)),
        ("x > later", "x", ()),
        ("x > y", "x", ()),
    ],
)
def test_a_name_is_compared_with_these(condition: str, name: str, expected: tuple[Any, ...]) -> None:
    assert thresholds(pack_of(condition), TODAY).get(name, ()) == expected


def test_a_time_that_names_no_day_and_a_number_of_values_are_no_trouble() -> None:
    many = "x in (" + ", ".join(str(number) for number in range(2 * MAX_PER_NAME)) + ")"

    assert len(thresholds(pack_of(many), TODAY)["x"]) == MAX_PER_NAME
    left = "decisions:\n  left: {expression: 'day - as_of'}\n"
    assert thresholds(pack_of('left > @"P1D"', left), TODAY).get("left", ()) == ()


def changes(pack: Pack, name: str, **signals: object) -> list[Any]:
    decision = pack.decide(signals, TODAY)
    search = Search(pack, decision, 10_000)
    found = Candidates(pack, search.values, TODAY, thresholds(pack, TODAY), search._value)
    return [change.after for change in found.of(name)]


def test_a_computed_value_that_is_lost_on_the_way_has_no_crossing() -> None:
    pack = pack_of("z > 5", "decisions:\n  z: {expression: 'if x > 100 and x < 90000 then null else x / 7'}\n")
    assert explain(pack, {"x": 1}, TODAY).decision.verdict is Verdict.REVIEW
    assert isinstance(changes(pack, "x", x=1), list)


def test_a_missing_number_without_a_limit_is_tried_at_the_ends_of_its_range() -> None:
    text = HEAD.replace("x: {type: number}", "x: {type: number, range: [3, 9]}")
    body = "verdict:\n  rules:\n    - {id: GO, if: 'x + y > 5', verdict: approve, reason: fine}\n"
    pack = parse_pack({"pack.yaml": text + body})

    assert sorted(changes(pack, "x", y=0)) == [3, 9]
    assert changes(pack, "y", x=3) == []


def test_a_date_is_moved_around_its_limits_and_the_day_of_the_decision() -> None:
    pack = pack_of('day >= as_of and day < @"2027-01-01"')
    found = changes(pack, "day", day="2026-11-25")

    assert {date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)} <= set(found)
    assert {date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)} <= set(found)
    assert date(2027, 11, 20) in changes(pack, "day")


def test_a_list_of_facts_is_emptied_or_loses_one() -> None:
    text = HEAD + "  facts.thing: {type: list, fields: {n: number}}\n"
    body = "verdict:\n  rules:\n    - {id: GO, if: 'count(facts.thing) < 2', verdict: approve, reason: fine}\n"
    pack = parse_pack({"pack.yaml": text + body})
    found = explain(pack, {"facts.thing": [{"n": 1}, {"n": 2}]}, TODAY, changeable=["facts.thing"])

    assert [len(change.after) for one in found.to_approve for change in one.changes] in ([0], [1])


# -- the search


def test_signals_that_the_pack_refuses_are_no_trial() -> None:
    pack = pack_of("x > 5")
    search = Search(pack, pack.decide({"x": 1}, TODAY), 10)

    assert search.decide({"x": "much"}) is None
    assert search.made == 1


def test_three_changes_are_found_at_depth_three_and_none_is_idle() -> None:
    pack = pack_of("x > 5 and y > 5 and yes")
    signals = {"x": 1, "y": 1, "yes": False}
    found = explain(pack, signals, TODAY, depth=3)

    assert [sorted(change.signal for change in one.changes) for one in found.to_approve] == [["x", "y", "yes"]]
    assert explain(pack, signals, TODAY, depth=2).to_approve[0].verdict is Verdict.APPROVE


@pytest.mark.parametrize("limit", [1, 5, 20, 40, 60, 80, 120, 200])
def test_every_bound_ends_the_search_cleanly(auto_loan: Pack, limit: int) -> None:
    case = next(one for one in auto_loan.source.cases if one.name == "A deleted PAN is asked for again")
    found = explain(auto_loan, case.signals, case.as_of, limit=limit)

    assert found.decisions_made == limit
    assert not found.complete
    assert not found.to_approve_smallest


def test_a_bound_that_ends_between_the_searches_is_clean_too(auto_loan: Pack) -> None:
    case = next(one for one in auto_loan.source.cases if one.name == "A deleted PAN is asked for again")
    made = explain(auto_loan, case.signals, case.as_of).decisions_made
    for limit in (800, 1500, made - 300, made - 20, made - 1):
        assert not explain(auto_loan, case.signals, case.as_of, limit=limit).complete


def test_a_pack_that_never_approves_has_no_way_to_an_approval() -> None:
    text = HEAD + (
        "verdict:\n  rules:\n    - {id: STOP, if: 'x > 5', verdict: reject, reason: no, cite: [law]}\n"
        "    - {id: LOOK, if: 'x <= 5', verdict: review, reason: look, cite: [law]}\n"
    )
    found = explain(parse_pack({"pack.yaml": text}), {"x": Decimal("5.5")}, TODAY)

    assert found.to_approve == ()
    assert [(one.verdict, one.changes[0].after) for one in found.changes] == [(Verdict.REVIEW, 5)]


def test_a_near_miss_of_a_computed_column_names_the_column_and_its_cell() -> None:
    decisions = (
        "decisions:\n  points:\n    hit_policy: COLLECT SUM\n    inputs: {sum: x + 1, other: y}\n"
        "    outputs: {points: {type: number, default: 0}}\n"
        "    rules: [{id: LARGE, if: {sum: '> 100', other: '> later'}, then: {points: 5}}, "
        "{id: WIDE, if: {sum: '> 100'}, then: {points: 5}}]\n"
    )
    pack = pack_of("points < 5 and x < 100", decisions)
    found = explain(pack, {"x": 99}, TODAY)

    assert [one.because for one in found.near_misses if one.rule == "WIDE"] == [("sum is not > 100",)]
    assert unmet(facts(pack, x=99), "LARGE") == ("sum is not > 100", "y is not known", "later is not known")
