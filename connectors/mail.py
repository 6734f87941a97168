"""Mail: one message to one recipient, by SMTP or, in the embedded default, into a folder.

Every text that becomes a header is refused when it holds a line break or another control character, so no applicant's
name can add a recipient. The message id comes from the caller's delivery key: a repeated delivery is the same message.
Errors name the SMTP status only, since servers quote addresses. Retries and dead letters belong to the outbox.
"""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import ssl
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from pydantic.networks import validate_email
from pydantic_core import PydanticCustomError

from connectors.errors import ConnectorError, ProviderRefused, RetryLater
from connectors.settings import SmtpSettings, Tls
from engine.signal import Reason

PROVIDER = "mail"
MAX_SUBJECT_CHARS = 200
MAX_TEXT_CHARS = 100_000
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message. `key` identifies the delivery (letters, digits, `_.-`), `sent_at` is aware.

    Raises ValueError, without repeating the value, when a header could be injected, an address is not one address, or
    a limit is passed.
    """

    key: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    sent_at: datetime
    html: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError("a mail's key is 1 to 100 letters, digits or _.-")
        _one_address(self.to, "recipient")
        if not 0 < len(self.subject) <= MAX_SUBJECT_CHARS or _has_control(self.subject):
            raise ValueError(f"a mail's subject is one line of 1 to {MAX_SUBJECT_CHARS} characters")
        if max(len(self.text), len(self.html or "")) > MAX_TEXT_CHARS:
            raise ValueError(f"a mail's text has at most {MAX_TEXT_CHARS} characters")
        if _has_surrogate(self.text) or _has_surrogate(self.html or ""):
            raise ValueError("a mail's text holds half a character, which no mail can carry")
        if self.sent_at.tzinfo is None:
            raise ValueError("sent_at must be aware")


@dataclass(frozen=True, slots=True)
class MailReceipt:
    """The relay accepted the message (which is not yet its arrival). `message_id` is the Message-ID header."""

    message_id: str


class Mailer(Protocol):
    """A way to send mail."""

    def send(self, mail: Mail) -> MailReceipt:
        """Hand the message over. Raises RetryLater or ProviderRefused."""


class SmtpMailer:
    """Sends through a relay, one connection a message; a required TLS that the relay does not offer is a refusal."""

    def __init__(self, settings: SmtpSettings, *, ssl_context: ssl.SSLContext | None = None) -> None:
        _one_address(settings.sender, "sender")
        self._settings = settings
        self._ssl_context = ssl_context or ssl.create_default_context()

    def send(self, mail: Mail) -> MailReceipt:
        """As Mailer.send."""
        message = compose(mail, self._settings.sender)
        try:
            with self._connect() as relay:
                if self._settings.tls is Tls.STARTTLS:
                    relay.starttls(context=self._ssl_context)
                if self._settings.username is not None and self._settings.password is not None:
                    relay.login(self._settings.username, self._settings.password)
                relay.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise _sorted_failure(error) from None
        return MailReceipt(str(message["Message-ID"]))

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        # "localhost" is what we call ourselves: asking for our own full name could block on a name server.
        if settings.tls is Tls.IMPLICIT:
            return smtplib.SMTP_SSL(
                settings.host, settings.port, "localhost", timeout=settings.timeout_s, context=self._ssl_context
            )
        return smtplib.SMTP(settings.host, settings.port, "localhost", timeout=settings.timeout_s)


class FileMailer:
    """Writes each message as an .eml file, readable by its owner only. The same key writes the same file again."""

    def __init__(self, folder: Path, sender: str) -> None:
        _one_address(sender, "sender")
        self._folder = folder
        self._sender = sender

    def send(self, mail: Mail) -> MailReceipt:
        """As Mailer.send; a full or unwritable disk is RetryLater. Files appear whole or not at all."""
        message = compose(mail, self._sender)
        # The name is a hash: a key may carry what a folder listing should not show.
        name = hashlib.sha256(mail.key.encode()).hexdigest()[:32]
        draft = self._folder / f".{name}.{os.getpid()}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(message.as_bytes())
            draft.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise RetryLater(PROVIDER, f"the mail folder cannot be written (errno {error.errno})") from None
        return MailReceipt(str(message["Message-ID"]))


def compose(mail: Mail, sender: str) -> EmailMessage:
    """The message as it goes out: plain text, and HTML beside it where given; marked as sent by a machine."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.sent_at)
    message["Message-ID"] = f"<{mail.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


def _one_address(address: str, what: str) -> None:
    try:
        name, parsed = validate_email(address)
    except PydanticCustomError:
        raise ValueError(f"the {what} is not one plain mail address") from None
    # A display name or folded case would mean that what was checked is not what is sent.
    if parsed.lower() != address.lower() or _has_control(address) or _has_control(name):
        raise ValueError(f"the {what} is not one plain mail address")


def _has_control(text: str) -> bool:
    return any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _sorted_failure(error: OSError | smtplib.SMTPException) -> ConnectorError:
    """RFC 5321 4.2.1: 4yz may be repeated, 5yz not; a lost connection may, since the message id stays the same."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((status for status, _ in error.recipients.values()), default=0)
    elif isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
    elif isinstance(error, smtplib.SMTPNotSupportedError):
        return ProviderRefused(PROVIDER, "the relay does not offer the protection or sign-in that is required")
    elif isinstance(error, ssl.SSLCertVerificationError):
        return ProviderRefused(PROVIDER, "the relay's certificate does not prove its name")
    elif isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):  # smtplib wraps its own
        return RetryLater(PROVIDER, "the relay did not answer in time", reason=Reason.TIMED_OUT)
    else:
        return RetryLater(PROVIDER, "the relay cannot be reached or broke off")
    if code >= 500:
        return ProviderRefused(PROVIDER, f"the relay answered {code}", status=code)
    return RetryLater(PROVIDER, f"the relay answered {code}", status=code)
