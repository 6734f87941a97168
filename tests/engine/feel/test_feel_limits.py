"""Bounds at run time: every loop, list, text and recursion ends, with null and a warning."""

from __future__ import annotations

import inspect
import sys

import pytest

from engine.feel import (
    Binding,
    Environment,
    FeelError,
    compile_expression,
    evaluate,
    evaluate_with_warnings,
    limits,
)
from engine.feel.runtime import GLOBALS
from engine.feel.runtime.loops import Warnings
from engine.feel.types import ANY


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..1000000000 return i",
        "for i in 1..1000, j in 1..1000 return i",
        "some i in 1..100000, j in 1..100000 satisfies false",
        "count(for i in 1..100000 return for j in 1..1000 return j)",
        "every i in 1..2000 satisfies every j in 1..2000 satisfies true",
        "(function(f, n) f(f, n + 1))(function(f, n) f(f, n + 1), 0)",
        "(function(f) f(f) + f(f))(function(f) f(f) + f(f))",
    ],
)
def test_what_would_not_end_is_null_with_a_limit_warning(text) -> None:
    value, warnings = evaluate_with_warnings(text)
    assert value is None or value == 0 or isinstance(value, int)
    assert "limit" in {code for code, _ in warnings}


def test_a_filter_counts_its_items_too() -> None:
    text = "for i in 1..100 return count(l[item > i])"
    value, warnings = evaluate_with_warnings(text, {"l": list(range(limits.MAX_ITEMS))})
    assert "limit" in {code for code, _ in warnings}
    assert value is None


def test_texts_and_lists_do_not_grow_without_bound() -> None:
    half = "x" * (limits.MAX_TEXT_CHARS // 2 + 1)
    most = [1] * limits.MAX_ITEMS
    for text in ("s + s", "string join([s, s])", 'replace(s, "q", "r")', "string([s, s])", "string(s + s)"):
        value, warnings = evaluate_with_warnings(text, {"s": half})
        assert value is None
        assert warnings[0][0] == "limit"
    for text in ("append(l, 1)", "concatenate(l, l)", "insert before(l, 1, 1)", "sort(l)"):
        assert evaluate_with_warnings(text, {"l": most})[1][0][0] == "limit"
    short = evaluate_with_warnings('replace(s, "x", r)', {"s": "x" * 500, "r": "y" * 5000})
    assert short[1][0][0] == "limit"
    lists = [[number] for number in range(1500)]
    assert evaluate_with_warnings("distinct values(l)", {"l": lists})[1][0][0] == "limit"


def test_a_compiler_near_the_end_of_the_stack_refuses_the_text() -> None:
    environment = Environment({"n": Binding(ANY, "n")})
    text = "+".join(["n"] * 99)

    def deeper(count: int) -> object:
        return deeper(count - 1) if count else compile_expression(text, environment)

    assert compile_expression(text, environment)
    with pytest.raises(FeelError, match="too deep"):
        deeper(sys.getrecursionlimit() - len(inspect.stack()) - 150)


def test_functions_that_exhaust_the_stack_are_null_even_without_a_counting_sink() -> None:
    compiled = compile_expression("(function(f) f(f))(function(f) f(f))", Environment({}))
    warnings: list[tuple[str, str]] = []
    function = eval(f"lambda _w: {compiled.source}", {**GLOBALS, **compiled.constants})
    assert function(warnings) is None
    assert {code for code, _ in warnings} == {"limit"}


def test_a_plain_list_as_sink_bounds_each_loop_by_itself(decide) -> None:
    assert isinstance(Warnings(), list)
    outcome = decide("(function(f: function, n: number) n)(abs, 3)")
    assert outcome.value == 3


def test_functions_may_call_each_other_within_the_limit() -> None:
    text = "{fact: function(f, n) if n = 0 then 1 else n * f(f, n - 1), r: fact(fact, 20)}.r"
    assert evaluate(text) == 2432902008176640000


def test_a_context_of_a_function_call_is_made_anew(decide) -> None:
    first = decide("[1, 2]").value
    assert isinstance(first, list)
    first.append(3)
    assert decide("[1, 2]").value == [1, 2]


DOUBLING = "{v0: [1, 1], " + ", ".join(f"v{n}: [v{n - 1}, v{n - 1}]" for n in range(1, 40)) + ", r: %s}.r"


@pytest.mark.parametrize(
    "text",
    [
        "v39 = v39",
        "string(v39)",
        "flatten(v39)",
        "v39 instance of list<list<Any>>",
        "list contains([v39], v39)",
        "{a: v39} = {a: v38}",
    ],
)
@pytest.mark.parametrize("unknowns", [True, False])
def test_a_value_that_shares_its_parts_without_end_is_not_walked_through(text, unknowns, decide) -> None:
    outcome = decide(DOUBLING % text, unknowns=unknowns)
    assert outcome.value is None or outcome.value is False
    assert "limit" in outcome.codes or text.startswith("list contains")
