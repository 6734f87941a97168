"""Frozen settings of the connectors. They are handed in complete; nothing here reads the environment or a file.

A value that would make a limit meaningless (zero attempts, no deadline, plain HTTP to a remote host that was not
asked for) is refused when the object is made, so a bad value stops the start and not the first customer.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When to stop calling a failing provider: after `failures` in a row, for `open_s` seconds, then one probe."""

    failures: int = 5
    open_s: float = 30.0

    def __post_init__(self) -> None:
        _positive(failures=self.failures, open_s=self.open_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """How to reach one HTTP provider and how much of our time and memory it may have.

    `deadline_s` bounds one call with all its attempts and waits. `headers` may hold credentials and stays out of
    repr. Plain HTTP is accepted for loopback hosts, elsewhere only with `insecure_http` (a private container network).
    """

    name: str
    base_url: str
    deadline_s: float = 20.0
    attempt_timeout_s: float = 8.0
    connect_timeout_s: float = 3.0
    attempts: int = 3
    backoff_base_s: float = 0.25
    backoff_cap_s: float = 4.0
    max_concurrency: int = 8
    max_response_bytes: int = 256 * 1024
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    insecure_http: bool = False

    def __post_init__(self) -> None:
        _positive(
            deadline_s=self.deadline_s,
            attempt_timeout_s=self.attempt_timeout_s,
            connect_timeout_s=self.connect_timeout_s,
            attempts=self.attempts,
            backoff_base_s=self.backoff_base_s,
            backoff_cap_s=self.backoff_cap_s,
            max_concurrency=self.max_concurrency,
            max_response_bytes=self.max_response_bytes,
        )
        url = httpx.URL(self.base_url)
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError(f"base_url of {self.name} must be an absolute http(s) address")
        if url.userinfo or url.query or url.fragment:
            raise ValueError(f"base_url of {self.name} carries credentials or a query; credentials belong in headers")
        if url.scheme == "http" and not (self.insecure_http or is_loopback(url.host)):
            raise ValueError(f"base_url of {self.name} is plain HTTP to a remote host; set insecure_http to allow it")


class Tls(StrEnum):
    """How a mail connection is protected. `NONE` is for loopback, or for a relay that was explicitly allowed."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


_MAIL_SCHEMES = {"smtp+starttls": (Tls.STARTTLS, 587), "smtps": (Tls.IMPLICIT, 465), "smtp": (Tls.NONE, 25)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """One mail relay. `timeout_s` bounds each step of the SMTP dialogue (at most nine steps a message)."""

    host: str
    port: int
    sender: str
    tls: Tls = Tls.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    insecure_relay: bool = False

    def __post_init__(self) -> None:
        _positive(port=self.port, timeout_s=self.timeout_s)
        if (self.username is None) != (self.password is None):
            raise ValueError("mail relay needs both username and password, or neither")
        if self.tls is Tls.NONE:
            if not (self.insecure_relay or is_loopback(self.host)):
                raise ValueError("mail to a remote relay without TLS; set insecure_relay to allow it")
            if self.password is not None and not is_loopback(self.host):
                raise ValueError("a mail password is never sent over an unprotected connection")

    @classmethod
    def from_url(cls, url: str, *, sender: str, timeout_s: float = 10.0, insecure_relay: bool = False) -> SmtpSettings:
        """Settings from `smtp+starttls://user:password@host:port`, `smtps://...` or, unprotected, `smtp://host:port`.

        The port defaults to 587, 465 and 25. ValueError, which never repeats the address, on anything else.
        """
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            raise ValueError("the mail relay's address is not a URL") from None
        tls, port = _MAIL_SCHEMES.get(parsed.scheme, (None, 0))
        if tls is None or not parsed.host or parsed.path not in {"", "/"} or parsed.query:
            raise ValueError(
                "a mail relay's address is smtp+starttls://host:port, smtps://host:port or smtp://host:port"
            )
        return cls(
            host=parsed.host,
            port=parsed.port or port,
            sender=sender,
            tls=tls,
            username=parsed.username or None,
            password=parsed.password or None,
            timeout_s=timeout_s,
            insecure_relay=insecure_relay,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Limits of webhook deliveries. `allow_private` lets them reach loopback and private networks (tests, demo)."""

    deadline_s: float = 10.0
    connect_timeout_s: float = 3.0
    max_payload_bytes: int = 256 * 1024
    allow_private: bool = False

    def __post_init__(self) -> None:
        _positive(
            deadline_s=self.deadline_s,
            connect_timeout_s=self.connect_timeout_s,
            max_payload_bytes=self.max_payload_bytes,
        )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its very spelling; names other than localhost are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _positive(**limits: float) -> None:
    for name, value in limits.items():
        if not value > 0:
            raise ValueError(f"{name} must be above zero")
