from __future__ import annotations

import httpx
import pytest

from connectors.errors import GarbageAnswer, ProviderRefused, RetryLater
from connectors.sms import HttpSmsSender, Sms


@pytest.fixture
def sender(sandbox, client_of):
    return HttpSmsSender(client_of(sandbox), sender_id="VERDCT")


def _texts(sandbox):
    return httpx.get(f"{sandbox}/sms/v1/messages", trust_env=False).json()


def test_a_text_is_accepted_and_kept_by_the_gateway(sandbox, sender):
    receipt = sender.send(Sms(key="code-1", to="+919000000101", text="Your code is 123456", template_id="T1"))
    (text,) = [text for text in _texts(sandbox) if text["message_id"] == receipt.message_id]
    assert (text["to"], text["text"], text["template_id"]) == ("+919000000101", "Your code is 123456", "T1")


def test_the_same_key_sends_one_text(sandbox, sender):
    sms = Sms(key="code-2", to="+919000000101", text="Your code is 654321")
    assert sender.send(sms) == sender.send(sms)
    assert len([text for text in _texts(sandbox) if text["reference"] == "code-2"]) == 1


def test_a_rejected_text_is_a_refusal(sender):
    with pytest.raises(ProviderRefused):
        sender.send(Sms(key="code-3", to="+919000000000", text="hello"))


@pytest.mark.parametrize(
    ("fault", "kind"), [("500", RetryLater), ("refuse", ProviderRefused), ("shape", GarbageAnswer)]
)
def test_faults_are_sorted_like_everywhere(sandbox, client_of, fault, kind):
    faulty = HttpSmsSender(client_of(sandbox, headers={"x-sandbox-fault": fault}), sender_id="VERDCT")
    with pytest.raises(kind) as error:
        faulty.send(Sms(key="code-4", to="+919000000101", text="hello"))
    assert "919000000101" not in str(error.value)


@pytest.mark.parametrize("to", ["9000000101", "+0900000010", "+91 9000000101", "+919000000101\n", "", "+91" + "1" * 20])
def test_a_number_that_is_not_international_is_refused_before_any_call(to):
    with pytest.raises(ValueError, match="international"):
        Sms(key="k", to=to, text="hello")


@pytest.mark.parametrize("change", [{"text": ""}, {"text": "x" * 641}, {"key": "a b"}])
def test_a_text_over_its_limits_is_refused(change):
    with pytest.raises(ValueError, match="text message"):
        Sms(**({"key": "k", "to": "+919000000101", "text": "hello"} | change))


def test_a_text_does_not_show_itself():
    assert "9000000101" not in repr(Sms(key="k", to="+919000000101", text="your code is 1"))
