"""Random and mutated texts never crash the parser, the loader or a decision: FEEL and YAML by hypothesis and atheris."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.feel import FeelError, evaluate, evaluate_unary_tests
from engine.pack import Pack, PackError, PackProblem, SignalError, parse_pack
from tests.generators.packs import inputs, pack_files

TARGETS = Path(__file__).parent / "fuzz_engine.py"
TOKENS = st.sampled_from(
    [
        *("x", "s", "d", "l", "c", "n", "?", "a b", "1", "0.1", '"t"', "true", "null", '@"2026-01-01"', "1e400"),
        *("+", "-", "*", "/", "**", "=", "!=", "<", ">=", "(", ")", "[", "]", "{", "}", "..", ",", ":", ".", "->"),
        *("if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "not", "between"),
        *("instance of", "function", "list<", "range<", "count", "sum", "date", "duration", "matches", "sort", "P1D"),
    ]
)
VARIABLES = {"x": 2, "s": "a", "d": date(2026, 1, 1), "l": [1, 2], "c": {"a": 1}, "n": None}
MANY = settings(suppress_health_check=list(HealthCheck), max_examples=300)


@MANY
@given(st.lists(TOKENS, max_size=14).map(" ".join) | st.text(max_size=40))
@example("[0..-1[")
def test_any_text_is_a_value_or_a_feel_error(text: str) -> None:
    for act in (lambda: evaluate(text, VARIABLES), lambda: evaluate_unary_tests(text, 2, VARIABLES)):
        with contextlib.suppress(FeelError):
            act()


@st.composite
def mutated_packs(draw: st.DrawFn) -> str:
    """A good pack's text with a few places cut, doubled or overwritten."""
    text = draw(pack_files())["pack.yaml"]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text) - 1))
        end = min(len(text), start + draw(st.integers(0, 40)))
        piece = draw(
            st.sampled_from(["", text[start:end] * 2, "\n", ": ", "[", "}", '"', "null", "1e9", "\x85", "é", "- "])
        )
        text = text[:start] + piece + text[end:]
    return text


def load(text: str) -> Pack | tuple[PackProblem, ...]:
    """The pack, or why it is none."""
    try:
        return parse_pack({"pack.yaml": text})
    except PackError as error:
        return error.problems


@MANY
@given(mutated_packs(), inputs())
def test_a_damaged_pack_is_refused_with_a_place_or_decides(text: str, given: tuple[dict[str, Any], date]) -> None:
    found = load(text)
    if isinstance(found, tuple):
        assert found
        assert all(problem.line >= 1 and problem.column >= 1 and problem.remedy for problem in found)
        return
    signals, as_of = given
    declared = {name: value for name, value in signals.items() if name in found.signals}
    with contextlib.suppress(SignalError):  # a damaged declaration may refuse the values, by the engine's own error
        found.decide(declared, as_of).to_dict()


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this machine")
@pytest.mark.parametrize("target", ["feel", "pack"])
def test_guided_by_coverage_no_input_crashes(target: str, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for number, seed in enumerate(SEEDS[target]):
        (seeds / str(number)).write_text(seed)
    command = [
        sys.executable,
        str(TARGETS),
        target,
        "-runs=3000",
        "-seed=1",
        "-max_len=2000",
        "-timeout=20",
        str(seeds),
    ]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]


PACK = """\
pack: a
title: A
version: "1"
on_missing: review
sources: {law: {title: x}}
parameters: {p: {values: [{from: 2025-01-01, value: 0.6, source: law}]}}
signals: {x: {type: number}, s: {type: string, values: [a, b]}, d: {type: date}}
decisions:
  t: {hit_policy: COLLECT SUM, inputs: {x: x, s: s}, outputs: {o: {type: number, default: 0}}, rules: [
    {id: R, if: {x: "[1..p)", s: '"a"'}, then: {o: 1}, reason: r, cite: [law]}]}
  e: {expression: 'if d < as_of then t * 2 else 1 / x'}
verdict: {score: t, rules: [{id: OK, if: "e > 1", verdict: approve, reason: fine}]}
"""
SEEDS = {
    "feel": [
        'if x > 1 then s + "b" else null',
        "for i in 1..3, j in l return i * j ** 2",
        'date("2026-01-01") + duration("P1Y2M") in [d..@"2027-01-01"]',
        "some i in l satisfies i instance of number and sort(l, function(a, b) a < b)[1] = 1",
        '{a: 1, b: a.c}["x"] = decimal(1.5, 0)',
        "< 5, [1..3), not(null)",
    ],
    "pack": [PACK],
}
