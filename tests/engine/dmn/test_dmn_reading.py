"""Reading DMN XML: versions, all kinds of elements, every problem with its line, and nothing hostile."""

from __future__ import annotations

import contextlib
from dataclasses import is_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dmn import DmnError, limits, read_model
from engine.dmn.model import (
    Conditional,
    Context,
    DecisionTable,
    Filter,
    ForIterator,
    FunctionDefinition,
    HitPolicy,
    Invocation,
    ListExpression,
    LiteralExpression,
    Quantified,
    Relation,
)
from engine.dmn.read import VERSIONS, imports_below
from tests.engine.dmn.dmn_xml import NAMESPACE, decision, input_data, item, knowledge, literal, table, xml


def refusal(content: bytes, **options: object) -> DmnError:
    with pytest.raises(DmnError) as caught:
        read_model(content, name="m.dmn", **options)
    return caught.value


@pytest.mark.parametrize("version", list(VERSIONS))
def test_every_version_is_read_by_local_names(version) -> None:
    found = read_model(xml(decision("d", "1"), version=version))
    assert found.version == VERSIONS[version]
    assert [one.name for one in found.decisions] == ["d"]


def test_types_of_dmn_1_1_lose_the_prefix_of_feel_and_of_the_model_and_keep_that_of_an_import() -> None:
    prefixes = 'xmlns:feel="http://www.omg.org/FEEL/20140401" xmlns:own="urn:test" xmlns:o="urn:other" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    found = read_model(
        xml(
            '<import namespace="urn:other" name="other" importType="http://www.omg.org/spec/DMN/20151101/dmn.xsd"/>',
            item("t", "feel:string"),
            decision("a", "1", kind="own:t"),
            decision("b", "1", kind="o:t"),
            decision("c", "1", kind="plain"),
            decision("e", "1", kind="xs:integer"),
            decision("f", "1", kind="xs:string"),
            attributes=prefixes,
        )
    )
    assert found.item_definitions[0].type_ref == "string"
    assert [one.variable.type_ref for one in found.decisions] == ["t", "other.t", "plain", "number", "string"]


def test_a_decision_keeps_what_it_rests_on_and_knows_its_line() -> None:
    source = (
        '<knowledgeSource id="law" name="Act" locationURI="https://law"><type>statute</type>'
        '<owner href="#x"/></knowledgeSource>'
    )
    rests = (
        '<decision id="d" name="d"><description> why </description><question>q?</question><allowedAnswers>yes</allowedAnswers>'
        '<extensionElements><own xmlns="urn:x" code="7"><part/></own></extensionElements><variable name="d"/>'
        '<authorityRequirement><requiredAuthority href="#law"/></authorityRequirement></decision>'
    )
    found = read_model(xml(source, rests))
    made = found.decisions[0]
    assert (made.line, made.question, made.allowed_answers, made.authority) == (4, "q?", "yes", ("#law",))
    assert made.description == "why"
    assert (made.extensions[0].name, made.extensions[0].namespace, made.extensions[0].get("code")) == (
        "own",
        "urn:x",
        "7",
    )
    assert found.knowledge_sources[0].location_uri == "https://law"
    assert (found.knowledge_sources[0].type, found.knowledge_sources[0].owner) == ("statute", "#x")
    assert found.find("#law") == (None, found.knowledge_sources[0])
    assert found.find("urn:test#law") == (None, found.knowledge_sources[0])
    assert found.find("#none") is None
    assert found.find("urn:other#law") is None


def test_every_boxed_expression_has_its_record() -> None:
    one = literal("1")
    boxes = {
        one: LiteralExpression,
        table("UNIQUE", "x", "y", "1 | 2"): DecisionTable,
        f'<context><contextEntry><variable name="a"/>{one}</contextEntry><contextEntry>{one}</contextEntry></context>': Context,
        f'<invocation>{one}<binding><parameter name="p"/>{one}</binding></invocation>': Invocation,
        f'<functionDefinition kind="FEEL"><formalParameter name="p"/>{one}</functionDefinition>': FunctionDefinition,
        f"<list>{one}{one}</list>": ListExpression,
        f'<relation><column name="c"/><row>{one}</row></relation>': Relation,
        f"<conditional><if>{one}</if><then>{one}</then><else>{one}</else></conditional>": Conditional,
        f"<filter><in>{one}</in><match>{one}</match></filter>": Filter,
        f'<for iteratorVariable="i"><in>{one}</in><return>{one}</return></for>': ForIterator,
        f'<some iteratorVariable="i"><in>{one}</in><satisfies>{one}</satisfies></some>': Quantified,
    }
    for logic, record in boxes.items():
        found = read_model(xml(decision("d", logic))).decisions[0].expression
        assert isinstance(found, record)
        assert is_dataclass(found)
        assert found.line == 3


def test_a_table_keeps_annotations_defaults_and_listed_values() -> None:
    logic = (
        '<decisionTable hitPolicy="COLLECT" aggregation="MAX" outputLabel="Risk" preferredOrientation="Rule-as-Row">'
        '<input id="i"><inputExpression typeRef="number"><text>x</text></inputExpression>'
        "<inputValues><text>[0..9]</text></inputValues></input>"
        '<output name="y" typeRef="number"><outputValues><text>1,2</text></outputValues>'
        "<defaultOutputEntry><text>0</text></defaultOutputEntry></output>"
        '<annotation name="source"/>'
        '<rule id="r"><inputEntry><text>-</text></inputEntry><outputEntry><text>1</text></outputEntry>'
        "<annotationEntry><text> Art. 5 </text></annotationEntry></rule></decisionTable>"
    )
    found = read_model(xml(decision("d", logic))).decisions[0].expression
    assert isinstance(found, DecisionTable)
    assert found.hit_policy is HitPolicy.MAX
    assert (found.annotations, found.rules[0].annotations) == (("source",), ("Art. 5",))
    assert found.inputs[0].values is not None
    assert found.inputs[0].values.text == "[0..9]"
    assert found.outputs[0].default is not None
    assert found.outputs[0].default.text == "0"
    assert (found.output_label, found.orientation) == ("Risk", "Rule-as-Row")


BROKEN = {
    "no hit policy": decision("d", table("SOMETIMES", "x", "y", "1 | 2")),
    "no output column": decision(
        "d", "<decisionTable><input><inputExpression><text>x</text></inputExpression></input></decisionTable>"
    ),
    "aggregates one output": decision("d", table("COLLECT", "x", "y; z", "1 | 2; 3", aggregation="SUM")),
    "a rule has 2 input": decision("d", table("UNIQUE", "x", "y", "1; 2 | 2")),
    "no inputExpression": decision("d", "<decisionTable><input/><output/></decisionTable>"),
    "a row has 1 entries for 2": decision(
        "d", f'<relation><column name="a"/><column name="b"/><row>{literal("1")}</row></relation>'
    ),
    "a binding has no parameter": decision(
        "d", f"<invocation>{literal('f')}<binding>{literal('1')}</binding></invocation>"
    ),
    "no iteratorVariable": decision("d", f"<for><in>{literal('[1]')}</in><return>{literal('1')}</return></for>"),
    "a decision has no name": "<decision id='x'/>",
    "a parameter has no name": decision(
        "d", f"<invocation>{literal('f')}<binding><parameter/>{literal('1')}</binding></invocation>"
    ),
    "two elements have the name 'd'": decision("d", "1") + '<inputData id="o" name="d"/>',
    "two elements have the id 'd'": decision("d", "1") + '<inputData id="d" name="o"/>',
    "two elements have the type 't'": item("t", "string") + item("t", "number"),
}


@pytest.mark.parametrize("message", list(BROKEN))
def test_a_broken_element_is_named_with_its_line_and_a_remedy(message) -> None:
    found = refusal(xml("<!-- -->", BROKEN[message]))
    problem = next(one for one in found.problems if message in one.message)
    assert (problem.file, problem.line) == ("m.dmn", 4)
    assert problem.remedy
    assert str(problem).startswith("m.dmn:4: ")


def test_all_problems_of_a_file_come_at_once() -> None:
    found = refusal(xml(*BROKEN.values()))
    assert len(found.problems) >= len(BROKEN)
    assert "more)" in str(found)


HOSTILE = {
    "entity": b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><definitions>&b;</definitions>',
    "external": b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><definitions/>',
    "deep": b"<a>" * (limits.MAX_XML_DEPTH + 1),
    "many": b"<a>" + b"<b/>" * (limits.MAX_XML_ELEMENTS + 1) + b"</a>",
    "large": b" " * (limits.MAX_MODEL_BYTES + 1),
    "empty": b"",
    "cut off": b"<definitions",
    "no encoding": b'<?xml version="1.0" encoding="nowhere"?><definitions/>',
    "another encoding": b'<?xml version="1.0" encoding="UTF-8"?><definitions name="\xff"/>',
    "not DMN": b"<html/>",
    "another namespace": b'<definitions xmlns="urn:x"/>',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_hostile_or_no_model_is_refused_in_one_sentence(content) -> None:
    found = refusal(content)
    assert len(found.problems) == 1
    assert "\n" not in str(found)


@given(st.binary(max_size=200))
def test_no_bytes_fail_in_another_way(content) -> None:
    for wrapped in (content, b"<definitions>" + content, xml() + content):
        with contextlib.suppress(DmnError):
            read_model(wrapped)


def test_imports_are_followed_through_the_callers_function_and_only_so() -> None:
    other = xml(decision("a", "1"), namespace="urn:other")
    line = f'<import namespace="urn:other" name="o" importType="{NAMESPACE}" locationURI="o.dmn"/>'
    alone = read_model(xml(line))
    assert alone.imports[0].definitions is None
    found = read_model(xml(line), resolve=lambda wanted: {"o.dmn": other}[wanted.location_uri])
    assert found.find("urn:other#a") is not None
    assert found.find("urn:other#gone") is None
    assert alone.find("urn:other#a") is None
    assert [one.namespace for one in imports_below(found)] == ["urn:test", "urn:other"]
    assert "not found" in str(refusal(xml(line), resolve=lambda _: {}["x"]))
    assert "another namespace" in str(refusal(xml(line), resolve=lambda _: xml(namespace="urn:third")))
    assert "leads back" in str(refusal(xml(line.replace("urn:other", "urn:test")), resolve=lambda _: other))


def test_imports_of_other_kinds_are_kept_unread_and_too_many_are_refused() -> None:
    pmml = '<import namespace="urn:p" name="p" importType="http://www.dmg.org/PMML-4_1"/>'
    assert read_model(xml(pmml), resolve=lambda _: b"never read").imports[0].name == "p"
    many = [
        f'<import namespace="urn:{n}" name="i{n}" importType="{NAMESPACE}"/>' for n in range(limits.MAX_IMPORTS + 1)
    ]
    assert "are imported" in str(refusal(xml(*many), resolve=lambda wanted: xml(namespace=wanted.namespace)))


def test_services_knowledge_and_function_types_are_read() -> None:
    found = read_model(
        xml(
            '<itemDefinition name="f"><functionItem outputTypeRef="number"><parameters name="p" typeRef="string"/></functionItem></itemDefinition>',
            knowledge("k", "a: number, b", "a", requires="k2"),
            '<decisionService id="s" name="s"><outputDecision href="#d"/><encapsulatedDecision href="#e"/>'
            '<inputDecision href="#g"/><inputData href="#i"/></decisionService>',
            input_data("i", "f"),
        )
    )
    assert found.item_definitions[0].function is not None
    assert found.item_definitions[0].function.output_type_ref == "number"
    model = found.knowledge_models[0]
    assert model.logic is not None
    assert [(p.name, p.type_ref) for p in model.logic.parameters] == [("a", "number"), ("b", "Any")]
    assert model.knowledge == ("#k2",)
    service = found.services[0]
    assert (service.output_decisions, service.encapsulated_decisions) == (("#d",), ("#e",))
    assert (service.input_decisions, service.input_data) == (("#g",), ("#i",))
    assert len(list(found.nodes())) == 3
