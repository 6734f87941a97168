"""Applications on live traffic with candidates: whose checks they run, who decides them, and who does when that fails."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.pack import Pack
from service import packs
from service.db import unit
from service.decisions import challenging
from service.identity.actor import Actor, Role, granted
from service.packs import job_running
from service.tables import PackJob
from service.trials import comparing, figures, running

pytestmark = pytest.mark.stack


@pytest.fixture
def approver(tenant: str) -> Actor:
    return Actor(tenant, "per_approver", "Priya", granted([Role.APPROVER]))


@pytest.fixture
def candidate(desk, approver) -> dict:
    """The live pack needs a gate; the candidate also reviews every amount over ten."""
    files = sys.modules[type(desk).__module__].pack_files("gate")
    desk.use_pack("gate")
    files["pack.yaml"] = files["pack.yaml"].replace(
        "verdict:\n  rules:\n",
        "verdict:\n  rules:\n    - {id: LARGE, if: 'loan.amount > 10', if_missing: skip, verdict: review, reason: large, cite: [test]}\n",
    )
    files["cases/all.yaml"] += (
        "- {case: large, as_of: 2026-11-20, signals: {gate.open: true, loan.amount: 11}, expect: {verdict: review, fired: [LARGE]}}\n"
        "- {case: small, as_of: 2026-11-20, signals: {gate.open: true, loan.amount: 9}, expect: {verdict: approve, not_fired: [LARGE]}}\n"
    )
    author = Actor(desk.tenant, "per_author", "Anil", granted([Role.ANALYST]))
    draft = packs.create_draft(author, "flow_pack", files=files)
    packs.submit(author, draft["id"])
    with unit(desk.tenant) as session:
        waiting = list(session.execute(select(PackJob.id).where(col(PackJob.status) == "queued")).scalars())
    for job_id in waiting:
        job_running.run(desk.tenant, job_id)
    return packs.approve(approver, draft["id"])


@pytest.fixture
def everybody(monkeypatch) -> None:
    """Every reference falls to the challenger."""
    monkeypatch.setattr(challenging, "falls_to", lambda *_: True)


def test_a_shadow_sees_an_application_and_changes_nothing_of_it(desk, candidate, approver, gate) -> None:
    gate()
    trial = running.shadow(approver, candidate["id"])
    done = desk.decided(desk.submitted(signals={"loan.amount": 50}))
    assert done["status"] == "approved"
    comparing.compare(desk.tenant)
    told = figures.figures(approver, candidate["id"], trial["id"])
    assert told["verdicts"] == {"approve": {"review": 1}}
    assert "LARGE" in told["differing"][0]["rules"]


def test_an_application_that_falls_to_the_challenger_is_pinned_to_it_and_decided_by_it(
    desk, candidate, approver, gate, everybody
) -> None:
    gate()
    trial = running.challenge(approver, candidate["id"], 50)
    done = desk.decided(desk.submitted(signals={"loan.amount": 50}))
    assert done["status"] == "in_review"
    assert desk.count("decision", f"pack_digest = '{candidate['digest']}'") == 1
    comparing.compare(desk.tenant)
    told = figures.figures(approver, candidate["id"], trial["id"])
    assert told["arms"]["challenger"]["verdicts"]["review"] == 1
    assert told["verdicts"] == {"approve": {"review": 1}}


def test_an_application_submitted_before_the_trial_was_stopped_keeps_the_pack_it_was_checked_by(
    desk, candidate, approver, gate, everybody
) -> None:
    gate()
    running.challenge(approver, candidate["id"], 50)
    application_id = desk.submitted(signals={"loan.amount": 50})
    running.stop(approver, candidate["id"], "enough")
    assert desk.decided(application_id)["status"] == "in_review"
    assert desk.decided(desk.submitted(reference="R-2", signals={"loan.amount": 50}))["status"] == "approved"


def test_where_the_challenger_breaks_the_champion_decides_the_application(
    desk, candidate, approver, gate, everybody, monkeypatch
) -> None:
    gate()
    trial = running.challenge(approver, candidate["id"], 50)
    application_id = desk.submitted(signals={"loan.amount": 50})
    desk.turn(application_id)
    whole = Pack.decide

    def broken(self: Pack, *given: object) -> object:
        if self.digest == candidate["digest"]:
            raise RuntimeError
        return whole(self, *given)

    monkeypatch.setattr(Pack, "decide", broken)
    assert desk.decided(application_id)["status"] == "approved"
    assert desk.count("trial_result", "fallback = 'RuntimeError' AND arm = 'champion'") == 1
    comparing.compare(desk.tenant)
    told = figures.figures(approver, candidate["id"], trial["id"])
    assert (told["fallbacks"], told["failed"]) == (1, 1)
