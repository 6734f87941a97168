"""One-time codes (RFC 6238, 30 seconds, six digits): each step is accepted once, and one step of clock drift is forgiven.

The secret is sealed in the person's row together with whether it was confirmed; until a first code has confirmed it, sign-in
does not ask for one, so that nobody is locked out by an unfinished enrolment.
"""

from __future__ import annotations

import hmac
import json
from typing import Final

import pyotp

from service.keys import keyring

STEP_S: Final = 30
_FIELD: Final = "person.totp"
_DRIFT: Final = 1


def new_secret() -> str:
    """A fresh secret, base32 of 160 bits."""
    return pyotp.random_base32()


def uri(secret: str, *, account: str) -> str:
    """The `otpauth://` address that an authenticator app scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Verdict")


def seal(secret: str, *, tenant: str, confirmed: bool) -> bytes:
    """The secret as it is kept."""
    body = json.dumps({"secret": secret, "confirmed": confirmed}).encode()
    return keyring().seal(body, tenant=tenant, field=_FIELD)


def opened(sealed: bytes | None, *, tenant: str) -> tuple[str, bool] | None:
    """The secret and whether it was confirmed, or None where there is none."""
    if sealed is None:
        return None
    body = json.loads(keyring().open(sealed, tenant=tenant, field=_FIELD))
    return str(body["secret"]), bool(body["confirmed"])


def matching_step(secret: str, code: str, *, at_s: float, after_step: int) -> int | None:
    """The step whose code this is, later than `after_step` and within the drift; None where there is none."""
    now = int(at_s) // STEP_S
    generator = pyotp.TOTP(secret, interval=STEP_S)
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        right = hmac.compare_digest(generator.generate_otp(step).encode(), code.encode(errors="replace"))
        if right and step > after_step:
            return step
    return None
