"""Corners of the format: wrong kinds everywhere, limits, odd cells, and values that only dates or decimals have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.pack import Pack, PackError, PackProblem, parse_pack
from engine.pack.canonical import canonical, digest_of, to_json
from engine.pack.limits import MAX_COLUMNS, MAX_FILES, MAX_NAMES, MAX_PATTERN_TERMS
from engine.signal import Missing, Reason

Refused = Callable[..., tuple[PackProblem, ...]]
Build = Callable[..., Pack]
DAY = date(2026, 11, 20)
ROW = "{id: R, if: {x: '1'}, then: {o: 1}}"


def _table(rules: str = ROW, outputs: str = "{o: number}", more: str = "") -> str:
    return (
        "signals: {x: {type: number}, d: {type: date}, s: {type: string}}\n"
        f"decisions: {{t: {{inputs: {{x: x}}, outputs: {outputs}, rules: [{rules}]{more}}}}}\n"
    )


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("signals: [x]\n", "a signal is a list"),
        ("parameters: x\n", "a parameter is a text"),
        ("parameters: {p: {values: {a: 1}}}\n", "values of p is a mapping"),
        ("parameters: {p: {values: [{from: 2020-01-01, value: {a: 1}, source: law}]}}\n", "a value of p is a mapping"),
        ("parameters: {p: {values: [{from: 2020-01-01, value: [], source: law}]}}\n", "a value of p is a list"),
        ("parameters: {p: {unit: 5, values: [{from: 2020-01-01, value: 1, source: law}]}}\n", "unit of p is a number"),
        ("signals: {x: 5}\n", "signal x is a number"),
        ("signals: {x: {type: number, pii: 1}}\n", "pii of x is a number"),
        ("signals: {x: {type: string, values: [a, a]}}\n", "repeat"),
        ("checks: {c: {needs: ['X Y'], provides: [], timeout_s: 1}}\n", "names no signal or document"),
        ("checks: {c: {needs: [], provides: [], timeout_s: 1, retries: 99}}\n", "retries of c is a number"),
        ("checks: {c: {needs: [], provides: [], timeout_s: yes}}\n", "timeout_s of c is a text"),
        ("decisions: {d: {expression: [1]}}\n", "expression of d is a list"),
        ("decisions: {d: {}}\n", "has no expression"),
        ("decisions: {d: {expression: 1, type: nombre}}\n", "cannot be nombre"),
        (_table("5"), "a rule of t is a number"),
        (_table("{id: R, if: [x], then: {o: 1}}"), "the condition of rule R is a list"),
        (_table("{id: R, if: {x: [1]}, then: {o: 1}}"), "cell x of rule R is a list"),
        (_table("{id: 'R 1', then: {o: 1}}"), "cannot be the id"),
        (_table("{id: R, then: {o: 1}, if_missing: {x: [1]}}"), "if_missing of rule R is a list"),
        (_table("{id: R, then: {o: 1}, if_missing: 5}"), "if_missing of rule R is a number"),
        (_table("{id: R, then: {o: 1}, reason: [x], cite: [law]}"), "reason of rule R is a list"),
        (_table(outputs="{}"), "has no output"),
        (_table(outputs="{o: {type: number, values: [1, 1]}}"), "empty, repeat or clash"),
        (_table(outputs="{o: {type: number, values: []}}"), "empty, repeat or clash"),
        (_table(outputs="{o: [1]}"), "output o of t is a list"),
        (_table(more=", hit_policy: [1]"), "hit_policy of t is a list"),
        ("decisions: {c: {scorecard: {characteristics: []}}}\n", "scorecard c is empty"),
        (
            "decisions: {c: {scorecard: {characteristics: [{id: C, input: 1, bands: [{if: '-', points: 1}], if_missing: {z: 1}}]}}}\n",
            "names a column",
        ),
        ("decisions: {c: {scorecard: {base: x, characteristics: []}}}\n", "base of c is a text"),
        (
            "routes: [{id: A, queue: q, priority: 1, due: 1h, role: r, four_eyes: yes}]\n",
            "four_eyes of route A is a text",
        ),
        ("routes: [{id: A, queue: q, priority: 1, due: 1h, role: r, actions: x}]\n", "actions of route A is a text"),
        ("routes: [{id: A, queue: 'Q 1', priority: 1, due: 1h, role: r}]\n", "cannot be queue"),
        ("invariants: [{id: I}]\n", "an invariant has no text"),
        (f"note: {'x' * 3000}\n", "longer than 2000"),
        ("sources: {}\n", "duplicate key sources"),
    ],
)
def test_a_wrong_kind_is_said_where_it_stands(refused: Refused, body: str, part: str) -> None:
    problems = refused(body)
    assert any(part in problem.message for problem in problems), problems


def test_a_verdict_without_rules_is_refused(refused: Refused) -> None:
    assert "empty" in {problem.code for problem in refused("", "verdict: {rules: []}\n")}


def test_sizes_are_limited(refused: Refused) -> None:
    signals = "signals: {" + ", ".join(f"x{n}: {{type: number}}" for n in range(MAX_NAMES + 1)) + "}\n"
    assert "limit" in {problem.code for problem in refused(signals)}
    inputs = ", ".join(f"c{n}: '1'" for n in range(MAX_COLUMNS + 1))
    wide = f"decisions: {{t: {{inputs: {{{inputs}}}, outputs: {{o: number}}, rules: [{{id: R, then: {{o: 1}}}}]}}}}\n"
    assert "limit" in {problem.code for problem in refused(wide)}
    condition = " and ".join(["a.n = 1"] * (MAX_PATTERN_TERMS + 1))
    pattern = (
        "signals: {facts.x: {type: list, fields: {n: number}}}\n"
        f"patterns: [{{id: P, over: {{a: x}}, if: '{condition}', sets: {{patterns.p: true}}}}]\n"
    )
    assert "limit" in {problem.code for problem in refused(pattern)}
    with pytest.raises(PackError, match="too many or too large"):
        parse_pack({f"cases/{n}.yaml": "[]" for n in range(MAX_FILES + 1)})


def test_a_pack_that_is_no_mapping_is_refused() -> None:
    for text in ("[]", "5", "a: [", "\x00"):
        with pytest.raises(PackError):
            parse_pack({"pack.yaml": text})
    with pytest.raises(PackError, match="is a list"):
        parse_pack({"pack.yaml": "[]", "cases/c.yaml": ""})


@pytest.mark.parametrize(
    ("cell", "value", "state"),
    [
        ("'-0.5'", Decimal("-0.5"), "fired"),
        ("'[-1..-0.25]'", -1, "fired"),
        ("'< limits'", 1, "undecided"),
        ("limits", 2, "fired"),
        ("limits", 4, "not_fired"),
        ("'not(limits)'", 4, "fired"),
        ("'[3..1]'", 2, "undecided"),
        ("'null'", 2, "not_fired"),
        ("'null'", None, "fired"),
        ("'not(null)'", None, "not_fired"),
        ("'-'", None, "fired"),
        ("''", 1, "fired"),
        ("5", 5, "fired"),
        ("-1.50", Decimal("-1.5"), "fired"),
    ],
)
def test_cells_of_every_shape(build: Build, cell: str, value: Any, state: str) -> None:
    body = (
        "signals: {x: {type: number}}\n"
        "parameters: {limits: {values: [{from: 2020-01-01, value: [1, 2], source: law}]}}\n"
        f"decisions: {{t: {{hit_policy: COLLECT, inputs: {{x: x}}, outputs: {{o: number}}, rules: [{{id: R, if: {{x: {cell}}}, then: {{o: 1}}}}]}}}}\n"
    )
    try:
        pack = build(body)
    except PackError as error:  # the type check knows the test can never hold
        assert state == "undecided", error  # noqa: PT017  # one of two fail-closed ends
        return
    decision = pack.decide({} if value is None else {"x": value}, DAY)
    assert "R" in decision.rules(state)


@pytest.mark.parametrize(
    ("cell", "value", "fired"),
    [
        ("2026-01-01", date(2026, 1, 1), True),
        ("'< date(\"2026-01-01\")'", date(2025, 12, 31), True),
        ("'@\"2026-01-01\"'", date(2026, 1, 1), True),
        ("'> as_of'", date(2026, 11, 21), True),
        ("'<= as_of'", date(2026, 11, 21), False),
    ],
)
def test_cells_about_dates(build: Build, cell: str, value: date, fired: bool) -> None:
    body = (
        "signals: {d: {type: date}}\n"
        f"decisions: {{t: {{hit_policy: COLLECT, inputs: {{d: d}}, outputs: {{o: number}}, rules: [{{id: R, if: {{d: {cell}}}, then: {{o: 1}}}}]}}}}\n"
    )
    assert ("R" in build(body).decide({"d": value}, DAY).fired) is fired


def test_a_date_and_a_decimal_may_stand_for_what_is_missing(build: Build) -> None:
    verdict = (
        "verdict: {rules: [{id: OK, if: 'true', verdict: approve, reason: r}, {id: R, if: 'd > as_of and x > 0.1', "
        "verdict: review, reason: r, cite: [law], if_missing: {d: 2030-01-01, x: 0.25}}]}\n"
    )
    pack = build("signals: {d: {type: date}, x: {type: number}}\n", verdict)
    assert pack.decide({}, DAY).fired == ("OK", "R")


def test_canonical_forms_keep_kinds_apart() -> None:
    values = ["1", 1, True, None, Decimal("1.5"), date(2026, 1, 1), "2026-01-01", [1], {"a": 1}, Missing(Reason.STALE)]
    assert len({digest_of(canonical(value)) for value in values}) == len(values)
    assert canonical(Decimal("1.0")) == canonical(1)
    assert canonical(timedelta(seconds=1)) == ["days and time duration", 1_000_000]
    with pytest.raises(TypeError, match="no canonical form"):
        canonical(object())


def test_json_has_numbers_as_numbers_and_the_rest_as_text() -> None:
    assert to_json([Decimal("1.50"), Decimal(2), date(2026, 1, 1), Missing(Reason.STALE), {"a": (1,)}]) == [
        1.5,
        2,
        "2026-01-01",
        {"missing": "stale"},
        {"a": [1]},
    ]
    assert isinstance(to_json(Decimal("2.0")), int)
    assert to_json(timedelta(days=1)) == "1 day, 0:00:00"


def test_values_of_feels_own_kinds_have_a_digest(build: Build) -> None:
    body = (
        "signals: {d: {type: date}}\ndecisions:\n"
        "  months: {expression: 'years and months duration(d, as_of)'}\n  range: {expression: '[1..2]'}\n"
    )
    pack = build(body)
    one, two = (pack.decide({"d": day}, DAY).digest for day in (date(2020, 1, 1), date(2021, 1, 1)))
    assert one != two
    assert pack.decide({"d": date(2020, 1, 1)}, DAY).digest == one


def test_a_pack_tells_what_it_is(example: Pack) -> None:
    assert example.title == "KYC for auto-loan origination, India"
    assert [route.id for route in example.routes] == ["EDD", "STANDARD"]


def test_an_untyped_output_takes_the_kind_of_its_entries(build: Build) -> None:
    pack = build(_table("{id: R, then: {o: '\"a\"'}}", "{o: {}}"))
    assert pack.typed.types["t"].name == "string"
    assert pack.decide({"x": 1}, DAY).value("t") == "a"


def test_a_decision_that_cannot_be_read_is_one_problem(refused: Refused) -> None:
    problems = refused("decisions: {a: {expression: 1}, b: {expression: 'a + '}}\n")
    assert [problem.code for problem in problems if problem.code != "missing_key"] == ["feel"]
