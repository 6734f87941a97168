"""The library of functions on strings, lists, contexts, ranges and patterns, and how calls are held against it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import evaluate, evaluate_with_warnings
from engine.feel.builtins import FUNCTIONS


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('substring("foobar", 3)', "obar"),
        ('substring("foobar", -2, 1)', "a"),
        ('substring("foobar", 3, 3.8)', "oba"),
        ('substring(string: "foobar", start position: 3)', "obar"),
        ('string length("\U0001f40e")', 1),
        ('upper case("aB")', "AB"),
        ('lower case("aB")', "ab"),
        ('substring before("foobar", "bar")', "foo"),
        ('substring before("foobar", "x")', ""),
        ('substring after("foobar", "ob")', "ar"),
        ('substring after("abc", "")', "abc"),
        ('substring after("abc", "x")', ""),
        ('contains("foobar", "of")', False),
        ('starts with("foobar", "fo")', True),
        ('ends with("foobar", "r")', True),
        ('trim("  a b ")', "a b"),
        ('string join(["a", null, "c"], "X")', "aXc"),
        ('string join("a", "X")', "a"),
        ('split("John Doe", "\\\\s")', ["John", "Doe"]),
        ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
        ('matches("ABCDE1234F", "^[A-Z]{5}[0-9]{4}[A-Z]$")', True),
        ('matches("abc\\n", "c$")', False),
        ('matches("ABC", "b", "i")', True),
        ('matches("a.c", ".", "q")', True),
        ('matches("abc", "a b c", "x")', True),
        ('matches("a\\nb", "^b", "m")', True),
        ('matches("a\\nb", "a.b", "s")', True),
        ('matches("a]b", "[\\\\]&~]")', True),
        ('matches("xyz", "(?:x|y)z?")', True),
        ('matches("aXb", "a[^a-z]b")', True),
        ('replace("abcd", "(ab)|(a)", "[1=$1]")', "[1=ab]cd"),
        ('replace("a.b", ".", "$", "q")', "a$b"),
        ('replace("abc", "b", "\\\\$\\\\\\\\$9")', "a$\\c"),
        ("string(1.50)", "1.5"),
        ("string(1e3)", "1000"),
        ("string(0.0)", "0"),
        ('string([1, "a", null, true, {k: 1}])', '[1, "a", null, true, {k: 1}]'),
        ('string({"a b": "q\\"", "+": 1})', '{a b: "q\\"", "+": 1}'),
        ("string([1..3))", "[1..3)"),
        ('string("x")', "x"),
        ("count([1, null, 3])", 3),
        ("count(1)", 1),
        ("min(1, 2, 3)", 1),
        ('max(["a", "c", "b"])', "c"),
        ("sum(1, 2.5)", evaluate("3.5")),
        ("sum([])", None),
        ("product([2, 3, 4])", 24),
        ("mean(1, 2, 3)", 2),
        ("median([8, 2, 5, 7])", 6),
        ("median([])", None),
        ("stddev([2, 4, 7, 5])", evaluate("2.081665999466132735282297706979931")),
        ("mode(6, 3, 9, 6, 6)", [6]),
        ("mode([6, 1, 9, 6, 1])", [1, 6]),
        ("mode([])", []),
        ("all(true, false)", False),
        ("all([true, null])", None),
        ("all([])", True),
        ("any([null, true])", True),
        ("any([])", False),
        ("list contains([1, null], null)", True),
        ('list contains([1, "1"], "1")', True),
        ("sublist([1, 2, 3], 2)", [2, 3]),
        ("sublist([1, 2, 3], -2, 1)", [2]),
        ("append([1], 2, 3)", [1, 2, 3]),
        ("append([1], null)", [1, None]),
        ("concatenate([1, 2], [3], 4)", [1, 2, 3, 4]),
        ("insert before([1, 3], 2, 2)", [1, 2, 3]),
        ("remove([1, 2, 3], 2)", [1, 3]),
        ("list replace([1, 2, 3], -1, 9)", [1, 2, 9]),
        ("list replace([2, 4, 7], function(item, newItem) item < newItem, 5)", [5, 5, 7]),
        ("reverse([1, 2])", [2, 1]),
        ("index of([1, 2, null, 2], 2)", [2, 4]),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ('distinct values([1, "1", true, 1.0, [1], [1], null, null])', [1, "1", True, [1], None]),
        ("flatten([[1, 2], [[3]], 4])", [1, 2, 3, 4]),
        ("partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("sort([3, 1, 2])", [1, 2, 3]),
        ("sort(list: [1, 2, 3], precedes: function(x, y) x > y)", [3, 2, 1]),
        ('get value({a: 1}, "a")', 1),
        ('get value({a: 1}, "b")', None),
        ('get value(key: "a", m: {a: 1})', 1),
        ("get entries({a: 1})", [{"key": "a", "value": 1}]),
        ('context([{key: "a", value: 1}])', {"a": 1}),
        ('context({key: "a", value: null})', {"a": None}),
        ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
        ('context put({a: {b: 1}}, ["a", "c"], 2)', {"a": {"b": 1, "c": 2}}),
        ('context put({}, ["a", "c"], 2)', {"a": {"c": 2}}),
        ("context merge([{a: 1}, {a: 2, b: 3}])", {"a": 2, "b": 3}),
        ("before(1, 10)", True),
        ("before([1..10], 10)", False),
        ("before([1..10), 10)", True),
        ("before(1, (1..10])", True),
        ("before((< 5), 9)", True),
        ("before((> 5), 9)", False),
        ("after([5..10], [1..5))", True),
        ("meets([1..5], [5..10])", True),
        ("meets([1..5), [5..10])", False),
        ("meets((> 1), [5..10])", False),
        ("met by([5..10], [1..5])", True),
        ("overlaps([1..5], [3..8])", True),
        ("overlaps([1..5], (5..8])", False),
        ("overlaps before([1..5], [3..8])", True),
        ("overlaps after([3..8], [1..5])", True),
        ("finishes(10, [1..10])", True),
        ("finished by([1..10], 10)", True),
        ("includes([1..10], 5)", True),
        ("includes([1..10], (1..10))", True),
        ("includes((< 10), [1..5])", True),
        ("includes([1..10], (< 5))", False),
        ("during(5, [1..10])", True),
        ("during((> 3), (> 1))", True),
        ("starts(1, [1..10])", True),
        ("started by([1..10], [1..5])", True),
        ("coincides([1..5], [1..5])", True),
        ("coincides(3, 4)", False),
        ("not(null)", None),
        ('number("1,5", null, ",")', evaluate("1.5")),
        ("median(8, 2, 5)", 5),
        ("sort([2, 1, 2])", [1, 2, 2]),
        ("sort([[3..4], [1..2]], before) = [[1..2], [3..4]]", True),
        ("sort([1, 1], function(a, b) a > b)", [1, 1]),
        ("(function(f) [f(true), f(null)])(not)", [False, None]),
        ("decimal(5, 2)", 5),
        ("decimal(5.25, 4)", evaluate("5.25")),
        ("modulo(12, 5)", 2),
        ('string length(["abc"])', 3),
        ('contains(["abc"], "b")', True),
        ("distinct values([{a: 1}, {a: 1}])", [{"a": 1}]),
        ("count(list: [1])", 1),
    ],
)
def test_a_function_gives_what_the_standard_says(text, value) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    [
        'substring("abc", 0)',
        'substring("abc", 9)',
        'substring("abc", 1, 0)',
        "string length(1)",
        'matches("a", "(")',
        'matches("a", ")")',
        'matches("a", "a{1,2")',
        'matches("a", "*a")',
        'matches("a", "[a")',
        'matches("a", "a\\\\1")',
        'matches("a", "a\\\\")',
        'matches("a", "(?=a)")',
        'matches("a", "z", "k")',
        'matches("a", "[z-a]")',
        'replace("a", "x*", "y")',
        'replace("a", "a", "$x")',
        'replace("a", "a", "\\\\q")',
        'replace("a", "a", "\\\\")',
        'split("a", "x*")',
        'min([1, "a"])',
        "min([])",
        "min([1, null])",
        "sum([1, null])",
        "stddev([1])",
        "mode([1, null])",
        "any([1])",
        "sublist([1], 2)",
        "sublist([1], 1, 2)",
        "sublist([1], 1, 0)",
        "insert before([1], 3, 1)",
        "partition([1], 0)",
        "list replace([1], function(a, b) 1, 2)",
        "list replace([1], function(a) true, 2)",
        'sort([1, "a"])',
        "sort([1, 2], function(a, b) null)",
        'context([{key: "a", value: 1}, {key: "a", value: 2}])',
        "context({value: 1})",
        "context({key: 1, value: 1})",
        "context([null])",
        "context put({}, [], 1)",
        'context put({a: 1}, ["a", "b"], 1)',
        "context merge([{}, null])",
        'before(1, "a")',
        'before(1, [1.."a"])',
        "count(1, 2)",
        'substring(strin: "a", start position: 1)',
        'string join(["a", 1], ",")',
        'number("a", "b")',
    ],
)
def test_an_argument_that_does_not_fit_is_null_with_a_warning(text) -> None:
    value, warnings = evaluate_with_warnings(text)
    assert value is None
    assert warnings


@pytest.mark.parametrize(
    "text", ["count(null)", "sum(null)", 'contains(null, "a")', "append(null, 1)", "all(null)", "before(null, 1)"]
)
def test_null_for_what_may_not_be_null_is_null_without_a_warning(text) -> None:
    assert evaluate_with_warnings(text) == (None, ())


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=12))
def test_functions_on_lists_agree_with_each_other(items) -> None:
    scope = {"l": items}
    assert evaluate("sort(l)", scope) == sorted(items)
    assert evaluate("reverse(reverse(l)) = l", scope) is True
    assert evaluate("min(l) = sort(l)[1] and max(l) = sort(l)[-1]", scope) is True
    assert evaluate("mean(l) * count(l) - sum(l) < 0.000001", scope) is True
    assert evaluate("flatten(partition(l, 3)) = l", scope) is True
    assert evaluate("every i in l satisfies list contains(distinct values(l), i)", scope) is True
    assert evaluate("count(l[item > 0]) + count(l[item <= 0]) = count(l)", scope) is True


@given(st.text(max_size=20), st.text(min_size=1, max_size=3))
def test_a_string_is_what_stands_before_a_match_the_match_and_what_stands_after(text, part) -> None:
    scope = {"s": text, "m": part}
    if part in text:
        assert evaluate("substring before(s, m) + m + substring after(s, m)", scope) == text
    assert evaluate("contains(s + m, m) and ends with(s + m, m) and starts with(m + s, m)", scope) is True


def test_every_function_can_be_declared_once_and_is_used_by_its_name() -> None:
    assert len(FUNCTIONS) > 75
    for name, function in FUNCTIONS.items():
        assert function.name == name
        assert function.signatures
        assert function.usage()


def test_no_function_reads_a_clock() -> None:
    assert "now" not in FUNCTIONS
    assert "today" not in FUNCTIONS
