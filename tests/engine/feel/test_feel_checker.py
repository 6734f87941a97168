"""The type check: every certain mistake of an author is reported with its place and a remedy; nothing else is."""

from __future__ import annotations

import pytest

from engine.feel import Binding, Environment, FeelError, compile_expression, compile_unary_tests
from engine.feel.types import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS_TIME,
    LIST,
    NUMBER,
    STRING,
    TIME,
    YEARS_MONTHS,
    FeelType,
    accepts,
    clash,
    context_of,
    enumeration,
    function_of,
    join,
    list_of,
    named_type,
    range_of,
)

STATUS = enumeration(["E", "N", "X"])
TYPES = {
    "status": STATUS,
    "n": NUMBER,
    "s": STRING,
    "b": BOOLEAN,
    "d": DATE,
    "t": TIME,
    "dt": DATE_TIME,
    "l": list_of(NUMBER),
    "c": context_of({"age": NUMBER, "name": STRING}),
    "docs": list_of(context_of({"kind": STRING, "ordinal": NUMBER})),
    "loan.amount": NUMBER,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('stauts = "E"', "nothing is named 'stauts' — did you mean 'status'?"),
        ("loan.amout > 1", "nothing is named 'loan.amout' — did you mean 'loan.amount'?"),
        ("zzz", "nothing is named 'zzz' — declare it"),
        ('status = "Q"', 'the test = "Q" can never be true: the values are "E", "N", "X" — use one of'),
        ('status != "Q"', 'the test != "Q" is always true'),
        ('status in ("E", "Q")', 'the test = "Q" can never be true'),
        ('"e" = status', 'the test = "e" can never be true'),
        ("n = s", "a number is compared with a string"),
        ("n < s", "a number is compared with a string"),
        ("b < true", "boolean values have no order"),
        ("n < null", "< null has no value"),
        ("n + s", "+ is not defined on number and string"),
        ("d * 2", "* is not defined on date and number"),
        ("-s", "unary - is not defined on string"),
        ("1 / 0", "this has no value: division by zero"),
        ("n and b", "a boolean is expected here, not a number"),
        ("not(n)", "a boolean is expected here, not a number"),
        ("if n then 1 else 2", "a boolean is expected here, not a number"),
        ("some i in l satisfies i", "a boolean is expected here, not a number"),
        ("abss(n)", "there is no function 'abss' — did you mean 'abs'?"),
        ("abs(s)", "abs: n is a number or days and time duration or years and months duration, not a string"),
        ("abs()", "abs takes (n), not 0 arguments"),
        ("substring(s, s)", "substring: start position is a number, not a string"),
        ("substring(string: s, begin: 1)", "substring does not take arguments of these names"),
        ('sum(["a"])', "sum: list is a list, not a list<string>"),
        ('sum("a", "b")', "sum: list is a list, not a string"),
        ('string join(l, ",")', "string join: list is a list, not a list<number>"),
        ('date("nonsense")', "this has no value: date: the text is not a date"),
        ('@"nonsense"', "the temporal literal has no value"),
        ("c.agee", "the context has no entry 'agee' — did you mean 'age'?"),
        ("docs[kindd = 1]", "nothing is named 'kindd'"),
        ("d.hours", "a date has no property 'hours' — it has year, month, day, weekday"),
        ("n.year", "a number has no property 'year' — only contexts have entries"),
        ("n in [3..1]", "the range ends before it starts"),
        ('n in [1.."a"]', "the ends of the range are of different kinds"),
        ('n in ["a".."c"]', "a string is compared with a number"),
        ("n in l and s in l", "a string is compared with a number"),
        ("l[s]", "a filter wants a condition or a position, not a string"),
        ("for i in n return i", "a loop runs over a list, not a number"),
        ('for i in "a".."b" return i', "a loop cannot count through string"),
        ("n instance of nonsense", "there is no type 'nonsense'"),
        ("n(1)", "a number cannot be called"),
        ("c.name(1)", "a string cannot be called"),
        ("(function(f) f(f))(abs)", "what is called here is not known to be a function"),
        ("(function(a) a)(1, 2)", "the function takes 1 arguments, not 2"),
        ("function(a, a) a", "two parameters have the same name"),
        ("d = dt", "a date is compared with a date and time"),
    ],
)
def test_a_mistake_is_reported(text, expected, problems) -> None:
    assert any(expected in problem for problem in problems(text, **TYPES)), problems(text, **TYPES)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ('"Q"', STATUS, 'the test = "Q" can never be true'),
        ("5", STRING, "a string is compared with a number"),
        ("> 5", STRING, "a string is compared with a number"),
        ("[1..5]", STRING, "a number is compared with a string"),
        ('"a"', BOOLEAN, "a boolean is compared with a string"),
        ("true", NUMBER, "a number is compared with a boolean"),
        ("l", STRING, "a string is compared with a number"),
        ("? and b", NUMBER, "a boolean is expected here"),
    ],
)
def test_a_cell_that_can_never_be_true_is_reported(text, kind, expected, problems) -> None:
    found = problems(text, kind, **TYPES)
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    "text",
    [
        'status = "E" and n > 1',
        "n = null",
        'd + duration("P1M") > d',
        'dt - dt < duration("P1D")',
        'dt - d < duration("P1D")',
        't + duration("PT1H") > t',
        'docs[kind = "pan"][1].ordinal = 1',
        'some x in docs satisfies x.kind = "a"',
        "count(docs) > 0 and sum(l) > 1 and max(1, n) > 2",
        "years and months duration(d, d).years >= 18",
        'upper case(status) = "Q"',
        "if b then n else null",
        "{x: n, y: x + 1}.y > 1",
        "sort(l, function(a, b) a > b)[1] > n",
        "loan.amount / 12 * 3 >= n",
        "n instance of number",
        'd in [date("2020-01-01")..date("2021-01-01")]',
        "n in l",
        "l in (l, [1])",
        "append(l, n) = l",
        "min(l) < n",
        "string(n) = s",
        "abs(n - 1) <= 0.5",
        "number(s) > 1",
    ],
)
def test_what_is_right_is_not_reported(text, problems) -> None:
    assert problems(text, **TYPES) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("n + 1", NUMBER),
        ("s + s", STRING),
        ("d - d", DAYS_TIME),
        ('d + duration("P1Y")', DATE),
        ('2 * duration("P1Y")', YEARS_MONTHS),
        ("n > 1", BOOLEAN),
        ("c.age", NUMBER),
        ("docs.kind", list_of(STRING)),
        ("docs[1]", context_of({"kind": STRING, "ordinal": NUMBER})),
        ("docs[ordinal > 1]", list_of(context_of({"kind": STRING, "ordinal": NUMBER}))),
        ("for i in l return string(i)", list_of(STRING)),
        ("if b then 1 else 2", NUMBER),
        ('if b then 1 else "a"', ANY),
        ('if b then "a" else status', STRING),
        ("[1..n]", range_of(NUMBER)),
        ("[1..n].start", NUMBER),
        ("dt.time offset", DAYS_TIME),
        ("max(l)", NUMBER),
        ("reverse(l)", list_of(NUMBER)),
        ("{a: 1}", context_of({"a": NUMBER})),
        ("function(a: number) a + 1", function_of([NUMBER], NUMBER)),
        ("[]", LIST),
        ('abs(duration("P1Y"))', YEARS_MONTHS),
        ("append(l, 1)", list_of(NUMBER)),
        ("concatenate(l, [1])", list_of(NUMBER)),
    ],
)
def test_the_type_of_an_expression_is_known(text, kind) -> None:
    environment = Environment({name: Binding(given, name) for name, given in TYPES.items()})
    assert compile_expression(text, environment).type == kind


def test_compiled_code_names_what_it_reads_and_what_is_constant() -> None:
    environment = Environment({"a.b": Binding(NUMBER, "x1"), "c": Binding(NUMBER, "x2")}, unknowns=True)
    compiled = compile_expression("a.b + 1 > 2", environment)
    assert compiled.names == {"a.b"}
    assert "x1" in compiled.source
    assert compile_expression("1 + 2", environment).constant == 3
    assert compile_unary_tests("-", environment, Binding(NUMBER, "x2")).source == "True"


def test_equal_constants_of_different_expressions_share_their_name() -> None:
    environment = Environment({"s": Binding(STRING, "s")})
    first = compile_expression('s = "abc"', environment)
    second = compile_expression('s in ("abc")', environment)
    assert first.constants == second.constants
    assert all(name.startswith("_k") for name in first.constants)


def test_a_subject_that_costs_something_is_computed_once(cell) -> None:
    environment = Environment({"n": Binding(NUMBER, "n")}, unknowns=True)
    compiled = compile_unary_tests("[1..2], > 5, 7", environment, Binding(NUMBER, "f(n)"))
    assert compiled.source.count("f(n)") == 1


def test_code_nested_too_deeply_for_python_is_refused() -> None:
    environment = Environment({"n": Binding(NUMBER, "n")}, unknowns=True)
    with pytest.raises(FeelError, match="nested"):
        compile_expression("(n + 1)" + " in n" * 60, environment)


def test_a_type_named_by_the_environment_is_resolved() -> None:
    environment = Environment({"x": Binding(ANY, "x")}, types={"tAge": NUMBER})
    for text in ("x instance of tAge", "x instance of list<tAge>", "x instance of context<a: tAge>"):
        assert compile_expression(text, environment).problems == ()
    assert compile_expression("x instance of function<tAge> -> tAge", environment).problems == ()
    assert compile_expression("x instance of my.own", environment).problems != ()


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        (NUMBER, NUMBER, NUMBER),
        (NUMBER, STRING, ANY),
        (FeelType("null"), NUMBER, NUMBER),
        (NUMBER, FeelType("null"), NUMBER),
        (enumeration(["a"]), enumeration(["b"]), enumeration(["a", "b"])),
        (enumeration(["a"]), STRING, STRING),
        (list_of(NUMBER), list_of(STRING), LIST),
        (context_of({"a": NUMBER}), context_of({}), FeelType("context")),
    ],
)
def test_two_types_join_in_the_least_that_holds_both(left, right, joined) -> None:
    assert join(left, right) == joined


def test_types_accept_what_can_be_of_them() -> None:
    assert accepts(NUMBER, ANY)
    assert accepts(ANY, NUMBER)
    assert accepts(list_of(NUMBER), LIST)
    assert not accepts(list_of(NUMBER), list_of(STRING))
    assert not accepts(NUMBER, STRING)
    assert clash(NUMBER, STRING)
    assert not clash(NUMBER, ANY)
    assert named_type("  day and  time duration") == DAYS_TIME
    assert named_type("nonsense") is None
    assert str(context_of({"a": list_of(NUMBER)})) == "context<a: list<number>>"
    assert str(LIST) == "list"
