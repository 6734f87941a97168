"""Tables recalled by classes of values decide as tables of row sets do, over generated packs, inputs and values."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.feel import evaluate_unary_tests
from engine.pack import Pack, emit_tables, hit_policy, outcomes, parse_pack, recall
from engine.pack.columns import SimpleCell, build_index
from engine.pack.writer import Writer
from tests.generators.packs import inputs, packs

DAY = date(2026, 11, 20)
SLOW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
SMALL = settings(deadline=None)


def _told(pack: Pack, signals: dict[str, Any], as_of: date) -> tuple[Any, ...]:
    decision = pack.decide(signals, as_of)
    return decision.digest, decision.trace_json, decision.answer(), decision.outcomes


@SLOW
@given(packs(), st.lists(inputs(), min_size=1, max_size=4))
def test_recalled_tables_decide_as_tables_of_row_sets_do(pack: Pack, given_: list[tuple[Any, date]]) -> None:
    by_classes = [_told(pack, *one) for one in given_]
    assert [_told(pack, *one) for one in given_] == by_classes  # now all of it is recalled
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emit_tables, "MAX_CLASS_TUPLES", 0)
        by_sets = Pack(pack.typed)
        assert [_told(by_sets, *one) for one in given_] == by_classes
    assert all("_T" not in by_sets.program.source(as_of) for _, as_of in given_)


POLICIES: dict[str, Callable[[list[int]], Any]] = {
    "UNIQUE": lambda found: found[0] if len(found) == 1 else None,
    "ANY": lambda found: found[0] if len(set(found)) == 1 else None,
    "PRIORITY": lambda found: max(found, default=None),
    "FIRST": lambda found: found[0] if found else None,
    "RULE ORDER": list,
    "OUTPUT ORDER": lambda found: sorted(found, reverse=True),
    "COLLECT": list,
    "COLLECT SUM": lambda found: sum(found) if found else None,
    "COLLECT MIN": lambda found: min(found, default=None),
    "COLLECT MAX": lambda found: max(found, default=None),
    "COLLECT COUNT": len,
}
ROW = st.tuples(
    st.sampled_from(["-", '"a"', '"a","b"', 'not("a")', '!= "b"']),
    st.sampled_from(["-", "< 3", "[2..5)", "(2..5]", "5", ">= 4", "not(3)", "1,4", "> 2.5"]),
    st.sampled_from(["-", "true", "false"]),
    st.integers(0, 3),
)
INPUT = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([0, 1, 2, Decimal("2.5"), 3, 4, Decimal("5.0"), 6]),
    st.booleans(),
)


def _pack(rows: list[tuple[str, str, str, int]], policy: str) -> Pack:
    listed = ", values: [3, 2, 1, 0]" if policy in {"PRIORITY", "OUTPUT ORDER"} else ""
    lines = [
        f"      - {{id: R{n}, if: {{w: '{w}', n: '{number}', b: '{b}'}}, then: {{o: {o}}}}}"
        for n, (w, number, b, o) in enumerate(rows)
    ]
    text = "\n".join(
        [
            'pack: p\ntitle: T\nversion: "1"\non_missing: review',
            "signals: {w: {type: string}, n: {type: number}, b: {type: boolean}}",
            f"decisions:\n  d:\n    hit_policy: {policy}\n    inputs: {{w: w, n: n, b: b}}",
            f"    outputs: {{o: {{type: number{listed}}}}}\n    rules:",
            *lines,
            "verdict:\n  rules: [{id: OK, if: 'true', verdict: approve, reason: r}]\n",
        ]
    )
    return parse_pack({"pack.yaml": text})


@pytest.mark.parametrize("limit", [0, 1 << 20])
@SLOW
@given(st.sampled_from(sorted(POLICIES)), st.lists(ROW, min_size=1, max_size=8), st.lists(INPUT, max_size=6))
def test_every_hit_policy_makes_of_matching_rows_what_its_name_says(
    limit: int, policy: str, rows: list[tuple[str, str, str, int]], given_: list[tuple[Any, ...]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emit_tables, "MAX_CLASS_TUPLES", limit)
        pack = _pack(rows, policy)
        for values in given_:
            matching = [
                row[3]
                for row in rows
                if all(
                    cell == "-" or evaluate_unary_tests(cell, value) for cell, value in zip(row, values, strict=False)
                )
            ]
            decision = pack.decide(dict(zip("wnb", values, strict=True)), DAY)
            assert decision.value("d") == POLICIES[policy](matching)


def test_of_the_rows_that_match_by_priority_one_fires_and_none_is_undecided() -> None:
    rows = [("-", "> 2.5", "-", 1), ("-", ">= 4", "-", 3), ('"a"', "-", "-", 3)]
    for limit in (0, 1 << 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(emit_tables, "MAX_CLASS_TUPLES", limit)
            decision = _pack(rows, "PRIORITY").decide({"w": "a", "n": 6, "b": True}, DAY)
            assert decision.fired == ("R1", "OK")
            assert decision.rules("undecided") == ()
            assert decision.unknowns == ()


def test_a_column_that_no_row_looks_at_may_hold_anything() -> None:
    text = """pack: p
title: T
version: "1"
on_missing: review
signals: {l: {type: list, items: string}, x: {type: number}}
decisions:
  d:
    inputs: {l: l, x: x}
    outputs: {o: {type: number}}
    rules: [{id: R, if: {x: "> 1"}, then: {o: 1}}]
verdict:
  rules: [{id: OK, if: d = 1, verdict: approve, reason: r}]
"""
    pack = parse_pack({"pack.yaml": text})
    assert pack.decide({"l": ["a"], "x": 2}, DAY).value("d") == 1
    assert pack.decide({"x": 2}, DAY).value("d") == 1


def test_what_is_remembered_is_bounded() -> None:
    pack = _pack([("-", f"> {n}", "-", 1) for n in range(40)], "COLLECT SUM")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recall, "MAX_MEMO_ENTRIES", 5)
        patch.setattr(outcomes, "MAX_REMEMBERED", 200)
        small = Pack(pack.typed)
        for n in range(60):
            assert small.decide({"w": "a", "n": n, "b": True}, DAY).value("d") == (min(n, 40) or None)
            assert small.decide({"w": "a", "n": n, "b": True}, DAY).trace["decisions"]["d"]["value"] == (
                min(n, 40) or None
            )
        assert 0 < len(small.program.span(DAY)[0].__globals__["_T0"]) <= 5
        assert all(0 < len(step._known) <= 5 for step, _, _ in small.outlook._steps)


def test_threads_that_share_a_pack_decide_alike(example: Pack, clean: dict[str, Any]) -> None:
    signals = [{**clean, "bureau.score": score} for score in range(300, 900, 7)]
    wanted = [example.decide(one, DAY).digest for one in signals]
    fresh = Pack(example.typed)
    found: list[list[str]] = []

    def work() -> None:
        found.append([fresh.decide(one, DAY).digest for one in signals])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 4


def test_an_outcome_that_finds_no_room_is_worked_out_again() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emit_tables, "MAX_CLASS_TUPLES", 0)
        patch.setattr(hit_policy, "MAX_MEMO_ENTRIES", 1)
        pack = _pack([("-", f"> {n}", "-", 1) for n in range(4)], "COLLECT SUM")
        for _ in range(2):
            assert [pack.decide({"w": "a", "n": n, "b": True}, DAY).value("d") for n in range(4)] == [None, 1, 2, 3]


def test_the_code_that_decides_can_be_read(example: Pack) -> None:
    source = example.program.source(DAY)
    assert "def decide(signals, as_of):" in source
    compile(source, "source", "exec")


ENDS = {
    "number": st.one_of(st.integers(-9, 9), st.decimals(-9, 9, places=1)),
    "string": st.text("abc", max_size=2),
    "date": st.dates(date(2024, 1, 1), date(2024, 2, 1)),
}
ATOM = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


@pytest.mark.parametrize("kind", sorted(ENDS))
@SMALL
@given(st.data())
def test_the_class_of_a_value_leads_to_the_rows_that_accept_it(kind: str, data: st.DataObject) -> None:
    term = st.lists(st.tuples(ATOM, ENDS[kind]), max_size=2).map(tuple)
    cells = data.draw(st.lists(st.builds(SimpleCell, st.lists(term, max_size=2).map(tuple), st.booleans()), max_size=6))
    index = build_index(list(enumerate(cells)), 0)
    assert len(index.sets) <= 2 * len(index.ends) + 1
    assert all(one != other for one, other in zip(index.sets, index.sets[1:], strict=False))
    writer = Writer({"_bl": bisect_left, "_br": bisect_right})
    for value in data.draw(st.lists(ENDS[kind], min_size=1)):
        rows = sum(1 << row for row, cell in enumerate(cells) if _accepts(cell, value))
        assert index.rows(value) == rows
        if index.by_value is None:
            source = emit_tables.class_source(writer, "x", index, "value")
            assert index.sets[eval(source, writer.known, {"value": value})] == rows


def _accepts(cell: SimpleCell, value: Any) -> bool:
    tests = {
        "=": lambda end: value == end,
        "!=": lambda end: value != end,
        "<": lambda end: value < end,
        "<=": lambda end: value <= end,
        ">": lambda end: value > end,
        ">=": lambda end: value >= end,
    }
    return any(all(tests[op](end) for op, end in term) for term in cell.terms) is not cell.negated
