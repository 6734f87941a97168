"""Reading texts: whatever is written is read whole or refused with a place and a remedy, and within bounds."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.feel import FeelError, limits, nodes, parse_expression, parse_unary_tests
from engine.feel.errors import Problem, place

PIECES = st.sampled_from(
    [
        *"()[]{}.,:+-*/=<>?\"'@\n ",
        "..",
        "**",
        "<=",
        "!=",
        "->",
        " and ",
        " or ",
        " in ",
        "if ",
        " then ",
        " else ",
        "for ",
        " return ",
        "some ",
        " satisfies ",
        "function",
        " instance of ",
        "list<",
        "not",
        "null",
        "true",
        "1",
        "2.5",
        "1e9",
        "a",
        "b c",
        "date",
        " between ",
        '"s"',
        '@"2020-01-01"',
        "/*",
        "*/",
        "//",
        "item",
        "partial",
        "\\",
        "é",
        "🐎",
        "\x00",
    ]
)


def read(parse, text: str) -> nodes.Node | FeelError:
    try:
        return parse(text, ["a", "b c"])
    except FeelError as error:
        return error


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
@settings(max_examples=300, deadline=None)
@example("]1..]1..]1..[")
@example("@")
@example("a.")
@example("1 in (")
@example("not(")
@example("{a:1, a:2}")
def test_a_text_is_read_or_refused_and_nothing_else_happens(text) -> None:
    for parse in (parse_expression, parse_unary_tests):
        found = read(parse, text)
        if isinstance(found, FeelError):
            assert found.problems
            assert found.line >= 1
            assert found.column >= 1
        else:
            assert all(0 <= part.start <= len(text) for part in nodes.walk(found))


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("1 +", "1:4", "expected a value, found the end of the expression"),
        ("1 + + 2", "1:5", "expected a value"),
        ("a b", "1:3", "expected the end of the expression, found 'b'"),
        ('"abc', "1:1", "a string is not closed"),
        ('"a\\q"', "1:3", "names no character"),
        ('"\\U110000"', "1:2", "names no character"),
        ("/* open", "1:1", "a comment is not closed"),
        ("1 +\n  ~", "2:3", "has no meaning"),
        ("if a then b", "1:12", "expected 'else'"),
        ("a between 1", "1:12", "expected 'and'"),
        ("{a: 1, a: 2}", "1:9", "same key twice"),
        ("{: 1}", "1:2", "expected a key"),
        ("f(a: 1, 2)", "1:9", "mixes named and unnamed"),
        ("f(1, a: 2)", "1:1", "mixes named and unnamed"),
        ("f(1", "1:4", "expected ')'"),
        ("[1, 2", "1:6", "expected ']'"),
        ("a[1", "1:4", "expected ']'"),
        ("{a: 1", "1:6", "expected '}'"),
        ("a.1", "1:2", "expected the end"),
        ("a.+", "1:3", "expected a name after the dot"),
        ("for in x return 1", "1:5", "expected the name of a loop variable"),
        ("for i x return 1", "1:9", "expected 'in'"),
        ("some i in [1] return 1", "1:15", "expected 'satisfies'"),
        ("x instance of 3", "1:15", "expected a type"),
        ("x instance of list<number", "1:26", "expected '>'"),
        ("x instance of function<number>", "1:31", "expected '->'"),
        ("function(a) external {java: 1}", "1:13", "external functions are not part"),
        ("then", "1:1", "found the word 'then'"),
        ("(1..2", "1:6", "expected the end of the range"),
        ("(< 3", "1:5", "expected ')'"),
        ("1 in (1, 2", "1:11", "expected ')'"),
        ('@"x', "1:1", "a string is not closed"),
    ],
)
def test_a_refusal_names_place_and_remedy(text, position, message) -> None:
    with pytest.raises(FeelError, match=r".") as caught:
        parse_expression(text, ["a", "x"])
    error = caught.value
    assert f"{error.line}:{error.column}" == position
    assert message in error.message
    assert error.remedy


def test_a_refusal_never_repeats_a_string_of_the_text() -> None:
    with pytest.raises(FeelError) as caught:
        parse_expression('1 "Ada Lovelace"')
    assert "Ada" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 300,
        "[" * 5000,
        "-" * 5000 + "1",
        "not(" * 2000,
        "+".join("1" * 2000),
        "a" + ".b" * 2000,
        "]1.." * 500,
        "[1..(" * 200,
        "1 in (" * 1000,
        "if a then " * 500,
        "{a:" * 500,
        "x instance of " + "list<" * 500,
        "1" * (limits.MAX_EXPRESSION_CHARS + 1),
        " and ".join(["x instance of list<number>"] * 600),
        "1 in " * 500 + "1",
    ],
)
def test_a_text_beyond_the_limits_is_refused_and_no_stack_overflows(text) -> None:
    for parse in (parse_expression, parse_unary_tests):
        with pytest.raises(FeelError):
            parse(text)


def test_a_deep_stack_of_the_caller_is_no_crash() -> None:
    def deeper(count: int) -> object:
        return deeper(count - 1) if count else parse_expression("(" * 40 + "1" + ")" * 40)

    with pytest.raises(FeelError, match="too deep"):
        deeper(sys.getrecursionlimit() - 400)


def test_fifty_brackets_can_be_read() -> None:
    assert isinstance(parse_expression("(" * 49 + "1" + ")" * 49), nodes.Literal)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", nodes.Literal),
        ('@"P1D"', nodes.AtLiteral),
        ("a", nodes.Name),
        ("a.b", nodes.Path),
        ("a[1]", nodes.Filter),
        ("f(1)", nodes.Call),
        ("-a", nodes.Negate),
        ("1 ** 2", nodes.Arithmetic),
        ("a = b", nodes.Comparison),
        ("a and b", nodes.Logic),
        ("a between 1 and 2", nodes.Between),
        ("a in (1, 2)", nodes.In),
        ("if a then 1 else 2", nodes.If),
        ("for i in 1..3 return i", nodes.For),
        ("every i in a satisfies i", nodes.Quantified),
        ("a instance of number", nodes.InstanceOf),
        ("[]", nodes.ListLiteral),
        ("{}", nodes.ContextLiteral),
        ("]1..2[", nodes.RangeLiteral),
        ("[1..2[", nodes.RangeLiteral),
        ("(1..2]", nodes.RangeLiteral),
        ("(<= 2)", nodes.RangeLiteral),
        ("(!= 2)", nodes.Tests),
        ("function() 1", nodes.FunctionLiteral),
    ],
)
def test_each_form_has_its_node(text, kind) -> None:
    assert type(parse_expression(text)) is kind


@pytest.mark.parametrize(
    ("text", "kind", "count", "negated"),
    [
        ("1", nodes.Tests, 1, False),
        ("1, 2", nodes.Tests, 2, False),
        ("not(1, < 2)", nodes.Tests, 2, True),
        ("not(1), 2", nodes.Tests, 2, False),
        ("not(a) and b", nodes.Tests, 1, False),
    ],
)
def test_a_cell_is_a_list_of_tests(text, kind, count, negated) -> None:
    node = parse_unary_tests(text)
    assert isinstance(node, kind)
    assert (len(node.tests), node.negated) == (count, negated)


@pytest.mark.parametrize(("text", "written"), [("-", True), (" - ", True), ("", False), ("  ", False)])
def test_the_empty_cell_is_not_the_written_one(text, written) -> None:
    node = parse_unary_tests(text)
    assert isinstance(node, nodes.Wildcard)
    assert node.written is written


def test_depth_and_walk_see_every_node() -> None:
    node = parse_expression("a + f(b)[c]")
    assert nodes.depth(node) == 4
    assert {part.name for part in nodes.walk(node) if isinstance(part, nodes.Name)} == {"a", "f", "b", "c"}


def test_a_place_counts_lines_and_columns_from_one() -> None:
    assert place("ab\ncd", 0) == (1, 1)
    assert place("ab\ncd", 4) == (2, 2)
    assert place("ab\ncd", 99) == (2, 3)
    assert str(Problem("m", 1, 2)) == "1:2: m"


def test_names_that_are_no_feel_names_are_never_matched() -> None:
    assert isinstance(parse_expression("a", ['"a"', "", "\x00", "a"]), nodes.Name)


def test_a_symbol_in_a_name_stands_as_close_as_in_the_name() -> None:
    assert isinstance(parse_expression("a-b", ["a-b"]), nodes.Name)
    assert isinstance(parse_expression("a - b", ["a-b"]), nodes.Arithmetic)
