"""Models that no pack wrote: what can be carried decides as before, what cannot is named with its line and reason."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.dmn.tck import equal, read_tests
from engine.exchange import ExchangeError, Imported, from_dmn
from engine.exchange.foreign_names import Rewriter, snake
from engine.pack import Pack, parse_pack

DAY = date(2026, 11, 20)
KIT = Path(os.environ.get("VERDICT_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data")) / "dmn-tck"
needs_kit = pytest.mark.skipif(not KIT.is_dir(), reason="the DMN test kit is not here: set VERDICT_TEST_DATA")

HEAD = '<definitions xmlns="http://www.omg.org/spec/DMN/20180521/MODEL/" name="Loan check" namespace="urn:loan">'
TYPES = """
<itemDefinition name="tStatus"><typeRef>string</typeRef><allowedValues><text>"OK","BAD"</text></allowedValues></itemDefinition>
<itemDefinition name="tLevel"><typeRef>string</typeRef><allowedValues><text>"high","low"</text></allowedValues></itemDefinition>
<itemDefinition name="tPerson">
  <itemComponent name="Full Name"><typeRef>string</typeRef></itemComponent>
  <itemComponent name="age"><typeRef>number</typeRef><allowedValues><text>[0..130]</text></allowedValues></itemComponent>
  <itemComponent name="status"><typeRef>tStatus</typeRef></itemComponent>
  <itemComponent name="tags" isCollection="true"><typeRef>string</typeRef></itemComponent>
</itemDefinition>
<inputData id="p" name="Applicant Data"><variable name="Applicant Data" typeRef="tPerson"/></inputData>
<inputData id="w" name="Waiting time"><variable name="Waiting time" typeRef="days and time duration"/></inputData>
<inputData id="n" name="Amount"><variable name="Amount"/></inputData>
<knowledgeSource id="k" name="Lending Act, section 4" locationURI="https://example.org/act"/>
"""


def table(body: str, extra: str = "") -> str:
    columns = '<input label="Sum"><inputExpression><text>Amount</text></inputExpression></input>'
    columns += "<input><inputExpression><text>Applicant Data . age</text></inputExpression></input>"
    return f'<decisionTable hitPolicy="FIRST" {extra}>{columns}<output name="Result" typeRef="string"/>{body}</decisionTable>'


def decision(name: str, logic: str, more: str = "") -> str:
    return f'<decision id="d_{snake(name)}" name="{name}">{more}{logic}</decision>'


def literal(text: str) -> str:
    return f"<literalExpression><text>{text}</text></literalExpression>"


def imported(*parts: str) -> Imported:
    return from_dmn((HEAD + TYPES + "".join(parts) + "</definitions>").encode(), name="loan.dmn")


def value(found: Imported, name: str, **signals: Any) -> Any:
    return found.pack.decide({key.replace("__", "."): given for key, given in signals.items()}, DAY).value(name)


def listed(found: Imported) -> list[str]:
    return [f"{one.where}: {one.message}" for one in found.not_carried]


ROWS = """
<rule id="R-1"><inputEntry><text>&gt;= 1000</text></inputEntry><inputEntry><text>-</text></inputEntry>
<outputEntry><text>"review"</text></outputEntry><annotationEntry><text>Large loans are looked at</text></annotationEntry></rule>
<rule><inputEntry><text/></inputEntry><inputEntry><text>not([18..70))</text></inputEntry><outputEntry><text>"age"</text></outputEntry></rule>
<rule><inputEntry><text>-</text></inputEntry><inputEntry><text>-</text></inputEntry><outputEntry><text>"fine"</text></outputEntry></rule>
"""
AUTHORITY = '<authorityRequirement><requiredAuthority href="#k"/></authorityRequirement>'


def test_a_table_is_carried_with_its_reasons_and_its_legal_basis() -> None:
    found = imported(decision("The Route", table(ROWS), AUTHORITY))
    rules = found.pack.source.decisions["the_route"].logic.rows
    assert [rule.id for rule in rules] == ["R-1", "THE_ROUTE_2", "THE_ROUTE_3"]
    assert rules[0].words.reason == "Large loans are looked at"
    assert rules[0].words.cite == ("lending_act_section_4",)
    assert found.pack.source.sources["lending_act_section_4"].details["url"] == "https://example.org/act"
    assert value(found, "the_route", amount=5000, applicant_data__age=40) == "review"
    assert value(found, "the_route", amount=10, applicant_data__age=70) == "age"
    assert value(found, "the_route", amount=10, applicant_data__age=40) == "fine"


def test_inputs_become_signals_with_their_types_and_limits() -> None:
    signals = imported(decision("The Route", table(ROWS))).pack.source.signals
    assert {name: (spec.type, spec.values, spec.low, spec.high, spec.items) for name, spec in signals.items()} == {
        "applicant_data.full_name": ("string", None, None, None, None),
        "applicant_data.age": ("number", None, 0, 130, None),
        "applicant_data.status": ("string", ("OK", "BAD"), None, None, None),
        "applicant_data.tags": ("list", None, None, None, "string"),
        "amount": ("number", None, None, None, None),
    }


def test_everything_that_is_not_as_it_was_is_listed_with_its_line() -> None:
    service = '<decisionService id="s" name="Serve"><outputDecision href="#d_the_route"/></decisionService>'
    found = imported(
        decision("The Route", table(ROWS)), decision("Wait", literal('Waiting time &gt; duration("P1D")')), service
    )
    told = listed(found)
    assert "verdict: a model has no verdict: every case is reviewed" in told
    assert "Waiting time: an input of type days and time duration is not carried" in told
    assert "Amount: the input has no type; read as number, as its tests are" in told
    assert "The Route: is named the_route in the pack" in told
    assert "Serve: the decision service is not carried" in told
    assert any(one.startswith("Wait: the decision is not carried: nothing is named 'waiting_time'") for one in told)
    assert {one.line > 0 for one in found.not_carried if one.where not in {"verdict", "on_missing", "sources"}} == {
        True
    }


def test_what_nobody_said_is_answered_conservatively() -> None:
    pack = imported(decision("The Route", table(ROWS))).pack
    assert pack.on_missing.value == "review"
    assert pack.decide({"amount": 1, "applicant_data.age": 30}, DAY).verdict.value == "review"
    assert pack.decide({}, DAY).verdict.value == "review"


MODEL = (
    '<businessKnowledgeModel id="b" name="Rate of"><encapsulatedLogic>{}{}</encapsulatedLogic></businessKnowledgeModel>'
)
PARAMETERS = '<formalParameter name="Amount"/><formalParameter name="years"/>'


def test_a_knowledge_model_is_written_out_where_it_is_called() -> None:
    model = MODEL.format(PARAMETERS, literal("Amount * years / 100"))
    found = imported(model, decision("Cost", literal("Rate of(Amount + 1, 2) + Amount")), decision("Sum", table(ROWS)))
    assert value(found, "cost", amount=99) == 101


def test_a_boxed_call_of_a_knowledge_model_with_a_table_becomes_the_table() -> None:
    columns = "<input><inputExpression><text>Amount</text></inputExpression></input>"
    columns += "<input><inputExpression><text>years</text></inputExpression></input>"
    body = f'<decisionTable hitPolicy="FIRST">{columns}<output typeRef="string"/>{ROWS}</decisionTable>'
    bindings = "".join(
        f'<binding><parameter name="{name}"/>{literal(text)}</binding>'
        for name, text in (("Amount", "Amount * 2"), ("years", "Applicant Data.age"))
    )
    call = f"<invocation>{literal('Rate of')}{bindings}</invocation>"
    found = imported(MODEL.format(PARAMETERS, body), decision("Cost", call), decision("Sum", table(ROWS)))
    assert len(found.pack.source.decisions["cost"].logic.rows) == 3
    assert value(found, "cost", amount=600, applicant_data__age=30) == "review"
    assert value(found, "cost", amount=6, applicant_data__age=3) == "age"


def test_boxed_logic_becomes_feel() -> None:
    entry = '<contextEntry><variable name="{}"/>{}</contextEntry>'
    inner = table(ROWS).replace("<output ", '<output label="x" ')
    context = "<context>" + entry.format("twice it", literal("Amount * 2")) + entry.format("route", inner)
    result = literal('if route = "fine" then twice it else 0')
    context += f"<contextEntry>{result}</contextEntry></context>"
    condition = f"<conditional><if>{literal('Amount &gt; 5')}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>"
    loop = f'<for iteratorVariable="x"><in>{literal("Applicant Data.tags")}</in><return>{literal("upper case(x)")}</return></for>'
    some = f'<some iteratorVariable="x"><in>{literal("Applicant Data.tags")}</in><satisfies>{literal("x = &quot;a&quot;")}</satisfies></some>'
    found = imported(
        decision("Boxed", context),
        decision("If", condition),
        decision("Loop it", loop),
        decision("Any one", some),
        decision("T", table(ROWS)),
    )
    given = {"amount": 10, "applicant_data__age": 30, "applicant_data__tags": ["a", "b"]}
    assert value(found, "boxed", **given) == 20
    assert value(found, "boxed", **(given | {"applicant_data__age": 3})) == 0
    assert value(found, "if_value", **given) == 1
    assert value(found, "loop_it", **given) == ["A", "B"]
    assert value(found, "any_one", **given) is True
    assert any("Boxed: a boxed Context is written as FEEL" in one for one in listed(found))


def test_a_structure_as_a_whole_is_written_out_of_its_signals() -> None:
    found = imported(decision("Name of", literal("Applicant Data")), decision("T", table(ROWS)))
    given = {
        "applicant_data__full_name": "A",
        "applicant_data__age": 1,
        "applicant_data__status": "OK",
        "applicant_data__tags": [],
    }
    assert value(found, "name_of", **given) == {"Full Name": "A", "age": 1, "status": "OK", "tags": []}


@pytest.mark.parametrize(
    ("logic", "reason"),
    [
        ("", "it has no logic"),
        (
            '<literalExpression expressionLanguage="http://java.example"><text>x</text></literalExpression>',
            "not written in FEEL",
        ),
        (literal("Nobody + 1"), "nothing is named 'Nobody'"),
        ('<functionDefinition kind="Java"/>', "a function of kind Java"),
        (literal("1 +"), "expected"),
    ],
)
def test_a_decision_that_cannot_be_carried_says_why(logic, reason) -> None:
    found = imported(decision("Odd one", logic), decision("T", table(ROWS)))
    assert "odd_one" not in found.pack.source.decisions
    assert any(one.startswith("Odd one: the decision is not carried") and reason in one for one in listed(found)), (
        listed(found)
    )


def test_what_reads_a_decision_that_is_not_carried_is_not_carried_either() -> None:
    found = imported(
        decision("Odd", literal("1 +")), decision("Reads it", literal("Odd + 1")), decision("T", table(ROWS))
    )
    assert set(found.pack.source.decisions) == {"t"}
    assert any("Reads it: the decision is not carried" in one for one in listed(found))


def test_a_model_of_which_nothing_can_be_carried_is_refused_with_all_reasons() -> None:
    with pytest.raises(ExchangeError) as failure:
        imported(decision("Odd", literal("1 +")), decision("Odder", ""))
    assert {one.where for one in failure.value.findings} >= {"Odd", "Odder"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Post-bureau risk category", "post_bureau_risk_category"),
        ("isAffordable", "is_affordable"),
        ("Approved/Declined", "approved_declined"),
        ("2nd check", "n_2nd_check"),
        ("if", "if_value"),
        ("as_of", "as_of_value"),
        ("خطر", "value"),
        ("x" * 500, "x" * 100),
    ],
)
def test_names_become_names_of_a_pack(name, expected) -> None:
    assert snake(name) == expected


def test_texts_are_rewritten_by_the_longest_name_and_never_inside_of_a_string() -> None:
    rewrite = Rewriter({("Risk",): "risk", ("Risk category",): "risk_category", ("A B", "Age"): "a_b.age"})
    assert (
        rewrite('Risk  category = "Risk" and Risk > 1 and x.Risk') == 'risk_category = "Risk" and risk > 1 and x.Risk'
    )
    assert rewrite("[A B . Age..A B.Age] {Risk: Risk}") == "[a_b.age..a_b.age] {Risk: risk}"
    assert rewrite("Risky Risk_") == "Risky Risk_"


# -- the standard's own kit


def tables_of(level: int) -> list[Path]:
    """The models of a level that hold a decision table; of level 2 all."""
    found = sorted(KIT.glob(f"compliance-level-{level}/*/*.dmn")) if KIT.is_dir() else []
    return [path for path in found if level == 2 or b"ecisionTable" in path.read_bytes()]


def flattened(name: str, given: Any, pack: Pack) -> dict[str, Any]:
    """A kit's input as signals of an imported pack."""
    if name in pack.signals:
        return {} if given is None else {name: given}
    inner = given.items() if isinstance(given, dict) else ()
    return {key: one for part, item in inner for key, one in flattened(f"{name}.{snake(part)}", item, pack).items()}


def renamed(given: Any) -> Any:
    """A kit's result with the names that outputs have in a pack."""
    if isinstance(given, dict):
        return {snake(key): renamed(item) for key, item in given.items()}
    return [renamed(item) for item in given] if isinstance(given, list) else given


@needs_kit
@pytest.mark.parametrize("path", [*tables_of(2), *tables_of(3)], ids=lambda path: path.stem)
def test_an_imported_model_of_the_kit_decides_as_the_kit_expects(path) -> None:
    if path.stem == "0086-import":  # its types are in another model
        with pytest.raises(ExchangeError):
            from_dmn(path.read_bytes(), name=path.name)
        return
    found = from_dmn(path.read_bytes(), name=path.name)
    assert parse_pack(found.files).digest == found.pack.digest
    for file in sorted(path.parent.glob("*-test-*.xml")):
        for case in read_tests(file.read_bytes(), file.name).cases:
            signals: dict[str, Any] = {}
            for _, name, given in case.inputs:
                signals |= flattened(snake(name), given, found.pack)
            decided = found.pack.decide(signals, DAY)
            for expected in case.results:
                if snake(expected.name) in found.pack.source.decisions:
                    assert equal(renamed(expected.value), decided.value(snake(expected.name))), case.id


@needs_kit
def test_nearly_every_decision_of_the_kits_tables_is_carried() -> None:
    carried = [from_dmn(path.read_bytes()).pack.source.decisions for path in tables_of(2)]
    assert len(carried) == 28
    assert sum(map(len, carried)) >= 69


def test_knowledge_models_that_double_each_other_or_call_themselves_end_at_once() -> None:
    doubling = [
        f'<businessKnowledgeModel id="b{n}" name="f{n}"><encapsulatedLogic><formalParameter name="x"/>'
        f"{literal(f'f{n - 1}(x) + f{n - 1}(x)' if n else 'x')}</encapsulatedLogic></businessKnowledgeModel>"
        for n in range(40)
    ]
    circle = MODEL.format(PARAMETERS, literal("Rate of(Amount, years)"))
    long = literal("Amount" + " " * 200_000 + "x")
    parts = [
        decision("Doubled", literal("f39(1)")),
        decision("Circle", literal("Rate of(1, 2)")),
        decision("Long", long),
    ]
    found = imported(*doubling, circle, *parts, decision("T", table(ROWS)))
    assert set(found.pack.source.decisions) == {"t"}
    told = listed(found)
    assert any(one.startswith("Doubled: the decision is not carried: its text, written out, is longer") for one in told)
    assert any(one.startswith("Circle: the decision is not carried: Rate of calls itself") for one in told)


def test_a_long_chain_behind_a_fault_is_left_out_in_one_round() -> None:
    chain = [decision(f"step {n}", literal(f"step {n - 1} + 1" if n else "1 +")) for n in range(200)]
    found = imported(*chain, decision("T", table(ROWS)))
    assert set(found.pack.source.decisions) == {"t"}
    assert sum("which is not carried" in one for one in listed(found)) == 199


def test_nested_types_and_lists_become_signals_where_a_pack_has_such() -> None:
    part = '<itemComponent name="{}"{}><typeRef>{}</typeRef></itemComponent>'
    fact = part.format("kind", "", "string") + part.format("age", "", "number")
    types = f'<itemDefinition name="tFact">{fact}</itemDefinition>'
    types += f'<itemDefinition name="tOdd">{part.format("A B", "", "string")}</itemDefinition>'
    types += (
        f'<itemDefinition name="tDeep"><itemComponent name="inner">{part.format("x", "", "tLevel")}</itemComponent>'
    )
    types += part.format("facts", ' isCollection="true"', "tFact") + part.format("odd", ' isCollection="true"', "tOdd")
    types += part.format("times", ' isCollection="true"', "time") + "</itemDefinition>"
    types += '<itemDefinition name="tFew"><typeRef>number</typeRef><allowedValues><text>&lt; 5</text></allowedValues></itemDefinition>'
    data = '<inputData id="d" name="Deep"><variable name="Deep" typeRef="tDeep"/></inputData>'
    data += '<inputData id="f" name="Few"><variable name="Few" typeRef="tFew"/></inputData>'
    data += '<inputData id="u" name="Unseen"><variable name="Unseen"/></inputData>'
    found = imported(types, data, decision("T", table(ROWS)))
    signals = found.pack.source.signals
    assert signals["deep.inner.x"].values == ("high", "low")
    assert {name: spec.type for name, spec in signals["deep.facts"].fields.items()} == {
        "kind": "string",
        "age": "number",
    }
    assert not {"deep.odd", "deep.times", "unseen"} & set(signals)
    told = listed(found)
    assert "Deep.odd.A B: a field of a list is not carried" in told
    assert "Deep.times: a list of such items is not carried" in told
    assert "Few: its allowed values are not carried" in told
    assert "Unseen: the input has no type, and nothing shows one" in told


def test_lists_relations_filters_and_functions_become_feel() -> None:
    items = f"<list>{literal('Amount')}{literal('2')}</list>"
    relation = (
        '<relation><column name="a"/><column name="b c"/><row>' + literal("1") + literal("Amount") + "</row></relation>"
    )
    filtered = f"<filter><in>{items}</in><match>{literal('item &gt; 5')}</match></filter>"
    every = f'<every iteratorVariable="x"><in>{items}</in><satisfies>{literal("x &gt; 1")}</satisfies></every>'
    called = f'<invocation>{literal("abs")}<binding><parameter name="n"/>{literal("-Amount")}</binding></invocation>'
    multiple = (
        table(ROWS)
        .replace("</rule>", "<outputEntry><text>1</text></outputEntry></rule>")
        .replace(
            '<output name="Result" typeRef="string"/>',
            '<output name="Result" typeRef="string"><outputValues><text>"review","age","fine"</text></outputValues></output>'
            '<output name="The Rate"><defaultOutputEntry><text>0</text></defaultOutputEntry></output>',
        )
    )
    parts = {"Items": items, "Rows": relation, "Kept": filtered, "Each": every, "Size": called, "Both": multiple}
    found = imported(
        *(decision(name, logic) for name, logic in parts.items()), decision("Rated", literal("Both . The Rate + 1"))
    )
    given = {"amount": 10, "applicant_data__age": 30}
    assert value(found, "items", **given) == [10, 2]
    assert value(found, "rows", **given) == [{"a": 1, "b c": 10}]
    assert value(found, "kept", **given) == [10]
    assert value(found, "each", **given) is True
    assert value(found, "size", **given) == 10
    assert value(found, "both", **given) == {"result": "fine", "the_rate": 1}
    assert value(found, "rated", **given) == 2
    assert "Both: output The Rate is named the_rate in the pack" in listed(found)
