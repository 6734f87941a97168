"""What the service adds to explanations and the law matrix: stored decisions, masking, counts of a period."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from service import decisions
from service.db import unit
from service.reports import law_matrix

pytestmark = pytest.mark.stack


def test_an_explanation_shows_what_would_lead_to_an_approval(ask, officer) -> None:
    made = ask(score=10).body
    told = decisions.explanation(officer, made["id"])

    (change,) = told["to_approve"][0]["changes"]
    assert (change["signal"], change["after"], change["how"]) == ("score", 40, "declared")
    assert told["counterfactuals"][0]["verdict"] == "approve"
    assert told["explained_same"] is True
    assert told["applicant"]["reasons"] == ["Your score is low"]


def test_an_explanation_of_a_listed_person_tells_the_applicant_nothing_of_it(ask, officer) -> None:
    listed = decisions.explanation(officer, ask(listed=True).body["id"])
    unknown = decisions.explanation(officer, ask("k2", listed=...).body["id"])

    assert listed["applicant"] == unknown["applicant"]
    assert "list" not in json.dumps(listed["applicant"]).lower()


def test_an_explanation_carries_no_personal_value(ask, officer) -> None:
    made = ask(score=Decimal("39.5"), **{"applicant.name": "Zubeida Quraishi", "applicant.pan": "ZZZPQ9999Z"}).body
    text = json.dumps(decisions.explanation(officer, made["id"]), default=str)

    assert [word for word in ("Zubeida", "ZZZPQ9999Z", "1990-08-15") if word in text] == []


def matrix(tenant: str) -> list[dict]:
    now = datetime.now(UTC)
    with unit(tenant) as session:
        return law_matrix.rows(session, now - timedelta(days=90), now + timedelta(minutes=1))


def test_the_law_matrix_counts_the_stored_decisions_in_which_each_rule_fired(ask, tenant) -> None:
    for number, change in enumerate([{}, {"score": 10}, {"score": 20}, {"forged": True}]):
        ask(f"k{number}", **change)
    made = matrix(tenant)
    counts = {row["id"]: row["decisions"] for row in made if row["kind"] == "rule"}

    assert counts == {"SCORE_LOW": 2, "FORGED": 1, "LISTED": 0, "LOW": 2, "CLEAR": 2}
    assert {(row["pack"], row["pack_version"], row["decided"]) for row in made} == {("tiny", "1", 4)}
    assert law_matrix.summary(made) == {
        "versions": 1,
        "sources": 1,
        "rules": 5,
        "rules_that_fired": 4,
        "without_source": 1,
        "without_case": 0,
    }


def test_the_law_matrix_names_value_date_and_case(active_version, tenant) -> None:
    made = matrix(tenant)
    (value,) = (row for row in made if row["kind"] == "parameter")

    assert (value["source"], value["id"], value["value"], value["in_force_from"], value["cases"]) == (
        "policy",
        "low_score_under",
        40,
        "2025-01-01",
        1,
    )
    assert [row["id"] for row in made if not row["source"]] == ["CLEAR"]


def test_the_law_matrix_counts_no_decision_outside_the_period_and_none_of_another_tenant(ask, tenant) -> None:
    ask(score=10)
    now = datetime.now(UTC)
    with unit(tenant) as session:
        before = law_matrix.rows(session, now - timedelta(days=9), now - timedelta(days=8))
    with unit("somebody_else") as session:
        other = law_matrix.rows(session, now - timedelta(days=9), now + timedelta(minutes=1))

    assert {row["decided"] for row in before} == {0}
    assert other == []


def test_a_version_that_does_not_load_any_more_is_said_and_not_left_out(tenant, active_version, sql) -> None:
    from service.tables import PackVersion

    with unit(tenant) as session:
        row = session.get_one(PackVersion, active_version)
        broken = law_matrix._matrix({**row.files, "pack.yaml": "pack: [\n"}, {})

    assert len(broken) == 1
    assert broken[0]["text"].startswith("the version does not load with this engine")
