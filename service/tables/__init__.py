"""Every table, by subject. Importing this package registers them all with SQLModel's metadata."""

from service.tables.applications import Applicant, Application, CheckRun, Document, Evidence, SignalRow
from service.tables.base import Owned, utc_now
from service.tables.decisions import Case, CaseCounter, CaseEvent, DecisionRow, IdempotencyKey
from service.tables.packs import PackVersion, Watchlist, WatchlistEntry
from service.tables.tenancy import ApiKey, Person, RefreshToken, Tenant
from service.tables.trail import AuditEntry, AuditLane, Outbox, ReportRun, WebhookDelivery, WebhookEndpoint

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
    "DecisionRow",
    "Document",
    "Evidence",
    "IdempotencyKey",
    "Outbox",
    "Owned",
    "PackVersion",
    "Person",
    "RefreshToken",
    "ReportRun",
    "SignalRow",
    "Tenant",
    "Watchlist",
    "WatchlistEntry",
    "WebhookDelivery",
    "WebhookEndpoint",
    "utc_now",
]
