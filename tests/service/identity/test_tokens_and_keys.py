"""Access tokens, refresh tokens and API keys: what is refused, what is used once, what a key may never do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import text

from service.crypto import decode_key
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from service.identity import keys, remembered, tokens
from service.identity.actor import Actor, Permission, system
from service.identity.sign_in import sign_in
from service.settings import settings
from service.tables import utc_now

pytestmark = pytest.mark.stack
PASSWORD = "four calm words here"
EMAIL = "officer@example.org"


@pytest.fixture
def held(tenant: str, person: Callable[..., dict[str, Any]]) -> tokens.Tokens:
    """The tokens of a fresh session."""
    person()
    return sign_in(tenant, EMAIL, PASSWORD)


def _signed(claims: dict[str, Any], key: bytes | str | None = None, algorithm: str = "HS256") -> str:
    secret = key if key is not None else decode_key(settings().token_key.get_secret_value())
    return jwt.encode(claims, secret, algorithm=algorithm)


def _claims(held: tokens.Tokens) -> dict[str, Any]:
    return dict(jwt.decode(held.access_token, options={"verify_signature": False}))


def _change(claims: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in (claims | changes).items() if value is not None}


def test_expired_forged_foreign_and_unsigned_tokens_are_refused_in_the_same_words(held: tokens.Tokens) -> None:
    claims = _claims(held)
    now = datetime.now(UTC)
    bad = [
        _signed(_change(claims, exp=now - timedelta(seconds=1))),
        _signed(claims, key=b"another key of thirty-two bytes!"),
        _signed(claims, key="", algorithm="none"),
        _signed(claims, algorithm="HS512", key=decode_key(settings().token_key.get_secret_value()) * 2),
        _signed(_change(claims, aud="other")),
        _signed(_change(claims, iss="other")),
        _signed(_change(claims, iat=now + timedelta(hours=1))),
        *(_signed(_change(claims, **{name: None})) for name in ("exp", "iat", "aud", "iss", "sub", "tid", "fam")),
        _signed(_change(claims, tid="t_other")),
        _signed(_change(claims, tid="Robert'); --")),
        _signed(_change(claims, fam="fam_other")),
        _signed(_change(claims, sub="per_other")),
        held.access_token[:-2],
        held.refresh_token,
        "",
        "a.b.c",
        "\ud800",
        "e" * 4000,
    ]
    told = set()
    for token in bad:
        with pytest.raises(Unauthenticated) as refusal:
            tokens.authenticate_token(token)
        told.add(str(refusal.value))
    assert len(told) == 1
    assert tokens.authenticate_token(held.access_token).roles == ("verification_officer",)


def test_a_refresh_token_is_changed_once_for_new_ones(held: tokens.Tokens) -> None:
    fresh = tokens.refresh(held.refresh_token)
    assert fresh.refresh_token != held.refresh_token
    assert tokens.authenticate_token(fresh.access_token)
    assert tokens.refresh(fresh.refresh_token)


def test_a_refresh_token_used_twice_ends_the_session_of_both_holders(held: tokens.Tokens, tenant: str) -> None:
    fresh = tokens.refresh(held.refresh_token)
    tokens.authenticate_token(fresh.access_token)
    with pytest.raises(Unauthenticated):
        tokens.refresh(held.refresh_token)
    with pytest.raises(Unauthenticated):
        tokens.refresh(fresh.refresh_token)
    with pytest.raises(Unauthenticated):
        tokens.authenticate_token(fresh.access_token)
    assert sign_in(tenant, EMAIL, PASSWORD)


def test_a_refresh_token_sent_many_times_at_once_is_changed_at_most_once(held: tokens.Tokens) -> None:
    def attempt(_: int) -> bool:
        try:
            tokens.refresh(held.refresh_token)
        except Unauthenticated:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_a_session_ends_at_its_hour_however_often_it_is_refreshed(held: tokens.Tokens, tenant: str) -> None:
    fresh = tokens.refresh(held.refresh_token)
    with unit(tenant) as session:
        ends = session.execute(text("SELECT DISTINCT expires_at FROM refresh_token")).scalars().all()
        assert len(ends) == 1
        session.execute(text("UPDATE refresh_token SET expires_at = now() - interval '1 second'"))
    with pytest.raises(Unauthenticated):
        tokens.refresh(fresh.refresh_token)


def test_signing_out_ends_the_session_and_never_fails(held: tokens.Tokens) -> None:
    tokens.authenticate_token(held.access_token)
    for token in (held.refresh_token, held.refresh_token, "nonsense", held.refresh_token[:-1] + "~", "vr_a.b.c"):
        tokens.sign_out(token)
    with pytest.raises(Unauthenticated):
        tokens.authenticate_token(held.access_token)
    with pytest.raises(Unauthenticated):
        tokens.refresh(held.refresh_token)


def test_a_key_is_shown_once_kept_as_a_hash_and_authenticates(admin: Actor) -> None:
    made = keys.create_key(admin, "loan origination")
    actor = keys.authenticate_key(made["key"])
    assert (actor.tenant, actor.id) == (admin.tenant, made["id"])
    assert actor.may(Permission.DECIDE)
    assert keys.remembered_key(made["key"]) is actor
    with unit(admin.tenant) as session:
        assert made["key"].rpartition(".")[2] not in repr(session.execute(text("SELECT * FROM api_key")).all())
    assert "key" not in keys.list_keys(admin).items[0]


def test_wrong_keys_are_refused_in_the_same_words(admin: Actor, stack: Any) -> None:
    text_ = keys.create_key(admin, "one")["key"]
    head, key_id, secret = text_.split(".")
    bad = [
        f"{head}.{key_id}.{'A' * 43}",
        f"{head}.key_{'0' * 26}.{secret}",
        f"vk_other.{key_id}.{secret}",
        f"vk_Robert'; --.{key_id}.{secret}",
        text_ + "x",
        text_[3:],
        "vk_",
        "vk_\ud800",
        "vk_" + "\x00" * 10,
    ]
    told = set()
    for wrong in bad:
        with pytest.raises(Unauthenticated) as refusal:
            keys.authenticate_key(wrong)
        told.add(str(refusal.value))
    assert len(told) == 1


def test_a_revoked_key_is_refused_at_once_here_and_elsewhere_when_it_is_forgotten(admin: Actor) -> None:
    made = keys.create_key(admin, "one")
    keys.authenticate_key(made["key"])
    keys.revoke_key(admin, made["id"])
    assert keys.remembered_key(made["key"]) is None
    with pytest.raises(Unauthenticated):
        keys.authenticate_key(made["key"])
    assert keys.revoke_key(admin, made["id"])["revoked_at"]
    with pytest.raises(Conflict):
        keys.rotate_key(admin, made["id"])


def test_a_key_is_never_remembered_past_its_own_end(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    made = keys.create_key(admin, "one", expires_at=utc_now() + timedelta(seconds=5))
    spans = []
    monkeypatch.setattr(remembered.KEYS, "put", lambda _key, _actor, *, for_s: spans.append(for_s))
    keys.authenticate_key(made["key"])
    assert 0 < spans[0] <= 5
    with unit(admin.tenant) as session:
        session.execute(text("UPDATE api_key SET expires_at = now() - interval '1 second'"))
    with pytest.raises(Unauthenticated):
        keys.authenticate_key(made["key"])


def test_a_rotated_key_works_beside_its_successor_for_a_day(admin: Actor) -> None:
    old = keys.create_key(admin, "one", ["decisions:make"])
    new = keys.rotate_key(admin, old["id"])
    assert keys.authenticate_key(new["key"]).permissions == frozenset({Permission.DECIDE})
    assert keys.authenticate_key(old["key"]).id == old["id"]
    left = next(one for one in keys.list_keys(admin).items if one["id"] == old["id"])["expires_at"]
    assert datetime.fromisoformat(left) - utc_now() <= timedelta(hours=24)


@pytest.mark.parametrize(
    "scope",
    ["admin:manage", "personal_data:read", "cases:work", "cases:second", "packs:approve", "admin", "nonsense"],
)
def test_a_key_never_gets_what_needs_a_person(admin: Actor, scope: str) -> None:
    with pytest.raises(Invalid):
        keys.create_key(admin, "one", ["decisions:make", scope])


def test_scopes_that_slipped_into_a_row_still_give_only_what_machines_may_do(admin: Actor) -> None:
    made = keys.create_key(admin, "reader")
    with unit(admin.tenant) as session:
        session.execute(text("UPDATE api_key SET scopes = ARRAY['verification_officer', 'admin:manage', 'nonsense']"))
    assert keys.authenticate_key(made["key"]).permissions <= keys.MACHINE_PERMISSIONS


def test_keys_are_the_administrators_business_and_the_tenants_own(admin: Actor, stack: Any) -> None:
    made = keys.create_key(admin, "one")
    originator = Actor(admin.tenant, made["id"], "one", frozenset({Permission.DECIDE}))
    for act in (
        lambda: keys.create_key(originator, "two"),
        lambda: keys.list_keys(originator),
        lambda: keys.revoke_key(originator, made["id"]),
        lambda: keys.rotate_key(originator, made["id"]),
    ):
        with pytest.raises(Forbidden):
            act()
    stranger = system("t_stranger")
    with pytest.raises(NotFound):
        keys.revoke_key(stranger, made["id"])
    with pytest.raises(NotFound):
        keys.rotate_key(stranger, made["id"])
    with pytest.raises(Invalid):
        keys.create_key(admin, "old", expires_at=utc_now() - timedelta(seconds=1))
