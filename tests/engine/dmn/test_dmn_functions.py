"""Knowledge models and decision services as functions, and models that import each other."""

from __future__ import annotations

from engine.dmn import Model, read_model
from engine.dmn.log import MAX_WARNINGS, Log
from engine.dmn.read import imports_below
from engine.feel.builtins.table import Table
from engine.feel.types import ANY
from tests.engine.dmn.dmn_xml import NAMESPACE, decision, input_data, item, knowledge, xml


def codes(outcome) -> list[str]:
    return [warning.code for warning in outcome.warnings]


# -- knowledge models and services


def test_a_knowledge_model_is_a_function_of_its_parameters_and_of_what_it_requires(decide, build) -> None:
    parts = (
        knowledge("twice", "a: number", "a * 2"),
        knowledge("k", "a: number, b: number", "twice(a) + b", requires="twice"),
    )
    for call in ("k(2, 1)", "k(b: 1, a: 2)", "k([2], 1)"):
        assert decide(*parts, decision("d", call, "knowledge:k")).value == 5
    assert codes(decide(*parts, decision("d", 'k("2", 1)', "knowledge:k"))) == ["argument"]
    assert codes(decide(*parts, decision("d", "k(2)", "knowledge:k"))) == ["argument"]
    model = build(*parts)
    assert model.invoke("k", [2, 1]).value == model.invoke("k", {"b": 1, "a": 2}).value == 5
    assert codes(model.invoke("k", [2])) == ["argument"]


def test_a_knowledge_model_may_call_itself_and_gives_a_value_of_its_type(decide) -> None:
    power = knowledge("f", "n: number", "if n <= 1 then 1 else n * f(n - 1)", kind="number")
    assert decide(power, decision("d", "f(5)", "knowledge:f")).value == 120
    text = knowledge("f", "n", '"x"', kind="number")
    assert codes(decide(text, decision("d", "f(5)", "knowledge:f"))) == ["type"]
    bad = knowledge("f", "n: tNowhere", "n")
    assert codes(decide(bad, decision("d", "f(5)", "knowledge:f"))) == ["type"]


def test_a_knowledge_model_without_logic_is_null(decide) -> None:
    empty = '<businessKnowledgeModel id="k" name="k"/>'
    assert codes(decide(empty, decision("d", "k(1)", "knowledge:k"))) == ["no_logic", "unknown_function"]


HEAD = (
    '<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#out"/>'
    '<encapsulatedDecision href="#mid"/><inputDecision href="#given"/><inputData href="#x"/></decisionService>'
)
SERVICE = (
    HEAD,
    input_data("x", "number"),
    decision("given", "1/0", kind="number"),
    decision("mid", "x * 10", "input:x"),
    decision("out", "mid + given", "decision:mid", "decision:given"),
)


def test_a_service_is_a_function_of_its_input_data_and_then_its_input_decisions(decide, build) -> None:
    for call in ("s(4, 2)", "s(given: 2, x: 4)"):
        assert decide(*SERVICE, decision("d", call, "knowledge:s"), x=100).value == 42
    assert decide(*SERVICE, decision("d", "s(4)", "knowledge:s")).value is None
    assert decide(*SERVICE, decision("d", 's("4", 2)', "knowledge:s")).value is None
    model = build(*SERVICE)
    assert model.invoke("s", {"x": 4, "given": 2}).value == model.invoke("s", [4, 2]).value == 42
    outcome = model.invoke("s", {"x": 4})
    assert (outcome.value, codes(outcome)) == (None, ["missing_input"])
    assert codes(model.invoke("s", {"x": "4", "given": 2})) == ["type"]
    assert set(model.input_types("s")) == {"x", "given"}


def test_a_service_of_several_decisions_gives_a_context(build) -> None:
    head = (
        '<decisionService id="s" name="s"><variable name="s" typeRef="tBoth"/>'
        '<outputDecision href="#a"/><outputDecision href="#b"/></decisionService>'
    )
    parts = (head, decision("a", "1"), decision("b", "2"))
    both = item("tBoth", components=item("a", "number") + item("b", "number"))
    assert build(both, *parts).invoke("s", {}).value == {"a": 1, "b": 2}
    wrong = item("tBoth", components=item("a", "string"))
    assert codes(build(wrong, *parts).invoke("s", {})) == ["type"]


def test_services_that_call_each_other_without_end_are_null(build) -> None:
    parts = (
        '<decisionService id="s" name="s"><outputDecision href="#a"/></decisionService>',
        decision("a", "s()", "knowledge:s"),
    )
    outcome = build(*parts).decide("a", {})
    assert (outcome.value, "limit" in codes(outcome)) == (None, True)


def test_a_knowledge_source_is_no_knowledge_and_a_service_may_take_one_as_a_parameter(decide, build) -> None:
    law = '<knowledgeSource id="law" name="law"/>'
    outcome = decide(law, decision("d", "law", "knowledge:law"))
    assert (outcome.value, codes(outcome)) == (None, ["missing_requirement"])
    service = '<decisionService id="s" name="s"><outputDecision href="#d"/><inputData href="#law"/></decisionService>'
    assert build(law, service, decision("d", "1")).input_types("s")["law"].name == "any"


def test_a_failure_of_a_whole_decision_is_null_with_a_warning(decide) -> None:
    def exhausted(_: object) -> object:
        raise RecursionError

    functions = Table()
    functions.add("deep", "n: any", ANY)(exhausted)
    parts = (input_data("f"), decision("d", "f(1)", "input:f"))
    assert codes(decide(*parts, f=functions.functions["deep"])) == ["limit"]
    deep = "(for i in 1..300 return if i = 1 then [] else [partial[-1]])[-1]"
    assert codes(decide(decision("d", deep))) == ["limit"]


def test_warnings_have_a_limit() -> None:
    log = Log()
    for number in range(2 * MAX_WARNINGS):
        log.note("code", str(number))
    assert len(log.found) == MAX_WARNINGS


# -- imports


OTHER = xml(
    item("tAge", "number", values="[0..150]"),
    input_data("Person age", "tAge").replace('id="Person age"', 'id="p"'),
    decision("Adult", "Person age >= 18", "input:p"),
    knowledge("Add", "a: number", "a + 1"),
    namespace="urn:other",
)
IMPORT = f'<import namespace="urn:other" name="the other" importType="{NAMESPACE}"/>'


def test_what_is_imported_is_seen_under_the_imports_name(decide) -> None:
    parts = (
        IMPORT,
        decision(
            "d",
            "[the other.Adult, the other.Add(1), 5 instance of the other.tAge]",
            "decision:urn:other#Adult",
            "knowledge:urn:other#Add",
        ),
    )
    for inputs in (
        {"the other": {"Person age": 20}},
        {"the other.Person age": 20},
        {"Person age": 20},
    ):
        assert decide(*parts, imports={"urn:other": OTHER}, **inputs).value == [True, 2, True]
    outcome = decide(*parts, imports={"urn:other": OTHER}, **{"the other": {"Person age": 200}})
    assert outcome.value[0] is None


def test_one_model_imported_twice_has_inputs_of_its_own_on_each_way(build) -> None:
    def middle(namespace: str) -> bytes:
        line = f'<import namespace="urn:other" name="base" importType="{NAMESPACE}"/>'
        return xml(line, decision("Age", "base.Person age", "input:urn:other#p"), namespace=namespace)

    lines = [f'<import namespace="urn:{n}" name="{n}" importType="{NAMESPACE}"/>' for n in ("m1", "m2")]
    model = build(
        *lines,
        decision("d", "[m1.Age, m2.Age]", "decision:urn:m1#Age", "decision:urn:m2#Age"),
        imports={"urn:other": OTHER, "urn:m1": middle("urn:m1"), "urn:m2": middle("urn:m2")},
    )
    given_apart = {"m1": {"base": {"Person age": 1}}, "m2": {"base": {"Person age": 2}}}
    assert model.decide("d", given_apart).value == [1, 2]
    assert {path for path, _ in model.import_paths()} == {("m1",), ("m2",), ("m1", "base"), ("m2", "base")}


def test_an_import_without_a_name_and_an_unresolved_one(decide, build) -> None:
    nameless = IMPORT.replace('name="the other"', 'name=""')
    outcome = decide(nameless, decision("d", "Add(1)", "knowledge:urn:other#Add"), imports={"urn:other": OTHER})
    assert outcome.value == 2
    gone = decide(IMPORT, decision("d", "1", kind="the other.tNowhere"), imports={"urn:other": OTHER})
    assert codes(gone) == ["type"]
    assert list(imports_below(read_model(xml(IMPORT))))[1:] == []
    unresolved = Model(read_model(xml(IMPORT, decision("d", "1", "decision:urn:other#Adult"))))
    assert codes(unresolved.decide("d", {})) == ["missing_requirement"]
