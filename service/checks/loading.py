"""Reading what a check may look at, in the transaction that claimed it: declared facts, files, and needed signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import select
from sqlmodel import Session, col

from engine.signal import Signal
from service.checks.context import CheckContext, DocumentFile
from service.errors import NotFound
from service.sealed import declared_of, given_of, signal_of
from service.settings import settings
from service.tables import Applicant, Application, Document, SignalRow, utc_now


class Run(Protocol):
    """What is read of a claimed run."""

    @property
    def id(self) -> str:
        """Its row."""

    @property
    def application_id(self) -> str:
        """Its application."""

    @property
    def provides(self) -> tuple[str, ...]:
        """The signals it gives."""

    @property
    def needs(self) -> tuple[str, ...]:
        """What it needs."""


def load_context(session: Session, tenant: str, run: Run) -> CheckContext:
    """Everything a check may look at; raises NotFound where the application is gone."""
    application = session.get(Application, run.application_id)
    applicant = None if application is None else session.get(Applicant, application.applicant_id)
    if application is None or applicant is None:
        raise NotFound("there is no such application")
    declared = {f"applicant.{name}": value for name, value in declared_of(applicant).items()}
    given = {name: Signal(name, value, "caller") for name, value in given_of(application).items() if name in run.needs}
    return CheckContext(
        tenant=tenant,
        application_id=run.application_id,
        check_run_id=run.id,
        provides=run.provides,
        declared=declared,
        signals={**given, **_observed(session, run.application_id, run.needs)},
        documents=newest_files(session, tenant, run.application_id),
        settings=settings(),
        now=utc_now(),
    )


def newest_files(session: Session, tenant: str, application_id: str) -> dict[str, DocumentFile]:
    """The newest file of each kind."""
    query = select(Document).where(col(Document.application_id) == application_id).order_by(col(Document.ordinal))
    return {
        row.kind: DocumentFile(row.id, row.kind, row.media_type, row.content_key, tenant)
        for row in session.execute(query).scalars()
    }


def _observed(session: Session, application_id: str, needs: Sequence[str]) -> dict[str, Signal]:
    query = select(SignalRow).where(
        col(SignalRow.application_id) == application_id, col(SignalRow.name).in_(list(needs))
    )
    return {row.name: signal_of(row) for row in session.execute(query).scalars()}
