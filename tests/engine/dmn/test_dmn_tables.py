"""Decision tables in DMN: every hit policy with hits, without, and in violation; null is never a match."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dmn import Model, read_model
from tests.engine.dmn.dmn_xml import decision, input_data, item, table, xml

X = input_data("x", "number")


def codes(outcome) -> list[str]:
    return [warning.code for warning in outcome.warnings]


@pytest.mark.parametrize(
    ("policy", "aggregation", "rules", "x", "value", "code"),
    [
        ("UNIQUE", "", ["<5 | 1", ">=5 | 2"], 7, 2, None),
        ("UNIQUE", "", ["<5 | 1", "<9 | 2"], 1, None, "unique_violation"),
        ("UNIQUE", "", ["<5 | 1"], 7, None, "no_match"),
        ("ANY", "", ["<5 | 1", "<9 | 1"], 1, 1, None),
        ("ANY", "", ["<5 | 1", "<9 | 2"], 1, None, "any_violation"),
        ("FIRST", "", ["<5 | 1", "<9 | 2"], 1, 1, None),
        ("RULE ORDER", "", ["<5 | 3", "<9 | 2", ">9 | 1"], 1, [3, 2], None),
        ("RULE ORDER", "", ["<5 | 3"], 7, [], None),
        ("COLLECT", "", ["<5 | 3", "<9 | 2"], 1, [3, 2], None),
        ("COLLECT", "SUM", ["<5 | 3", "<9 | 2.5"], 1, Decimal("5.5"), None),
        ("COLLECT", "SUM", ["<5 | 3", "<9 | null"], 1, None, "type"),
        ("COLLECT", "SUM", ["<5 | 3", '<9 | "a"'], 1, None, "type"),
        ("COLLECT", "SUM", ["<5 | 9e6144", "<9 | 9e6144"], 1, None, "limit"),
        ("COLLECT", "SUM", ["<5 | 3"], 7, None, "no_match"),
        ("COLLECT", "MIN", ["<5 | 3", "<9 | 2"], 1, 2, None),
        ("COLLECT", "MAX", ['<5 | "a"', '<9 | "b"'], 1, "b", None),
        ("COLLECT", "MAX", ['<5 | "a"', "<9 | 2"], 1, None, "argument"),
        ("COLLECT", "COUNT", ["<5 | 3", "<9 | 3"], 1, 2, None),
        ("COLLECT", "COUNT", ["<5 | 3"], 7, 0, None),
        ("PRIORITY", "", ["<5 | 1", "<9 | 2"], 1, None, "no_priority"),
    ],
)
def test_a_hit_policy_gives_its_result_or_says_why_not(decide, policy, aggregation, rules, x, value, code) -> None:
    outcome = decide(X, decision("d", table(policy, "x", "y", *rules, aggregation=aggregation), "input:x"), x=x)
    assert outcome.value == value
    assert codes(outcome) == ([code] if code else [])


LISTED = '<output name="y"><outputValues><text>"high","low"</text></outputValues></output>'


@pytest.mark.parametrize(
    ("policy", "value"),
    [("PRIORITY", "high"), ("OUTPUT ORDER", ["high", "high", "low", "none"])],
)
def test_priority_follows_the_listed_values_and_what_is_not_listed_comes_last(decide, policy, value) -> None:
    rules = ['- | "none"', '<9 | "low"', '<5 | "high"', '- | "high"']
    outcome = decide(X, decision("d", table(policy, "x", "y", *rules, extra=LISTED), "input:x"), x=1)
    assert outcome.value == value


def test_priority_goes_column_by_column_over_those_that_list_values(decide) -> None:
    outputs = (
        '<output name="a"/><output name="b"><outputValues><text>1,2</text></outputValues></output>'
        '<output name="c"><outputValues><text>"x","y"</text></outputValues></output>'
    )
    rules = ['- | 9; 2; "x"', '- | 8; 1; "y"', '- | 7; 1; "x"']
    outcome = decide(X, decision("d", table("PRIORITY", "x", "a;b;c", *rules, extra=outputs), "input:x"), x=1)
    assert outcome.value == {"a": 7, "b": 1, "c": "x"}


def test_priority_may_come_from_the_values_that_the_outputs_type_allows(decide) -> None:
    output = '<output name="y" typeRef="tRisk"/>'
    risk = item("tRisk", "string", values='"high","low"')
    rules = ['- | "low"', '- | "high"']
    outcome = decide(risk, X, decision("d", table("PRIORITY", "x", "y", *rules, extra=output), "input:x"), x=1)
    assert outcome.value == "high"


def test_values_in_an_order_that_cannot_be_read_are_no_order(decide) -> None:
    output = '<output name="y"><outputValues><text>((</text></outputValues></output>'
    outcome = decide(X, decision("d", table("PRIORITY", "x", "y", "- | 1", extra=output), "input:x"), x=1)
    assert (outcome.value, codes(outcome)) == (None, ["no_priority"])


@pytest.mark.parametrize(("policy", "value"), [("UNIQUE", 0), ("COLLECT", [0]), ("RULE ORDER", [0]), ("FIRST", 0)])
def test_a_default_holds_where_nothing_matches_and_only_there(decide, policy, value) -> None:
    output = '<output name="y"><defaultOutputEntry><text>0</text></defaultOutputEntry></output>'
    logic = decision("d", table(policy, "x", "y", "<5 | 1", extra=output), "input:x")
    assert decide(X, logic, x=7).value == value
    assert decide(X, logic, x=1).value in (1, [1])


def test_several_outputs_are_a_context_and_so_are_their_defaults(decide) -> None:
    outputs = '<output name="a"/><output name="b"><defaultOutputEntry><text>0</text></defaultOutputEntry></output>'
    logic = decision("d", table("UNIQUE", "x", "a;b", "<5 | 1; 2", extra=outputs), "input:x")
    assert decide(X, logic, x=1).value == {"a": 1, "b": 2}
    assert decide(X, logic, x=7).value == {"a": None, "b": 0}


def test_a_row_matches_only_where_every_cell_is_exactly_true(decide) -> None:
    rules = ["<5 | 1", ">=5 | 2", "not(<5) | 3", "null | 4", "- | 5"]
    outcome = decide(X, decision("d", table("COLLECT", "x", "y", *rules), "input:x"), x=None)
    assert outcome.value == [4, 5]


def test_an_empty_cell_and_a_dash_are_always_true(decide) -> None:
    assert decide(X, decision("d", table("UNIQUE", "x; x", "y", "; - | 1"), "input:x"), x=3).value == 1


def test_a_table_without_inputs_decides_by_its_only_rule(decide) -> None:
    logic = "<decisionTable><output/><rule><outputEntry><text>7</text></outputEntry></rule></decisionTable>"
    assert decide(decision("d", logic)).value == 7


def test_a_cell_may_ask_anything_about_the_input_and_speak_of_other_names(decide) -> None:
    rules = ["? * 2 > limit | 1", "[limit..9] | 2", "limit | 3"]
    logic = decision("d", table("COLLECT", "x", "y", *rules), "input:x", "input:limit")
    assert decide(X, input_data("limit"), logic, x=4, limit=4).value == [1, 2, 3]


def test_a_cell_or_entry_that_cannot_be_read_is_null_with_a_warning(decide) -> None:
    outcome = decide(X, decision("d", table("UNIQUE", "x", "y", "(( | 1", "- | 1 +"), "input:x"), x=1)
    assert outcome.value is None
    assert codes(outcome) == ["syntax", "syntax"]


def test_an_output_entry_left_empty_is_null(decide) -> None:
    assert decide(X, decision("d", table("UNIQUE", "x", "y", "- | "), "input:x"), x=1).value is None


def test_a_value_that_the_column_does_not_allow_has_no_answer(decide) -> None:
    logic = (
        '<decisionTable hitPolicy="UNIQUE"><input><inputExpression><text>x</text></inputExpression>'
        "<inputValues><text>[0..9]</text></inputValues></input><output/>"
        "<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>1</text></outputEntry></rule></decisionTable>"
    )
    assert decide(X, decision("d", logic, "input:x"), x=3).value == 1
    outcome = decide(X, decision("d", logic, "input:x"), x=30)
    assert (outcome.value, codes(outcome)) == (None, ["input_values"])


def test_an_input_and_an_output_are_converted_to_their_types_or_have_no_value(decide) -> None:
    logic = (
        '<decisionTable><input><inputExpression typeRef="number"><text>x</text></inputExpression></input>'
        '<output typeRef="string"/>'
        '<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>["a"]</text></outputEntry></rule>'
        "<rule><inputEntry><text>2</text></inputEntry><outputEntry><text>2</text></outputEntry></rule></decisionTable>"
    )
    made = decision("d", logic, "input:x")
    free = input_data("x")
    assert decide(free, made, x=[1]).value == "a"
    assert codes(decide(free, made, x=2)) == ["type"]
    assert codes(decide(free, made, x="1")) == ["type", "no_match"]


CELLS = ["< 5", "[2..7)", "5, 6", "not(5)", "-", "? > 3", '"a"', '"a","b"', 'not("a")', "null", "[1,2,5]", "x", "true",
         'date("2020-01-01")', '> date("2019-01-01")', 'starts with(?, "a")', "? in [4..6]", "not(null)"]  # fmt: skip


@given(
    st.lists(st.sampled_from(CELLS), min_size=1, max_size=6),
    st.sampled_from([("number", 5), ("number", Decimal("2.5")), ("string", "a"), ("boolean", True), ("date", date(2020, 1, 1)),
                     ("number", None), ("string", None), ("number", "x")]),
)  # fmt: skip
def test_a_column_of_a_known_type_decides_as_one_of_any_type(cells, typed) -> None:
    kind, value = typed
    rules = [f"{cell} | {number}" for number, cell in enumerate(cells)]

    def outcome(column: str) -> object:
        logic = decision("d", table("COLLECT", column, "y", *rules), "input:x")
        model = Model(read_model(xml(input_data("x", kind), logic)))
        return model.decide("d", {"x": value}).value

    assert outcome(f"x as {kind}") == outcome("x")


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 5)), max_size=8),
    st.integers(0, 9),
    st.sampled_from(["x", "x as number"]),
)
def test_policies_agree_with_each_other_on_any_table(rows, x, column) -> None:
    rules = [f"[{min(a, b)}..{max(a, b)}] | {value}" for a, b, value in rows]
    hits = [value for a, b, value in rows if min(a, b) <= x <= max(a, b)]

    def outcome(policy: str, aggregation: str = ""):
        logic = table(policy, column, "y", *rules, aggregation=aggregation)
        return Model(read_model(xml(X, decision("d", logic, "input:x")))).decide("d", {"x": x})

    assert outcome("COLLECT").value == outcome("RULE ORDER").value == hits
    assert outcome("FIRST").value == (hits[0] if hits else None)
    assert outcome("UNIQUE").value == (hits[0] if len(hits) == 1 else None)
    assert outcome("ANY").value == (hits[0] if len(set(hits)) == 1 else None)
    assert outcome("COLLECT", "SUM").value == (sum(hits) if hits else None)
    assert outcome("COLLECT", "MIN").value == min(hits, default=None)
    assert outcome("COLLECT", "MAX").value == max(hits, default=None)
    assert outcome("COLLECT", "COUNT").value == len(hits)
