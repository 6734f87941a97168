"""Any text at all: it has a value or is refused with a `FeelError`, and white space between tokens changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import FeelError, evaluate, evaluate_unary_tests, evaluate_with_warnings
from engine.feel.builtins import FUNCTIONS
from engine.feel.values import FeelFunction

WORDS = [
    *("1", "0", "-", "2.5", '"a"', '"é"', "null", "true", "false", "x", "y z", '@"2020-01-31"', '@"P1M"', '@"PT1S"'),
    *("+", "*", "/", "**", "=", "!=", "<", ">=", "..", ",", ":", ".", "(", ")", "[", "]", "{", "}", "?"),
    *("and", "or", "in", "between", "instance of", "number", "list<number>", "if", "then", "else", "for", "some"),
    *("every", "return", "satisfies", "function", "not", "item", "partial", "day", "range<date>", "context<a: Any>"),
    *sorted(FUNCTIONS),
]
TOKENS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14)
SCOPE = {"x": [1, {"y z": 2}, None], "y z": "text"}


def outcome(text: str) -> object:
    """The value of a text, or that it was refused at a place."""
    try:
        value, warnings = evaluate_with_warnings(text, SCOPE)
    except FeelError as refusal:
        return f"refused {refusal.line >= 1 and refusal.column >= 1}"
    assert all(code and message for code, message in warnings)
    return "function" if isinstance(value, FeelFunction) else str(value)


@settings(max_examples=400)
@given(TOKENS)
def test_any_tokens_have_a_value_or_are_refused_whatever_stands_between_them(tokens) -> None:
    plain = outcome(" ".join(tokens))
    assert outcome(" \n\t ".join(tokens)) == plain
    assert outcome(" /* and */ ".join(tokens)) == plain
    assert outcome("  " + "\u00a0".join(tokens) + " // end") == plain


@given(st.text(max_size=40))
def test_any_text_has_a_value_or_is_refused(text) -> None:
    outcome(text)
    try:
        assert evaluate_unary_tests(text, 5, SCOPE) in (True, False, None)
    except FeelError:
        return


@given(
    st.sampled_from(sorted(FUNCTIONS)),
    st.lists(st.sampled_from([*WORDS[:14], "[1, null]", "{a: 1}", "[1..2]", "x"]), max_size=4),
)
def test_any_function_takes_any_arguments(name, arguments) -> None:
    outcome(f"{name}({', '.join(arguments)})")


DEEP = {
    "list": "(for i in 1..3000 return if i = 1 then [] else [partial[-1]])[-1]",
    "context": "(for i in 1..3000 return if i = 1 then {a: 1} else {a: partial[-1]})[-1]",
}


@pytest.mark.parametrize("kind", list(DEEP))
@pytest.mark.parametrize(
    "use",
    [
        *("string(%s)", "%s = %s", "flatten(%s)", "distinct values([%s,%s])", "%s in [%s]", "list contains([%s],%s)"),
        *("index of([%s],%s)", "%s instance of list<list<Any>>", "[[%s]].a", "union([%s],[%s])", "(%s)[item = %s]"),
    ],
)
def test_a_value_nested_without_end_ends_in_a_limit_not_in_a_crash(use, kind) -> None:
    value, warnings = evaluate_with_warnings(use.replace("%s", DEEP[kind]))
    assert value in (None, [], False)
    assert any(code == "limit" for code, _ in warnings) or value is False


def test_what_a_loop_has_so_far_is_a_copy_for_whoever_keeps_it() -> None:
    assert evaluate("for i in 1..3 return partial") == [[], [[]], [[], [[]]]]
    assert evaluate("for i in 0..4 return if i = 0 then 1 else i * partial[-1]") == [1, 1, 2, 6, 24]
    value, warnings = evaluate_with_warnings("for i in 0..99999 return count(partial)")
    assert (value, warnings[0][0]) == (None, "limit")
