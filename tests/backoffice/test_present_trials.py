"""Back-tests and trials as words, tables and matrices."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.present import backtest, trial

RESULT: dict[str, Any] = {
    "rows": 90,
    "invalid": {"rows": 2, "signals": []},
    "migration": {
        "verdict": {"approve": {"approve": 60, "review": 10, "reject": 0}, "review": {"approve": 0, "review": 20}},
        "category": {"low": {"low": 70}},
        "workload": {"cases": 10, "hours": 2.0},
    },
    "workload": {
        "new": {"cases": 30, "hours": 6.0, "queues": {"kyc_review": {"cases": 30, "hours": 6.0}}},
        "old": {
            "cases": 20,
            "hours": 4.0,
            "queues": {"kyc_review": {"cases": 18, "hours": 3.6}, "edd": {"cases": 2, "hours": 0.4}},
        },
    },
    "changed": {
        "count": 10,
        "shown": [{"row": 3, "reference": "L-3", "old": "approve", "new": "review", "rules": ["LOW"]}],
    },
    "rules": [
        {"rule": "LOW", "would_fire": 30, "would_fire_old": 20, "delta": 10},
        {"rule": "SAME", "would_fire": 5, "would_fire_old": 5, "delta": 0},
        {"rule": "GONE", "would_fire": None, "would_fire_old": 40, "delta": -40},
    ],
    "outcome": None,
}


def test_a_matrix_keeps_its_order_and_counts_what_moves() -> None:
    matrix = backtest.matrix(RESULT["migration"]["verdict"], backtest.VERDICTS)
    assert matrix.words == ("approve", "review", "reject")
    assert matrix.counts == ((60, 10, 0), (0, 20, 0), (0, 0, 0))
    assert (matrix.moved, matrix.total) == (10, 90)
    assert matrix.shares[2] == (0.0, 0.0, 0.0)
    assert backtest.matrix(None).total == 0
    shuffled = {"low": {"none": 1, "high": 2}, "high": {"medium": 3}}
    assert backtest.matrix(shuffled).words == ("low", "medium", "high", "none")


@pytest.mark.parametrize(
    ("job", "line", "share"),
    [
        ({"status": "queued"}, "Waits for a worker.", 0.0),
        ({"status": "running", "done": 30, "total": 90}, "Running: 30 of 90 rows.", 30 / 90),
        ({"status": "running", "done": 0, "total": 0}, "Running: 0 of 0 rows.", 0.0),
        ({"status": "done", "done": 0, "total": 0}, "Done.", 1.0),
        ({"status": "failed", "error": "it broke off (ValueError)"}, "Failed: it broke off (ValueError).", 0.0),
    ],
)
def test_a_job_is_told_in_one_line(job: dict[str, Any], line: str, share: float) -> None:
    assert backtest.job_line(job) == line
    assert backtest.share_done(job) == share


def test_the_first_figures_are_rows_changes_work_and_refusals() -> None:
    assert backtest.summary(RESULT) == [
        ("Stored decisions", "90", None),
        ("Verdicts that change", "10", None),
        ("Review work, hours", "6", "+2.0"),
        ("Signals refused, rows", "2", None),
    ]


def test_a_backtest_without_another_version_claims_no_change() -> None:
    alone = RESULT | {"migration": None, "rules": [{"rule": "LOW", "would_fire": 3, "undecided": 0}]}
    assert backtest.summary(alone)[1] == ("Verdicts that change", "—", None)
    assert backtest.rule_rows(alone) == [{"Rule": "LOW", "Would fire": "3", "Before": "—", "Change": "—"}]


def test_rules_are_told_by_how_much_they_change() -> None:
    assert [(row["Rule"], row["Change"]) for row in backtest.rule_rows(RESULT)] == [("GONE", "-40"), ("LOW", "+10")]


def test_queues_of_both_versions_are_told() -> None:
    rows = {row["Queue"]: (row["Cases"], row["Cases before"]) for row in backtest.queue_rows(RESULT)}
    assert rows == {"KYC review": ("30", "18"), "EDD": ("0", "2")}


def test_changed_decisions_are_told_by_reference_and_rule() -> None:
    assert backtest.changed_rows(RESULT) == [
        {"Reference": "L-3", "Was": "Approve", "Would be": "Review", "Rules": "LOW"}
    ]


def test_without_outcomes_nothing_is_said_of_right_and_wrong() -> None:
    assert "not what would be right" in backtest.outcome_line(RESULT)
    known = RESULT | {"outcome": {"known": 40, "bad": 4, "base_rate": 0.1}}
    assert backtest.outcome_line(known) == "40 decisions with a recorded outcome, 4 bad (10.0 %)."


def test_a_trial_says_what_it_is_and_how_it_ended() -> None:
    running = {"mode": "challenger", "percent": 5, "running": True, "started_at": "2026-11-20T10:00:00+00:00"}
    assert trial.headline(running) == "Challenger for 5 % of the references, running since 2026-11-20 10:00 UTC"
    ended = {"mode": "shadow", "running": False, "started_at": "2026-11-20T10:00:00+00:00", "end_note": "enough"}
    assert trial.headline(ended | {"ended_at": "2026-11-21T10:00:00+00:00"}).endswith("2026-11-21 10:00 UTC (enough)")


def test_only_a_side_that_decided_has_a_line_and_no_rate_is_made_up() -> None:
    side = {"decided": 4, "verdicts": {"approve": 3, "review": 1, "reject": 0}, "review_rate": 0.25}
    arms = {"champion": side | {"approved_good": 1, "approved_bad": 1, "bad_rate": 0.5}, "challenger": {"decided": 0}}
    (row,) = trial.arm_rows({"arms": arms})
    assert (row["Decided by"], row["Review rate"], row["Bad rate"]) == ("Live version", "25.0 %", "50.0 %")
    (bare,) = trial.arm_rows({"arms": {"champion": side}})
    assert bare["Bad rate"] == "—"


def test_figures_that_are_not_there_yet_are_said_to_come() -> None:
    assert trial.waiting_line({"pending": 3}) == "3 more are being compared; they come within a minute."
    assert trial.waiting_line({"pending": 0}) is None
    assert trial.summary({"compared": 0, "agreement": None})[1] == ("Agree", "—")


def test_differing_decisions_say_who_answered() -> None:
    one = {"created_at": None, "reference": "L-1", "champion_verdict": "approve", "candidate_verdict": "review"}
    rows = trial.differing_rows({"differing": [one | {"arm": "challenger", "rules": ["LOW"]}]})
    assert rows[0]["Answered by"] == "candidate"
    assert trial.error_rows({"errors": [{"error": "it broke off (KeyError)", "count": 2}]})[0]["Decisions"] == "2"
    assert trial.rule_rows({"rules": [{"rule": "LOW", "count": 4}]}) == [{"Rule": "LOW", "Decisions": "4"}]
