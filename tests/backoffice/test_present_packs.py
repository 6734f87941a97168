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
    own = version_acts.steps(VERSION | {"status": "submitted"}, "per_1", permissions)
    others = version_acts.steps(VERSION | {"status": "submitted"}, "per_2", permissions)
    assert [step.why_not is None for step in own] == [False, False]
    assert [step.why_not is None for step in others] == [True, True]


def test_activation_wants_every_line_ticked() -> None:
    question = version_acts.question("activate", VERSION, {"number": 1, "version": "1"})
    assert question is not None
    assert "It replaces v1 (1)." in question.ticks
    assert wanting(question, Given("", ""), ticked=False) == ["Tick every line to say that you have seen it."]
