"""Letters to applicants by mail and SMS, from templates, through the outbox.

The words are fixed here and customer-safe (invariant 11): a letter says what was received, that more time is needed, or
how it ended; never a screening result, a suspicion, a score or a category. Reasons, where given, are the pack's `tell`
texts and nothing else. Templates run sandboxed with strict variables, so that a missing name is an error and no gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from sqlmodel import Session

from connectors.errors import ConnectorError, RetryLater
from connectors.mail import FileMailer, Mail, Mailer, SmtpMailer
from connectors.settings import SmtpSettings
from connectors.sms import HttpSmsSender, Sms, SmsSender
from service import outbox
from service.outbox import Message, Next, Outcome
from service.providers import provider
from service.sealed import declared_of
from service.settings import Settings, settings
from service.tables import Applicant, Application


@dataclass(frozen=True, slots=True)
class Letter:
    """One template: subject and text of the mail, and a short text for SMS where one is sent."""

    subject: str
    text: str
    sms: str | None = None


_END: Final = "\n\nReference: {{ reference }}\nThis message was sent automatically; please do not reply to it.\n"
LETTERS: Final[Mapping[str, Letter]] = {
    "received": Letter(
        "We have received your application {{ reference }}",
        "Dear {{ name }},\n\nthank you. We have received your application and your documents, and we are checking them. "
        "You need not do anything now." + _END,
        "We have received your application {{ reference }} and are checking it.",
    ),
    "more_time": Letter(
        "Your application {{ reference }} needs a little more time",
        "Dear {{ name }},\n\none of our officers is looking at your application. We need a little more time and will "
        "write to you as soon as it is decided." + _END,
    ),
    "approved": Letter(
        "Your application {{ reference }} is approved",
        "Dear {{ name }},\n\nyour application has passed our checks. Your dealer or our branch will tell you what "
        "comes next." + _END,
        "Your application {{ reference }} has passed our checks.",
    ),
    "declined": Letter(
        "About your application {{ reference }}",
        "Dear {{ name }},\n\nwe are sorry: we cannot go on with your application."
        "{% if reasons %}\n\n{% for reason in reasons %}- {{ reason }}\n{% endfor %}{% endif %}"
        "\n\nIf you think that something was read wrongly, write to us and a person will look at it again." + _END,
    ),
}
# What an event's outcome is called by those who raise it, and the letter that tells it.
_TOLD: Final[Mapping[str, str]] = {
    "approve": "approved",
    "approved": "approved",
    "decline": "declined",
    "declined": "declined",
    "reject": "declined",
    "rejected": "declined",
    "review": "more_time",
    "in_review": "more_time",
}


def write(session: Session, tenant: str, application: Application, letter: str, reasons: tuple[str, ...] = ()) -> None:
    """Put a letter to the application's applicant into the outbox, in the caller's transaction; none where no address."""
    applicant = session.get(Applicant, application.applicant_id)
    declared = {} if applicant is None else declared_of(applicant)
    facts = {
        "name": declared.get("name", "applicant"),
        "reference": application.reference,
        "letter": letter,
        "reasons": list(reasons),
    }
    if declared.get("email"):
        outbox.put(session, tenant, "mail", f"letter.{letter}", {**facts, "to": declared["email"]})
    if declared.get("phone") and LETTERS[letter].sms:
        outbox.put(session, tenant, "sms", f"letter.{letter}", {**facts, "to": declared["phone"]})


def tell(session: Session, message: Message) -> None:
    """Write the letter that an event calls for: an application's arrival, its decision, the closing of its case."""
    payload = message.payload or {}
    application_id = payload.get("application_id")
    if not application_id or message.topic not in {"application.submitted", "application.decided", "case.closed"}:
        return
    application = session.get(Application, application_id)
    if application is None:
        return
    outcome = payload.get("outcome") or payload.get("verdict")
    letter = "received" if message.topic == "application.submitted" else _TOLD.get(str(outcome))
    if letter is not None:
        reasons = tuple(str(text) for text in payload.get("customer_reasons") or ())
        write(session, message.tenant, application, letter, reasons)


def render(letter: str, facts: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """Subject, text and SMS text of a letter; raises KeyError for an unknown letter, UndefinedError for a gap."""
    template = LETTERS[letter]
    subject, text, sms = (
        None if part is None else _templates().from_string(part).render(**facts)
        for part in (template.subject, template.text, template.sms)
    )
    return " ".join(str(subject).split()), str(text), sms


def send_mail(message: Message) -> Outcome:
    """Hand one letter to the mailer; refusals are final, an unreachable relay is tried again."""
    payload = message.payload or {}
    subject, text, _ = render(payload["letter"], payload)
    try:
        mail = Mail(key=message.id, to=payload["to"], subject=subject, text=text, sent_at=message.created_at)
        _mailer(settings()).send(mail)
    except ValueError:
        return Outcome(Next.DEAD, "the letter cannot be addressed")
    except ConnectorError as failure:
        return _failed(failure)
    return Outcome(Next.DONE)


def send_sms(message: Message) -> Outcome:
    """Hand one short text to the gateway."""
    payload = message.payload or {}
    text = render(payload["letter"], payload)[2]
    if text is None:
        return Outcome(Next.DEAD, "the letter has no short text")
    try:
        _texter(settings()).send(Sms(key=message.id, to=payload["to"], text=text))
    except ValueError:
        return Outcome(Next.DEAD, "the text cannot be addressed")
    except ConnectorError as failure:
        return _failed(failure)
    return Outcome(Next.DONE)


def _failed(failure: ConnectorError) -> Outcome:
    again = isinstance(failure, RetryLater)
    wished = failure.retry_after_s if isinstance(failure, RetryLater) else None
    return Outcome(Next.RETRY if again else Next.DEAD, str(failure), failure.status, retry_after_s=wished)


def _mailer(config: Settings) -> Mailer:
    if not config.smtp_url:
        return FileMailer(config.data_dir / "mail", config.mail_from)
    # Plain SMTP is what the operator wrote down: a relay or mail catcher inside the deployment's own network.
    return SmtpMailer(SmtpSettings.from_url(config.smtp_url, sender=config.mail_from, insecure_relay=True))


def _texter(config: Settings) -> SmsSender:
    return HttpSmsSender(provider("sms", config.sms_url, config.provider_deadline_s), sender_id="VERDCT")


@lru_cache(maxsize=1)
def _templates() -> ImmutableSandboxedEnvironment:
    # Plain text letters: nothing is HTML, so nothing is escaped.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
