"""The law matrix: from sources to values, rules, cases and decisions, and what hangs loose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.law import COLUMNS, law
from engine.pack import Pack, load_pack, parse_pack

TEXT = """\
pack: lawful
title: Lawful
version: "1"
on_missing: review
sources:
  act: {title: "The Act", reference: "Section 3"}
  policy: {title: "The policy"}
  old: {title: "An old circular"}
parameters:
  age_min: {unit: years, values: [{from: 2025-01-01, value: 18, source: act}, {from: 2026-01-01, value: 21, source: policy}]}
signals: {age: {type: number}, score: {type: number}}
decisions:
  points:
    scorecard:
      base: 0
      characteristics:
        - id: SCORE
          input: score
          bands:
            - {if: "< 10", points: 5, reason: "Low", cite: [policy]}
            - {if: ">= 10", points: 0}
verdict:
  score: points
  rules:
    - {id: YOUNG, if: "age < age_min", verdict: review, reason: "Too young", cite: [act, policy]}
    - {id: GO, if: "age >= age_min", verdict: approve, reason: "Of age"}
"""
CASES = """\
- {case: Nineteen was old enough, as_of: 2025-06-01, signals: {age: 19, score: 20}, expect: {verdict: approve, fired: [GO]}}
- {case: Nineteen is too young, as_of: 2026-06-01, signals: {age: 19, score: 5}, expect: {verdict: review, fired: [YOUNG]}}
"""


@pytest.fixture(scope="module")
def lawful() -> Pack:
    return parse_pack({"pack.yaml": TEXT, "cases/a.yaml": CASES})


def test_each_value_and_rule_stands_under_its_source_with_its_cases(lawful: Pack) -> None:
    found = [(line.source, line.kind, line.id, line.in_force_from, line.cases) for line in law(lawful).lines]

    assert found == [
        ("act", "parameter", "age_min", "2025-01-01", ("Nineteen was old enough",)),
        ("act", "rule", "YOUNG", None, ("Nineteen is too young",)),
        ("policy", "parameter", "age_min", "2026-01-01", ("Nineteen is too young",)),
        ("policy", "rule", "SCORE", None, ("Nineteen is too young",)),
        ("policy", "rule", "YOUNG", None, ("Nineteen is too young",)),
        (None, "rule", "GO", None, ("Nineteen was old enough",)),
    ]


def test_what_hangs_loose_is_listed(lawful: Pack) -> None:
    found = law(lawful)

    assert found.uncited_sources == ("old",)
    assert found.rules_without_source == ("GO",)
    assert found.parameters_without_source == ()
    assert found.unexercised == ()
    assert "sources nobody cites: old" in found.text()


def test_without_a_case_a_rule_is_unexercised() -> None:
    assert set(law(parse_pack({"pack.yaml": TEXT})).unexercised) == {"YOUNG", "GO", "SCORE", "age_min"}


def test_counts_of_decisions_stand_beside_the_rules(lawful: Pack) -> None:
    counted = {line.id: line.decisions for line in law(lawful, {"YOUNG": 7}).lines if line.kind == "rule"}

    assert counted == {"YOUNG": 7, "SCORE": 0, "GO": 0}
    assert {line.decisions for line in law(lawful).lines} == {None}


def test_rows_have_all_columns_and_name_sources_nobody_cites(lawful: Pack) -> None:
    rows = law(lawful).rows()

    assert all(tuple(row) == COLUMNS for row in rows)
    assert rows[-1]["source"] == "old"
    assert rows[-1]["text"] == "nothing cites this source"


def test_the_matrix_is_json(lawful: Pack) -> None:
    told = json.loads(json.dumps(law(lawful).to_dict()))

    assert [source["id"] for source in told["sources"]] == ["act", "policy", "old"]
    assert told["without_source"][0]["id"] == "GO"


def test_the_matrix_of_the_auto_loan_pack_has_no_loose_end_but_its_approval() -> None:
    pack = load_pack(Path(__file__).resolve().parents[3] / "rules" / "auto_loan_in")
    found = law(pack)

    assert found.uncited_sources == ()
    assert found.parameters_without_source == ()
    assert found.rules_without_source == ("CLEAR_LOW_RISK",)
    assert found.unexercised == ()
    dated = [line for line in found.lines if line.kind == "parameter"]
    assert len(dated) == sum(len(parameter.values) for parameter in pack.parameters.values())
    assert {line.source for line in dated} <= set(pack.source.sources)
