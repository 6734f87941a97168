"""Equivalent mutants: what is proved is so for every input tried, and what is not of the form is not proved."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.mutation import mutate
from engine.mutation.equivalence import _points, proved_same
from engine.mutation.mutants import mutants
from engine.pack import Pack, PackError, parse_pack
from engine.pack.problems import Problems
from engine.pack.source import implicit_signals
from engine.pack.typed import Checker

HEAD = """\
pack: card
title: Card
version: "1"
on_missing: review
sources: {law: {title: The law}}
parameters: {top: {values: [{from: 2025-01-01, value: 6, source: law}]}}
signals: {x: {type: number}, w: {type: string}}
decisions:
"""
TAIL = "verdict: {rules: [{id: GO, if: 'points != null', verdict: approve, reason: fine}]}\n"


def card(*tests: str) -> Pack:
    bands = ", ".join(f"{{if: '{test}', points: {number}}}" for number, test in enumerate(tests))
    body = f"  points:\n    scorecard: {{base: 0, characteristics: [{{id: X, input: x, bands: [{bands}]}}]}}\n"
    return parse_pack({"pack.yaml": HEAD + body + TAIL})


def proved(pack: Pack) -> set[str]:
    name = "points"
    return {
        one.change
        for one in mutants(pack.typed)
        if one.kind == "rule" and one.id != "GO" and proved_same(pack.source, one.build(), name)
    }


def test_a_band_that_an_earlier_one_covers_may_overlap_it() -> None:
    assert proved(card("<= 1", "> 1")) == {
        "band > 1: »>« 1 becomes >=",
        "band > 1: > »1« becomes 0",
        "the band > 1 comes before <= 1",
    }


def test_a_gap_or_an_overlap_that_counts_is_not_proved() -> None:
    assert "band > 1: > »1« becomes 2" not in proved(card("<= 1", "> 1"))
    assert "band < 700: »<« 700 becomes <=" not in proved(card("< 650", "< 700", ">= 700"))


def test_a_limit_without_a_value_before_its_first_date_is_not_proved() -> None:
    assert proved(card("<= top", "> top")) == set()
    assert proved(card("<= x", "> 1")) == set()


def test_tests_on_words_in_order_are_not_proved() -> None:
    table = (
        "  points:\n    hit_policy: FIRST\n    inputs: {w: w}\n    outputs: {out: {type: number, default: 0}}\n"
        "    rules: [{id: A, if: {w: '< \"b\"'}, then: {out: 1}}, {id: B, if: {w: '>= \"b\"'}, then: {out: 2}}]\n"
    )
    assert proved(parse_pack({"pack.yaml": HEAD + table + TAIL})) == set()


def test_rows_of_a_first_table_that_exclude_each_other_may_change_places() -> None:
    table = (
        "  points:\n    hit_policy: FIRST\n    inputs: {w: w}\n    outputs: {out: {type: number, default: 0}}\n"
        "    rules: [{id: A, if: {w: '\"a\"'}, then: {out: 1}}, {id: B, if: {w: '\"b\"'}, then: {out: 2}}]\n"
    )
    assert proved(parse_pack({"pack.yaml": HEAD + table + TAIL})) == {"B comes before A"}


def test_a_proved_mutant_stands_apart_from_the_score() -> None:
    body = (
        "  points:\n    scorecard: {base: 0, characteristics: [{id: X, input: x, bands: "
        "[{if: '<= 1', points: 0}, {if: '> 1', points: 5}]}]}\n"
    )
    verdict = "verdict: {score: points, rules: [{id: GO, if: 'points != null', verdict: approve, reason: fine}]}\n"
    cases = "".join(
        f"- {{case: X{x}, as_of: 2026-11-20, signals: {{x: {x}}}, expect: {{verdict: approve, risk.score: {score}}}}}\n"
        for x, score in ((0, 0), (1, 0), (2, 5))
    )
    report = mutate(parse_pack({"pack.yaml": HEAD + body + verdict, "cases/a.yaml": cases}))

    assert report.to_dict()["equivalent"] == 3
    assert not any(one.mutant.id == "X" and one.mutant.operator == "comparison" for one in report.survivors)


tests = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["<", "<=", ">", ">=", "!="]), st.sampled_from(["1", "2", "2.5", "top"])),
    st.builds("[{}..{})".format, st.sampled_from(["0", "1"]), st.sampled_from(["2", "top"])),
    st.sampled_from(["1", "1, 2", "not(2)"]),
)
values = st.sampled_from([Decimal(value) / 4 for value in range(-4, 32)])


@given(st.lists(tests, min_size=1, max_size=3), st.lists(values, min_size=8, max_size=8))
def test_what_is_proved_decides_alike(bands: list[str], given_values: list[Decimal]) -> None:
    pack = card(*bands)
    for one in mutants(pack.typed):
        source = one.build()
        if one.kind != "rule" or one.id == "GO" or not proved_same(pack.source, source, "points"):
            continue
        problems = Problems(10)
        other = Pack(Checker(source, {**source.signals, **implicit_signals(source)}, problems).check())
        for value in [*given_values, None]:
            signals = {} if value is None else {"x": value}
            for as_of in (date(2024, 1, 1), date(2026, 1, 1)):
                ours, theirs = (each.decide(signals, as_of) for each in (pack, other))
                assert (ours.value("points"), ours.fired, ours.verdict) == (
                    theirs.value("points"),
                    theirs.fired,
                    theirs.verdict,
                ), (one.change, value)


def test_the_sample_packs_load() -> None:
    with pytest.raises(PackError):
        card("nobody")


@pytest.mark.parametrize("test", ["< x", "1, > y", 'not("a"), 3', "[1..w]"])
def test_tests_that_are_more_than_constants_are_not_proved(test: str) -> None:
    try:
        pack = card(test, "> 1")
    except PackError:
        return
    assert not any("> 1" in change and ">=" in change for change in proved(pack))


def test_two_changes_at_once_and_rows_with_substitutes_are_not_proved() -> None:
    two = (
        "  points:\n    scorecard: {base: 0, characteristics: [{id: X, input: x, bands: [{if: '<= 1', points: 0}, "
        "{if: '> 1', points: 5}]}, {id: Y, input: x, bands: [{if: '> 0', points: 1}, {if: '<= 0', points: 0}]}]}\n"
    )
    pack = parse_pack({"pack.yaml": HEAD + two + TAIL})
    one = next(each for each in mutants(pack.typed) if each.operator == "deleted" and each.id == "X")
    assert not proved_same(pack.source, one.build(), "points")
    assert not proved_same(pack.source, pack.source, "points")

    filled = (
        "  points:\n    hit_policy: FIRST\n    inputs: {x: x}\n    outputs: {out: {type: number, default: 0}}\n"
        "    rules: [{id: A, if: {x: '> 1'}, then: {out: 1}, if_missing: {x: 3}}, {id: B, if: {x: '<= 1'}, then: {out: 2}}]\n"
    )
    assert proved(parse_pack({"pack.yaml": HEAD + filled + TAIL})) == set()


def test_too_many_values_or_values_of_two_kinds_are_not_tried() -> None:
    many = ", ".join(str(number) for number in range(500))
    assert proved(card(many, "> 1")) == set()
    assert list(_points({1, "a"})) == []


def test_a_mutant_that_repeats_another_counts_once() -> None:
    body = (
        "  points:\n    scorecard: {base: 0, characteristics: [{id: X, input: x, bands: "
        "[{if: '<= 1', points: 0}, {if: '<= 1', points: 0}, {if: '> 1', points: 5}]}]}\n"
    )
    cases = "- {case: One, as_of: 2026-11-20, signals: {x: 1}, expect: {verdict: approve}}\n"
    report = mutate(parse_pack({"pack.yaml": HEAD + body + TAIL, "cases/a.yaml": cases}))

    assert report.to_dict()["same"] >= 1
