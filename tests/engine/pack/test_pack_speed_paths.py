"""Every quick way beside the long one: what is fast gives what is slow, over generated packs, inputs and values."""

from __future__ import annotations

import json
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.feel import evaluate_unary_tests, parse_unary_tests
from engine.feel.parser import PROPERTIES, _Parser, _read
from engine.feel.plain_tests import plain_tests, plain_value
from engine.feel.types import DATE, NUMBER
from engine.feel.values import YearsMonths
from engine.pack import Pack, SignalError, emit_tables, hit_policy, outcomes, parse_pack, recall
from engine.pack.admit import NOT_PROVIDED, admission
from engine.pack.canonical import canonical, canonical_text, digest_of, to_json
from engine.pack.columns import SimpleCell, build_index, simple_cell
from engine.pack.digests import ENGINE_VERSION
from engine.pack.model import SignalSpec
from engine.pack.problems import Place
from engine.pack.trace import _value
from engine.pack.writer import Writer
from engine.signal import Missing, Reason
from tests.generators.packs import inputs, packs

DAY = date(2026, 11, 20)
SLOW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
SMALL = settings(deadline=None)


def _told(pack: Pack, signals: dict[str, Any], as_of: date) -> tuple[Any, ...]:
    decision = pack.decide(signals, as_of)
    return decision.digest, decision.trace_json, decision.answer(), decision.outcomes


# -- tables


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


# -- columns

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


# -- signals

SPECS = {
    "number": SignalSpec("x", "number", Place("f")),
    "ratio": SignalSpec("x", "number", Place("f"), low=0, high=1),
    "between": SignalSpec("x", "number", Place("f"), low=Decimal("-0.5"), high=Decimal("2.5")),
    "listed": SignalSpec("x", "number", Place("f"), values=(1, 2)),
    "string": SignalSpec("x", "string", Place("f")),
    "word": SignalSpec("x", "string", Place("f"), values=("a", "b")),
    "boolean": SignalSpec("x", "boolean", Place("f")),
    "date": SignalSpec("x", "date", Place("f")),
    "recent": SignalSpec("x", "date", Place("f"), low=date(2020, 1, 1)),
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([10**33, 10**34 - 1, 10**34, -(10**34), 10**400]),
    st.floats(),
    st.sampled_from([0.5, 1.0, 2.5, -0.5, 1e-320]),
    st.decimals(),
    st.sampled_from(
        [
            *(Decimal(text) for text in ("1E+9999", "1E-401", "1E-400", "1E-399", "NaN", "sNaN", "Infinity")),
            *(Decimal(text) for text in ("0E-420", "0E-400", "0E+400", "0E+500", "-0", "0.5" + "0" * 40)),
            Decimal("0." + "3" * 35),
        ]
    ),
    st.sampled_from(["a", "b", "c", "2026-11-20", "x" * 10_001]),
    st.dates(),
    st.datetimes(),
    st.just(NOT_PROVIDED),
    st.just(Missing(Reason.STALE)),
    st.just([]),
)


@pytest.mark.parametrize("name", sorted(SPECS))
@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_the_door_written_in_line_admits_what_the_full_check_admits(name: str, value: object) -> None:
    spec, pack = SPECS[name], _door(name)
    missing: dict[str, Missing] = {}
    faults: list[Any] = []
    admitted = admission(spec)(value, missing, faults)
    if faults:
        with pytest.raises(SignalError) as caught:
            pack.decide({"x": value}, DAY)
        assert caught.value.problems == tuple(faults)
        return
    run = pack.decide({"x": value}, DAY).run
    assert run.signals == (admitted,)
    assert type(run.signals[0]) is type(admitted)
    assert run.missing == missing


@pytest.mark.parametrize("text", ["0E-420", "0E+500", "1E-401", "NaN", "0." + "3" * 35])
def test_a_decimal_beyond_the_limits_is_refused_in_line_too(text: str) -> None:
    with pytest.raises(SignalError):
        _door("ratio").decide({"x": Decimal(text)}, DAY)


@pytest.mark.parametrize(
    ("value", "admitted"),
    [
        ("0.50", True),
        ("0", True),
        ("-1", True),
        ("1E+30", True),
        ("1E-399", True),
        ("0E-420", False),
        ("NaN", False),
        ("sNaN", False),
        ("0." + "3" * 35, False),
        (None, True),
    ],
)
def test_a_decimal_in_a_fact_meets_the_limits_of_numbers(value: str | None, admitted: bool) -> None:
    number = None if value is None else Decimal(value)
    if admitted:
        assert _one_fact().decide({"x": [{"n": number}]}, DAY).run.signals == ([{"n": number}],)
        return
    with pytest.raises(SignalError):
        _one_fact().decide({"x": [{"n": number}]}, DAY)


def test_a_fact_of_one_field_is_copied_or_refused() -> None:
    fact = {"n": 1}
    taken = _one_fact().decide({"x": [fact, {}]}, DAY).run.signals[0]
    assert taken == [fact, {"n": None}]
    assert taken[0] is not fact
    for refused in ({"m": 1}, {"n": 1, "m": 2}, 1):
        with pytest.raises(SignalError):
            _one_fact().decide({"x": [fact, refused]}, DAY)


@cache
def _one_fact() -> Pack:
    text = """pack: p
title: T
version: "1"
on_missing: review
signals: {x: {type: list, fields: {n: {type: number}}}}
verdict:
  rules: [{id: OK, if: 'count(x) = 1', verdict: approve, reason: r}]
"""
    return parse_pack({"pack.yaml": text})


@SMALL
@given(st.dictionaries(st.sampled_from([f"s{n}" for n in range(8)]), st.integers(0, 9)), st.booleans())
def test_few_signals_and_most_of_them_are_taken_alike(signals: dict[str, int], stranger: bool) -> None:
    names = [f"s{n}" for n in range(8)]
    given_ = {**signals, "stranger": 1} if stranger else signals
    if stranger:
        for one in (given_, MappingProxyType(given_)):
            with pytest.raises(SignalError, match="stranger"):
                _eight().decide(one, DAY)
        return
    runs = [_eight().decide(one, DAY).run for one in (given_, MappingProxyType(given_))]
    assert runs[0] == runs[1]
    assert runs[0].signals == tuple(signals.get(name) for name in names)
    assert runs[0].missing == {name: NOT_PROVIDED for name in names if name not in signals}
    assert given_ == signals  # what was handed in is not added to


@cache
def _eight() -> Pack:
    declared = "".join(f"  s{n}: {{type: number}}\n" for n in range(8))
    text = f"""pack: p
title: T
version: "1"
on_missing: review
signals:
{declared}verdict:
  rules: [{{id: OK, if: 's0 = s0', verdict: approve, reason: r}}]
"""
    return parse_pack({"pack.yaml": text})


@cache
def _door(name: str) -> Pack:
    spec = SPECS[name]
    options: dict[str, Any] = {"type": spec.type}
    if spec.values is not None:
        options["values"] = list(spec.values)
    if spec.low is not None:
        high = date(2100, 1, 1) if spec.high is None else spec.high
        options["range"] = [spec.low, high]
    shown = ", ".join(f"{key}: {_yaml(value)}" for key, value in options.items())
    text = f"""pack: p
title: T
version: "1"
on_missing: review
signals: {{x: {{{shown}}}}}
verdict:
  rules: [{{id: OK, if: 'x = x', verdict: approve, reason: r}}]
"""
    return parse_pack({"pack.yaml": text})


def _yaml(value: Any) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


SPECS["recent"] = SignalSpec("x", "date", Place("f"), low=date(2020, 1, 1), high=date(2100, 1, 1))

FIELD = {
    "n": st.one_of(
        st.none(), st.integers(-3, 3), st.floats(), st.decimals(), st.just("a"), st.just(Missing(Reason.STALE))
    ),
    "k": st.one_of(st.none(), st.sampled_from(["a", "b", "c"]), st.integers(0, 1)),
    "d": st.one_of(st.none(), st.dates(), st.just("2026-11-20"), st.just("x")),
    "b": st.one_of(st.none(), st.booleans(), st.integers(0, 1)),
}
FACTS = """pack: p
title: T
version: "1"
on_missing: review
signals:
  facts.one: {type: list, fields: {n: {type: number, range: [0, 2]}, k: {type: string, values: [a, b]}, d: date, b: boolean}}
verdict:
  rules: [{id: OK, if: 'count(facts.one) = 0', verdict: approve, reason: r}]
"""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=FIELD), max_size=3), st.booleans())
def test_plain_facts_are_admitted_as_any_mapping_is(facts: list[dict[str, Any]], stray: bool) -> None:
    if stray and facts:
        facts[0]["other"] = 1
    pack = _facts_pack()
    full: list[Any] = []
    for given_ in (facts, [MappingProxyType(fact) for fact in facts]):
        try:
            full.append(pack.decide({"facts.one": given_}, DAY).run.signals)
        except SignalError as error:
            full.append(error.problems)
    assert full[0] == full[1]
    assert repr(full[0]) == repr(full[1])


@cache
def _facts_pack() -> Pack:
    return parse_pack({"pack.yaml": FACTS})


def test_a_fact_that_was_admitted_is_a_copy() -> None:
    fact = {"n": 1, "k": "a", "d": DAY, "b": True}
    admitted = _facts_pack().decide({"facts.one": [fact]}, DAY).run.signals[0]
    fact["n"] = 2
    assert admitted == [{"n": 1, "k": "a", "d": DAY, "b": True}]


def test_a_dictionary_with_every_name_but_the_right_one_is_refused(example: Pack, clean: dict[str, Any]) -> None:
    whole = {name: clean.get(name, NOT_PROVIDED) for name in example.source.signals}
    assert example.decide(whole, DAY).digest == example.decide(clean, DAY).digest
    renamed = {("other" if name == "pan.status" else name): value for name, value in whole.items()}
    with pytest.raises(SignalError):
        example.decide(renamed, DAY)


# -- cells

CELL = st.one_of(
    st.from_regex(r"(<=|>=|!=|<|>|=) ?-?[0-9]{1,3}(\.[0-9]{1,2})?", fullmatch=True),
    st.from_regex(r"[\[(\]]-?[0-9]{1,3}\.\.-?[0-9]{1,3}(\.[0-9])?[\])\[]", fullmatch=True),
    st.from_regex(r'"[a-zA-Z ,.()]{0,5}"(, ?"[a-z]{0,3}"){0,3}', fullmatch=True),
    st.from_regex(r"-?[0-9]{1,36}(\.[0-9]{1,36})?", fullmatch=True),
    st.text('0123456789.-<>="[]() ,a', max_size=10),
)


@settings(max_examples=500, deadline=None)
@given(CELL)
def test_cells_read_at_a_glance_have_the_tree_that_the_parser_gives(text: str) -> None:
    glance = plain_tests(text)
    if glance is not None:
        assert glance == _read(text, ((), PROPERTIES, ()), _Parser.unary_tests)
        assert repr(glance) == repr(_read(text, ((), PROPERTIES, ()), _Parser.unary_tests))
    value = plain_value(text)
    if value is not None:
        assert repr(value) == repr(_read(text, ((), PROPERTIES, ()), _Parser.expression))


@pytest.mark.parametrize("text", ['"A"', '"A", "B"', "< 18", ">= -3.5", "[650..750)", "]1..2[", "5", "-5", "0.60"])
def test_the_cells_of_most_tables_are_read_at_a_glance(text: str) -> None:
    assert plain_tests(text) is not None


@pytest.mark.parametrize("text", ["-", "", "x", "< x", '"a\\n"', "not(1)", "1,2", "007", "1e3", "[1..x]", "true"])
def test_whatever_is_not_plain_is_left_to_the_parser(text: str) -> None:
    assert plain_tests(text) is None


# -- texts

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    st.sampled_from(
        [Decimal("1E+3"), Decimal("0.00001"), Decimal("-0.0"), Decimal("1E-9"), Decimal("123456789012345.6")]
    ),
    st.text(max_size=5),
    st.dates(),
    st.datetimes(),
    st.builds(YearsMonths, st.integers(-100, 100)),
    st.sampled_from([Missing(reason) for reason in Reason]),
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def _dumped(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(ANY)
def test_canonical_texts_are_the_json_of_canonical_values(value: object) -> None:
    assert canonical_text(value) == _dumped(canonical(value))


@settings(max_examples=150, deadline=None)
@given(ANY)
def test_values_of_a_trace_are_their_plain_json(value: object) -> None:
    assert _value(value) == json.dumps(to_json(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def test_a_value_without_canonical_form_is_spelled_by_its_kind() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "odd"

    assert canonical_text(Odd()) == '["Odd","odd"]'
    assert canonical_text([Odd()]) == '["list","[odd]"]'


@SLOW
@given(packs(), inputs())
def test_the_digest_is_of_the_whole_content_in_canonical_form(pack: Pack, given_: tuple[Any, date]) -> None:
    signals, as_of = given_
    decision = pack.decide(signals, as_of)
    run = decision.run
    states: dict[str, list[Any]] = {"fired": [], "undecided": [], "skipped": []}
    for outcome in decision.outcomes:
        if outcome.state != "not_fired":
            states[outcome.state].append([outcome.rule.id, canonical(outcome.points)])
    content = {
        "pack": pack.digest,
        "engine": ENGINE_VERSION,
        "as_of": as_of.isoformat(),
        "signals": {
            name: canonical(run.missing.get(name, value))
            for name, value in zip(pack.typed.signals, run.signals, strict=True)
        },
        "decisions": {
            name: json.loads(canonical_text(value))
            for name, value in zip(pack.decision_index, run.decisions, strict=True)
        },
        "rules": states,
        "verdict": decision.verdict.value,
        "floored": run.floored,
        "route": None if decision.route is None else decision.route.id,
        "warnings": [[warned.code, warned.rule] for warned in decision.warnings],
    }
    assert decision.digest == digest_of(content)
    assert json.loads(decision.trace_json) == decision.trace
    assert decision.notable == tuple(one for one in decision.outcomes if one.state != "not_fired")
    assert [one.rule.id for one in decision.outcomes] == list(pack.rules)
    for state in ("fired", "not_fired", "undecided", "skipped"):
        assert decision.rules(state) == tuple(one.rule.id for one in decision.outcomes if one.state == state)


def test_the_code_that_decides_can_be_read(example: Pack) -> None:
    source = example.program.source(DAY)
    assert "def decide(signals, as_of):" in source
    compile(source, "source", "exec")


def test_an_outcome_that_finds_no_room_is_worked_out_again() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emit_tables, "MAX_CLASS_TUPLES", 0)
        patch.setattr(hit_policy, "MAX_MEMO_ENTRIES", 1)
        pack = _pack([("-", f"> {n}", "-", 1) for n in range(4)], "COLLECT SUM")
        for _ in range(2):
            assert [pack.decide({"w": "a", "n": n, "b": True}, DAY).value("d") for n in range(4)] == [None, 1, 2, 3]


@pytest.mark.parametrize(
    ("subject", "cell", "simple"),
    [
        ("x", "< 3", True),
        ("d", '< date("2026-01-31")', True),
        ("d", '[@"2026-01-01"..@"2026-02-01"]', True),
        ("d", "< date(2026, 1, 31)", False),
        ("x", "< abs(3)", False),
        ("x", "-3", True),
        ("l", 'list contains(?, "a")', False),
        ("x", "[y..3]", False),
    ],
)
def test_a_cell_is_simple_where_its_ends_are_constants(subject: str, cell: str, simple: bool) -> None:
    text = f"""pack: p
title: T
version: "1"
on_missing: review
signals: {{x: {{type: number}}, y: {{type: number}}, d: {{type: date}}, l: {{type: list, items: string}}}}
decisions:
  t:
    inputs: {{c: {subject}}}
    outputs: {{o: {{type: number}}}}
    rules: [{{id: R, if: {{c: '{cell}'}}, then: {{o: 1}}}}]
verdict:
  rules: [{{id: OK, if: t = 1, verdict: approve, reason: r}}]
"""
    pack = parse_pack({"pack.yaml": text})
    assert bool(emit_tables.split_cells(pack.typed.decisions[0].columns[0], {})[0]) is simple


def test_facts_with_a_field_that_is_never_plain_go_through_the_full_check() -> None:
    text = FACTS.replace("b: boolean", "b: date and time")
    pack = parse_pack({"pack.yaml": text})
    moment = "2026-11-20T10:00:00"
    found = pack.decide({"facts.one": [{"n": 1, "k": "a", "d": "2026-11-20", "b": moment}]}, DAY).run.signals[0]
    assert found == [{"n": 1, "k": "a", "d": DAY, "b": datetime.fromisoformat(moment)}]


@pytest.mark.parametrize("cell", ['< date("2026-02-31")', "(< 5)", "[5..3]", 'date("2026-01-01", 1)', "< null"])
def test_a_cell_that_has_no_sound_ends_is_not_simple(cell: str) -> None:
    kind = DATE if "date" in cell else NUMBER
    assert simple_cell(parse_unary_tests(cell), kind, {}) is None


def test_items_of_a_list_that_declares_none_are_refused() -> None:
    faults: list[Any] = []
    assert admission(SignalSpec("x", "list", Place("f")))([1], {}, faults) is None
    assert [fault.got for fault in faults] == ["a number"]
