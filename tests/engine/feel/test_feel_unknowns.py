"""What packs rely on: with a value missing, a test is only ever true or false if it is so for every value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from engine.feel import Binding, Environment, FeelError, compile_expression
from engine.feel.runtime import GLOBALS
from engine.feel.types import ANY, BOOLEAN, DATE, NUMBER, STRING, context_of, list_of

TYPES = {
    "a": BOOLEAN,
    "b": BOOLEAN,
    "x": NUMBER,
    "y": NUMBER,
    "s": STRING,
    "d": DATE,
    "l": list_of(NUMBER),
    "c": context_of({"n": NUMBER, "f": BOOLEAN}),
}
VALUES = {
    "a": st.booleans(),
    "b": st.booleans(),
    "x": st.integers(-3, 3) | st.decimals(-3, 3, places=1),
    "y": st.integers(-3, 3),
    "s": st.sampled_from(["", "a", "b", "ab"]),
    "d": st.sampled_from([date(2020, 1, 1), date(2020, 2, 29), date(2021, 1, 1)]),
    "l": st.lists(st.integers(-2, 2), max_size=3),
    "c": st.fixed_dictionaries({"n": st.integers(-2, 2), "f": st.booleans()}),
}


def texts() -> st.SearchStrategy[str]:
    """Boolean expressions over the names of TYPES, without the word null."""
    numbers = st.deferred(lambda: number)
    booleans = st.deferred(lambda: boolean)
    strings = st.deferred(lambda: string)
    lists = st.deferred(lambda: lst)
    dates = st.sampled_from(["d", 'date("2020-02-29")', '(d + duration("P1M"))'])
    string = st.sampled_from(["s", '"a"', '"ab"']) | st.one_of(
        st.builds("({} + {})".format, strings, strings),
        st.builds("upper case({})".format, strings),
        st.builds("substring({}, {})".format, strings, numbers),
        st.builds("string({})".format, numbers | lists),
        st.builds('string join([{}, {}], "-")'.format, strings, strings),
    )
    number = st.sampled_from(["x", "y", "c.n", "0", "1", "2.5", "-1"]) | st.one_of(
        st.builds("({} {} {})".format, numbers, st.sampled_from(["+", "-", "*", "/"]), numbers),
        st.builds("(if {} then {} else {})".format, booleans, numbers, numbers),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), numbers, numbers),
        st.builds("{}({})".format, st.sampled_from(["count", "sum", "min", "max", "mean", "median"]), lists),
        st.builds("{}[{}]".format, lists, numbers),
        st.builds("abs({})".format, numbers),
        st.builds("string length({})".format, strings),
        st.builds("{}.day".format, dates),
    )
    lst = st.sampled_from(["l", "[1, 2]", "[]"]) | st.one_of(
        st.builds("[{}, {}]".format, numbers, numbers),
        st.builds("{}[item > {}]".format, lists, numbers),
        st.builds("(for i in {} return i + {})".format, lists, numbers),
        st.builds("append({}, {})".format, lists, numbers),
        st.builds("concatenate({}, {})".format, lists, lists),
        st.builds("distinct values({})".format, lists),
        st.builds("sort({})".format, lists),
        st.builds("index of({}, {})".format, lists, numbers),
        st.builds("remove({}, {})".format, lists, numbers),
        st.builds("flatten([{}, {}])".format, lists, numbers),
    )
    comparison = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
    equality = st.sampled_from(["=", "!="])
    boolean = st.sampled_from(["a", "b", "c.f", "true", "false"]) | st.one_of(
        st.builds("({} {} {})".format, booleans, st.sampled_from(["and", "or", "="]), booleans),
        st.builds("not({})".format, booleans),
        st.builds("({} {} {})".format, numbers, comparison, numbers),
        st.builds("({} {} {})".format, strings, comparison, strings),
        st.builds("({} {} {})".format, dates, comparison, dates),
        st.builds("({} {} {})".format, lists, equality, lists),
        st.builds("({{k: {}}} {} {{k: {}}})".format, numbers, equality, numbers),
        st.builds("({} in [{}..{}])".format, numbers, numbers, numbers),
        st.builds("({} in ({}, > {}))".format, numbers, numbers, numbers),
        st.builds("({} in {})".format, numbers, lists),
        st.builds("({} between {} and {})".format, numbers, numbers, numbers),
        st.builds("(if {} then {} else {})".format, booleans, booleans, booleans),
        st.builds("({} i in {} satisfies i > {})".format, st.sampled_from(["some", "every"]), lists, numbers),
        st.builds("{}([{}, {}])".format, st.sampled_from(["all", "any"]), booleans, booleans),
        st.builds("list contains({}, {})".format, lists, numbers),
        st.builds("contains({}, {})".format, strings, strings),
        st.builds("({} instance of number)".format, numbers),
        st.builds("is({}, {})".format, numbers, numbers),
    )
    return boolean


def evaluate_known(text: str, values: dict[str, object], *, typed: bool = True, unknowns: bool = True) -> object:
    bindings = {name: Binding(kind if typed else ANY, name) for name, kind in TYPES.items()}
    try:
        compiled = compile_expression(text, Environment(bindings, unknowns=unknowns))
    except FeelError:
        # Drawn deeper than an expression may be.
        reject()
    namespace = {**GLOBALS, **compiled.constants}
    return eval(f"lambda {', '.join(TYPES)}, _w: {compiled.source}", namespace)(
        *(values.get(name) for name in TYPES), []
    )


@given(texts(), st.fixed_dictionaries(VALUES), st.sets(st.sampled_from(sorted(TYPES)), min_size=1), st.data())
@settings(max_examples=200, deadline=None)
def test_an_answer_with_a_value_missing_holds_for_every_value(text, values, missing, data) -> None:
    partial = {name: value for name, value in values.items() if name not in missing}
    answer = evaluate_known(text, partial)
    if answer is None:
        return
    assert answer in (True, False)
    assert evaluate_known(text, values) is answer
    completed = {**partial, **{name: data.draw(VALUES[name]) for name in sorted(missing)}}
    assert evaluate_known(text, completed) is answer


@given(texts(), st.fixed_dictionaries(VALUES), st.sets(st.sampled_from(sorted(TYPES))))
@settings(max_examples=120, deadline=None)
def test_code_that_knows_the_types_answers_as_code_that_does_not(text, values, missing) -> None:
    given_values = {name: value for name, value in values.items() if name not in missing}
    assert evaluate_known(text, given_values) == evaluate_known(text, given_values, typed=False)


@given(texts(), st.fixed_dictionaries(VALUES))
@settings(max_examples=80, deadline=None)
def test_with_every_value_there_an_answer_is_the_one_of_the_standard(text, values) -> None:
    answer = evaluate_known(text, values)
    if answer is not None:
        assert evaluate_known(text, values, unknowns=False) is answer


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "x != 1",
        "x < 1",
        "x in (1, 2)",
        "x in [1..2]",
        "not(a)",
        "a and true",
        "a or false",
        "if a then true else true",
        "x instance of number",
        "count(l) > 0",
        "list contains(l, 1)",
        "list contains([x], 1)",
        "[x] = [1]",
        "{k: x} = {k: 1}",
        "count([1, 2][item > x]) = 0",
        'contains(s, "a")',
        "some i in l satisfies i > 0",
        "every i in [x] satisfies i > 0",
        "is(x, 1)",
        'string([x]) = "[1]"',
        "append(l, 1) = [1]",
        "x between 0 and 5",
        "c.n = 1",
        "any([a, false])",
        "min(x, 1) = 1",
    ],
)
def test_a_test_of_an_unknown_is_unknown(text, decide) -> None:
    outcome = decide(text, TYPES)
    assert outcome.value is None
    assert outcome.warnings == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = null", True),
        ("x != null", False),
        ("null = x", True),
        ("l = null or count(l) > 0", True),
        ("false and a", False),
        ("true or a", True),
        ("x in (null, 1)", True),
        ("some i in [1, x] satisfies i > 0", True),
        ("any([a, true])", True),
        ("count([x, 1]) = 2", True),
        ("x between 5 and 1", None),
    ],
)
def test_only_what_holds_whatever_the_value_is_known(text, value, decide) -> None:
    assert decide(text, TYPES).value is value


def test_the_word_null_is_no_unknown_as_an_argument(decide) -> None:
    assert decide("list contains([1, 2], null)", TYPES).value is False
    assert decide("time(12, 0, 0, null) = time(12, 0, 0)", TYPES).value is True
    assert decide("list contains(l, null)", TYPES).value is None


def test_decimal_literals_compare_as_they_are_written(decide) -> None:
    assert decide("0.7 + 0.1 >= 0.8").value is True
    assert decide("x + 0.1 >= 0.8", {"x": NUMBER}, x=Decimal("0.7")).value is True
