"""The translation says what the engine does: pinned to an input, the formulas give the engine's own decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import z3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.pack import Pack, PackError, parse_pack
from engine.proofs import calendar
from engine.proofs.encoding import Encoding
from engine.proofs.terms import Scalar, Truth
from engine.proofs.texts import Texts
from tests.generators.packs import inputs, packs

DAY = date(2026, 11, 20)
SLOW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@SLOW
@given(packs(), st.lists(inputs(), min_size=2, max_size=2))
def test_the_formulas_allow_what_the_engine_decides(
    held: Any, pack: Pack, ins: list[tuple[dict[str, Any], date]]
) -> None:
    for signals, as_of in ins:
        one = held(pack, signals, as_of)
        claims = one.claims()
        assert one.allows(claims)
        if one.exact:
            assert one.forces(claims)


EXPRESSIONS = [
    "x + y > 3",
    "x - y * 2 <= edge",
    "x * 0.1 + 0.2 = 0.3",
    "x / y > 2",
    "x / 4 >= 0.25",
    "-x < y",
    "x ** 2 > 10",
    "abs(x) > abs(y)",
    "floor(x) = 2",
    "ceiling(x) = 3",
    "decimal(x, 1) = 2.2",
    "round half up(x, 0) = 3",
    "round half down(x, 0) = 2",
    "round up(x, 0) = 3",
    "round down(x, 0) = 2",
    "min(x, y, 3) = 3",
    "max([x, y]) > 4",
    "sum([x, y, 1]) = 5",
    "x between y and edge",
    "x in [y..5]",
    "x in [5..y]",
    "x in (1, 2.5, > 10)",
    "x in ([1..2], (3..4))",
    "if hit then x > 1 else y > 1",
    "(if clear then x else y) >= edge",
    "hit and clear or x > 2",
    "not(hit) or clear != hit",
    "x = null",
    "x != null and x > 0",
    'word = "low"',
    'word in ("low", "high")',
    'not(word in ("low", "high"))',
    'name < "M"',
    'name in ["B".."D"]',
    "name = other",
    "list contains(codes, name)",
    "name in codes",
    "count(codes) = 2",
    "some code in codes satisfies code = name",
    "every code in codes satisfies code < name",
    "count(codes[item = name]) = 1",
    "born < until",
    "years and months duration(born, as_of).years >= 18",
    "years and months duration(born, until).months = 1",
    "years and months duration(until, born).years < 0",
    'born + duration("P18Y") <= as_of',
    'born + duration("P1M") = until',
    'until - duration("P1Y2M") > born',
    'until + duration("P3D") > as_of',
    '(until - as_of) / duration("P1D") >= 0',
    '(until - as_of) / duration("P7D") > 1.5',
    "(until - born).days > 100",
    "until.year = 2026 and until.month = 2",
    "until.day = 29 or until.weekday = 5",
    'until >= date("2026-03-01")',
    "{a: x, b: a + 1}.b > 3",
    "[x, y][item > 2] = [3]",
    'starts with(name, "A")',
    "string length(name) > 3",
    "upper case(name) = upper case(other)",
    "x instance of number",
    'some f in facts.item satisfies f.kind = "A" and f.weight > 1',
    'count(facts.item[kind = "A"]) > 1',
    "sum(facts.item.weight) > 2",
    "modulo(x, 2) = 0",
    "x / 0 > 1",
    "is(x, y)",
    "x + null = null",
    'name + other = "AB"',
    "edge * x > x / edge",
    "(if hit then 1 else x) / 2 * edge > 3",
    "exp(x) * exp(y) / exp(x + y) > 1",
    "x ** y > 2",
    'duration("P1D") + (until - born) > duration("P3D")',
    'duration("P1M") + born < until',
    "born + (until - born) = until",
    "(until - born) / (as_of - born) > 1",
    "number(from: name, grouping separator: null, decimal separator: null) > 1",
    "floor(n: x) = 2",
    "floor(x, y) = 2",
    "list contains(facts.item, x)",
    'abs(born - until) > duration("P1D")',
    "not(x > 1, 2) = null",
    "x < null or x in null",
    "x in [null..3]",
    'name in ("A", null)',
    "x in ((> 3), (<= 1))",
    "x in (if hit then [1, 2] else [3])",
    "x in [x, name]",
    "facts.item[1].weight > 1",
    "facts.item[kind].weight = 3",
    "[{a: x}, {a: y}].a = [1, 2]",
    "[1, x][item] = 1",
    "some a in [x, y], b in [1, 2] satisfies a = b",
    "some a in 1..3 satisfies a = x",
    "every f in facts.item satisfies f.weight > y",
    "facts.item = []",
    "(if hit then {a: x} else {a: y}).a > 2",
    "(if hit then {a: x} else {b: y}) != null",
    "(if hit then x else null) > 2",
    "(if hit then clear else null) or hit",
    "[x, y] instance of list<number>",
    '@"2026-01-01" < until',
    "time(until) = null",
    "{f: function(a) a + 1, b: 2}.b > x",
    "(< 3).end > x",
    "x in (< 3)",
    "max(x) = x",
    "min(x, name) = 1",
    "sum(x, y) > 3",
    "sum([1, 2][item > x]) > 1",
    "min([x, y][item > 2]) > 3",
    "count([x, y]) = 2",
    'string length(name) = string length("abc")',
    # An item may be a range, a list, or of a kind that is not known: none of them is passed over.
    "x in [1, [x]]",
    'name in [1, "A", [2]]',
    "x in [null, y]",
    "x in [[1..y], 20]",
    "hit in [[1..y], true]",
    "x in [(< 3), 10]",
    "hit in [(< 3), true]",
    "x in [facts.item, y]",
    "name in [facts.item[1].kind]",
    'list contains([facts.item[1].kind, "Z"], name)',
    "list contains([1, null], x)",
    "(if hit then {a: 1} else {a: y}) in [x, {a: 1}]",
    "years and months duration(born, null).years = 1",
    "abs(null) = 1",
    "count(x) = 1",
    "x ** 9 > 1",
    "edge ** 2 > x",
    "{a: facts.item}.a = []",
    "[x, y][item = null] = []",
    'starts with(string: name, match: "A")',
]
NUMBERS = st.sampled_from(
    [0, 1, 2, Decimal("2.5"), 3, 4, 5, Decimal("6.5"), Decimal("0.1"), Decimal("2.15"), -3, 10**20]
)
TEXTS = st.sampled_from(["A", "B", "C", "Asha", "Zed", "low", ""])
DAYS = st.sampled_from(
    [date(2008, 2, 29), date(2008, 11, 20), date(2008, 11, 21), date(2026, 1, 31), date(2026, 2, 28), DAY]
)
VALUES = {
    "x": NUMBERS,
    "y": NUMBERS,
    "word": st.sampled_from(["low", "medium", "high"]),
    "name": TEXTS,
    "other": TEXTS,
    "hit": st.booleans(),
    "clear": st.booleans(),
    "born": DAYS,
    "until": DAYS,
    "facts.item": st.just([{"kind": "A", "weight": 2}, {"kind": "B"}]),
}
ON = st.sampled_from([date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1), DAY])


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_is_worth_what_the_engine_finds(pack_of: Callable[..., Pack], held: Any, text: str) -> None:
    """Each over inputs with and without gaps, as a decision, a verdict rule and an invariant."""
    quoted = "'" + text.replace("'", "''") + "'"
    body = f"decisions: {{d: {{expression: {quoted}}}}}\n"
    verdict = f"verdict: {{rules: [{{id: OK, if: d, verdict: approve, reason: r}}, {{id: NO, if: {quoted}, verdict: reject, reason: r, cite: [law], if_missing: skip}}]}}\n"
    try:
        pack = pack_of(body, verdict, "d = true")
    except PackError:  # a clash that the type checker sees needs no translation
        return

    @settings(max_examples=4, deadline=None, database=None)
    @given(st.fixed_dictionaries({}, optional=VALUES) | st.fixed_dictionaries(VALUES), ON)
    def check(signals: dict[str, Any], as_of: date) -> None:
        one = held(pack, signals, as_of)
        assert one.allows(one.claims())
        if one.exact:
            assert one.forces(one.claims())

    check()


@pytest.mark.parametrize(
    "body",
    [
        (
            "{hit_policy: PRIORITY, inputs: {x: x, w: word}, outputs: {o: {type: string, values: [high, low]}, n: {type: number}}, rules: "
            "[{id: A, if: {x: '< 3'}, then: {o: low, n: 1}}, {id: B, if: {w: '\"high\"'}, then: {o: high, n: x}}, {id: C, if: {w: 'not(\"low\")'}, then: {o: low, n: 3}, if_missing: skip}]}"
        ),
        (
            "{hit_policy: FIRST, inputs: {x: x, y: y}, outputs: {o: {type: string, values: [low, high], default: low}}, rules: "
            "[{id: A, if: {x: '> edge'}, then: {o: high}, if_missing: {x: 0}}, {id: B, if: {y: '[1..edge)'}, then: {o: low}}]}"
        ),
        (
            "{hit_policy: ANY, inputs: {x: x, h: hit}, outputs: {o: {type: number, values: [1, 2], default: 2}}, rules: "
            "[{id: A, if: {x: '< 3'}, then: {o: 1}}, {id: B, if: {h: 'true'}, then: {o: 1}}, {id: C, if: {x: '? + 1 > 3'}, then: {o: 7}}]}"
        ),
        (
            "{hit_policy: COLLECT MIN, inputs: {x: x}, outputs: {o: {type: number}}, rules: "
            "[{id: A, if: {x: '< 3'}, then: {o: y}}, {id: B, if: {x: '> 1'}, then: {o: 2}}]}"
        ),
        (
            "{hit_policy: COLLECT SUM, inputs: {n: name}, outputs: {o: {type: number, default: y}}, rules: "
            '[{id: A, if: {n: codes}, then: {o: 0.1}}, {id: B, if: {n: \'"B", "C"\'}, then: {o: y / x}}]}'
        ),
        (
            "{hit_policy: COLLECT, inputs: {x: x}, outputs: {o: {type: number}}, rules: "
            "[{id: A, if: {x: '< 3'}, then: {o: 1}}, {id: B, if: {x: '> 1'}, then: {o: y}}]}"
        ),
        (
            "{hit_policy: COLLECT COUNT, inputs: {x: x}, outputs: {o: {type: number}}, rules: "
            "[{id: A, if: {x: '< 3'}, then: {o: 1}}, {id: B, if: {x: '> 1'}, then: {o: 1}}]}"
        ),
        (
            "{scorecard: {base: 2, characteristics: [{id: A, input: x, bands: [{if: '< 3', points: 1}, {if: '[3..edge]', points: 5, reason: r}, {if: '-', points: 0}]},"
            " {id: B, input: y, bands: [{if: '-', points: 2}], if_missing: skip}, {id: C, input: x / y, bands: [{if: '< 1', points: 0.5}, {if: '> 1', points: 4}], if_missing: {input: 2}}]}}"
        ),
    ],
)
def test_tables_and_scorecards_are_worth_what_the_engine_finds(
    pack_of: Callable[..., Pack], held: Any, body: str
) -> None:
    kind = "d" if "o: {type: number" in body or "scorecard" in body else "null"
    verdict = "verdict: {score: d, rules: [{id: OK, if: 'true', verdict: approve, reason: r}, {id: BIG, if: 'hit', verdict: reject, reason: r, cite: [law], if_missing: {hit: false}}]}\n"
    reads = "sum(d) > 3" if "COLLECT, " in body else f"{kind} = 3" if kind == "null" else "d > 3"
    pack = pack_of(f"decisions: {{d: {body}}}\n", verdict, f'verdict = "approve" and {reads}')

    @settings(max_examples=12, deadline=None, database=None)
    @given(st.fixed_dictionaries({}, optional=VALUES) | st.fixed_dictionaries(VALUES), ON)
    def check(signals: dict[str, Any], as_of: date) -> None:
        one = held(pack, signals, as_of)
        assert one.allows(one.claims())

    check()


@given(st.dates(), st.integers(-40_000, 40_000))
@settings(max_examples=10, deadline=None)
def test_a_date_has_its_parts_and_moves_by_months_as_in_the_engine(day: date, months: int) -> None:
    pack_encoding = Encoding(_least())
    world = pack_encoding.world
    start = Scalar("date", world.fresh("Int", "day"))
    parts = calendar.parts_of(world, start.term)
    moved = calendar.moved(world, start, world.whole(months))
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    solver = z3.Solver(ctx=world.context)
    solver.add(*world.facts, *world.definitions, *world.products, start.term == day.toordinal())
    assert solver.check() == z3.sat
    assert solver.check(parts.month != day.year * 12 + day.month - 1) == z3.unsat
    assert solver.check(parts.day != day.day) == z3.unsat
    if 1 <= year <= 9999:
        last = (date(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else date.max) - timedelta(1)
        clamped = min(day.day, last.day if (year, month) != (9999, 12) else 31)
        assert solver.check(moved != date(year, month, clamped).toordinal()) == z3.unsat


def _least() -> Pack:
    text = (
        'pack: p\ntitle: t\nversion: "1"\non_missing: review\nsources: {l: {title: L}}\nsignals: {x: {type: number}}\n'
    )
    return parse_pack({"pack.yaml": text + "verdict: {rules: [{id: OK, if: x > 1, verdict: approve, reason: r}]}\n"})


def test_a_day_never_lies_further_from_the_mean_than_the_proofs_say() -> None:
    drift = max(
        abs(date(year, month, day).toordinal() - ((year * 12 + month - 1 - 12) * 30.436875 + day))
        for year in range(1, 10_000)
        for month in range(1, 13)
        for day in (1, 28)
    )
    assert drift <= calendar._DRIFT


@given(st.lists(st.text(max_size=4), min_size=1, max_size=12))
def test_strings_lie_in_their_own_order(words: list[str]) -> None:
    texts = Texts()
    places = {word: texts.place(word) for word in words}
    assert sorted(words) == sorted(words, key=places.__getitem__)
    assert all(texts.text_at(place, {}) == word for word, place in places.items())
    fresh = texts.text_at(max(places.values()) + 1, {})
    assert fresh not in places


def test_a_boolean_is_never_true_and_false_at_once(pack_of: Callable[..., Pack]) -> None:
    encoding = Encoding(pack_of("decisions: {d: {expression: 'hit and x / y > 2 or not(clear)'}}\n"))
    value = encoding.decision("d")
    assert isinstance(value, Truth)
    solver = z3.Solver(ctx=encoding.world.context)
    assert solver.check(value.yes, value.no) == z3.unsat
