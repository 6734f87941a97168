"""What an approval finds on record, and that nothing else will do; jobs that are killed, lost or superseded."""

from __future__ import annotations

import io
from datetime import date, timedelta

import psycopg
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from service import audit, packs
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.identity.actor import system
from service.packs import job_running, jobs
from service.sweeper import sweep
from service.tables import PackJob, utc_now

pytestmark = pytest.mark.stack


@pytest.fixture
def submitted(analyst, active_version, stricter) -> str:
    """A version that waits for approval, its jobs queued; returns its id."""
    made = packs.create_draft(analyst, "tiny", files=stricter)
    return packs.submit(analyst, made["id"])["id"]


def states(actor, version_id: str) -> dict[str, str]:
    return {item["what"]: item["state"] for item in packs.get(actor, version_id)["evidence"]["items"]}


def job_of(tenant: str, version_id: str, kind: str) -> PackJob:
    query = "SELECT id FROM pack_job WHERE version_id = :v AND kind = :k ORDER BY id DESC LIMIT 1"
    with unit(tenant) as session:
        return session.get_one(PackJob, session.execute(text(query), {"v": version_id, "k": kind}).scalar_one())


def test_submitting_starts_what_an_approval_needs_and_approval_says_what_is_still_running(
    submitted, analyst, approver, work
) -> None:
    assert states(analyst, submitted) == {"check": "running", "backtest": "running"}
    with pytest.raises(Conflict, match="proofs are queued; the back-test is queued"):
        packs.approve(approver, submitted)
    assert work() == {"check": "done", "backtest": "done"}
    assert states(analyst, submitted) == {"check": "done", "backtest": "done"}
    assert packs.approve(approver, submitted)["status"] == "approved"


def test_a_first_version_has_a_backtest_of_no_rows_on_record_and_that_suffices(analyst, approver, files, work) -> None:
    made = packs.create_draft(analyst, "tiny", files=files)
    packs.submit(analyst, made["id"])
    work()
    items = packs.get(analyst, made["id"])["evidence"]["items"]
    assert "it has 0 rows" in next(item["text"] for item in items if item["what"] == "backtest")
    assert packs.approve(approver, made["id"])["status"] == "approved"


def test_a_refuted_invariant_makes_the_check_red_and_shows_a_case(analyst, approver, files, work) -> None:
    broken = files | {
        "pack.yaml": files["pack.yaml"]
        + """
invariants:
  - {id: NEVER_APPROVES, text: "Nobody is ever approved", never: 'verdict = "approve"'}
"""
    }
    made = packs.create_draft(analyst, "tiny", files=broken)
    packs.submit(analyst, made["id"])
    work()
    told = packs.get(analyst, made["id"])
    assert told["check_report"]["proofs"][0]["status"] == "refuted"
    assert "verdict: approve" in told["check_report"]["proofs"][0]["case"]
    with pytest.raises(Conflict, match="the check is red"):
        packs.approve(approver, made["id"])


def test_the_database_itself_approves_nothing_without_evidence(submitted, approver, sql, work) -> None:
    approve = "UPDATE pack_version SET status = 'approved', approver_id = %s WHERE id = %s"
    with pytest.raises(psycopg.errors.RaiseException, match="green check and its proofs"):
        sql(approve, approver.id, submitted)
    work()
    sql("UPDATE pack_job SET status = 'failed' WHERE kind = 'backtest' AND version_id = %s", submitted)
    with pytest.raises(psycopg.errors.RaiseException, match="only with a back-test"):
        sql(approve, approver.id, submitted)


@pytest.mark.parametrize(
    ("was", "wanted"),
    [("submitted", "active"), ("submitted", "scheduled"), ("submitted", "retired"), ("submitted", "draft")],
)
def test_the_database_itself_keeps_the_order_of_the_states(submitted, approver, sql, was, wanted) -> None:
    change = "UPDATE pack_version SET status = %s, approver_id = %s, effective_from = now(), scheduled_by = 'x' WHERE id = %s"
    if wanted == "active":
        sql("UPDATE pack_version SET status = 'retired' WHERE status = 'active'")
    with pytest.raises(psycopg.errors.RaiseException, match=f"does not go from {was} to {wanted}"):
        sql(change, wanted, approver.id, submitted)


def test_a_short_window_is_no_evidence(submitted, analyst, approver, work, sql) -> None:
    work()
    sql("UPDATE pack_job SET covers = false WHERE kind = 'backtest'")
    yesterday = utc_now().date() - timedelta(days=1)
    packs.backtest(analyst, submitted, yesterday, yesterday)
    assert work() == {"backtest": "done"}
    with pytest.raises(Conflict, match="no back-test of exactly this content over the last 90 days"):
        packs.approve(approver, submitted)
    asked = packs.backtest(analyst, submitted)
    assert asked["covers_approval"] is True
    work()
    assert packs.approve(approver, submitted)["status"] == "approved"


def test_another_active_version_makes_the_backtest_stale_and_starts_a_new_one(
    submitted, analyst, approver, files, approved, work, sql
) -> None:
    work()
    other = packs.set_parameter(files, "low_score_under", date(2025, 1, 1), 55, "policy")
    packs.activate(approver, approved(other)["id"])
    assert states(analyst, submitted)["backtest"] == "running"
    assert work() == {"backtest": "done"}
    assert packs.approve(approver, submitted)["status"] == "approved"


def test_a_backtest_that_is_under_way_when_the_active_version_changes_is_dropped(
    submitted, analyst, approver, active_version, tenant, work
) -> None:
    first = job_of(tenant, submitted, "backtest")
    claimed = jobs.claim(tenant, first.id, utc_now())
    packs.retire(approver, active_version, "nothing decides")
    packs.roll_back(approver, "tiny", "it decides again")
    assert job_of(tenant, submitted, "backtest").id == first.id, "the same version is active: the job still counts"
    with unit(tenant) as session:
        session.execute(text("UPDATE pack_job SET against_digest = 'another' WHERE id = :id"), {"id": first.id})
    packs.retire(approver, active_version, "nothing decides")
    packs.roll_back(approver, "tiny", "it decides again")
    assert job_of(tenant, submitted, "backtest").id != first.id
    with pytest.raises(jobs.LeaseLost):
        jobs.progress(tenant, claimed, 1, 1)
    assert work()["backtest"] == "done"


def test_a_killed_workers_job_is_taken_over_and_the_dead_one_writes_nothing(submitted, tenant, sql, work) -> None:
    job = job_of(tenant, submitted, "backtest")
    dead = jobs.claim(tenant, job.id, utc_now())
    assert jobs.claim(tenant, job.id, utc_now()) is None
    assert job_running.run(tenant, job.id) is False
    sql("UPDATE pack_job SET lease_until = lease_until - interval '1 hour', enqueued_at = now() - interval '1 hour'")
    assert sweep(tenants=[tenant]).pack_jobs == 2
    assert job_running.run(tenant, job.id) is True
    with pytest.raises(jobs.LeaseLost):
        jobs.progress(tenant, dead, 5, 9)
    assert job_running._write(tenant, dead, job_running._failed("late")) is False
    after = job_of(tenant, submitted, "backtest")
    assert (after.status, after.attempts, after.error) == ("done", 2, None)


def test_a_job_whose_workers_die_again_and_again_is_given_up(submitted, tenant, analyst, sql) -> None:
    job = job_of(tenant, submitted, "check")
    for _ in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(tenant, job.id, utc_now()) is not None
        sql("UPDATE pack_job SET lease_until = lease_until - interval '1 hour'")
    job_running.run(tenant, job.id)
    assert job_of(tenant, submitted, "check").error == "its worker was lost 3 times"
    assert states(analyst, submitted)["check"] == "red"


def test_what_breaks_a_job_is_told_by_kind_and_never_by_its_text(submitted, tenant, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Asha Rao, ABCPR1234K")

    monkeypatch.setattr(job_running, "report_on", broken)
    job = job_of(tenant, submitted, "check")
    assert job_running.run(tenant, job.id) is True
    assert job_of(tenant, submitted, "check").error == "it broke off (ValueError)"


def test_a_draft_is_proved_on_request_and_its_proofs_last_as_long_as_its_content(
    analyst, files, stricter, work
) -> None:
    draft = packs.create_draft(analyst, "tiny", files=files)
    asked = packs.prove(analyst, draft["id"])
    assert packs.prove(analyst, draft["id"])["id"] == asked["id"]
    assert work() == {"check": "done"}
    assert "proofs" in packs.check(analyst, draft["id"])
    saved = packs.update_draft(analyst, draft["id"], stricter, draft["row_version"])
    assert "proofs" not in packs.check(analyst, saved["id"])


def test_a_proof_of_files_that_were_saved_over_is_superseded(analyst, files, stricter, tenant, work) -> None:
    draft = packs.create_draft(analyst, "tiny", files=files)
    first = packs.prove(analyst, draft["id"])
    packs.update_draft(analyst, draft["id"], stricter, draft["row_version"])
    assert packs.submit(analyst, draft["id"])["status"] == "submitted"
    with unit(tenant) as session:
        assert session.get_one(PackJob, first["id"]).error == "the files were changed meanwhile"
    assert work() == {"check": "done", "backtest": "done"}


def test_a_backtest_compares_stored_decisions_and_keeps_nothing_personal(
    ask, analyst, approver, stricter, tenant, work, sql
) -> None:
    for number, score in enumerate((80, 45, 45, 10)):
        ask(reference=f"LOAN-{number}", score=score)
    ask(reference="LOAN-LISTED", listed=True)
    ask(reference="LOAN-UNKNOWN", score=...)
    made = packs.create_draft(analyst, "tiny", files=stricter)
    packs.submit(analyst, made["id"])
    work()
    (line,) = jobs.listing(analyst, made["id"], "backtest")
    assert (line["done"], line["total"], line["status"]) == (6, 6, "done")
    result = jobs.get(analyst, made["id"], line["id"])["result"]
    assert result["rows"] == 6
    assert result["invalid"]["rows"] == 0
    assert result["migration"]["verdict"]["approve"] == {"approve": 1, "review": 2, "reject": 0}
    assert {one["reference"] for one in result["changed"]["shown"]} == {"LOAN-1", "LOAN-2"}
    assert all("SCORE_LOW" in one["rules"] for one in result["changed"]["shown"])
    name, _, content = jobs.download(approver, made["id"], line["id"])
    assert name.endswith(".xlsx")
    cells = {
        str(cell.value) for sheet in load_workbook(io.BytesIO(content)) for row in sheet.iter_rows() for cell in row
    }
    assert "LOAN-1" in cells
    stored = sql("SELECT result::text FROM pack_job")
    for secret in ("Asha", "ABCPR1234K", "1990-08-15"):
        assert not any(secret in row[0] for row in stored)
        assert not any(secret in cell for cell in cells)


def test_a_backtest_knows_what_became_of_the_decisions(ask, originator, analyst, stricter, work) -> None:
    from service.decisions import record_outcome

    for number, (score, outcome) in enumerate(((45, "bad"), (80, "good"), (80, None))):
        answer = ask(reference=f"L-{number}", score=score).body
        if outcome:
            record_outcome(originator, answer["id"], outcome, "repayment")
    made = packs.create_draft(analyst, "tiny", files=stricter)
    packs.submit(analyst, made["id"])
    work()
    (line,) = jobs.listing(analyst, made["id"], "backtest")
    outcome = jobs.get(analyst, made["id"], line["id"])["result"]["outcome"]
    assert (outcome["known"], outcome["bad"]) == (2, 1)
    assert outcome["verdicts"]["new"]["review"]["recall"] == 1.0


def test_a_version_that_refuses_stored_signals_says_for_how_many(ask, analyst, files, work) -> None:
    ask(score=80)
    narrower = files | {"pack.yaml": files["pack.yaml"].replace("range: [0, 100]", "range: [0, 60]")}
    narrower["cases/tiny.yaml"] = files["cases/tiny.yaml"].replace("score: 80", "score: 60")
    made = packs.create_draft(analyst, "tiny", files=narrower)
    packs.submit(analyst, made["id"])
    work()
    items = packs.get(analyst, made["id"])["evidence"]["items"]
    assert "refuses the signals of 1 of them" in next(item["text"] for item in items if item["what"] == "backtest")


def test_a_window_that_holds_no_time_and_strangers_are_refused(submitted, analyst, officer, files, work) -> None:
    with pytest.raises(Invalid):
        packs.backtest(analyst, submitted, date(2026, 2, 1), date(2026, 1, 1))
    with pytest.raises(Conflict, match="under way"):
        packs.backtest(analyst, submitted)
    work()
    with pytest.raises(Forbidden):
        packs.backtest(officer, submitted)
    with pytest.raises(NotFound):
        packs.backtest(analyst, submitted, against="pkv_unheard_of")
    draft = packs.create_draft(analyst, "tiny", files=files)
    with pytest.raises(Conflict, match="changes no more"):
        packs.backtest(analyst, draft["id"])
    with pytest.raises(NotFound):
        jobs.get(system("somebody_else"), submitted, "pjb_x")


def test_each_job_leaves_its_links_in_the_audit(submitted, work, tenant) -> None:
    work()
    actions = [entry["action"] for entry in audit.entries(system(tenant), subject=submitted).items]
    assert {"pack.proof_requested", "pack.proved", "pack.backtest_requested", "pack.backtested"} <= set(actions)
