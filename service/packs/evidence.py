"""What stands on record about a version's exact content, and what an approval still wants, in sentences.

Two things are wanted: a green check with its proofs, and a back-test of at least the last 90 days against the version that is
active now. Where no decision was ever stored for the pack, a back-test of 0 rows is on record and suffices; it says so.
What is running, red, of other content, or against a version that is no longer active is not on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlmodel import Session, col

from service.tables import PackJob, PackVersion

State = Literal["done", "running", "red", "absent"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that an approval wants: how it stands, in a sentence, and the job that says so."""

    what: str
    state: State
    text: str
    job: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The item for JSON."""
        return {"what": self.what, "state": self.state, "text": self.text, "job": self.job}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an approval finds."""

    items: tuple[Item, ...]

    @property
    def wanting(self) -> tuple[Item, ...]:
        """What is not on record."""
        return tuple(item for item in self.items if item.state != "done")

    @property
    def ready(self) -> bool:
        """Whether all of it is on record."""
        return not self.wanting

    def to_dict(self) -> dict[str, Any]:
        """The evidence for JSON."""
        return {"ready": self.ready, "items": [item.to_dict() for item in self.items]}


def of(session: Session, row: PackVersion) -> Evidence:
    """The evidence on the version's content as it stands in this transaction."""
    return Evidence((_check(session, row), _backtest(session, row)))


def _check(session: Session, row: PackVersion) -> Item:
    job = _latest(session, row, "check")
    job_id = None if job is None else job.id
    report = row.check_report
    same = report.get("digest") == row.digest
    if same and not report.get("ok"):
        return Item("check", "red", "the check is red", job_id)
    if same and "proofs" in report:
        return Item("check", "done", "the check is green, proofs included", job_id)
    if job is None:
        return Item("check", "absent", "there is no green check with proofs of exactly this content; prove it first")
    if job.status == "failed":
        return Item("check", "red", f"the proofs could not be made: {job.error}", job_id)
    if not same and job.status == "done":
        return Item("check", "absent", "there is no green check with proofs of exactly this content; prove it first")
    return Item("check", "running", f"the proofs are {_under_way(job)}", job_id)


def _backtest(session: Session, row: PackVersion) -> Item:
    job = _latest(session, row, "backtest")
    if job is None:
        return Item("backtest", "absent", "there is no back-test of exactly this content over the last 90 days")
    if job.status == "failed":
        return Item("backtest", "red", f"the back-test could not be made: {job.error}", job.id)
    if job.status != "done":
        return Item("backtest", "running", f"the back-test is {_under_way(job)}", job.id)
    if row.status == "submitted" and job.against_digest != _active_digest(session, row.pack_id):
        text = "the back-test was made against a version that is not active any more; start it again"
        return Item("backtest", "absent", text, job.id)
    return Item("backtest", "done", _said(job), job.id)


def _said(job: PackJob) -> str:
    if not job.total:
        return "the back-test is on record: no decision was stored in its window, so it has 0 rows"
    rival = "with no version active" if job.against_digest is None else "against the active version"
    refused = (job.result.get("invalid") or {}).get("rows")
    more = f"; the version refuses the signals of {refused} of them" if refused else ""
    return f"the back-test is on record: {job.total} stored decisions, {rival}{more}"


def _under_way(job: PackJob) -> str:
    if job.status == "queued":
        return "queued"
    return "running" if job.total is None else f"running, {job.done} of {job.total} rows"


def _latest(session: Session, row: PackVersion, kind: str) -> PackJob | None:
    query = select(PackJob).where(
        col(PackJob.version_id) == row.id, col(PackJob.kind) == kind, col(PackJob.digest) == row.digest
    )
    if kind == "backtest":
        query = query.where(col(PackJob.covers))
    return session.execute(query.order_by(col(PackJob.id).desc()).limit(1)).scalar_one_or_none()


def _active_digest(session: Session, pack_id: str) -> str | None:
    query = select(col(PackVersion.digest)).where(
        col(PackVersion.pack_id) == pack_id, col(PackVersion.status) == "active"
    )
    return session.execute(query).scalar_one_or_none()
