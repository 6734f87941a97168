from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ProviderRefused, RetryLater
from connectors.mail import FileMailer, Mail, SmtpMailer, compose
from connectors.settings import SmtpSettings, Tls
from engine.signal import Reason

MAIL = Mail(
    key="delivery-1",
    to="asha.verma@example.com",
    subject="Your application is in",
    text="Hello Asha,\nwe have it. \u0928\u092e\u0938\u094d\u0924\u0947\n",
    sent_at=datetime(2026, 7, 1, 9, 30, tzinfo=UTC),
)


class Catcher:
    """What an SMTP server does with one message; `refuse_*` are answers it gives instead."""

    def __init__(self, refuse_recipient=None, refuse_data=None):
        self.caught = []
        self._refuse_recipient = refuse_recipient
        self._refuse_data = refuse_data

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's own name
        if self._refuse_recipient:
            return self._refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's own name
        if self._refuse_data:
            return self._refuse_data
        self.caught.append(envelope)
        return "250 ok"


@pytest.fixture
def relay():
    started = []

    def start(controls=None, **refusals):
        catcher = Catcher(**refusals)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = Controller(catcher, hostname="127.0.0.1", port=port, **(controls or {}))
        controller.start()
        started.append(controller)
        settings = SmtpSettings(host="127.0.0.1", port=port, sender="verdict@example.org", tls=Tls.NONE)
        return settings, catcher

    yield start
    for controller in started:
        controller.stop()


def test_a_mail_arrives_with_its_text_and_headers(relay):
    settings, catcher = relay()
    receipt = SmtpMailer(settings).send(replace(MAIL, html="<p>Hello</p>"))
    (envelope,) = catcher.caught
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["asha.verma@example.com"]
    assert message["Message-ID"] == receipt.message_id == "<delivery-1@example.org>"
    assert message["Subject"] == "Your application is in"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "\u0928\u092e\u0938\u094d\u0924\u0947" in message.get_body(("plain",)).get_content()
    assert "<p>Hello</p>" in message.get_body(("html",)).get_content()


def test_a_required_tls_that_the_relay_does_not_offer_is_refused_and_nothing_is_sent(relay):
    settings, catcher = relay()
    with pytest.raises(ProviderRefused):
        SmtpMailer(replace(settings, tls=Tls.STARTTLS)).send(MAIL)
    assert catcher.caught == []


def test_a_sign_in_that_the_relay_does_not_offer_is_refused(relay):
    settings, catcher = relay()
    with pytest.raises(ProviderRefused):
        SmtpMailer(replace(settings, username="u", password="p")).send(MAIL)
    assert catcher.caught == []


@pytest.mark.parametrize(("tls", "control"), [(Tls.STARTTLS, "tls_context"), (Tls.IMPLICIT, "ssl_context")])
@pytest.mark.parametrize("trusted", [True, False])
def test_a_protected_relay_gets_mail_only_when_its_certificate_proves_its_name(
    relay, certificate_for, tls, control, trusted
):
    certificate = certificate_for("localhost")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    # aiosmtpd's own readiness probe speaks plain TLS to an implicit-TLS port, so it needs the same context.
    settings, catcher = relay({control: served})
    trust = ssl.create_default_context(cafile=str(certificate) if trusted else None)
    mailer = SmtpMailer(replace(settings, host="localhost", tls=tls), ssl_context=trust)
    if trusted:
        mailer.send(MAIL)
    else:
        with pytest.raises(ProviderRefused, match="certificate"):
            mailer.send(MAIL)
    assert len(catcher.caught) == int(trusted)


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        ({"refuse_recipient": "550 no such user asha.verma@example.com"}, ProviderRefused),
        ({"refuse_recipient": "450 try later asha.verma@example.com"}, RetryLater),
        ({"refuse_data": "554 asha.verma@example.com is spam"}, ProviderRefused),
        ({"refuse_data": "451 local error for asha.verma@example.com"}, RetryLater),
    ],
)
def test_a_permanent_answer_is_a_refusal_a_transient_one_is_for_later(relay, refusal, kind):
    settings, _ = relay(**refusal)
    with pytest.raises(kind) as error:
        SmtpMailer(settings).send(MAIL)
    assert "asha" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_relay_that_is_not_there_is_for_later():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = SmtpSettings(host="127.0.0.1", port=port, sender="verdict@example.org", tls=Tls.NONE)
    with pytest.raises(RetryLater) as error:
        SmtpMailer(settings).send(MAIL)
    assert error.value.reason is Reason.PROVIDER_DOWN


def test_a_relay_that_says_nothing_is_timed_out(raw_server):
    port = raw_server(lambda _connection, released: released.wait())
    settings = SmtpSettings(host="127.0.0.1", port=port, sender="verdict@example.org", tls=Tls.NONE, timeout_s=0.2)
    with pytest.raises(RetryLater) as error:
        SmtpMailer(settings).send(MAIL)
    assert error.value.reason is Reason.TIMED_OUT


INJECTIONS = ["\r\nBcc: thief@example.com", "\nBcc: thief@example.com", "\r", "\x00", "\u2028Bcc: x", "\x85Bcc: x"]


@pytest.mark.parametrize("injection", INJECTIONS)
@pytest.mark.parametrize("field", ["to", "subject", "key"])
def test_a_line_break_in_a_header_is_refused(field, injection):
    with pytest.raises(ValueError, match=r"mail's|recipient") as error:
        replace(MAIL, **{field: getattr(MAIL, field) + injection})
    assert "thief" not in str(error.value)


@pytest.mark.parametrize(
    "to",
    ["", "asha", "a@example.com, b@example.com", "Asha <a@example.com>", "a@example.com b@example.com", "a@b@c.com"],
)
def test_a_recipient_is_exactly_one_plain_address(to):
    with pytest.raises(ValueError, match="recipient"):
        replace(MAIL, to=to)


@given(st.text(min_size=1, max_size=200))
def test_whatever_the_subject_the_message_has_one_recipient_and_no_extra_header(subject):
    try:
        mail = replace(MAIL, subject=subject)
    except ValueError:
        return
    raw = compose(mail, "verdict@example.org").as_bytes()
    parsed = message_from_bytes(raw, policy=policy.default)
    plain = compose(MAIL, "verdict@example.org")
    assert sorted(parsed.keys()) == sorted(plain.keys())
    assert parsed["To"] == MAIL.to


@pytest.mark.parametrize(
    "change",
    [
        {"subject": ""},
        {"subject": "x" * 201},
        {"text": "x" * 100_001},
        {"text": "\ud800"},
        {"html": "\udfff"},
        {"sent_at": datetime(2026, 7, 1)},  # noqa: DTZ001 - the naive time is the case
    ],
)
def test_a_mail_over_its_limits_is_refused(change):
    with pytest.raises(ValueError, match=r"mail's|aware"):
        replace(MAIL, **change)


def test_a_mail_does_not_show_its_recipient_or_text():
    assert "asha" not in repr(MAIL).lower()


def test_the_file_mailer_writes_one_private_file_per_key(tmp_path):
    folder = tmp_path / "outgoing"
    mailer = FileMailer(folder, "verdict@example.org")
    receipts = {mailer.send(MAIL), mailer.send(MAIL)}
    mailer.send(replace(MAIL, key="delivery-2"))
    files = list(folder.iterdir())
    assert len(receipts) == 1
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert not any("asha" in file.name for file in files)
    assert message_from_bytes(files[0].read_bytes(), policy=policy.default)["To"] == MAIL.to


def test_a_folder_that_cannot_be_written_is_for_later(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(RetryLater):
        FileMailer(tmp_path / "taken", "verdict@example.org").send(MAIL)


def test_the_sender_is_checked_at_the_start(tmp_path):
    with pytest.raises(ValueError, match="sender"):
        FileMailer(tmp_path, "verdict@example.org\r\nBcc: x@example.com")


def test_every_error_of_smtplib_is_sorted():
    from connectors.mail import _sorted_failure

    for kind in (
        smtplib.SMTPServerDisconnected("x"),
        smtplib.SMTPHeloError(554, b"x"),
        smtplib.SMTPRecipientsRefused({}),
    ):
        assert isinstance(_sorted_failure(kind), (RetryLater, ProviderRefused))
