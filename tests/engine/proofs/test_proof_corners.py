"""Tables whose outputs have no common form, cells of unknown kind, patterns: never more is proved than the engine does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.pack import Pack, parse_pack, run_cases
from engine.proofs import prove_invariants

DAY = date(2026, 11, 20)
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "x": st.sampled_from([1, 2, 3, 4]),
        "y": st.sampled_from([1, 5]),
        "name": st.sampled_from(["A", "B", "low"]),
        "word": st.sampled_from(["low", "high"]),
        "hit": st.booleans(),
        "facts.item": st.just([{"kind": "A", "weight": 2}, {"kind": "B"}]),
    },
)
VERDICT = (
    "verdict: {rules: [{id: OK, if: 'd != null', verdict: approve, reason: r}, "
    "{id: NO, if: hit, verdict: reject, reason: r, cite: [law], if_missing: skip}]}\n"
)


def table(policy: str, outputs: str, *rows: str, inputs: str = "x: x") -> str:
    listed = ", ".join(rows)
    return f"{{hit_policy: {policy}, inputs: {{{inputs}}}, outputs: {{{outputs}}}, rules: [{listed}]}}"


@pytest.mark.parametrize(
    "body",
    [
        # Outputs of one table with no common form.
        table("FIRST", "o: {type: any}", "{id: A, if: {x: '< 3'}, then: {o: 1}}", "{id: B, then: {o: '\"B\"'}}"),
        table("UNIQUE", "o: {type: any}", "{id: A, if: {x: '< 3'}, then: {o: 1}}", "{id: B, if: {x: '> 2'}, then: {o: 'true'}}"),
        # A priority that is computed.
        table(
            "PRIORITY",
            "o: {type: string, values: [high, low]}",
            "{id: A, if: {x: '< 3'}, then: {o: word}}",
            "{id: B, if: {x: '> 1'}, then: {o: '\"low\"'}}",
        ),
        # Aggregates of what is no number by its form.
        table("COLLECT SUM", "o: {type: number}", "{id: A, then: {o: 'facts.item[1].weight'}}", "{id: B, then: {o: 2}}"),
        table("COLLECT MAX", "o: {type: number}", "{id: A, if: {x: '< 3'}, then: {o: y}}", "{id: B, then: {o: 2}}"),
        # Several outputs, listed ones, a default that is a list.
        table(
            "COLLECT",
            "o: {type: number, default: 0}, p: {type: string, default: word}",
            "{id: A, if: {x: '< 3'}, then: {o: 1, p: '\"a\"'}}",
            "{id: B, if: {x: '> 1'}, then: {o: y, p: name}}",
        ),
        table("RULE ORDER", "o: {type: list, default: '[]'}", "{id: A, if: {x: '< 3'}, then: {o: '[x]'}}"),
        # Cells of every shape, and columns of lists.
        table("FIRST", "o: {type: number}", "{id: A, if: {n: '\"A\", codes'}, then: {o: 1}}", "{id: B, then: {o: 2}}", inputs="n: name"),
        table("FIRST", "o: {type: number}", "{id: A, if: {n: 'not(null)'}, then: {o: 1}}", "{id: B, then: {o: 2}}", inputs="n: name"),
        table("FIRST", "o: {type: number}", "{id: A, if: {n: 'count(?) > 1'}, then: {o: 1}}", "{id: B, then: {o: 2}}", inputs="n: facts.item"),
        table("FIRST", "o: {type: number}", "{id: A, if: {n: '> 1'}, then: {o: 1}}", "{id: B, then: {o: 2}}", inputs="n: 'facts.item[1].weight'"),
        table("FIRST", "o: {type: number}", "{id: A, if: {n: 'true'}, then: {o: 1}, if_missing: {n: true}}", "{id: B, then: {o: 2}}", inputs="n: hit"),
    ],
)  # fmt: skip
def test_a_table_of_any_form_is_allowed_what_the_engine_decides(
    pack_of: Callable[..., Pack], held: Any, body: str
) -> None:
    pack = pack_of(f"decisions: {{d: {body}}}\n", VERDICT, 'verdict = "approve" and d != null')

    @settings(max_examples=6, deadline=None, database=None)
    @given(GIVEN)
    def check(signals: dict[str, Any]) -> None:
        one = held(pack, signals, DAY)
        assert one.allows(one.claims())

    check()


@pytest.mark.parametrize("never", ["x in [[1..y], 20]", "x in [facts.item[1].weight, y]", "x in [1, [x]]"])
def test_what_an_item_of_a_list_makes_true_is_never_proved_false(pack_of: Callable[..., Pack], never: str) -> None:
    verdict = "verdict: {rules: [{id: OK, if: hit, verdict: approve, reason: r}]}\n"
    (proof,) = prove_invariants(pack_of("", verdict, f'verdict = "approve" and {never}'))

    assert proof.status != "proved"


PATTERN = (
    "patterns: [{{id: P, over: {{a: item, b: item}}, if: '{condition}', sets: {{patterns.p: true}}}}]\n"
    "routes: [{{id: R, queue: q, priority: 1, due: 1h, role: r}}]\n"
)


@pytest.mark.parametrize(
    "condition",
    ["a.weight < b.weight", 'a.kind = "A" and b.kind = "B"', "a.weight > edge", "a.kind != b.kind and a.weight = 3"],
)
def test_facts_that_make_a_pattern_fire_are_found_and_reproduce(pack_of: Callable[..., Pack], condition: str) -> None:
    verdict = "verdict: {rules: [{id: OK, if: patterns.p, verdict: approve, reason: r}]}\n"
    body = PATTERN.format(condition=condition.replace("'", "''"))
    (proof,) = prove_invariants(pack_of(body, verdict, 'verdict = "approve"'))
    (result,) = run_cases(pack_of(body, verdict, 'verdict = "approve"', cases=proof.case_yaml()))

    assert proof.status == "refuted"
    assert result.passed, result.differences


MOMENTS = """\
pack: p
title: t
version: "1"
on_missing: review
sources: {law: {title: L}}
signals: {seen: {type: date and time}, hit: {type: boolean}}
verdict: {rules: [{id: OK, if: hit and seen != null, verdict: approve, reason: r}]}
invariants: [{id: I, text: t, never: 'verdict = "approve" and seen != null'}]
"""
SEEN = '- {case: c, as_of: 2026-11-20, signals: {seen: "2026-11-20T10:00:00", hit: false}, expect: {verdict: review}}\n'


@pytest.mark.parametrize(("cases", "status"), [({"cases/c.yaml": SEEN}, "refuted"), ({}, "undecided")])
def test_a_moment_of_a_counterexample_is_that_of_a_case(cases: dict[str, str], status: str) -> None:
    (proof,) = prove_invariants(parse_pack({"pack.yaml": MOMENTS, **cases}))

    assert proof.status == status
