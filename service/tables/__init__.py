"""Every table, by subject. Importing this package registers them all with SQLModel's metadata."""

from service.tables.applications import Applicant, Application, CheckRun, Document, Evidence, SignalRow
from service.tables.base import Owned, utc_now
from service.tables.decisions import Case, CaseCounter, CaseEvent, DecisionRow, IdempotencyKey
from service.tables.packs import PackJob, PackVersion, Watchlist, WatchlistEntry
from service.tables.tenancy import ApiKey, Person, RefreshToken, Tenant
from service.tables.trail import AuditEntry, AuditLane, Outbox, ReportRun, WebhookDelivery, WebhookEndpoint
from service.tables.trials import DecisionOutcome, Trial, TrialResult, Tryout

__all__ = [
    "ApiKey",
    "Applicant",
    "Application",
    "AuditEntry",
    "AuditLane",
    "Case",
    "CaseCounter",
    "CaseEvent",
    "CheckRun",
    "DecisionOutcome",
    "DecisionRow",
    "Document",
    "Evidence",
    "IdempotencyKey",
    "Outbox",
    "Owned",
    "PackJob",
    "PackVersion",
    "Person",
    "RefreshToken",
    "ReportRun",
    "SignalRow",
    "Tenant",
    "Trial",
    "TrialResult",
    "Tryout",
    "Watchlist",
    "WatchlistEntry",
    "WebhookDelivery",
    "WebhookEndpoint",
    "utc_now",
]
