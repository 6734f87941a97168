"""Corners of the language that the tables of the other files do not reach, each with what it means."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.feel import Binding, Environment, compile_expression, evaluate, evaluate_with_warnings, limits
from engine.feel.compiler import NOT_CONSTANT
from engine.feel.errors import FeelError
from engine.feel.parser import parse_expression
from engine.feel.runtime import GLOBALS
from engine.feel.size import measure
from engine.feel.types import ANY, BOOLEAN, DATE, NUMBER, RANGE, STRING, accepts, enumeration, list_of
from engine.feel.values import FeelFunction, Range, YearsMonths, kind_of

SPAN = Range(1, 5, low_closed=True, high_closed=False)


@pytest.mark.parametrize(
    ("text", "scope", "value"),
    [
        ("x in r", {"x": 5, "r": SPAN}, False),
        ("x in r", {"x": 1, "r": SPAN}, True),
        ("x in r", {"x": None, "r": SPAN}, None),
        ("x in r", {"x": 1, "r": None}, False),
        ("x in r", {"x": None, "r": None}, True),
        ("x in (< y)", {"x": 1, "y": 5}, True),
        ("x in (< y)", {"x": 1, "y": None}, None),
        ("3 in (<= x)", {"x": 3}, True),
        ("(>= x).start", {"x": None}, None),
        ("x in (> y)", {"x": 7, "y": 5}, True),
        ("7 in (> x)", {"x": 5}, True),
        ("x in [1, [2..4]]", {"x": 3}, True),
        ("x in l", {"x": None, "l": [1]}, False),
        ("x in l", {"x": 3, "l": ["a", 3]}, True),
        ("null in (1, 2)", {}, False),
        (
            "for i in a..b return i",
            {"a": date(2020, 1, 1), "b": date(2020, 1, 2)},
            [date(2020, 1, 1), date(2020, 1, 2)],
        ),
        ("for i in a..b return i", {"a": 1, "b": None}, None),
        ("l[f]", {"l": [1, 2], "f": True}, [1, 2]),
        ("l[f]", {"l": [1, 2], "f": None}, []),
        ("l[f]", {"l": [], "f": None}, None),
        ("l[f]", {"l": None, "f": 1}, None),
        ("l[1]", {"l": None}, None),
        ("l[x]", {"l": [1], "x": None}, []),
        ("x ** 2", {"x": None}, None),
        ("pan . status", {"pan.status": 3}, 3),
        ("x instance of day and time duration", {"x": None}, False),
        ("x instance of range<number>", {"x": SPAN}, True),
        ("(= 3).end", {}, 3),
        ("[1..3] = (1..3]", {}, False),
        ('{a: "x"}.a + "y"', {}, "xy"),
        ("f(2)", {"f": FeelFunction(("n",), lambda n: n + 1)}, 3),
        ("f(1)", {"f": FeelFunction(("a", "b"), lambda a, b: [a, b], optional=1)}, [1, None]),
        ("abs(n: -1)", {}, 1),
        ("string(x)", {"x": None}, None),
        ("{a: 1}.a = [1][1]", {}, True),
        ("if b then 1 else 2", {"b": True}, 1),
        ("x instance of number", {"x": SPAN}, False),
        ("round(2.5)", {}, 2),
        ('matches("aab", "^a+?b$")', {}, True),
        ("nobody.home.today", {}, None),
        ("0.0 ** 0", {}, 1),
        ("0.0 ** -1", {}, None),
        ("r = s", {"r": SPAN, "s": SPAN}, True),
        ("x in r", {"x": 3, "r": Range(None, 5, False, False, low_unbounded=True)}, True),
        ("x in r", {"x": 3, "r": Range(1, None, True, False, high_unbounded=True)}, True),
        ('{a: "x"} instance of context<a: string, b: number>', {}, False),
        ("[{a: 1}].a.b", {}, [None]),
        ('{"a": 1}.a.b.c', {}, None),
        ("f().x", {"f": FeelFunction((), lambda: {"x": 1})}, 1),
        ("f().x.y", {"f": FeelFunction((), lambda: {"x": {"y": 2}})}, 2),
        ("date and time(x) = x", {"x": datetime(2020, 1, 1, tzinfo=UTC)}, True),
        ('x + duration("PT1H") > x', {"x": datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)}, True),
        ("x instance of function<> -> Any", {"x": FeelFunction((), lambda: 1)}, True),
        ("5 in (x)", {"x": 5}, True),
        ("x * 1.5", {"x": True}, None),
    ],
)
def test_a_corner_has_its_meaning(text, scope, value) -> None:
    assert evaluate(text, scope) == value


@pytest.mark.parametrize(
    ("text", "types", "values", "value"),
    [
        ("l[f]", {"l": list_of(NUMBER), "f": ANY}, {"l": [1], "f": True}, [1]),
        ("l[f]", {"l": list_of(NUMBER), "f": ANY}, {"l": [1], "f": None}, None),
        ("l[f]", {"l": list_of(NUMBER), "f": ANY}, {"l": [1], "f": "x"}, None),
        ("l[f]", {"l": ANY, "f": ANY}, {"l": None, "f": True}, None),
        ("x in r", {"x": NUMBER, "r": RANGE}, {"x": 3, "r": SPAN}, True),
        ("x in r", {"x": ANY, "r": ANY}, {"x": None, "r": SPAN}, None),
        ("x in (r, 9)", {"x": ANY, "r": ANY}, {"x": 9, "r": SPAN}, True),
        ("x in (r, 9)", {"x": ANY, "r": ANY}, {"x": 8, "r": None}, None),
        ('x in ["a", 9]', {"x": ANY}, {"x": 9}, True),
        ('x in ["a", 8]', {"x": ANY}, {"x": 9}, False),
        ("null in (1, 2)", {}, {}, None),
        ("x instance of number", {"x": ANY}, {"x": None}, None),
        ("(function(f: function) f([1, x]))(count)", {"x": NUMBER}, {}, 2),
        ("(function(f: function) f([1, x]))(sum)", {"x": NUMBER}, {}, None),
        ("(function(f: function) f(list: [1, 2]))(sum)", {}, {}, 3),
        ('d - date("2020-01-01") > duration("P1D")', {"d": DATE}, {"d": date(2020, 2, 1)}, True),
        ("modulo(n, 0) = 1", {"n": NUMBER}, {"n": 1}, None),
        ("exp(n) > 1", {"n": NUMBER}, {"n": 10**6}, None),
        ('string({a: x}) = "{a: 1}"', {"x": NUMBER}, {}, None),
        ("min(n, 2)", {"n": NUMBER}, {"n": Decimal("2.5")}, 2),
        ("max(3, 2)", {}, {}, 3),
        ("b in (true, false)", {"b": BOOLEAN}, {"b": False}, True),
    ],
)
def test_a_corner_has_its_meaning_where_null_is_unknown(text, types, values, value, decide) -> None:
    assert decide(text, types, **values).value == value


def test_a_half_open_range_is_inlined_and_an_open_one_is_asked(cell) -> None:
    assert cell("(< x)", NUMBER, 3, {"x": NUMBER}, x=5).value is True
    assert cell("(>= x)", NUMBER, 3, {"x": NUMBER}, x=5).value is False
    assert cell("x > 1", NUMBER, 3, {"x": NUMBER}, x=5).value is True
    assert cell("b", NUMBER, 3, {"b": BOOLEAN}, b=True).value is True


def test_an_enumeration_is_a_type_that_values_have_or_not() -> None:
    environment = Environment({"x": Binding(ANY, "x")}, types={"tColour": enumeration(["red"])})
    compiled = compile_expression("x instance of tColour", environment)
    function = eval(f"lambda x, _w: {compiled.source}", {**GLOBALS, **compiled.constants})
    assert function("red", []) is True
    assert function("blue", []) is False


def test_a_cell_without_a_subject_is_a_problem() -> None:
    environment = Environment({"x": Binding(NUMBER, "x")})
    for text in ("(!= 2)", "x in (1, 2) and (!= 3)"):
        problems = compile_expression(text, environment).problems
        assert any("without a subject" in problem.message for problem in problems)


def test_a_cell_of_any_type_is_judged_by_its_value(cell) -> None:
    assert cell("x", NUMBER, 3, {"x": ANY}, x=3).value is True
    assert cell("x", NUMBER, 3, {"x": ANY}, x=True).value is True
    assert cell("x", ANY, None, {"x": ANY}, x=True).value is None
    assert cell("x", ANY, 3, {"x": ANY}, x=[1, 3]).value is True
    assert cell("x", ANY, "a", {"x": BOOLEAN}, x=False).value is False
    assert cell("x", NUMBER, 3, {"x": RANGE}, x=SPAN).value is True
    assert cell("? in x", NUMBER, 3, {"x": ANY}, x=[3]).value is True
    assert cell("[x..9]", NUMBER, 3, {"x": NUMBER}, x=2).value is True
    assert cell("[x..y]", NUMBER, 3, {"x": NUMBER, "y": NUMBER}, x=5, y=1).value is None
    assert cell("[null..9]", NUMBER, 3).value is None


def test_the_reason_of_a_direct_call_is_kept(decide) -> None:
    outcome = decide("exp(n)", {"n": NUMBER}, n=10**6)
    assert outcome.codes == ["limit"]
    assert decide("sqrt(n)", {"n": NUMBER}, n=-1).codes == ["argument"]


def test_a_named_call_with_wrong_names_is_null_with_a_reason(decide) -> None:
    assert decide("abs(m: n)", {"n": NUMBER}, n=1).codes == ["argument"]


def test_a_remedy_names_the_nearest_value(problems) -> None:
    assert "did you mean 'salaried'?" in problems('s = "salaryed"', s=enumeration(["salaried", "retired"]))[0]


def test_what_is_not_constant_says_so() -> None:
    assert repr(NOT_CONSTANT) == "NOT_CONSTANT"
    assert compile_expression("1 + x", Environment({"x": Binding(NUMBER, "x")})).constant is NOT_CONSTANT


def test_a_text_that_takes_too_many_steps_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_PARSER_STEPS", 3)
    with pytest.raises(FeelError, match="too complex"):
        parse_expression("1 + 2 + 3 + 4")


def test_values_have_small_laws_of_their_own() -> None:
    assert YearsMonths(-(2**60)).years == -((2**60) // 12)
    assert kind_of(SPAN) == "range"
    assert accepts(NUMBER, NUMBER)
    assert accepts(list_of(STRING), list_of(STRING))
    measure([1, [2, {"a": [3]}]])


def test_names_of_the_scope_may_be_read_in_any_spacing() -> None:
    assert evaluate("first  name", {"first name": 1}) == 1
    assert evaluate_with_warnings("a+b", {"a+b": 1, "a": 5, "b": 6})[0] == 1
