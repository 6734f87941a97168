"""Passwords: what is accepted, and the argon2id hash that is kept. Never a password in an error, a log or a row.

At most two hashes are computed at once in a process: each takes memory on purpose, and a flood of sign-ins must not take
the machine with it.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service.errors import Invalid, Problem

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 256
_MIN_DISTINCT = 5

# OWASP's least for argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = BoundedSemaphore(2)
# A hash of nothing anybody can type, so that an unknown name costs what a known one does.
_NOBODY = _HASHER.hash("\x00nobody")

# Long enough for the policy and still among the first that are tried.
_COMMON = (
    "password",
    "passwort",
    "qwertyuiop",
    "qwerty123456",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "zaq12wsxcde3",
    "abcdefghijkl",
    "123456789",
    "987654321",
    "iloveyou",
    "letmein",
    "welcome",
    "changeme",
    "administrator",
    "verdict",
    "trustno1",
    "sunshine",
    "football",
    "princess",
    "superman",
    "dragon",
    "monkey",
)


def hash_password(password: str, *, email: str) -> str:
    """Return the hash of an acceptable password; raises `Invalid` with every fault of the policy."""
    faults = [Problem("/password", fault) for fault in _faults(password, email)]
    if faults:
        raise Invalid("the password is not acceptable", tuple(faults))
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify_password(kept: str | None, password: str) -> bool:
    """Say whether the password is the one; None (nobody of that name) takes the same time and is never right."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _NOBODY, password[:MAX_LENGTH]) and kept is not None
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


def outdated(kept: str) -> bool:
    """Say whether the hash was made with other parameters than today's and should be made again."""
    return _HASHER.check_needs_rehash(kept)


def rehash(password: str) -> str:
    """Return a hash with today's parameters of a password that was just verified."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def _faults(password: str, email: str) -> list[str]:
    faults = []
    plain = password.casefold()
    mailbox = email.casefold().partition("@")[0]
    if len(password) < MIN_LENGTH:
        faults.append(f"has fewer than {MIN_LENGTH} characters")
    if len(password) > MAX_LENGTH:
        faults.append(f"has more than {MAX_LENGTH} characters")
    if email.casefold() in plain or (len(mailbox) >= 4 and mailbox in plain):
        faults.append("contains the e-mail address")
    if _is_common(plain):
        faults.append("is among the first that an attacker tries")
    elif len(set(plain)) < _MIN_DISTINCT:
        faults.append(f"has fewer than {_MIN_DISTINCT} different characters")
    return faults


def _is_common(plain: str) -> bool:
    """What is left when the common words are taken out must itself be something."""
    rest = plain
    for word in _COMMON:
        rest = rest.replace(word, "")
    return rest != plain and len(rest) < _MIN_DISTINCT
