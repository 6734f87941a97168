"""The language: literals, names, precedence, logic, conditions, loops, contexts, filters and functions."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import FeelError, evaluate, evaluate_unary_tests, evaluate_with_warnings
from engine.feel.values import FeelTime

KLEENE = [True, False, None]


def evaluated(text, scope):
    return [evaluate(line, scope) for line in text]


@pytest.mark.parametrize("left", KLEENE)
@pytest.mark.parametrize("right", KLEENE)
def test_and_and_or_are_kleenes(left, right) -> None:
    scope = {"a": left, "b": right}
    both = False if False in (left, right) else True if left and right else None
    either = True if True in (left, right) else None if None in (left, right) else False
    assert evaluate("a and b", scope) is both
    assert evaluate("a or b", scope) is either
    assert evaluate("not(not(a) or not(b))", scope) is both
    assert evaluate("not(a and b)", scope) is evaluate("not(a) or not(b)", scope)


@given(st.lists(st.sampled_from(KLEENE), min_size=2, max_size=6))
def test_logic_does_not_depend_on_the_order_of_operands(values) -> None:
    scope = {f"v{index}": value for index, value in enumerate(values)}
    for operator in ("and", "or"):
        text = f" {operator} ".join(scope)
        assert evaluate(text, scope) is evaluate(f" {operator} ".join(reversed(scope)), scope)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null = null", True),
        ("1 = null", False),
        ("1 != null", True),
        ('"100" = 100', None),
        ("true = 1", None),
        ("[] = 0", None),
        ('duration("P1Y") = duration("P365D")', None),
        ("[1, 2] = [1, 2]", True),
        ("[1, 2] = [2, 1]", False),
        ("{a: 1, b: 2} = {b: 2, a: 1}", True),
        ("{a: 1} = {b: 1}", False),
        ("{a: 1} != {a: 2}", True),
        ("[1..3] = [1..3]", True),
        ("[1..3] = [1..3)", False),
        ("(< 3) = (< 3)", True),
        ('time("10:30:00.0001") = time("10:30:00.0002")', True),
        ('time("10:30:00Z") = time("11:30:00+01:00")', True),
        ("abs = abs", True),
        ("true < false", None),
        ("null < 1", None),
        ('"a" < "b"', True),
        ("1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 3", True),
        ("5 between 1 and 10", True),
        ("5 between 6 and 10", False),
        ("null between 1 and 2", None),
        ('if true then "a" else "b"', "a"),
        ('if null then "a" else "b"', "b"),
        ('if "x" then "a" else "b"', "b"),
        ("for i in [1, 2, 3] return i + 1", [2, 3, 4]),
        ("for i in [1, 2], j in [i, 10] return i * j", [1, 10, 4, 20]),
        ("for i in 4..2 return i", [4, 3, 2]),
        ("for i in [2..4) return i", [2, 3]),
        ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", [1, 1, 2, 6, 24]),
        ("for i in 7 return i", [7]),
        ("for i in null return i", None),
        ("some i in [1, 2] satisfies i > 1", True),
        ("some i in [] satisfies true", False),
        ("every i in [] satisfies false", True),
        ("some i in [1, null] satisfies i > 5", None),
        ("every i in [1, 2], j in [3] satisfies i < j", True),
        ("every i in null satisfies true", None),
        ("{a: 1, b: a + 1}.b", 2),
        ('{"first name": "x"}.first name', "x"),
        ("{a: {b: 3}}.a.b", 3),
        ("[{a: 1}, {a: 2}].a", [1, 2]),
        ("[{a: 1}, {a: 2}, {a: 3}][a >= 2].a", [2, 3]),
        ("[{item: 1}, {item: 5}][item >= 2]", [{"item": 5}]),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][item > 1][1]", 2),
        ("100[1]", 100),
        ("true[false]", []),
        ("[1, 2][null]", []),
        ("[][1]", None),
        ("(function(a, b) a + b)(1, 2)", 3),
        ('(function(a: number) a)("x")', None),
        ("{f: function(x) x * 2, r: f(4)}.r", 8),
        ("(function(f, n) f(n))(abs, -3)", 3),
        ("(function(f) f(number: 9))(sqrt)", 3),
        ("(function(f) f(n: 9))(function(n) n + 1)", 10),
        ("(function(f) f(m: 9))(function(n) n + 1)", None),
        ("(function(f) f(m: 9))(sqrt)", None),
        ("(function(f) f(m: 9))(3)", None),
        ("sort([3, 1, 2], function(a, b) a > b)", [3, 2, 1]),
        ("1 instance of number", True),
        ("null instance of number", False),
        ("[1, 2] instance of list<number>", True),
        ('[1, "a"] instance of list<number>', False),
        ("{a: 1, b: 2} instance of context<a: number>", True),
        ("{b: 2} instance of context<a: number>", False),
        ("[1..3] instance of range<number>", True),
        ("abs instance of function<number> -> number", True),
        ("(function(a) a) instance of function<Any, Any> -> Any", False),
        ('date("2020-01-01") instance of date and time', False),
        ("1 in [2, 3, 1]", True),
        ("1 in <= 10", True),
        ("10 in (1, < 5, >= 10)", True),
        ("5 in ([1..3], [4..6])", True),
        ("2 in [[2..4], [7..9]]", True),
        ("1 in [1..3[", True),
        ("1 in ]1..3]", False),
        ("null in [1..10]", None),
        ("5 in [1..null)", None),
        ("true in [false, 2, 3]", False),
        ("[1] in [[1], 2]", True),
        ("[1..3] in [[1..3], [1..9]]", True),
        ("1 + /* a comment */ 1 // and another", 2),
        ('"a\\n\\t\\"\\\\\\u0041\\U01F600"', 'a\n\t"\\A\U0001f600'),
        ('{"+": 1}', {"+": 1}),
        ("{if: 1}", {"if": 1}),
        ("{}", {}),
    ],
)
def test_an_expression_has_the_value_of_the_standard(text, value) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "scope", "value"),
    [
        ("Monthly Salary * 12", {"Monthly Salary": 10}, 120),
        ("Monthly  Salary + Monthly", {"Monthly Salary": 10, "Monthly": 1}, 11),
        ("Approved/Declined = 1", {"Approved/Declined": 1, "Approved": 4, "Declined": 2}, True),
        ("a / b", {"a/b": 7, "a": 4, "b": 2}, 2),
        ("pan.status", {"pan.status": "E", "pan": {"status": "x"}}, "E"),
        ("pan.status", {"pan": {"status": "x"}}, "x"),
        ("person.first name", {"person": {"first name": "Ada"}}, "Ada"),
        ('people[first name = "Ada"].age', {"people": [{"first name": "Ada", "age": 36}]}, [36]),
        ("x and y", {"x and y": 3}, 3),
        ("x[1]", {"x": (4, 5)}, 4),
        ("x.hour", {"x": time(10, 30)}, 10),
        ("\U0001f40e + 1", {"\U0001f40e": 1}, 2),
        ("items[item > limit]", {"items": [1, 5], "limit": 3}, [5]),
        ("items[n > limit].n", {"items": [{"n": 1}, {"n": 5, "limit": 9}, {"n": 10, "limit": 9}], "limit": 3}, [10]),
        ("items[n]", {"items": [7, 8], "n": 2}, 8),
        ("min(l)", {"l": [0.1, Decimal("0.05")]}, Decimal("0.05")),
    ],
)
def test_names_are_read_longest_first_from_the_scope(text, scope, value) -> None:
    assert evaluate(text, scope) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("missing", "unknown_name"),
        ("missing(1)", "unknown_function"),
        ("{a: 1}.b", "unknown_name"),
        ('date("2020-01-01").hours', "unknown_name"),
        ("(1)(2)", None),
        ("[1, 2][9]", "argument"),
        ("for i in [1..null] return i", None),
        ('for i in "a".."c" return i', "type"),
        ("for i in 1.5..2 return i", "argument"),
        ('for i in ["a".."c"] return i', "type"),
        ("for i in (< 3) return i", "type"),
        ("every i in (< 3) satisfies true", "type"),
        ("(< 3)[item = 1]", "type"),
        ("1 and true", "type"),
        ("[3..1]", "argument"),
        ('["a"..1]', "type"),
        ("(function(a) a)(1, 2)", "argument"),
        ("abs(1, 2)", "argument"),
        ('abs("a")', "argument"),
        ('{a: 1}["x"]', "type"),
        ('@"2020-13-01"', None),
    ],
)
def test_what_fails_is_null_with_a_warning(text, code) -> None:
    if text == "(1)(2)":
        with pytest.raises(FeelError):
            evaluate(text)
        return
    value, warnings = evaluate_with_warnings(text)
    assert value in (None, [])
    assert [found for found, _ in warnings] == ([code] if code else [])


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", print, range(3)])
def test_a_python_object_is_no_feel_value(value) -> None:
    with pytest.raises(FeelError, match="not a FEEL value"):
        evaluate("x", {"x": value})


def test_a_scope_nested_without_end_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(FeelError, match="nested too deeply"):
        evaluate("x", {"x": loop})


def test_no_attribute_of_a_python_object_can_be_reached() -> None:
    for text in ("x.__class__", "x.upper", "f.call", "[1].append", "d.strftime", "t.zone"):
        scope = {"x": "a", "f": 1, "d": time(1), "t": FeelTime(0)}
        assert evaluate(text, scope) in (None, [None])


def test_a_time_of_python_is_a_feel_time() -> None:
    assert evaluate('t = time("10:30:00.5")', {"t": time(10, 30, 0, 500_000)}) is True


@pytest.mark.parametrize(
    ("cell", "subject", "value"),
    [
        ("-", None, True),
        ("", 1, True),
        ("18", 18, True),
        ("<18,>=60", 65, True),
        ("<18,>=60", 30, False),
        ('"a","b"', "b", True),
        ('not("a","b")', "b", False),
        ('not("a")', None, True),
        ("[18..22)", 22, False),
        ("null", None, True),
        ("null", 1, False),
        ("? > 3 and ? < 5", 4, True),
        ("[1, 2]", 2, True),
        ("[1, 2]", [1, 2], True),
        ("even(?)", 4, True),
        ("1 < 2", "anything", True),
        ("1 < 2", None, None),
        ("true", True, True),
        ("false", True, False),
        ("< 5", None, None),
        ("< 5", "x", None),
        ("not(x) and y", True, False),
        ("!= 3", 4, True),
        ("-3", -3, True),
        ('>= date("2016-10-01")', None, None),
    ],
)
def test_a_cell_tests_its_subject(cell, subject, value) -> None:
    assert evaluate_unary_tests(cell, subject, {"x": True, "y": True}) is value
