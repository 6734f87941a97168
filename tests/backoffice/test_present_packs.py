from __future__ import annotations

from typing import Any

import pytest

from backoffice.present import packs, version_acts
from backoffice.present.question import Given, wanting

ROWS = [{"id": "A", "if.x": "1", "reason": "first"}, {"id": "B", "if.x": "2", "reason": None}]
VERSION: dict[str, Any] = {
    "id": "pkv_2",
    "pack": "tiny",
    "number": 2,
    "version": "1",
    "digest": "0123456789abcdef",
    "authors": ["per_1"],
}


def test_an_edited_cell_changes_its_row_and_no_other() -> None:
    rows, waits = packs.edited_table(ROWS, {"edited_rows": {1: {"if.x": "3"}}})
    assert rows == [ROWS[0], {"id": "B", "if.x": "3", "reason": None}]
    assert not waits


def test_an_emptied_cell_is_no_cell() -> None:
    rows, _ = packs.edited_table(ROWS, {"edited_rows": {0: {"reason": None}}})
    assert rows[0]["reason"] is None


def test_a_new_rule_waits_until_it_has_an_id() -> None:
    rows, waits = packs.edited_table(ROWS, {"added_rows": [{"if.x": "9"}]})
    assert rows == ROWS
    assert waits


def test_rules_are_added_at_the_end_and_removed_by_place() -> None:
    rows, _ = packs.edited_table(ROWS, {"added_rows": [{"id": "C"}], "deleted_rows": [0]})
    assert [row["id"] for row in rows] == ["B", "C"]


@pytest.mark.parametrize(
    ("text", "held", "value"),
    [
        ("0.65", "0.60", 0.65),
        ("30", "25", 30),
        ("AS, JK", "AS, JK, ML", ["AS", "JK"]),
        ("[AS]", "AS, JK", ["AS"]),
        ("true", "false", True),
        ("strict", "lenient", "strict"),
    ],
)
def test_what_was_typed_keeps_the_type_that_the_threshold_had(text: str, held: str, value: object) -> None:
    typed = packs.typed_value(text, {"values": [{"value": held}]})
    assert typed == value
    assert type(typed) is type(value)


def test_a_difference_shows_only_what_differs() -> None:
    change = {
        "kind": "parameter",
        "id": "face_match_min",
        "change": "changed",
        "before": {"unit": "ratio", "value": 0.6},
        "after": {"unit": "ratio", "value": 0.65},
    }
    row = packs.change_rows([change])[0]
    assert (row["Before"], row["After"]) == ("value: 0.6", "value: 0.65")


def test_a_difference_of_dated_values_shows_the_value_that_moved_without_its_types() -> None:
    def values(*numbers: str) -> dict[str, Any]:
        dated = [
            {"start": ["date", f"202{place}-01-01"], "value": ["number", one]} for place, one in enumerate(numbers)
        ]
        return {"unit": "ratio", "values": ["list", *dated]}

    change = {"kind": "parameter", "id": "x", "change": "changed"}
    row = packs.change_rows([change | {"before": values("0.6", "0.7"), "after": values("0.6", "0.8")}])[0]
    assert row["Before"] == "values: start: 2021-01-01, value: 0.7"
    assert row["After"] == "values: start: 2021-01-01, value: 0.8"
    row = packs.change_rows([change | {"before": {"cite": ["list", "a"]}, "after": {"cite": ["list", "a", "b"]}}])[0]
    assert (row["Before"], row["After"]) == ("cite: —", "cite: b")
    row = packs.change_rows([change | {"before": {"cells": [["x", "> 1"]]}, "after": {"cells": [["x", "> 2"]]}}])[0]
    assert (row["Before"], row["After"]) == ("cells: x, > 1", "cells: x, > 2")


def test_a_draft_has_no_digest_to_show() -> None:
    assert packs.short_digest("draft:0123") == "—"


def test_a_check_is_told_in_one_line() -> None:
    assert packs.verdict_of_check(None) == "Not checked since the last change."
    assert packs.verdict_of_check({"ok": False, "problems": [{}]}) == "The check is red: 1 problem."
    report = {"ok": True, "cases": {"passed": 187, "failed": 0}, "lints": [{"level": "warning"}]}
    assert (
        packs.verdict_of_check(report)
        == "The check is green: 187 cases pass, 0 fail; the linter has 0 errors and 1 warning."
    )


def test_problems_are_told_with_file_line_and_column() -> None:
    report = {
        "problems": [{"file": "pack.yaml", "line": 3, "column": 7, "message": "unknown key", "remedy": "remove it"}]
    }
    assert packs.problem_rows(report)[0]["Place"] == "pack.yaml:3:7"


def test_failed_cases_are_told_by_difference() -> None:
    failed = {
        "case": "A clean one",
        "file": "cases/a.yaml",
        "line": 2,
        "passed": False,
        "differences": [{"key": "verdict", "expected": "approve", "got": "review"}],
    }
    rows = packs.failed_case_rows({"cases": {"results": [failed, {"passed": True}]}})
    assert rows == [
        {"Case": "A clean one", "Place": "cases/a.yaml:2", "What": "verdict", "Expected": "approve", "Came": "review"}
    ]


def test_whoever_wrote_a_version_is_not_offered_to_approve_it() -> None:
    permissions = ["packs:approve", "packs:activate"]
    ready = VERSION | {"status": "submitted", "evidence": {"ready": True, "items": []}}
    own = version_acts.steps(ready, "per_1", permissions)
    others = version_acts.steps(ready, "per_2", permissions)
    assert [step.why_not is None for step in own] == [False, False]
    assert [step.why_not is None for step in others] == [True, True]


def test_approve_is_off_until_everything_is_on_record_and_reject_is_not() -> None:
    waiting = VERSION | {"status": "submitted", "evidence": {"ready": False, "items": []}}
    approve, reject = version_acts.steps(waiting, "per_2", ["packs:approve"])
    assert approve.why_not == "Approve opens when everything above is on record."
    assert reject.why_not is None


def test_what_is_on_record_is_told_as_sentences_and_running_work_is_known() -> None:
    items = [
        {"what": "check", "state": "done", "text": "the check is green, proofs included", "job": None},
        {"what": "backtest", "state": "running", "text": "the back-test is running, 20 of 90 rows", "job": "pjb_1"},
    ]
    lines = packs.evidence_lines({"ready": False, "items": items})
    assert [sentence for _, sentence in lines] == [
        "The check is green, proofs included.",
        "The back-test is running, 20 of 90 rows.",
    ]
    assert packs.is_under_way({"items": items})
    assert not packs.is_under_way({"items": items[:1]})
    assert not packs.is_under_way(None)


def test_proofs_that_were_not_made_are_not_called_green() -> None:
    assert packs.verdict_of_proofs({}) == "The invariants have not been proved for this content."
    assert packs.verdict_of_proofs({"proofs": []}) == "The pack states no invariants, so there is nothing to prove."
    report = {"proofs": [{"invariant": "A", "status": "proved"}, {"invariant": "B", "status": "undecided"}]}
    assert packs.verdict_of_proofs(report) == "Invariants: 1 proved, 1 undecided."
    refuted = {"invariant": "C", "text": "never", "status": "refuted", "signals": {"listed": True}}
    assert packs.proof_rows({"proofs": [refuted]})[0]["Counterexample"] == "listed: yes"


def test_one_button_rolls_back_to_the_version_that_was_live_before() -> None:
    gone = {"number": 1, "version": "1", "status": "retired", "activated_at": "2026-01-01", "retired_at": "2026-02-01"}
    never = {"number": 2, "version": "1", "status": "retired", "activated_at": None, "retired_at": "2026-03-01"}
    before = packs.last_live([VERSION | {"status": "active"}, never, gone])
    assert before == gone
    live = VERSION | {"status": "active"}
    back, retire = version_acts.steps(live, "per_2", ["packs:activate"], before)
    assert (back.name, back.label, retire.name) == ("rollback", "Roll back to v1 (1)", "retire")
    question = version_acts.question("rollback", live, live, before)
    assert question is not None
    assert question.about == "tiny v1 (1)"
    assert "It replaces v2 (1)" in question.consequence
    assert wanting(question, Given("", "short"), ticked=True)


def test_a_schedule_wants_a_day_and_a_challenger_says_that_its_answers_are_real() -> None:
    schedule = version_acts.question("schedule", VERSION, None)
    challenge = version_acts.question("challenge", VERSION, None)
    assert schedule is not None
    assert challenge is not None
    assert wanting(schedule, Given("", ""), ticked=True) == ["Say on which day and at what time."]
    assert "Its answers are real" in challenge.ticks[0]


@pytest.mark.parametrize(
    ("status", "running", "names"),
    [
        ("approved", [], ["shadow", "challenge"]),
        ("approved", ["shadow"], ["challenge", "stop"]),
        ("scheduled", ["shadow", "challenger"], ["stop"]),
    ],
)
def test_live_traffic_offers_what_does_not_run_and_to_stop_what_does(
    status: str, running: list[str], names: list[str]
) -> None:
    steps = version_acts.trial_steps(VERSION | {"status": status}, running, ["packs:activate"])
    assert [step.name for step in steps] == names
    assert all(step.why_not is None for step in steps)
    strangers = version_acts.trial_steps(VERSION | {"status": status}, running, [])
    assert all(step.why_not is not None for step in strangers)


def test_every_step_has_its_question_and_its_words_when_it_is_done() -> None:
    for name in version_acts.DONE:
        assert version_acts.question(name, VERSION, None, None) is not None, name
    assert version_acts.question("nonsense", VERSION, None) is None


def test_activation_wants_every_line_ticked() -> None:
    question = version_acts.question("activate", VERSION, {"number": 1, "version": "1"})
    assert question is not None
    assert "It replaces v1 (1)." in question.ticks
    assert wanting(question, Given("", ""), ticked=False) == ["Tick every line to say that you have seen it."]
