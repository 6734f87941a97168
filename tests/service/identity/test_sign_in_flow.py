"""Signing in: the count, the lock-out, one answer for every refusal, one-time codes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import text

from service import audit
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, Unauthenticated
from service.identity import people, remembered, tokens
from service.identity.actor import Actor, Permission, system
from service.identity.sign_in import MAX_FAILURES, sign_in
from service.tables import utc_now

pytestmark = pytest.mark.stack
PASSWORD = "four calm words here"
EMAIL = "officer@example.org"
Make = Callable[..., dict[str, Any]]


def _fails(tenant: str, email: str = EMAIL, password: str = "wrong words entirely", code: str | None = None) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        sign_in(tenant, email, password, code)
    return str(refusal.value)


def test_the_right_password_signs_in_and_the_actor_has_the_roles_of_the_database(tenant: str, person: Make) -> None:
    made = person()
    actor = tokens.authenticate_token(sign_in(tenant, " Officer@Example.org ", PASSWORD).access_token)
    assert (actor.tenant, actor.id, actor.roles) == (tenant, made["id"], ("verification_officer",))
    assert actor.may(Permission.WORK_CASES)
    assert not actor.may(Permission.ADMIN)


def test_every_refusal_has_the_same_words(tenant: str, person: Make) -> None:
    person()
    told = {
        _fails(tenant),
        _fails(tenant, email="nobody@example.org"),
        _fails("t_unknown", email=EMAIL, password=PASSWORD),
        _fails("No Tenant'; --", password=PASSWORD),
        _fails(tenant, email="\x00\ud800", password="\ud800"),
    }
    assert len(told) == 1


def test_five_failures_lock_the_name_and_the_right_password_does_not_tell(tenant: str, person: Make) -> None:
    made = person()
    refusals = {_fails(tenant) for _ in range(MAX_FAILURES)}
    refusals.add(_fails(tenant, password=PASSWORD))
    assert len(refusals) == 1
    with unit(tenant) as session:
        locked = session.execute(
            text("SELECT locked_until FROM person WHERE id = :id"), {"id": made["id"]}
        ).scalar_one()
    assert timedelta(minutes=14) < locked - utc_now() <= timedelta(minutes=15)
    actions = [entry["action"] for entry in audit.entries(system(tenant), subject=made["id"]).items]
    assert actions.count("person.locked") == 1


def test_four_failures_and_a_success_begin_the_count_again(tenant: str, person: Make) -> None:
    person()
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            _fails(tenant)
        sign_in(tenant, EMAIL, PASSWORD)


def test_guesses_sent_all_at_once_are_bounded_like_guesses_sent_one_by_one(tenant: str, person: Make) -> None:
    made = person()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _fails(tenant), range(16)))
    with unit(tenant) as session:
        count = session.execute(text("SELECT failed_attempts FROM person WHERE id = :id"), {"id": made["id"]})
        assert count.scalar_one() == MAX_FAILURES


def test_a_lock_out_ends_by_time_and_the_count_begins_at_one(tenant: str, person: Make) -> None:
    made = person()
    for _ in range(MAX_FAILURES):
        _fails(tenant)
    with unit(tenant) as session:
        session.execute(text("UPDATE person SET locked_until = now() - interval '1 second' WHERE id = :id"), made)
    _fails(tenant)
    sign_in(tenant, EMAIL, PASSWORD)


def test_a_disabled_person_neither_signs_in_nor_stays_signed_in(tenant: str, admin: Actor, person: Make) -> None:
    made = person()
    held = sign_in(tenant, EMAIL, PASSWORD)
    tokens.authenticate_token(held.access_token)
    people.change_person(admin, made["id"], status="disabled")
    _fails(tenant, password=PASSWORD)
    with pytest.raises(Unauthenticated):
        tokens.authenticate_token(held.access_token)
    with pytest.raises(Unauthenticated):
        tokens.refresh(held.refresh_token)


def test_an_administrator_ends_a_lock_out_with_a_new_password(tenant: str, admin: Actor, person: Make) -> None:
    made = person()
    for _ in range(MAX_FAILURES):
        _fails(tenant)
    people.change_person(admin, made["id"], password="five other calm words")
    _fails(tenant, password=PASSWORD)
    sign_in(tenant, EMAIL, "five other calm words")


def test_a_changed_role_counts_at_once_here(tenant: str, admin: Actor, person: Make) -> None:
    made = person()
    held = sign_in(tenant, EMAIL, PASSWORD)
    assert not tokens.authenticate_token(held.access_token).may(Permission.SECOND_CASES)
    people.change_person(admin, made["id"], roles=["approval_manager"])
    assert tokens.authenticate_token(held.access_token).may(Permission.SECOND_CASES)


def test_one_time_codes_are_asked_for_once_confirmed_and_each_step_counts_once(tenant: str, person: Make) -> None:
    made = person()
    actor = tokens.authenticate_token(sign_in(tenant, EMAIL, PASSWORD).access_token)
    secret = people.enrol_totp(actor)["secret"]
    sign_in(tenant, EMAIL, PASSWORD)
    with pytest.raises(Invalid):
        people.confirm_totp(actor, "000000" if pyotp.TOTP(secret).now() != "000000" else "111111")
    people.confirm_totp(actor, pyotp.TOTP(secret).now())
    assert people.me(actor)["totp"]
    used = _fails(tenant, password=PASSWORD, code=pyotp.TOTP(secret).now())
    assert used == _fails(tenant, password=PASSWORD)
    with unit(tenant) as session:
        session.execute(text("UPDATE person SET totp_last_step = 0 WHERE id = :id"), {"id": made["id"]})
    code = pyotp.TOTP(secret).now()
    sign_in(tenant, EMAIL, PASSWORD, code)
    _fails(tenant, password=PASSWORD, code=code)


def test_a_code_sent_twice_at_the_same_moment_opens_one_session(tenant: str, person: Make) -> None:
    made = person()
    actor = tokens.authenticate_token(sign_in(tenant, EMAIL, PASSWORD).access_token)
    secret = people.enrol_totp(actor)["secret"]
    people.confirm_totp(actor, pyotp.TOTP(secret).now())
    with unit(tenant) as session:
        session.execute(text("UPDATE person SET totp_last_step = 0 WHERE id = :id"), {"id": made["id"]})
    code = pyotp.TOTP(secret).now()

    def attempt(_: int) -> bool:
        try:
            sign_in(tenant, EMAIL, PASSWORD, code)
        except Unauthenticated:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_only_another_administrator_takes_one_time_codes_off(tenant: str, admin: Actor, person: Make) -> None:
    made = person()
    actor = tokens.authenticate_token(sign_in(tenant, EMAIL, PASSWORD).access_token)
    secret = people.enrol_totp(actor)["secret"]
    people.confirm_totp(actor, pyotp.TOTP(secret).now())
    with pytest.raises(Conflict):
        people.enrol_totp(actor)
    with pytest.raises(Forbidden):
        people.remove_totp(actor, made["id"])
    with pytest.raises(Forbidden):
        people.remove_totp(admin, admin.id)
    people.remove_totp(admin, made["id"])
    sign_in(tenant, EMAIL, PASSWORD)


def test_a_new_password_ends_every_session(tenant: str, person: Make) -> None:
    person()
    held = sign_in(tenant, EMAIL, PASSWORD)
    actor = tokens.authenticate_token(held.access_token)
    with pytest.raises(Unauthenticated):
        people.change_own_password(actor, "not the old one at all", "six further calm words")
    people.change_own_password(actor, PASSWORD, "six further calm words")
    with pytest.raises(Unauthenticated):
        tokens.authenticate_token(held.access_token)
    sign_in(tenant, EMAIL, "six further calm words")


def test_what_is_kept_holds_neither_password_nor_e_mail_nor_secret(tenant: str, person: Make) -> None:
    person()
    actor = tokens.authenticate_token(sign_in(tenant, EMAIL, PASSWORD).access_token)
    secret = people.enrol_totp(actor)["secret"]
    with unit(tenant) as session:
        rows = repr(session.execute(text("SELECT * FROM person")).all())
        rows += repr(session.execute(text("SELECT * FROM audit_entry")).all())
    for word in (PASSWORD, EMAIL, secret):
        assert word not in rows


def test_there_is_always_an_active_administrator(tenant: str, admin: Actor, person: Make) -> None:
    other = person("second@example.org", roles=("admin",))
    second = Actor(tenant, other["id"], "Second", admin.permissions, ("admin",))
    with pytest.raises(Forbidden):
        people.change_person(admin, admin.id, status="disabled")
    people.change_person(second, admin.id, status="disabled")
    with pytest.raises(Conflict):
        people.change_person(system(tenant), second.id, roles=["auditor"])


def test_people_are_made_once_by_administrators_with_known_roles(tenant: str, admin: Actor, person: Make) -> None:
    made = person()
    with pytest.raises(Conflict):
        person("OFFICER@example.org")
    with pytest.raises(Invalid):
        people.create_person(admin, email="x@example.org", name="X", password=PASSWORD, roles=["root"])
    officer = Actor(tenant, made["id"], "O", frozenset({Permission.WORK_CASES}))
    for act in (
        lambda: people.create_person(officer, email="y@example.org", name="Y", password=PASSWORD, roles=["admin"]),
        lambda: people.change_person(officer, made["id"], roles=["admin"]),
        lambda: people.list_people(officer),
        lambda: people.assignees(officer),
    ):
        with pytest.raises(Forbidden):
            act()
    assert [one["email"] for one in people.list_people(admin).items] == [EMAIL, "admin@example.org"]


def test_people_are_paged(tenant: str, admin: Actor, person: Make) -> None:
    ids = [person(f"o{number}@example.org")["id"] for number in range(3)]
    first = people.list_people(admin, limit=2)
    second = people.list_people(admin, after=first.next, limit=2)
    assert [one["id"] for one in first.items + second.items] == [*reversed(ids), admin.id]
    assert second.next is None


def test_assignees_are_active_officers_and_managers(tenant: str, admin: Actor, person: Make) -> None:
    officer, off = person(), person("off@example.org")
    person("analyst@example.org", roles=("rule_analyst",))
    people.change_person(admin, off["id"], status="disabled")
    manager = Actor(tenant, "per_x", "M", frozenset({Permission.ASSIGN_CASES}))
    assert [one["id"] for one in people.assignees(manager)] == [officer["id"]]


def test_what_is_remembered_is_bounded_and_forgotten() -> None:
    table = remembered.Remembered()
    one = Actor("t_one", "key_1", "", frozenset())
    table.put("a", one)
    assert table.get("a") is one
    table.put("gone", one, for_s=-1)
    assert table.get("gone") is None
    table.forget("key_1")
    assert table.get("a") is None
    for number in range(remembered.MAX_ENTRIES + 5):
        table.put(number, one)
    assert table.get(0) is None
    assert table.get(remembered.MAX_ENTRIES) is one
