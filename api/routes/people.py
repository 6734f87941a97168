"""Administration of who may come in: people and API keys."""

from __future__ import annotations

from starlette.responses import Response

from api.declare import Caller, Routes
from api.json_body import Json
from api.params import After, Id, Limit, opened, page
from api.wire.base import Page
from api.wire.identity import KeyAnswer, KeyBody, NewKey, PersonAnswer, PersonBody, PersonChange
from service.identity import keys, people
from service.identity.actor import Permission

routes = Routes("administration")


@routes.get("/v1/people", Permission.ADMIN, "List people", answers=Page[PersonAnswer])
def list_people(caller: Caller, after: After = None, limit: Limit = 50) -> Response:
    """Newest first."""
    return page(people.list_people(caller, opened(after), limit))


@routes.post("/v1/people", Permission.ADMIN, "Add a person", answers=PersonAnswer, status=201)
def create_person(caller: Caller, body: PersonBody) -> Response:
    """409 where the e-mail is known, 422 where the password is not acceptable."""
    told = people.create_person(
        caller,
        email=str(body.email),
        name=body.name,
        password=body.password.get_secret_value(),
        roles=body.roles,
    )
    return Json(told, 201)


@routes.post("/v1/people/{person_id}:change", Permission.ADMIN, "Change a person", answers=PersonAnswer)
def change_person(caller: Caller, person_id: Id, body: PersonChange) -> Response:
    """Roles, status, name or password; a new password or status ends the sessions and the lock-out."""
    told = people.change_person(
        caller,
        person_id,
        name=body.name,
        roles=body.roles,
        status=body.status,
        password=body.password.get_secret_value() if body.password else None,
    )
    return Json(told)


@routes.post("/v1/people/{person_id}:remove-totp", Permission.ADMIN, "Take one-time codes off", answers=PersonAnswer)
def remove_totp(caller: Caller, person_id: Id) -> Response:
    """For somebody who lost the device; ends their sessions."""
    return Json(people.remove_totp(caller, person_id))


@routes.get("/v1/keys", Permission.ADMIN, "List API keys", answers=Page[KeyAnswer])
def list_keys(caller: Caller, after: After = None, limit: Limit = 50) -> Response:
    """Without secrets."""
    return page(keys.list_keys(caller, opened(after), limit))


@routes.post("/v1/keys", Permission.ADMIN, "Make an API key", answers=NewKey, status=201)
def create_key(caller: Caller, body: KeyBody) -> Response:
    """The key's text is shown this once. A key never gets what needs a person: casework, pack changes, personal data."""
    return Json(keys.create_key(caller, body.name, list(body.scopes), body.expires_at), 201)


@routes.post("/v1/keys/{key_id}:rotate", Permission.ADMIN, "Rotate an API key", answers=NewKey, status=201)
def rotate_key(caller: Caller, key_id: Id) -> Response:
    """A new key with the same scopes; the old one works for another 24 hours."""
    return Json(keys.rotate_key(caller, key_id), 201)


@routes.post("/v1/keys/{key_id}:revoke", Permission.ADMIN, "Revoke an API key", answers=KeyAnswer)
def revoke_key(caller: Caller, key_id: Id) -> Response:
    """Everywhere within 30 seconds."""
    return Json(keys.revoke_key(caller, key_id))
