"""Parts of packs that columns treat in their own way: each decides frames as it decides rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine import Pack
from engine.frames import FrameDecider, frame_plan
from engine.pack import parse_pack

DAY = date(2026, 11, 20)
Build = Callable[..., Pack]
Check = Callable[..., None]
QUICK: dict[str, Any] = {"suppress_health_check": list(HealthCheck), "phases": [Phase.explicit, Phase.generate]}
ROWS = st.lists(
    st.tuples(
        st.fixed_dictionaries(
            {},
            optional={
                "x": st.sampled_from([0, 1, 2.5, 9.99, 10, 10.01, 12.5, 20, 100, 1e16, -3]),
                "y": st.sampled_from([0, 3, 7, 0.1]),
                "n": st.integers(0, 100),
                "day": st.sampled_from([date(2000, 1, 1), date(2010, 6, 1), date(2010, 6, 2), date(2020, 1, 1)]),
                "word": st.sampled_from(["a", "b", "c", "k", "", "zz"]),
                "kind": st.sampled_from(["a", "b", "c"]),
                "yes": st.booleans(),
                "no": st.booleans(),
            },
        ),
        st.sampled_from([DAY, date(2026, 5, 31), date(2024, 1, 1)]),
    ),
    min_size=1,
    max_size=6,
)
FINE = '    - {id: OK, if: "true", verdict: approve, reason: fine}\n'


def table(
    policy: str, rows: str, outputs: str = "{out: {type: number, default: 0}}", inputs: str = "{x: x, y: y}"
) -> str:
    return (
        f"decisions:\n  t:\n    hit_policy: {policy}\n    inputs: {inputs}\n    outputs: {outputs}\n    rules:\n{rows}"
    )


SCORED = FINE + "  score: t\n"
WORDED = FINE + "  category: t\n"
TWO = (
    '      - {id: A, if: {x: "< limit"}, then: {out: 1}}\n'
    '      - {id: B, if: {x: "[2.5..20)", y: "not(3)"}, then: {out: 2.5}}\n'
    '      - {id: C, if: {y: "> 3, < 0.1"}, then: {out: 4}, if_missing: skip}\n'
    '      - {id: D, if: {y: "7"}, then: {out: 4}, if_missing: {y: 7}}\n'
)
MANY_WORDS = ",".join(f'"{letter}"' for letter in "abcdefghijkl")
PACKS: dict[str, tuple[str, str]] = {
    **{
        f"a table of {policy}": (table(policy, TWO), SCORED)
        for policy in ("UNIQUE", "ANY", "FIRST", "COLLECT SUM", "COLLECT MIN", "COLLECT MAX", "COLLECT COUNT")
    },
    "a list as a score": (table("RULE ORDER", TWO, "{out: {type: number}}"), SCORED),
    "outputs that are computed": (
        table(
            "COLLECT SUM",
            '      - {id: A, if: {x: "> 1"}, then: {out: x + y}}\n      - {id: B, if: {y: "3"}, then: {out: 1}}\n',
        ),
        SCORED,
    ),
    "two outputs": (
        table(
            "FIRST",
            '      - {id: A, if: {x: "> 1"}, then: {one: 1, two: \'"w"\'}}\n',
            "{one: {type: number, default: 0}, two: {type: string}}",
        )
        + "  m: {expression: t.one + 1}\n",
        FINE + "  score: m\n",
    ),
    "outputs without a type": (
        table(
            "FIRST",
            '      - {id: A, if: {x: "> 1"}, then: {out: \'"w"\'}}\n      - {id: B, if: {y: "3"}, then: {out: 5}}\n',
            "{out: {}}",
        ),
        WORDED,
    ),
    "a default of none": (
        table("FIRST", '      - {id: A, if: {x: "> 1"}, then: {out: \'"w"\'}}\n', "{out: {type: string}}"),
        WORDED,
    ),
    "dates in cells": (
        table(
            "COLLECT SUM",
            '      - {id: A, if: {d: \'< date("2010-06-01")\'}, then: {out: 1}}\n      - {id: B, if: {d: \'[date("2010-06-01")..date("2010-06-02")]\'}, then: {out: 2}}\n',
            inputs="{d: day}",
        ),
        SCORED,
    ),
    "many words in cells": (
        table(
            "COLLECT SUM",
            f"      - {{id: A, if: {{w: '{MANY_WORDS}'}}, then: {{out: 1}}}}\n      - {{id: B, if: {{w: 'not(\"a\")'}}, then: {{out: 2}}}}\n",
            inputs="{w: word}",
        ),
        SCORED,
    ),
    "words by their order": (
        table("COLLECT SUM", "      - {id: A, if: {w: '< \"c\"'}, then: {out: 1}}\n", inputs="{w: word}"),
        SCORED,
    ),
    "cells that speak of the subject": (
        table("COLLECT SUM", '      - {id: A, if: {x: "?*2 > 5", y: "> 1"}, then: {out: 1}}\n'),
        SCORED,
    ),
    "cells that speak of others": (table("COLLECT SUM", '      - {id: A, if: {x: "> n"}, then: {out: 1}}\n'), SCORED),
    "columns without a cell": (
        table("COLLECT SUM", "      - {id: A, if: {}, then: {out: 1}}\n", inputs="{x: x, w: word, d: day, b: yes}"),
        SCORED,
    ),
    "a column that is not known in columns": (
        table(
            "COLLECT SUM", '      - {id: A, if: {x: "> 1"}, then: {out: 1}}\n', inputs="{x: string length(string(x))}"
        ),
        SCORED,
    ),
    "a quotient as a column": (
        table(
            "COLLECT SUM",
            '      - {id: A, if: {x: "> 3"}, then: {out: 1}}\n      - {id: B, if: {x: "[1..3]"}, then: {out: 0.5}}\n',
            inputs="{x: x / y}",
        ),
        SCORED,
    ),
    "digits beyond a double": (
        table("COLLECT SUM", '      - {id: A, if: {x: "> 9.9900000000000000000001"}, then: {out: 1}}\n'),
        SCORED,
    ),
    "a scorecard": (
        (
            "decisions:\n  t:\n    scorecard:\n      base: 1.5\n      characteristics:\n"
            '        - {id: A, input: x, bands: [{if: "< 10", points: 2}, {if: ">= 10", points: 0, reason: big}]}\n'
            '        - {id: B, input: y, if_missing: skip, bands: [{if: "< 1", points: 2}]}\n'
            '        - {id: C, input: n, if_missing: {input: 3}, bands: [{if: "< 50", points: 0.25}, {if: "-", points: 1}]}\n'
        ),
        SCORED,
    ),
    "a score and a category of expressions": (
        'decisions: {t: {expression: "x + n"}, w: {expression: "if yes then word else kind"}}\n',
        FINE + "  score: t\n  category: w\n",
    ),
    "a score that is no number": (
        'decisions: {t: {expression: "yes"}, w: {expression: "n"}}\n',
        FINE + "  score: t\n  category: w\n",
    ),
    "a score that is null": ('decisions: {t: {expression: "if yes then null else null"}}\n', SCORED),
    "a score of a division that depends on another": (
        'decisions: {a: {expression: "x / 7"}, t: {expression: "a * y + 1"}}\n',
        SCORED,
    ),
    "decisions of durations": (
        'decisions: {a: {expression: "years and months duration(day, as_of)"}, b: {expression: "as_of - day"}, t: {expression: "a.years + b.days"}}\n',
        SCORED,
    ),
    "values for what is missing in verdict rules": (
        "",
        '    - {id: A, if: "x > limit", verdict: review, reason: a, cite: [law], if_missing: {x: 20}}\n'
        '    - {id: B, if: "word = \\"a\\"", verdict: reject, reason: b, cite: [law], if_missing: {word: a}}\n'
        '    - {id: C, if: "yes", verdict: review, reason: c, cite: [law], if_missing: skip}\n' + FINE,
    ),
    "values for decisions that are missing": (
        'decisions: {q: {expression: "x / y"}, z: {expression: "sort([x, y])"}}\n',
        '    - {id: A, if: "q > 3", verdict: review, reason: a, cite: [law], if_missing: {q: 1}}\n'
        '    - {id: B, if: "z[1] > 3", verdict: review, reason: a, cite: [law], if_missing: {z: 1}}\n'.replace(
            ", if_missing: {z: 1}", ""
        )
        + FINE,
    ),
    "verdict rules without a column form": (
        "",
        (
            '    - {id: A, if: "x > 1", verdict: review, reason: a, cite: [law]}\n'
            '    - {id: B, if: "modulo(n, 2) = 1", verdict: reject, reason: b, cite: [law]}\n'
            '    - {id: C, if: "yes", verdict: approve, reason: c}\n'
            '    - {id: D, if: "substring(word, 1) = \\"a\\"", verdict: review, reason: d, cite: [law], if_missing: skip}\n'
        ),
    ),
    "more verdict rules than a number holds": (
        "",
        "".join(f'    - {{id: R{i}, if: "n > {i}", verdict: review, reason: r, cite: [law]}}\n' for i in range(40))
        + FINE,
    ),
    "no rule that could fire": ("", '    - {id: A, if: "x > 1000", verdict: approve, reason: a}\n'),
    "numbers beyond what a signal may be": (
        'decisions: {big: {expression: "(x + 1) * 10 ** 40"}, t: {expression: "string(big) = \\"1\\""}}\n',
        '    - {id: A, if: "t", verdict: review, reason: a, cite: [law]}\n' + FINE,
    ),
    "many ends of numbers": (
        table(
            "COLLECT SUM",
            "".join(
                f'      - {{id: R{at}, if: {{x: "> {at}", y: "<= 0.{at}"}}, then: {{out: {at}}}}}\n'
                for at in range(1, 15)
            ),
        ),
        SCORED,
    ),
    "many ends of a quotient and of dates": (
        table(
            "COLLECT SUM",
            "".join(
                f"      - {{id: R{at}, if: {{q: '> {at}', d: '< date(\"20{at}-06-01\")'}}, then: {{out: {at}}}}}\n"
                for at in range(10, 20)
            ),
            inputs="{q: x / y, d: day}",
        ),
        SCORED,
    ),
    "a decision that reads nothing": ('decisions: {t: {expression: "sort([2, 1])[1]"}}\n', SCORED),
    "a computed value that no signal may have": (
        'decisions: {big: {expression: "n * 90071992547409 * 100000"}, t: {expression: "modulo(big, 7)"}}\n',
        SCORED,
    ),
    "a parameter of words without a value": (
        'decisions: {t: {expression: "word in words"}}\n',
        '    - {id: A, if: "t", verdict: review, reason: a, cite: [law]}\n' + FINE,
    ),
}
ROUTES: dict[str, str] = {
    "routes of every kind": '  - {id: A, if: "x / y > 2", queue: a, priority: 1, due: 24h, role: r}\n'
    '  - {id: B, if: "verdict = \\"reject\\" and x / y > 1", queue: b, priority: 1, due: 24h, role: r}\n'
    "  - {id: C, queue: c, priority: 1, due: 24h, role: r}\n",
    "a route without a column form": '  - {id: A, if: "modulo(n, 2) = 1", queue: a, priority: 1, due: 24h, role: r}\n'
    '  - {id: B, if: "yes", queue: b, priority: 1, due: 24h, role: r}\n',
}


@pytest.mark.parametrize("name", PACKS)
@settings(max_examples=15, **QUICK)
@given(rows=ROWS)
def test_a_frame_is_decided_like_its_rows_with(equal: Check, build: Build, name: str, rows: list[Any]) -> None:
    equal(build(*PACKS[name]), rows)


@pytest.mark.parametrize("name", ROUTES)
@settings(max_examples=15, **QUICK)
@given(rows=ROWS)
def test_a_row_is_routed_as_the_scalar_engine_does_it_with(
    equal: Check, build: Build, name: str, rows: list[Any]
) -> None:
    rules = '    - {id: A, if: "n > 50", verdict: reject, reason: a, cite: [law]}\n    - {id: B, if: "yes", verdict: review, reason: b, cite: [law]}\n'
    equal(build("routes:\n" + ROUTES[name], rules + FINE), rows)


def test_a_plan_names_what_falls_back_and_why(build: Build) -> None:
    pack = build("routes:\n" + ROUTES["a route without a column form"], PACKS["verdict rules without a column form"][1])
    plan = frame_plan(pack, DAY)
    assert plan.to_dict() == {
        "columnar": ["A", "C", "route B"],
        "fallbacks": {
            "B": "the function modulo",
            "D": "the function substring",
            "route A": "its rows are decided one by one: the function modulo",
        },
        "whole": None,
    }
    raw = frame_plan(build(*PACKS["cells that speak of others"]))
    assert raw.fallbacks == {"t": "decided for each different n, x"}


def test_a_pack_over_moments_is_decided_row_by_row_and_says_so() -> None:
    pack = parse_pack(
        {
            "pack.yaml": "pack: p\ntitle: T\nversion: '1'\non_missing: review\nsources: {law: {title: L}}\n"
            "signals: {seen: {type: date and time}, numbers: {type: list, items: number}}\n"
            "decisions: {t: {expression: 'seen.year'}, m: {expression: 'sum(numbers)'}}\n"
            "verdict:\n  rules:\n    - {id: OK, if: 't > 2000', verdict: approve, reason: ok}\n"
            "    - {id: SUM, if: 'm > 3', verdict: reject, reason: sum, cite: [law]}\n  score: m\n"
        }
    )
    plan = frame_plan(pack)
    assert plan.whole == "t reads what has no column form"
    assert plan.columnar == ()
    frame = pl.DataFrame(
        {"seen": ["2020-01-01T10:00:00", "1990-01-01T10:00:00", None], "numbers": [[1.0, 2.0], [2.0, 2.5], None]}
    )
    found = FrameDecider(pack).decide(frame, DAY)
    assert found.outcome["verdict"].to_list() == ["approve", "reject", "review"]
    assert found.unsettled == 3


def test_lists_of_plain_items_are_read_as_they_are(build: Build) -> None:
    pack = parse_pack(
        {
            "pack.yaml": "pack: p\ntitle: T\nversion: '1'\non_missing: review\nsources: {law: {title: L}}\n"
            "signals: {numbers: {type: list, items: number}}\ndecisions: {m: {expression: 'sum(numbers)'}}\n"
            "verdict:\n  rules:\n    - {id: SUM, if: 'm > 3', verdict: approve, reason: sum}\n  score: m\n"
        }
    )
    found = pack.decide_frame(pl.DataFrame({"numbers": [[1.0, 2.0], [2.0, 2.5], None, [2.0, 2.5]]}), DAY)
    assert found["risk_score"].to_list() == [3.0, 4.5, None, 4.5]
    assert found["verdict"].to_list() == ["review", "approve", "review", "approve"]


def test_answers_and_programs_are_kept_within_a_bound(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.frames.coder.MAX_KEPT", 2)
    monkeypatch.setattr("engine.frames.decide.MAX_PROGRAMS", 1)
    pack = build(*PACKS["a table of COLLECT SUM"])
    decider = FrameDecider(pack)
    for day in (DAY, date(2026, 1, 1), DAY):
        for values in ([1.0, 5.0, 15.0], [30.0, 2.0, 9.0]):
            found = decider.decide(pl.DataFrame({"x": values, "y": [0.0, 3.0, 7.0]}), day)
            rows = [pack.decide({"x": x, "y": y}, day).risk.score for x, y in zip(values, (0, 3, 7), strict=True)]
            assert found.outcome["risk_score"].to_list() == [float(value) for value in rows if value is not None]


def test_a_whole_score_that_no_column_holds_is_an_error_and_not_another_score(build: Build) -> None:
    pack = build(table("COLLECT SUM", '      - {id: A, if: {x: "> 1"}, then: {out: 99999999999999999999}}\n'), SCORED)
    with pytest.raises(OverflowError, match="too large for a column"):
        pack.decide_frame(pl.DataFrame({"x": [5.0]}), DAY)
