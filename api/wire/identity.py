"""Who signs in: tokens, the caller's own page, people, keys, one-time codes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, EmailStr, Field, SecretStr, StringConstraints

from api.wire.base import Asked, Line, Told

Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Code = Annotated[str, StringConstraints(pattern="^[0-9]{6}$")]
RefreshText = Annotated[SecretStr, Field(min_length=1, max_length=512)]
RoleName = Literal[
    "verification_officer",
    "approval_manager",
    "rule_analyst",
    "rule_approver",
    "auditor",
    "admin",
    "origination_system",
]
Scope = Annotated[str, StringConstraints(pattern="^[a-z_]{1,40}(:[a-z_]{1,40})?$")]


class Tokens(Told):
    """An access token for minutes and a refresh token for hours; each refresh token is used once."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme's name in RFC 6750
    expires_in: int = Field(description="seconds")
    refresh_token: str


class RefreshBody(Asked):
    """A refresh token, to be changed for new tokens or revoked."""

    refresh_token: RefreshText


class Me(Told):
    """Who the caller is, and what the caller may do."""

    id: str
    name: str
    tenant: str
    roles: list[str]
    permissions: list[str]
    totp: bool = Field(default=False, description="whether sign-in asks for a one-time code")


class PersonBody(Asked):
    """A new person; the password is a first one, handed over by another way."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "email": "officer@example.org",
                "name": "Specimen Officer",
                "password": "four calm words here",
                "roles": ["verification_officer"],
            }
        }
    )

    email: EmailStr
    name: Line
    password: Password
    roles: list[RoleName] = Field(min_length=1, max_length=7)


class PersonChange(Asked):
    """What changes of a person; what is absent stays."""

    name: Line | None = None
    roles: list[RoleName] | None = Field(default=None, min_length=1, max_length=7)
    status: Literal["active", "disabled"] | None = None
    password: Password | None = None


class PersonAnswer(Told):
    """Somebody who signs in; only administrators ask for it, so the e-mail stands open."""

    id: str
    name: str
    email: str
    roles: list[str]
    status: str
    totp: bool
    last_login_at: datetime | None = None


class PasswordChange(Asked):
    """One's own new password; the old one is asked again."""

    old_password: Password
    new_password: Password


class TotpEnrolment(Told):
    """A secret for an authenticator app; it counts from the first confirmed code on."""

    secret: str
    uri: str = Field(description="otpauth://, for the picture that apps scan")


class CodeBody(Asked):
    """A one-time code of six digits."""

    code: Code


class KeyBody(Asked):
    """A new key of a system."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "loan origination", "scopes": ["origination_system"]}}
    )

    name: Line
    scopes: list[Scope] = Field(default_factory=lambda: ["origination_system"], min_length=1, max_length=30)
    expires_at: datetime | None = None


class KeyAnswer(Told):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[str]
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class NewKey(KeyAnswer):
    """A key with its text, which is shown this once."""

    key: str = Field(description="`vk_...`, for `Authorization: Bearer`")
