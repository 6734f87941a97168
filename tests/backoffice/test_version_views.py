"""A version's page beyond its grids: evidence, back-test, live traffic, try-out, schedule and roll-back, on canned answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backoffice.test_present_trials import RESULT

QUERY = {"pack": "tiny", "version_id": "pkv_2"}
PATH = "/v1/packs/tiny/versions/pkv_2"
JOB = {
    "id": "pjb_1", "kind": "backtest", "status": "done", "done": 90, "total": 90, "covers_approval": True, "workbook": True,
    "created_at": "2026-11-20T10:00:00+00:00", "from_at": "2026-08-22T10:00:00+00:00", "to_at": "2026-11-20T10:00:00+00:00",
    "against": {"id": "pkv_1", "digest": "f" * 64},
}  # fmt: skip
TRIAL = {
    "id": "trl_1", "mode": "shadow", "percent": None, "running": True, "started_at": "2026-11-20T10:00:00+00:00",
    "compared": 3, "agree": 2, "differ": 1, "agreement": 0.6667, "pending": 1, "failed": 1, "fallbacks": 0,
    "verdicts": {"approve": {"approve": 2, "review": 1}}, "categories": {"low": {"low": 3}},
    "rules": [{"rule": "SCORE_LOW", "count": 1}], "arms": {}, "errors": [{"error": "it broke off (KeyError)", "count": 1}],
    "differing": [{"reference": "L-45", "champion_verdict": "approve", "candidate_verdict": "review", "rules": ["SCORE_LOW"]}],
}  # fmt: skip


def texts(app: Any) -> str:
    parts = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.error, *app.warning, *app.success]
    return "\n".join(str(part.value) for part in parts)


@pytest.fixture
def version(fake: Any) -> Any:
    """Change the canned version; the rest of it stays."""

    def change(**facts: Any) -> None:
        held = dict(fake.answers["GET", PATH]) | facts
        fake.give("GET", PATH, held)

    return change


def open_tab(draw: Any, name: str, role: str = "rule_approver") -> Any:
    return draw("version", role, QUERY, version_tab=name)


def test_what_is_on_record_stands_above_the_next_step(draw: Any, version: Any) -> None:
    items = [
        {"what": "check", "state": "done", "text": "the check is green, proofs included", "job": None},
        {"what": "backtest", "state": "red", "text": "the back-test could not be made: it broke off", "job": None},
    ]
    version(status="submitted", authors=["per_x"], evidence={"ready": False, "items": items})
    app = draw("version", "rule_approver", QUERY)
    assert "The check is green, proofs included." in texts(app)
    assert "Approve opens when everything above is on record." in texts(app)
    assert app.button(key="approve").disabled
    assert not app.button(key="reject").disabled


def test_a_backtest_is_shown_with_its_matrices_rules_and_references(draw: Any, fake: Any, version: Any) -> None:
    version(status="submitted")
    fake.give("GET", PATH + "/backtests", {"items": [JOB], "next": None})
    fake.give("GET", PATH + "/backtests/pjb_1", JOB | {"result": RESULT})
    app = open_tab(draw, "Back-test")
    assert not app.exception
    assert [metric.label for metric in app.metric] == [
        "Stored decisions", "Verdicts that change", "Review work, hours", "Signals refused, rows",
    ]  # fmt: skip
    assert "10 of 90 move." in texts(app)
    assert "The first 1 of 10." in texts(app)
    assert app.button(key="workbook_pjb_1")


def test_a_backtest_is_asked_for_with_the_usual_window(draw: Any, fake: Any, version: Any) -> None:
    version(status="submitted")
    fake.give("POST", PATH + ":backtest", JOB | {"status": "queued"})
    app = open_tab(draw, "Back-test")
    app.button(key="backtest_go").click().run()
    assert fake.sent("POST", PATH + ":backtest") == [{"from": None, "to": None}]


def test_a_running_backtest_shows_how_far_it_is_and_no_second_one_is_offered(
    draw: Any, fake: Any, version: Any
) -> None:
    version(status="submitted")
    running = JOB | {"status": "running", "done": 30}
    fake.give("GET", PATH + "/backtests", {"items": [running], "next": None})
    fake.give("GET", PATH + "/backtests/pjb_1", running)
    app = open_tab(draw, "Back-test")
    assert app.button(key="backtest_go").disabled
    assert not app.exception


def test_a_draft_has_no_backtest_and_says_when_it_will(draw: Any) -> None:
    assert "Submitting the draft starts one by itself." in texts(open_tab(draw, "Back-test", "rule_analyst"))


def test_live_traffic_shows_both_sides_and_why_some_are_not_comparable(draw: Any, fake: Any, version: Any) -> None:
    version(status="approved")
    fake.give("GET", PATH + "/trials", {"items": [TRIAL], "next": None})
    fake.give("GET", PATH + "/trials/trl_1", TRIAL)
    app = open_tab(draw, "Live traffic")
    assert not app.exception
    said = texts(app)
    assert "Shadow, running since 2026-11-20 10:00 UTC" in said
    assert "1 more are being compared" in said
    assert "By SCORE_LOW (1)" in said
    assert app.button(key="stop")
    assert app.button(key="challenge")


def test_a_challenger_is_started_with_its_share_and_its_tick(draw: Any, fake: Any, version: Any) -> None:
    version(status="approved")
    fake.give("POST", PATH + ":challenge", TRIAL)
    app = open_tab(draw, "Live traffic")
    app.button(key="challenge").click().run()
    app.slider(key="challenge_percent").set_value(20)
    app.button(key="challenge_confirm").click().run()
    assert "Tick every line" in texts(app)
    app.checkbox(key="challenge_tick_0").check()
    app.button(key="challenge_confirm").click().run()
    assert fake.sent("POST", PATH + ":challenge") == [{"percent": 20, "note": ""}]


def test_a_schedule_is_sent_with_its_day_time_and_zone(draw: Any, fake: Any, version: Any) -> None:
    from datetime import date, time

    version(status="approved")
    fake.give("POST", PATH + ":schedule", {"id": "pkv_2", "effective_from": "2027-01-01T09:30:00+00:00"})
    app = draw("version", "rule_approver", QUERY)
    app.button(key="schedule").click().run()
    app.button(key="schedule_confirm").click().run()
    assert "Say on which day and at what time." in texts(app)
    app.date_input(key="schedule_day").set_value(date(2027, 1, 1))
    app.time_input(key="schedule_time").set_value(time(9, 30))
    app.button(key="schedule_confirm").click().run()
    assert fake.sent("POST", PATH + ":schedule") == [{"effective_from": "2027-01-01T09:30:00+00:00", "note": ""}]


def test_one_click_rolls_back_to_the_version_before_with_a_reason(draw: Any, fake: Any, version: Any) -> None:
    from tests.backoffice.conftest import pack_version

    version(status="active")
    gone = pack_version("pkv_1", 1, "retired", ["x"]) | {
        "activated_at": "2026-01-01T00:00:00+00:00", "retired_at": "2026-02-01T00:00:00+00:00",
    }  # fmt: skip
    live = pack_version("pkv_2", 2, "active", ["x"])
    fake.give("GET", "/v1/packs/tiny/versions", {"items": [live, gone], "next": None})
    fake.give("POST", "/v1/packs/tiny:rollback", gone | {"status": "active"})
    app = draw("version", "rule_approver", QUERY)
    app.button(key="rollback").click().run()
    app.button(key="rollback_confirm").click().run()
    assert "at least 20 characters" in texts(app)
    app.text_area(key="rollback_note").set_value("Too many good customers went to review.")
    app.button(key="rollback_confirm").click().run()
    assert fake.sent("POST", "/v1/packs/tiny:rollback") == [
        {"to": "pkv_1", "note": "Too many good customers went to review."}
    ]


def test_a_draft_is_tried_on_signals_of_ones_own(draw: Any, fake: Any) -> None:
    answer = {
        "verdict": "review",
        "risk": {"score": 60, "category": None},
        "reasons": [],
        "unknowns": [{"signal": "x.y"}],
    }
    fake.give("POST", PATH + ":decide", answer)
    app = open_tab(draw, "Try out", "rule_analyst")
    app.text_area(key="try_signals").set_value("not json")
    app.button(key="try_go").click().run()
    assert "These are no signals" in texts(app)
    app.text_area(key="try_signals").set_value('{"score": 10}')
    app.button(key="try_go").click().run()
    assert fake.sent("POST", PATH + ":decide") == [{"signals": {"score": 10}, "as_of": None}]
    assert "Unknown: x.y" in texts(app)


def test_a_stored_decision_is_decided_again_without_its_signals_being_shown(draw: Any, fake: Any) -> None:
    line = {
        "id": "dec_1",
        "reference": "L-1",
        "verdict": "approve",
        "pack": {"id": "tiny"},
        "created_at": "2026-11-20T10:00:00+00:00",
    }
    fake.give("GET", "/v1/decisions", {"items": [line], "next": None})
    again = {
        "verdict": "approve", "verdict_again": "review", "same": False, "risk_again": {"score": 60, "category": "low"},
        "rules_added": ["LOW"], "rules_removed": ["CLEAR"], "reasons_again": [], "unknowns_again": [],
    }  # fmt: skip
    fake.give("POST", "/v1/decisions/dec_1:replay", again)
    app = draw("version", "rule_analyst", QUERY, version_tab="Try out", try_way="A stored decision")
    app.button(key="try_stored_go").click().run()
    assert fake.sent("POST", "/v1/decisions/dec_1:replay") == [{"version": "pkv_2"}]
    assert "On record: approve. Fires now: LOW. Fires no more: CLEAR." in texts(app)
