"""Packs as DMN models: any DMN engine decides as the pack does, and what a modeller changes is what comes back."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.dmn import Model, read_model
from engine.exchange import ExchangeError, from_dmn, to_dmn
from engine.exchange.dmn_names import grouped
from engine.exchange.xml_writer import Xml, to_bytes
from engine.pack import Pack, PackError, SignalError, diff_packs, parse_pack
from engine.signal import Missing
from tests.engine.exchange.conftest import ROOT, files_of
from tests.generators.packs import inputs, pack_files

DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def model(whole) -> str:
    return to_dmn(whole).decode()


def given_to(pack: Pack, decision: Any, signals: dict[str, Any], as_of: date) -> dict[str, Any]:
    """What a DMN engine is given for a pack's signals: dotted names as structures, what is missing as null."""
    states = {outcome.rule.id: outcome.state for outcome in decision.outcomes}
    fired = {name: states[one.id] == "fired" for one in pack.source.patterns for name in one.sets}
    found: dict[str, Any] = {"as_of": as_of}
    for name in (*pack.signals, *fired):
        *above, last = name.split(".")
        node = found
        for part in above:
            node = node.setdefault(part, {})
        value = fired[name] if name in fired else signals.get(name)
        fields = (pack.signals[name].fields or {}) if name in pack.signals else {}
        if isinstance(value, list) and fields:
            value = [{**dict.fromkeys(fields), **fact} for fact in value]
        node[last] = None if isinstance(value, Missing) else value
    return found


def complete(pack: Pack, signals: dict[str, Any]) -> bool:
    """Whether every signal is there, and every fact has all its fields."""
    lists = {name: spec.fields for name, spec in pack.signals.items() if spec.fields}
    return all(signals.get(name) is not None for name in pack.source.signals) and all(
        fact.get(key) is not None for name, fields in lists.items() for fact in signals[name] for key in fields
    )


def agree(pack: Pack, model: Model, signals: dict[str, Any], as_of: date) -> bool:
    """Hold every decision of the model against the pack's; False where the pack knows less than DMN would say."""
    try:
        decision = pack.decide(signals, as_of)
    except SignalError:
        return False
    if decision.unknowns or decision.warnings:
        return False
    values = given_to(pack, decision, signals, as_of)
    for name in pack.source.decisions:
        found = model.decide(name, values)
        if any("range ends before it starts" in one.message for one in found.warnings):
            return False  # by a parameter's value: the check of a pack refuses it, DMN makes it null as it goes
        assert found.value == decision.value(name), name
    assert model.decide("verdict", values).value == decision.verdict.value, "verdict"
    return True


def test_the_exported_auto_loan_model_decides_as_the_pack_in_cases_without_unknowns() -> None:
    files = files_of(ROOT / "rules" / "auto_loan_in")
    pack, model = parse_pack(files), Model(read_model(to_dmn(files)))
    agreed = [agree(pack, model, dict(case.signals), case.as_of) for case in pack.source.cases[::5]]
    assert sum(agreed) > 20


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(pack_files(), st.data())
def test_any_exported_model_decides_as_its_pack_where_nothing_is_unknown(files, data) -> None:
    try:
        pack = parse_pack(files)
    except PackError:
        return
    model = Model(read_model(to_dmn(files)))
    for _ in range(4):
        signals, as_of = data.draw(inputs())
        if complete(pack, signals):  # what no rule asked for may be unknown to the pack, where DMN compares with null
            agree(pack, model, signals, as_of)


def test_sources_are_knowledge_sources_and_citations_authority_requirements(whole) -> None:
    model = read_model(to_dmn(whole))
    assert [(one.id, one.name, one.location_uri) for one in model.knowledge_sources] == [
        ("_s_law", "The law", "https://example.org/law"),
        ("_s_policy", "=the policy", ""),
    ]
    authority = {one.name: one.authority for one in model.decisions}
    assert authority["points"] == ("#_s_law", "#_s_policy")
    assert authority["limit"] == ("#_s_law", "#_s_policy")
    assert authority["age"] == ()


def test_reasons_and_citations_are_annotations_of_their_row(whole) -> None:
    points = next(one for one in read_model(to_dmn(whole)).decisions if one.name == "points").expression
    assert points.annotations == ("rule", "reason", "tell", "cite", "if_missing", "note")
    assert points.rules[0].annotations == ("NOT_FOUND", "Not found", "We could not verify it", "law, policy", "", "")
    assert points.rules[1].annotations[4] == "{match: 0}"


def test_every_reference_of_the_file_leads_to_an_element_of_it(model) -> None:
    ids = re.findall(r' id="([^"]+)"', model)
    assert len(set(ids)) == len(ids)
    references = re.findall(r'(?:href="#|dmnElementRef=")([^"]+)"', model)
    assert references
    assert set(references) <= set(ids)
    drawn = set(re.findall(r'<dmndi:DMNShape[^>]* dmnElementRef="([^"]+)"', model))
    elements = re.findall(r'<(?:inputData|decision|knowledgeSource) id="([^"]+)"', model)
    assert drawn == set(elements)


def test_what_a_modeller_changes_is_what_comes_back(whole, model) -> None:
    changed = model.replace("<text>&gt;= 750</text>", "<text>&gt;= 700</text>").replace(
        "<text>Not found</text>", "<text>Unknown number</text>"
    )
    back = from_dmn(changed.encode())
    assert {(one.id, one.change) for one in diff_packs(parse_pack(whole), back.pack)} == {
        ("BUREAU", "changed"),
        ("NOT_FOUND", "changed"),
    }


def test_a_modeller_may_add_a_row_and_a_decision(whole, model) -> None:
    row = '<rule id="DecisionRule_09x"><inputEntry><text>-</text></inputEntry><inputEntry><text>&lt; 0.1</text></inputEntry>'
    row += "<outputEntry><text>3</text></outputEntry></rule>"
    place = model.index("</decisionTable>", model.index('<decision id="_d_points"'))
    more = '<decision id="_x" name="double"><literalExpression><text>points * 2</text></literalExpression></decision>'
    more += '<businessKnowledgeModel id="_b" name="f"/>'
    changed = model[:place] + row + model[place:].replace('<decision id="_d_card"', more + '<decision id="_d_card"')
    back = from_dmn(changed.encode())
    assert {one.id for one in diff_packs(parse_pack(whole), back.pack)} == {"DecisionRule_09x", "double"}
    assert [(one.where, one.message) for one in back.not_carried] == [("f", "a knowledge model is not carried")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<text>&gt;= 750</text>", "<text>&gt;= sevenfifty</text>", "card:"),
        ('<text>&gt;= date("2026-01-01")</text>', "<text>later</text>", "limit:"),
        ('<text>"reject"</text>', '<text>"forbid"</text>', "verdict:"),
        ("<text>_base + _c1 + _c2</text>", "<text>_base - _c1</text>", "card:"),
        ('<v:number key="priority">1</v:number>', '<v:number key="priority">one</v:number>', "whole:"),
        ('<v:list key="cases/all.yaml">', '<v:list key="cases/../../x.yaml">', "whole:"),
        ('<v:list key="routes">', '<v:list key="checks">', "whole:"),
        ('<text>"E", "N", "X"</text>', "<text>starts with(?, 1)</text>", "pan.status:"),
        ("<text>{match: 0}</text>", "<text>{match: &amp;x 0}</text>", "points:"),
        ('name="whole"', 'name="Not A Name"', "Not A Name:"),
    ],
)
def test_what_a_modeller_breaks_is_told_by_element(model, old, new, told) -> None:
    assert old in model
    with pytest.raises(ExchangeError) as failure:
        from_dmn(model.replace(old, new, 1).encode())
    assert any(str(one).startswith(told) for one in failure.value.findings), failure.value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"<definitions",
        b'<!DOCTYPE x [<!ENTITY a "b">]><definitions>&a;</definitions>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><definitions/>',
        b"<a>" * 1000,
        b"\xff\xfe<\x00a\x00",
    ],
)
def test_what_is_no_model_is_refused_with_a_remedy(content) -> None:
    with pytest.raises(ExchangeError) as failure:
        from_dmn(content, name="x.dmn")
    assert all(one.remedy and one.where.startswith("x.dmn") for one in failure.value.findings)


@settings(max_examples=80)
@given(st.data())
def test_no_damage_to_a_model_is_more_than_a_refusal(whole, data) -> None:
    content = to_dmn(whole).decode()
    start = data.draw(st.integers(0, len(content) - 1))
    end = start + data.draw(st.integers(0, 60))
    new = data.draw(
        st.sampled_from(["", "x", "<text/>", "[1", '"', "null", "&lt;", "<v:list>", "</rule>", "1e9", "]", "{a: "])
    )
    try:
        found = from_dmn((content[:start] + new + content[end:]).encode())
    except ExchangeError:
        return
    assert parse_pack(found.files).digest == found.pack.digest


@pytest.mark.parametrize(
    ("signals", "taken", "groups"),
    [
        (["a.b", "a.c", "d"], [], {"a": ["a.b", "a.c"], "d": ["d"]}),
        (["a", "a.b"], [], {"a": ["a"], "a.b": ["a.b"]}),
        (["a.b", "a.b.c"], [], {"a.b": ["a.b"], "a.b.c": ["a.b.c"]}),
        (["a.b", "c.d"], ["a"], {"a.b": ["a.b"], "c": ["c.d"]}),
    ],
)
def test_dotted_names_become_structures_wherever_that_is_possible(signals, taken, groups) -> None:
    assert grouped(signals, taken) == groups


def test_a_pack_whose_names_begin_each_other_still_comes_back(whole) -> None:
    text = str(whole["pack.yaml"]).replace(
        "hit: boolean", "hit: boolean\n  hit.kind: string\n  patterns: boolean\n  age.x: number"
    )
    files = {**whole, "pack.yaml": text}
    back = from_dmn(to_dmn(files))
    assert back.pack.digest == parse_pack(files).digest


def test_xml_is_written_so_that_it_is_read_again() -> None:
    odd = "<&>\"'\x07\r\n\t␛{7}\ufffe end"
    root = Xml("a", {"b": odd}).put(Xml("c", {}, odd))
    from engine.dmn.xml_tree import read_xml
    from engine.exchange.unwritable import unmasked

    read = read_xml(to_bytes(root), "x").root
    assert unmasked(read.get("b")) == odd
    assert unmasked(read.children[0].text) == odd
