"""What leaves: events to subscribers, letters to applicants; at least once, signed, retried, and dead at last."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import httpx
import pytest
from sqlalchemy import select, text
from sqlmodel import col
from standardwebhooks.webhooks import Webhook

from connectors.sandbox.identities import CLEAN, LISTED
from service import notifications, outbox, webhooks
from service.db import unit
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.identity.actor import Actor
from service.outbox import SCHEDULE_S, Message, Next, Outcome
from service.settings import SettingsError, settings
from service.tables import Outbox, utc_now
from service.tasks import expand, relay_all

pytestmark = pytest.mark.stack

# Words that would tell an applicant of screening, suspicion or risk (invariant 11).
TIPPING_OFF = (
    "sanction",
    "screen",
    "watch",
    "list",
    "risk",
    "suspic",
    "pep",
    "match",
    "score",
    "fraud",
    "aml",
    "politic",
)


def put_event(desk, topic: str = "case.opened", **data: object) -> str:
    with unit(desk.tenant) as session:
        return outbox.put(session, desk.tenant, "webhook", topic, {"reference": "R-1", **data})


def rows(desk, **where: object) -> list[Outbox]:
    with unit(desk.tenant) as session:
        found = list(session.execute(select(Outbox).order_by(col(Outbox.id))).scalars())
    return [row for row in found if all(getattr(row, name) == value for name, value in where.items())]


def inbox(sandbox: str, name: str) -> list[dict]:
    with httpx.Client(base_url=sandbox, trust_env=False) as client:
        return client.get(f"/webhooks/{name}").json()


def expanded(desk) -> None:
    """Only turn events into messages; send nothing."""
    outbox.relay(desk.tenant, {}, expand)


class Receiver:
    """A sender that answers by a script and remembers what it was handed."""

    def __init__(self, *script: Outcome) -> None:
        self.script, self.taken = list(script), []

    def __call__(self, message: Message) -> Outcome:
        self.taken.append(message)
        return self.script[min(len(self.taken), len(self.script)) - 1]


def test_an_event_reaches_every_subscriber_signed(desk, sandbox: str) -> None:
    box = desk.tenant
    made = webhooks.register(desk.system, f"{sandbox}/webhooks/{box}", ["case.opened"])
    webhooks.register(desk.system, f"{sandbox}/webhooks/{box}-other", ["case.closed"])
    put_event(desk, case_id="cas_1")
    relay_all(desk.tenant)
    (delivery,) = inbox(sandbox, box)
    body = Webhook(made["secret"]).verify(delivery["body"], delivery["headers"])
    assert body["type"] == "case.opened"
    assert body["data"] == {"reference": "R-1", "case_id": "cas_1"}
    assert inbox(sandbox, f"{box}-other") == []
    (told,) = webhooks.deliveries(desk.system, made["id"])
    assert (told["ok"], told["status_code"], told["attempt"], told["status"]) == (True, 204, 1, "done")


def test_a_secret_is_shown_once_and_rests_sealed(desk, sandbox: str) -> None:
    made = webhooks.register(desk.system, f"{sandbox}/webhooks/x", ["case.opened"])
    assert made["secret"].startswith("whsec_")
    assert "secret" not in webhooks.listing(desk.system)[0]
    with unit(desk.tenant) as session:
        kept = session.execute(text("SELECT secret FROM webhook_endpoint")).scalar_one()
    assert made["secret"].removeprefix("whsec_").encode() not in kept


def test_a_wrong_webhook_is_refused_with_every_fault(desk) -> None:
    with pytest.raises(Invalid) as refused:
        webhooks.register(desk.system, "ftp://example.org/x", ["weather.changed"])
    assert {problem.where for problem in refused.value.problems} == {"/url", "/topics"}
    with pytest.raises(Forbidden):
        webhooks.register(Actor(desk.tenant, "per_1", "x", frozenset()), "https://example.org", ["case.opened"])
    with pytest.raises(NotFound):
        webhooks.deliveries(desk.system, "whe_unknown")


def test_a_failing_receiver_is_tried_by_the_schedule_and_is_dead_after_its_end(desk, sandbox: str) -> None:
    made = webhooks.register(desk.system, f"{sandbox}/webhooks/x", ["case.opened"])
    put_event(desk)
    expanded(desk)
    receiver, now = Receiver(Outcome(Next.RETRY, "answered 500", 500)), utc_now()
    waits = []
    for _ in range(len(SCHEDULE_S) + 1):
        assert outbox.relay(desk.tenant, {"webhook": receiver}, expand, now) == 1
        (row,) = rows(desk, target=made["id"])
        waits.append((row.available_at - now).total_seconds())
        assert outbox.relay(desk.tenant, {"webhook": receiver}, expand, now) == 0, "the wait must be kept"
        now = max(now, row.available_at) + timedelta(seconds=1)
    assert row.status == "dead"
    assert row.last_error == "answered 500"
    planned = zip(waits, SCHEDULE_S, strict=False)
    assert all(0.8 * wish <= wait <= 1.2 * wish for wait, wish in planned)
    assert {message.id for message in receiver.taken} == {row.id}, "every try carries the same webhook-id"
    assert len(webhooks.deliveries(desk.system, made["id"])) == len(SCHEDULE_S) + 1


def test_a_dead_message_is_sent_again_when_asked(desk, sandbox: str) -> None:
    made = webhooks.register(desk.system, f"{sandbox}/webhooks/{desk.tenant}?x-sandbox-fault=refuse", ["case.opened"])
    put_event(desk)
    expanded(desk)
    outbox.relay(desk.tenant, {"webhook": Receiver(Outcome(Next.DEAD, "no"))}, expand)
    (delivery,) = webhooks.deliveries(desk.system, made["id"])
    assert delivery["status"] == "dead"
    assert webhooks.redeliver(desk.system, made["id"], delivery["id"])["message_id"] == delivery["message_id"]
    again = Receiver(Outcome(Next.DONE))
    outbox.relay(desk.tenant, {"webhook": again}, expand)
    assert [message.id for message in again.taken] == [delivery["message_id"]]
    other = webhooks.register(desk.system, f"{sandbox}/webhooks/other", ["case.opened"])
    with pytest.raises(NotFound):
        webhooks.redeliver(desk.system, other["id"], delivery["message_id"])


def test_a_receiver_that_is_switched_off_is_sent_nothing(desk, sandbox: str) -> None:
    made = webhooks.register(desk.system, f"{sandbox}/webhooks/{desk.tenant}", ["case.opened"])
    put_event(desk)
    expanded(desk)
    webhooks.switch_off(desk.system, made["id"])
    relay_all(desk.tenant)
    assert inbox(sandbox, desk.tenant) == []
    (row,) = rows(desk, target=made["id"])
    assert row.status == "dead"
    with pytest.raises(Conflict):
        webhooks.redeliver(desk.system, made["id"], row.id)


def test_two_relays_at_the_same_moment_send_each_message_once(desk, sandbox: str) -> None:
    webhooks.register(desk.system, f"{sandbox}/webhooks/x", ["case.opened"])
    for _ in range(30):
        put_event(desk)
    receiver = Receiver(Outcome(Next.DONE))

    def relay_to_the_end(_worker: int) -> None:
        while outbox.relay(desk.tenant, {"webhook": receiver}, expand):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(relay_to_the_end, range(4)))
    relay_to_the_end(0)
    assert len(receiver.taken) == len({message.id for message in receiver.taken}) == 30


def test_what_a_killed_worker_had_taken_is_taken_again_after_its_lease(desk, sandbox: str) -> None:
    webhooks.register(desk.system, f"{sandbox}/webhooks/x", ["case.opened"])
    put_event(desk)
    expanded(desk)

    def die(_message: Message) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outbox.relay(desk.tenant, {"webhook": die}, expand)
    receiver = Receiver(Outcome(Next.DONE))
    assert outbox.relay(desk.tenant, {"webhook": receiver}, expand) == 0
    later = utc_now() + timedelta(seconds=outbox.LEASE_S + 1)
    assert outbox.relay(desk.tenant, {"webhook": receiver}, expand, later) == 1
    assert receiver.taken[0].attempt == 2


def test_a_payload_that_does_not_open_is_dead_and_holds_up_nothing(desk, sandbox: str) -> None:
    webhooks.register(desk.system, f"{sandbox}/webhooks/x", ["case.opened"])
    broken = put_event(desk)
    with unit(desk.tenant) as session:
        session.execute(text("UPDATE outbox SET payload = decode('00', 'hex') WHERE id = :id"), {"id": broken})
    put_event(desk)
    expanded(desk)
    assert {row.status for row in rows(desk, id=broken)} == {"dead"}
    assert len(rows(desk, topic="case.opened", status="pending")) == 1


def test_events_carry_no_personal_data_and_payloads_rest_sealed(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted(CLEAN)
    desk.decided(application_id)
    seen: list[Message] = []

    def look(_session, message: Message) -> None:
        seen.append(message)

    with unit(desk.tenant) as session:
        assert b"reference" not in session.execute(text("SELECT payload FROM outbox LIMIT 1")).scalar_one()
    outbox.relay(desk.tenant, {}, look)
    assert {message.topic for message in seen} >= {"application.submitted", "application.decided", "decision.made"}
    said = json.dumps([message.payload for message in seen])
    assert not any(value in said for value in (CLEAN.name, CLEAN.pan, CLEAN.email, CLEAN.phone))


def letters(desk) -> list[dict]:
    folder = settings().data_dir / "mail"
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.glob("*.eml")]
    mine = [mail for mail in found if desk.tenant in str(mail["Subject"])]
    return [{"to": mail["To"], "subject": mail["Subject"], "text": mail.get_content()} for mail in mine]


def test_the_applicant_is_written_to_at_submission_and_at_the_end_and_never_tipped_off(
    desk, gate, sandbox: str
) -> None:
    desk.use_pack("screening", "gate")
    desk.use_lists()
    gate()
    for who, reference in ((CLEAN, f"A-{desk.tenant}"), (LISTED, f"B-{desk.tenant}")):
        desk.decided(desk.submitted(who, reference))
    relay_all(desk.tenant)
    told = letters(desk)
    assert sorted((mail["to"], mail["subject"].split(desk.tenant)[1]) for mail in told) == sorted(
        [
            (CLEAN.email, ""),
            (CLEAN.email, " is approved"),
            (LISTED.email, ""),
            (LISTED.email, " needs a little more time"),
        ]
    )
    said = " ".join(mail["subject"] + mail["text"] for mail in told).lower()
    assert not any(word in said for word in TIPPING_OFF)
    with httpx.Client(base_url=sandbox, trust_env=False) as client:
        texts = client.get("/sms/v1/messages").json()
    assert {text["to"] for text in texts if desk.tenant in text["text"]} == {CLEAN.phone, LISTED.phone}


@pytest.mark.parametrize(("outcome", "subject"), [("approve", "approved"), ("decline", "About"), ("rejected", "About")])
def test_the_closing_of_a_case_is_told_to_the_applicant(desk, gate, outcome: str, subject: str) -> None:
    desk.use_pack("gate")
    gate()
    application_id = desk.submitted(CLEAN, f"C-{desk.tenant}")
    relay_all(desk.tenant)
    before = len(letters(desk))
    put_event(desk, "case.closed", application_id=application_id, outcome=outcome)
    relay_all(desk.tenant)
    new = [mail for mail in letters(desk) if subject in mail["subject"]]
    assert len(letters(desk)) == before + 1
    assert len(new) == 1


def test_an_applicant_without_an_address_is_sent_nothing(desk, gate) -> None:
    desk.use_pack("gate")
    gate()
    bare = {"name": "ASHA VERMA", "date_of_birth": "1991-04-17"}
    desk.submitted(applicant=bare)
    relay_all(desk.tenant)
    assert rows(desk, kind="mail") == rows(desk, kind="sms") == []


@pytest.mark.parametrize("letter", sorted(notifications.LETTERS))
def test_no_letter_has_a_word_that_tips_off(letter: str) -> None:
    subject, body, sms = notifications.render(letter, {"name": "N", "reference": "R", "reasons": []})
    assert not any(word in f"{subject} {body} {sms}".lower() for word in TIPPING_OFF)


def test_a_name_cannot_run_a_template(desk) -> None:
    facts = {"name": "{{ 7 * 7 }}{% for x in y %}", "reference": "R\r\nBcc: eve@example.com", "reasons": []}
    subject, body, _ = notifications.render("received", facts)
    assert "{{ 7 * 7 }}" in body
    assert "\n" not in subject


def test_a_letter_that_cannot_be_addressed_is_dead_and_an_unreachable_relay_is_tried_again(desk, monkeypatch) -> None:
    now = datetime.now(UTC)
    payload = {"letter": "received", "name": "N", "reference": "R", "reasons": [], "to": "nobody"}
    message = Message("msg_1", desk.tenant, "mail", "letter.received", None, payload, 1, now)
    assert notifications.send_mail(message).next is Next.DEAD
    monkeypatch.setenv("VERDICT_SMTP_URL", "smtp://127.0.0.1:1")
    settings.cache_clear()
    assert (
        notifications.send_mail(
            Message("msg_2", desk.tenant, "mail", "t", None, {**payload, "to": "a@example.com"}, 1, now)
        ).next
        is Next.RETRY
    )


@pytest.mark.parametrize(
    ("url", "good"),
    [("smtp://mail:1025", True), ("smtps://u:p@mail.example.org", True), ("http://mail", False), ("smtp://", False)],
)
def test_a_wrong_address_of_the_mail_relay_stops_the_start(url: str, good: bool, desk, monkeypatch) -> None:
    monkeypatch.setenv("VERDICT_SMTP_URL", url)
    settings.cache_clear()
    try:
        with nullcontext() if good else pytest.raises(SettingsError, match="VERDICT_SMTP_URL"):
            assert settings().smtp_url == url
    finally:
        settings.cache_clear()
