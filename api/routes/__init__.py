"""One module of routes per subject; `ALL` is their order in the application, the busiest first."""

from api.routes import (
    applications,
    audit,
    cases,
    decisions,
    editing,
    health,
    identity,
    packs,
    people,
    reports,
    screening,
    trials,
    webhooks,
)

ALL = (
    decisions.routes,
    applications.routes,
    cases.routes,
    packs.routes,
    editing.routes,
    trials.routes,
    screening.routes,
    reports.routes,
    audit.routes,
    webhooks.routes,
    identity.routes,
    people.routes,
    health.routes,
)
