"""Who acts, and what they may do. Permissions are deny by default: what no role grants, nobody may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service.errors import Forbidden


class Permission(StrEnum):
    """One thing that may be done; routes and service acts name exactly one."""

    DECIDE = "decisions:make"
    READ_DECISIONS = "decisions:read"
    APPLY = "applications:write"
    READ_APPLICATIONS = "applications:read"
    READ_CASES = "cases:read"
    WORK_CASES = "cases:work"
    SECOND_CASES = "cases:second"
    ASSIGN_CASES = "cases:assign"
    SEE_PERSONAL_DATA = "personal_data:read"
    READ_PACKS = "packs:read"
    WRITE_PACKS = "packs:write"
    APPROVE_PACKS = "packs:approve"
    ACTIVATE_PACKS = "packs:activate"
    READ_LISTS = "lists:read"
    WRITE_LISTS = "lists:write"
    SCREEN = "screening:search"
    READ_REPORTS = "reports:read"
    MAKE_REPORTS = "reports:make"
    READ_AUDIT = "audit:read"
    MANAGE_WEBHOOKS = "webhooks:manage"
    ADMIN = "admin:manage"


class Role(StrEnum):
    """The jobs of the back office, and of systems."""

    OFFICER = "verification_officer"
    MANAGER = "approval_manager"
    COMPLIANCE = "compliance_officer"
    ANALYST = "rule_analyst"
    APPROVER = "rule_approver"
    AUDITOR = "auditor"
    ADMIN = "admin"
    ORIGINATOR = "origination_system"


P = Permission
_OFFICER = {
    P.READ_DECISIONS,
    P.READ_APPLICATIONS,
    P.READ_CASES,
    P.WORK_CASES,
    P.SEE_PERSONAL_DATA,
    P.SCREEN,
    P.READ_LISTS,
}
_ANALYST = {P.READ_PACKS, P.WRITE_PACKS, P.READ_DECISIONS, P.READ_LISTS, P.READ_REPORTS}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(_OFFICER | {P.READ_PACKS}),
    Role.MANAGER: frozenset(
        _OFFICER | {P.READ_PACKS, P.SECOND_CASES, P.ASSIGN_CASES, P.READ_REPORTS, P.MAKE_REPORTS, P.READ_AUDIT}
    ),
    Role.COMPLIANCE: frozenset(
        _OFFICER | {P.READ_PACKS, P.SECOND_CASES, P.WRITE_LISTS, P.READ_REPORTS, P.MAKE_REPORTS, P.READ_AUDIT}
    ),
    Role.ANALYST: frozenset(_ANALYST),
    Role.APPROVER: frozenset(_ANALYST | {P.APPROVE_PACKS, P.ACTIVATE_PACKS, P.READ_AUDIT, P.MAKE_REPORTS}),
    Role.AUDITOR: frozenset({P.READ_DECISIONS, P.READ_CASES, P.READ_PACKS, P.READ_LISTS, P.READ_REPORTS, P.READ_AUDIT}),
    Role.ADMIN: frozenset({P.ADMIN, P.READ_LISTS, P.WRITE_LISTS, P.MANAGE_WEBHOOKS, P.READ_AUDIT, P.READ_PACKS}),
    Role.ORIGINATOR: frozenset({P.DECIDE, P.READ_DECISIONS, P.APPLY, P.READ_APPLICATIONS, P.MANAGE_WEBHOOKS}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who was authenticated, in one tenant. Only `service.identity` makes one for a request."""

    tenant: str
    id: str
    name: str
    permissions: frozenset[Permission]
    roles: tuple[str, ...] = ()

    def may(self, permission: Permission) -> bool:
        """Say whether the permission is granted."""
        return permission in self.permissions

    def must(self, permission: Permission) -> None:
        """Raise `Forbidden` with the permission's name where it is not granted."""
        if permission not in self.permissions:
            raise Forbidden(f"this needs the permission {permission}")


def granted(roles: list[str] | tuple[str, ...]) -> frozenset[Permission]:
    """The union of what the roles grant; an unknown role grants nothing."""
    known = [Role(role) for role in roles if role in Role.__members__.values()]
    return frozenset().union(*(GRANTS[role] for role in known)) if known else frozenset()


def system(tenant: str, name: str = "verdict") -> Actor:
    """The product itself, working in the background for one tenant."""
    return Actor(tenant, f"system:{name}", name, frozenset(Permission))
