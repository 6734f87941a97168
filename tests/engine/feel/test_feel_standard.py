"""What DMN 1.5 says of FEEL beyond what packs need: ranges as text, clocks, named arguments, types, zones, durations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import FeelError, evaluate, evaluate_with_warnings
from engine.feel.builtins.table import Table
from engine.feel.conform import conform, has_type, subtype
from engine.feel.failure import Failure
from engine.feel.prepared import Vocabulary, prepare_each_test
from engine.feel.runtime.loops import Warnings
from engine.feel.temporal.calendar import duration_nanos, make_duration
from engine.feel.types import (
    ANY,
    BOOLEAN,
    CONTEXT,
    DATE_TIME,
    FUNCTION,
    NULL,
    NUMBER,
    STRING,
    FeelType,
    context_of,
    function_of,
    list_of,
    range_of,
)
from engine.feel.values import FeelFunction, WideDuration

MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # ranges from text
        ('range("[18..21)") = [18..21)', True),
        ('range("]18..21[") = (18..21)', True),
        ('range("[2..)") = (>=2)', True),
        ('range("(..2)") = (<2)', True),
        ('range("(..2]") = (<=2)', True),
        ('range("[-3..-1.5]").start', -3),
        (r'range("[\"a\"..\"c\"]") = ["a".."c"]', True),
        (r'range("[date(\"2020-01-01\")..@\"2020-02-01\"]").end = date("2020-02-01")', True),
        (r'range("(time(\"10:00:00\")..@\"11:00:00\")").start = time("10:00:00")', True),
        (r'range("[date and time(\"2020-01-01T00:00:00\")..)").start.year', 2020),
        (r'range("[duration(\"P1D\")..@\"P2D\"]") = [@"P1D"..@"P2D"]', True),
        ('range(from: "[1..2]").end included', True),
        ("string((<2))", "(..2)"),
        ("string([1..2))", "[1..2)"),
        # the open end of a range may be any bracket, behind any expression
        ("-1 in ]-2..0[", True),
        ("1 in [0..-1[", False),
        ("[[1][1]..[3][1][.end", 3),
        ("2 in ]1..[3, 4][1][", True),
        # arguments by name: what is not named is null
        ("(function(a, b) [a, b])(b: 1)", [None, 1]),
        ("(function(a, b) a)(c: 1)", None),
        ("(function(x: number) x)([1])", 1),
        ("(function(x: list<number>) x)(1)", [1]),
        ('(function(x: date and time) x)(date("2020-01-01"))', datetime(2020, 1, 1, tzinfo=UTC)),
        ('(function(x: number) x)("1")', None),
        # functions have types
        ("(function(f: function<number> -> number) f(2))(function(n: number) n * 2)", 4),
        ("(function(f: function<number> -> string) f(2))(function(n: number) n * 2)", None),
        ("(function(f: function<number> -> number) f(2))(abs)", 2),
        ('(function(a: string) "x") instance of function<string> -> Any', True),
        ('(function(a: string) "x") instance of function<number> -> string', False),
        ('(function(a: Any) {b: 1, c: "x"}) instance of function<number> -> context<b: number>', True),
        ("(function(a: Any) {b: 1}) instance of function<number> -> context<c: number>", False),
        ("(function(a) [1]) instance of function<Any> -> list<string>", False),
        # types without their parts are none
        ("[1] instance of list", None),
        ("[1] instance of list<number>", True),
        ("[1, null] instance of list<number>", True),
        ("null instance of Null", True),
        ("1 instance of nowhere", None),
        # of two moments, the one without an offset takes the other's
        ('@"2020-01-01T10:00:00" < @"2020-01-01T11:00:00Z"', True),
        ('@"10:00:00" = @"10:00:00+05:00"', True),
        ('@"10:00:00Z" > @"10:00:00+05:00"', True),
        ('@"2020-01-01T10:00:00" - @"2020-01-01T10:00:00Z"', None),
        # durations of any length, to the nanosecond
        ('string(duration("P9999999999D"))', "P9999999999D"),
        ('string(duration("-P9999999999DT0.000000001S"))', "-P9999999999DT0.000000001S"),
        ('duration("PT1.0000001S") + duration("PT0.0000001S") = duration("PT1.0000002S")', True),
        ('duration("P9999999999D") > duration("P1D") and duration("P1D") < duration("P9999999999D")', True),
        ('duration("PT0.000000001S") >= duration("PT0S")', True),
        ('duration("P9999999999D").days', 9999999999),
        ('abs(duration("-P9999999999D")) / duration("P1D")', 9999999999),
        ('-duration("P9999999999D") = duration("-P9999999999D")', True),
        ('duration("P9999999999D") - duration("P9999999998D") = duration("P1D")', True),
        ('date("-99999-01-01") + duration("P100000000D") > date("9999-12-31")', True),
        # signs and names
        (r'"\uD83D\uDC0E" = "\U01F40E"', True),
        (r'string length("\uD83D\uDC0Eab")', 3),
        ('{\U0001f40e: "horse"}.\U0001f40e', "horse"),
        ("{a·b: 1}.a·b", 1),
        ("1\u180e+\u200b1", 2),
    ],
)
def test_an_expression_means_what_the_standard_says(text, value) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "[..]",
            "1..3",
            "[1..3",
            "[1..2..3]",
            "[3..1]",
            '[1.."a"]',
            "[1+1..5]",
            "[true..false]",
            "[..3]",
            "[1..]",
        ),
        *("[x..y]", 'date("2020-01-01")', '[date("x")..)', '[lower case("a")..)', "[- ..1]", '[@"x"..)', "((", '["a'),
    ],
)
def test_a_text_that_is_no_range_is_null_with_a_warning(text) -> None:
    value, warnings = evaluate_with_warnings("range(t)", {"t": text})
    assert value is None
    assert warnings[0][0] == "argument"


@pytest.mark.parametrize("text", [r'"\uD83D"', r'"a\uDC0Eb"', "[1..2[3]", "]1..(2["])
def test_half_a_sign_and_half_a_range_are_refused(text) -> None:
    with pytest.raises(FeelError):
        evaluate(text)


def test_a_key_ends_where_a_sign_stands_that_no_name_holds() -> None:
    with pytest.raises(FeelError, match="after the key"):
        evaluate("{a%b: 1}")


def test_a_function_that_exhausts_the_stack_is_a_limit() -> None:
    def implementation(_: object) -> object:
        raise RecursionError

    table = Table()
    table.add("deep", "n: any", ANY)(implementation)
    value, warnings = evaluate_with_warnings("f(1)", {"f": table.functions["deep"]})
    assert (value, warnings[0][0]) == (None, "limit")


def test_listed_values_are_prepared_one_by_one() -> None:
    for text, count in (('"a","b"', 2), ('not("a")', 1), ("-", 1), ("[1..2]", 1)):
        assert len(prepare_each_test(text, Vocabulary())) == count
    assert prepare_each_test('not("a")', Vocabulary())[0].run({"?": "b"}, Warnings()) is True


def test_the_clock_is_the_callers_or_there_is_none() -> None:
    assert evaluate('now() - duration("PT30M")', now=MOMENT) == MOMENT - timedelta(minutes=30)
    assert evaluate("today()", now=MOMENT) == date(2026, 11, 20)
    assert evaluate("now(1)", now=MOMENT) is None
    assert evaluate("today", {"today": 5}, now=MOMENT) == 5
    for text in ("now()", "today()"):
        value, warnings = evaluate_with_warnings(text)
        assert (value, warnings[0][0]) == (None, "clock")


@given(st.integers(-(10**29), 10**29), st.integers(-(10**22), 10**22))
def test_a_duration_has_one_form_and_keeps_every_nanosecond(left, right) -> None:
    first, second = make_duration(left), make_duration(right)
    assert duration_nanos(first) == left
    assert (first < second) is (left < right)
    assert (first == second) is (left == right)
    scope = {"a": first, "b": second}
    assert evaluate("a + b - b = a", scope) is True
    assert evaluate("duration(string(a)) = a", scope) is True
    assert evaluate("a < b", scope) is (left < right)


def test_a_duration_is_compared_with_durations_only() -> None:
    assert WideDuration(1).__lt__(1) is NotImplemented
    with pytest.raises(Failure):
        make_duration(10**31)


def test_named_types_allow_what_their_test_says_but_are_instances_by_shape() -> None:
    small = FeelType("number", admits=lambda value: value < 10)  # type: ignore[operator]
    assert has_type(11, small)
    assert conform(5, small) == 5
    assert conform([5], small) == 5
    assert conform(5, list_of(small)) == [5]
    assert conform([None], list_of(small)) == [None]
    late = FeelType("date and time", admits=lambda value: False)
    for value, wanted in (
        (11, small),
        ([11], small),
        ([[5]], small),
        ([5, 11], list_of(small)),
        (11, list_of(small)),
        ({"a": 11}, context_of({"a": small})),
        (date(2020, 1, 1), late),
        ("x", FeelType("string", values=("y",))),
        (5, FeelType("list", element=NUMBER, admits=lambda value: False)),
        ({"a": 1}, FeelType("context", fields=(("a", NUMBER),), admits=lambda value: False)),
    ):
        with pytest.raises(Failure):
            conform(value, wanted)


def test_a_value_nested_too_deeply_for_its_type_is_refused() -> None:
    def has_deeper(value: object) -> bool:
        return all(has_deeper(part) for part in value) if isinstance(value, list) else True

    tree = FeelType("any", admits=has_deeper)
    deep: list[object] = []
    for _ in range(3000):
        deep = [deep, 1]
    with pytest.raises(Failure, match="deeply"):
        conform(deep, tree)


def test_one_type_stands_for_another_only_where_every_value_does() -> None:
    wide, narrow = context_of({"a": NUMBER}), context_of({"a": NUMBER, "b": STRING})
    assert subtype(narrow, wide)
    assert not subtype(wide, narrow)
    assert subtype(NULL, NUMBER)
    assert subtype(NUMBER, ANY)
    assert not subtype(ANY, NUMBER)
    assert subtype(range_of(NUMBER), range_of(ANY))
    assert not subtype(list_of(NUMBER), list_of(STRING))
    assert subtype(CONTEXT, CONTEXT)
    takes_wide, takes_narrow = function_of([wide], narrow), function_of([narrow], wide)
    assert subtype(takes_wide, takes_narrow)
    assert not subtype(takes_narrow, takes_wide)
    assert not subtype(function_of([], NUMBER), function_of([NUMBER], NUMBER))
    assert not subtype(FUNCTION, takes_wide)
    assert subtype(takes_wide, FUNCTION)
    assert not has_type(FeelFunction(("a",), abs, (NUMBER,)), function_of([STRING], BOOLEAN))
    assert has_type(FeelFunction((), abs, result=DATE_TIME), function_of([], ANY))
    assert has_type(FeelFunction((), abs), FUNCTION)


def test_a_function_without_types_orders_a_list() -> None:
    descending = FeelFunction(("a", "b"), lambda a, b: a > b)
    assert evaluate("sort([1, 3, 2], f)", {"f": descending}) == [3, 2, 1]


@pytest.mark.parametrize(
    "text",
    [
        '{a "b": 1}',
        "[1..2 3[",
        "1 instance of",
        "x instance of a..b",
        "x instance of a b c d e f",
        "function(a: ) 1",
        "1 +",
    ],
)
def test_a_text_that_breaks_off_is_refused(text) -> None:
    with pytest.raises(FeelError):
        evaluate(text)
