"""Decisions, knowledge models and services: what they see, what they give, and what they warn of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dmn import DmnError, Model, read_model
from engine.feel import FeelError
from tests.engine.dmn.dmn_xml import decision, input_data, item, knowledge, literal, table, xml


def codes(outcome) -> list[str]:
    return [warning.code for warning in outcome.warnings]


def context(*entries: tuple[str, str], result: str = "") -> str:
    inner = "".join(
        f'<contextEntry><variable name="{name}"/>{logic if logic.startswith("<") else literal(logic)}</contextEntry>'
        for name, logic in entries
    )
    return f"<context>{inner}{f'<contextEntry>{literal(result)}</contextEntry>' if result else ''}</context>"


# -- scopes


def test_a_decision_sees_what_it_requires_and_nothing_else(decide) -> None:
    outcome = decide(input_data("x"), input_data("y"), decision("d", "[x, y]", "input:x"), x=1, y=2)
    assert outcome.value == [1, None]
    assert [(w.node, w.code) for w in outcome.warnings] == [("d", "unknown_name")]
    assert str(outcome.warnings[0]).startswith("d: ")


def test_each_decision_is_made_once_however_many_require_it(build) -> None:
    parts = [decision("a0", "1")]
    parts += [decision(f"a{n}", f"a{n - 1} + a{n - 1}", f"decision:a{n - 1}") for n in range(1, 60)]
    assert build(*parts).decide("a59", {}).value == 2**59


def test_a_long_chain_of_decisions_needs_no_deep_stack(build) -> None:
    parts = [decision("a0", "0")]
    parts += [decision(f"a{n}", f"a{n - 1} + 1", f"decision:a{n - 1}") for n in range(1, 3000)]
    assert build(*parts).decide("a2999", {}).value == 2999


def test_a_decision_that_is_given_is_not_computed(decide) -> None:
    parts = (decision("e", "1/0", kind="number"), decision("d", "e + 1", "decision:e"))
    outcome = decide(*parts, e=4)
    assert (outcome.value, outcome.warnings) == (5, ())


def test_decisions_in_a_circle_are_refused_with_their_names() -> None:
    parts = (decision("a", "b", "decision:b"), decision("b", "c", "decision:c"), decision("c", "a", "decision:a"))
    with pytest.raises(DmnError, match="a -> b -> c -> a"):
        Model(read_model(xml(*parts)))


def test_a_requirement_that_leads_nowhere_and_a_missing_input_are_warnings(decide) -> None:
    outcome = decide(input_data("x"), decision("d", "x", "input:x", "decision:gone"))
    assert outcome.value is None
    assert sorted(codes(outcome)) == ["missing_input", "missing_requirement"]


def test_what_is_no_decision_or_no_value_of_feel_is_refused(build) -> None:
    model = build(input_data("x"), decision("d", "x", "input:x"))
    with pytest.raises(DmnError, match="it has d"):
        model.decide("nowhere", {})
    with pytest.raises(DmnError, match="there is no knowledge model"):
        model.invoke("d", {})
    with pytest.raises(FeelError):
        model.decide("d", {"x": object()})


# -- boxed expressions


def test_entries_of_a_context_see_the_earlier_ones_and_the_last_without_a_name_is_the_result(decide) -> None:
    assert decide(decision("d", context(("a", "2"), ("b", "a * 3")))).value == {"a": 2, "b": 6}
    assert decide(decision("d", context(("a", "2"), ("b", "a * 3"), result="a + b"))).value == 8


def test_a_nested_context_may_use_names_with_spaces_of_the_outer_one(decide) -> None:
    inner = context(("low rate", "base rate / 2"))
    assert decide(decision("d", context(("base rate", "4"), ("p", inner), result="p.low rate"))).value == 2


def test_a_boxed_function_may_call_itself_within_the_bounds(decide) -> None:
    function = f'<functionDefinition><formalParameter name="n" typeRef="number"/>{literal("if n <= 1 then 1 else n * f(n - 1)")}</functionDefinition>'
    assert decide(decision("d", context(("f", function), result="f(20)"))).value == 2432902008176640000
    outcome = decide(decision("d", context(("f", function.replace("n &lt;= 1", "false")), result="f(1)")))
    assert (outcome.value, codes(outcome)) == (None, ["limit"])


def test_an_invocation_binds_by_name_and_a_wrong_name_has_no_value(decide) -> None:
    def invocation(name: str) -> str:
        return f'<invocation>{literal("k")}<binding><parameter name="{name}"/>{literal("4")}</binding></invocation>'

    half = knowledge("k", "a: number", "a / 2")
    assert decide(half, decision("d", invocation("a"), "knowledge:k")).value == 2
    assert codes(decide(half, decision("d", invocation("b"), "knowledge:k"))) == ["argument"]


def test_lists_relations_and_conditions_are_boxes(decide) -> None:
    one, two = literal("1"), literal('"b"')
    relation = f'<relation><column name="n"/><column name="s" typeRef="number"/><row>{one}{two}</row></relation>'
    assert decide(decision("d", f"<list>{one}{two}</list>")).value == [1, "b"]
    outcome = decide(decision("d", relation))
    assert (outcome.value, codes(outcome)) == ([{"n": 1, "s": None}], ["type"])
    for test, value in (("true", 1), ("false", "b"), ("null", "b"), ('"x"', "b")):
        conditional = f"<conditional><if>{literal(test)}</if><then>{one}</then><else>{two}</else></conditional>"
        assert decide(decision("d", conditional)).value == value


def test_loops_filters_and_quantifiers_are_boxes(decide) -> None:
    def loop(tag: str, source: str, body: str, part: str) -> str:
        return f'<{tag} iteratorVariable="i"><in>{literal(source)}</in><{part}>{literal(body)}</{part}></{tag}>'

    assert decide(decision("d", loop("for", "[1,2,3]", "i * 2", "return"))).value == [2, 4, 6]
    assert decide(decision("d", loop("for", "1..3", "sum([i]) + count(partial)", "return"))).value == [1, 3, 5]
    assert decide(decision("d", loop("some", "[1,2]", "i > 1", "satisfies"))).value is True
    assert decide(decision("d", loop("every", "[1,null]", "i > 0", "satisfies"))).value is None
    assert decide(decision("d", loop("every", "null", "true", "satisfies"))).value is None
    for source, match, value in [
        ("[1,2,3]", "item > 1", [2, 3]),
        ("[{a: 1},{a: 2}]", "a = 2", [{"a": 2}]),
        ("[4,5]", "2", 5),
        ("7", "item = 7", [7]),
    ]:
        boxed = f"<filter><in>{literal(source)}</in><match>{literal(match)}</match></filter>"
        # Names of entries are known where some part of the model speaks of them.
        types = item("t", components=item("a", "number"))
        assert decide(types, decision("d", boxed)).value == value


def test_an_empty_box_is_null(decide) -> None:
    outcome = decide('<decision id="d" name="d"/>')
    assert (outcome.value, codes(outcome)) == (None, ["no_logic"])
    assert decide(decision("d", "<conditional/>")).value is None
    assert codes(decide(decision("d", literal("")))) == ["syntax"]


def test_other_languages_and_foreign_functions_are_null_with_a_warning(decide, build) -> None:
    assert codes(decide(decision("d", literal("1", 'expressionLanguage="urn:python"')))) == ["language"]
    other = build(decision("d", "1"), attributes='expressionLanguage="urn:python"')
    assert codes(other.decide("d", {})) == ["language"]
    java = knowledge("k", "a", literal('"x"'), attributes='kind="Java"')
    assert codes(decide(java, decision("d", "k(1)", "knowledge:k"))) == ["external", "unknown_function"]


# -- types


def test_values_are_converted_to_the_type_or_are_null_with_a_warning(decide) -> None:
    cases = [
        ("[5]", "number", 5, []),
        ("5", "tNumbers", [5], []),
        ('date("2020-01-01")', "date and time", datetime(2020, 1, 1, tzinfo=UTC), []),
        ('"5"', "number", None, ["type"]),
        ("11", "tSmall", None, ["type"]),
        ("[1, 11]", "tSmalls", None, ["type"]),
        ("[1, null]", "tSmalls", [1, None], []),
        ("[]", "tFew", None, ["type"]),
        ("[1]", "tFew", [1], []),
        ('{name: "a", age: 1, more: 2}', "tPerson", {"name": "a", "age": 1, "more": 2}, []),
        ('{name: "a"}', "tPerson", None, ["type"]),
        ("1", "tNowhere", None, ["type"]),
        ("1", "tUnreadable", None, ["type"]),
        ("function(a: number) a", "tFunction", None, []),
        ("7", "tTiny", None, ["type"]),
        ("2", "tTiny", 2, []),
        ("20", "tTiny", None, ["type"]),
        ("null", "number", None, []),
        ("1", "Any", 1, []),
    ]
    types = (
        item("tNumbers", "number", many=True),
        item("tSmall", "number", values="[0..10]"),
        item("tSmalls", "tSmall", many=True),
        item("tTiny", "tSmall", values="< 5, > 15"),
        item("tFew", "number", many=True, whole="count(?) > 0"),
        item("tPerson", components=item("name", "string") + item("age", "number")),
        item("tUnreadable", "number", values="(("),
        '<itemDefinition name="tFunction"><functionItem outputTypeRef="number"><parameters name="a" typeRef="number"/></functionItem></itemDefinition>',
    )
    for text, kind, value, warned in cases:
        outcome = decide(*types, decision("d", text, kind=kind))
        if kind != "tFunction":
            assert outcome.value == value, text
        assert codes(outcome) == warned, text


def test_a_type_may_speak_of_itself(decide) -> None:
    tree = item("tTree", components=item("value", "number") + item("children", "tTree", many=True))
    good = "{value: 1, children: [{value: 2, children: []}]}"
    assert decide(tree, decision("d", good, kind="tTree")).value is not None
    assert codes(decide(tree, decision("d", good.replace("2", '"x"'), kind="tTree"))) == ["type"]


def test_a_warning_names_the_entry_that_does_not_fit(decide) -> None:
    person = item("tPerson", components=item("name", "string") + item("age", "number", values="[0..150]"))
    parts = (person, input_data("p", "tPerson"), decision("d", "p", "input:p"))
    for record, message in (
        ({"name": "a"}, "'age' is missing"),
        ({"name": 1, "age": 1}, "'name' is no string"),
        ({"name": "a", "age": 200}, "'age' is not allowed"),
    ):
        assert decide(*parts, p=record).warnings[0].message == f"the value is not of type tPerson: {message}"


def test_inputs_are_converted_too_and_instance_of_knows_the_models_types(decide) -> None:
    small = item("t small", "number", values="[0..10]")
    parts = (small, input_data("x", "t small"), decision("d", "[x, 300 instance of t small]", "input:x"))
    assert decide(*parts, x=[3]).value == [3, True]
    outcome = decide(*parts, x=300)
    assert outcome.value == [None, True]
    assert [(w.node, w.code) for w in outcome.warnings] == [("x", "type")]


# -- what is given and what is told


def test_the_time_is_what_the_caller_says_and_unknown_otherwise(build) -> None:
    model = build(decision("d", "[now(), today()]"), knowledge("k", "", "today()"))
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert model.decide("d", {}, now=moment).value == [moment, date(2026, 11, 20)]
    assert model.invoke("k", [], now=moment).value == date(2026, 11, 20)
    outcome = model.decide("d", {})
    assert (outcome.value, codes(outcome)) == ([None, None], ["clock", "clock"])


def test_the_types_of_inputs_are_told(build) -> None:
    types = build(input_data("x", "date"), decision("d", "1", kind="number")).input_types("d")
    assert {name: kind.name for name, kind in types.items()} == {"x": "date", "d": "number"}


def test_warnings_are_kept_once_and_never_hold_a_value(decide) -> None:
    parts = (input_data("x"), decision("d", 'for i in 1..500 return x + "secret"', "input:x"))
    outcome = decide(*parts, x=4711)
    assert len(outcome.warnings) == 1
    assert "secret" not in str(outcome.warnings[0])
    assert "4711" not in str(outcome.warnings[0])


def test_a_decision_that_takes_too_long_is_null(decide) -> None:
    text = "count(for i in 1..2000, j in 1..2000 return 1)"
    outcome = decide(decision("d", text))
    assert (outcome.value, codes(outcome)) == (None, ["limit"])
    tables = decide(decision("d", table("COLLECT", "1", "y", *["- | 1"] * 3)))
    assert tables.value == [1, 1, 1]


@given(st.text(max_size=30))
def test_no_text_of_feel_in_a_model_fails_in_another_way(text) -> None:
    content = xml(input_data("x"), decision("d", literal(text), "input:x"))
    try:
        model = Model(read_model(content))
    except DmnError:
        return
    outcome = model.decide("d", {"x": Decimal("1.5")})
    assert outcome.value is None or outcome.warnings is not None
