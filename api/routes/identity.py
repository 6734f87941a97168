"""Signing in and one's own account. The three token routes are open; they are limited by address and by name instead."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from api.declare import Caller, Routes
from api.gate import ANYBODY, address_of
from api.intake import FORM
from api.json_body import Json
from api.limits import Limiter
from api.wire.identity import CodeBody, Me, PasswordChange, RefreshBody, Tokens, TotpEnrolment
from service.errors import Invalid, Problem
from service.identity import people, tokens
from service.identity.sign_in import sign_in
from service.settings import settings

routes = Routes("identity")
Text = Annotated[str, Form(min_length=1, max_length=320)]
Secret = Annotated[str, Form(min_length=1, max_length=256)]
Code = Annotated[str, Form(pattern="^([0-9]{6})?$", description="the one-time code, where it was switched on")]
Client = Annotated[str, Form(max_length=32, description="the tenant; the default one where absent")]


@routes.post("/v1/token", None, "Sign in", answers=Tokens, body=FORM)
def create_token(
    *,
    request: Request,
    username: Text,
    password: Secret,
    grant_type: Annotated[str, Form(max_length=20)] = "password",
    client_id: Client = "",
    totp: Code = "",
) -> Response:
    """OAuth2 password form. Every refusal has the same words; five wrong attempts close the name for 15 minutes."""
    if grant_type != "password":
        raise Invalid("the grant is not known", (Problem("/grant_type", "is password"),))
    tenant = client_id or settings().default_tenant
    limiter: Limiter = request.app.state.limiter
    limiter.admit_public(address_of(request), people.rate_key(tenant, username))
    return Json(sign_in(tenant, username, password, totp or None).to_dict())


@routes.post("/v1/token:refresh", None, "Change a refresh token for new tokens", answers=Tokens)
def refresh_token(request: Request, body: RefreshBody) -> Response:
    """Each refresh token is used once; a second use ends the session for both holders."""
    _limit(request)
    return Json(tokens.refresh(body.refresh_token.get_secret_value()).to_dict())


@routes.post("/v1/token:revoke", None, "Sign out", status=204)
def revoke_token(request: Request, body: RefreshBody) -> Response:
    """Ends the session; a token that is not known changes nothing and answers the same (RFC 7009)."""
    _limit(request)
    tokens.sign_out(body.refresh_token.get_secret_value())
    return Response(status_code=204)


@routes.get("/v1/me", ANYBODY, "Who am I", answers=Me)
def read_me(caller: Caller) -> Response:
    """The caller, with roles and permissions."""
    return Json(people.me(caller))


@routes.post("/v1/me:change-password", ANYBODY, "Change one's own password", status=204)
def change_password(caller: Caller, body: PasswordChange) -> Response:
    """Asks the old one again and ends all sessions, this one too."""
    people.change_own_password(caller, body.old_password.get_secret_value(), body.new_password.get_secret_value())
    return Response(status_code=204)


@routes.post("/v1/me:enrol-totp", ANYBODY, "Begin one-time codes", answers=TotpEnrolment, status=201)
def enrol_totp(caller: Caller) -> Response:
    """The secret is shown this once; codes are asked for from the first confirmed one on."""
    return Json(people.enrol_totp(caller), 201)


@routes.post("/v1/me:confirm-totp", ANYBODY, "Switch one-time codes on", status=204)
def confirm_totp(caller: Caller, body: CodeBody) -> Response:
    """With a first code of the app."""
    people.confirm_totp(caller, body.code)
    return Response(status_code=204)


def _limit(request: Request) -> None:
    limiter: Limiter = request.app.state.limiter
    limiter.admit_public(address_of(request))
