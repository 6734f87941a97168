"""Passwords: the policy, the hash, and the cost of an unknown name."""

from __future__ import annotations

import pytest

from service.errors import Invalid
from service.identity import passwords


@pytest.mark.parametrize(
    "password",
    [
        "short1!",
        "elevenchars",
        "password1234",
        "PASSWORD1234",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "qwertyuiop12",
        "my officer@example.org pass",
        "the officer himself",
        "x" * 257,
        "",
    ],
)
def test_a_guessable_password_is_refused_without_being_quoted(password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        passwords.hash_password(password, email="officer@example.org")
    told = str(refusal.value) + " ".join(p.message for p in refusal.value.problems)
    assert refusal.value.problems
    assert not password or password not in told


@pytest.mark.parametrize("password", ["four calm words here", "Tr0ub4dor&3-and-more", "ключ от всех дверей"])
def test_a_long_password_is_accepted_and_only_its_hash_is_kept(password: str) -> None:
    kept = passwords.hash_password(password, email="officer@example.org")
    assert kept.startswith("$argon2id$")
    assert password not in kept
    assert passwords.verify_password(kept, password)
    assert not passwords.verify_password(kept, password + "x")
    assert not passwords.outdated(kept)


def test_nobody_has_a_password() -> None:
    assert not passwords.verify_password(None, "\x00nobody")
    assert not passwords.verify_password(None, "anything at all")


def test_an_unreadable_hash_or_password_is_wrong_and_no_error() -> None:
    assert not passwords.verify_password("not a hash", "four calm words here")
    assert not passwords.verify_password(None, "\ud800")


def test_a_hash_of_other_parameters_is_outdated_and_made_again() -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("four calm words here")
    assert passwords.verify_password(old, "four calm words here")
    assert passwords.outdated(old)
    assert not passwords.outdated(passwords.rehash("four calm words here"))
