from __future__ import annotations

import pytest

from connectors.settings import BreakerSettings, ProviderSettings, SmtpSettings, Tls, WebhookSettings, is_loopback


@pytest.mark.parametrize(
    "change",
    [
        {"attempts": 0},
        {"deadline_s": 0},
        {"deadline_s": float("nan")},
        {"max_concurrency": 0},
        {"max_response_bytes": 0},
        {"backoff_base_s": -1},
        {"base_url": "registry.example"},
        {"base_url": "ftp://registry.example"},
        {"base_url": "https://user:pass@registry.example"},
        {"base_url": "https://registry.example/?key=secret"},
        {"base_url": "http://registry.example"},
    ],
)
def test_a_setting_that_would_void_a_limit_stops_the_start(change):
    with pytest.raises(ValueError, match=r"above zero|base_url"):
        ProviderSettings(**({"name": "registry", "base_url": "https://registry.example"} | change))


def test_plain_http_is_for_loopback_or_an_explicit_wish():
    assert ProviderSettings(name="p", base_url="http://127.0.0.1:1").attempts == 3
    assert ProviderSettings(name="p", base_url="http://sandbox:8010", insecure_http=True).insecure_http


def test_credentials_do_not_show_in_settings():
    provider = ProviderSettings(name="p", base_url="https://p.example", headers={"Authorization": "Bearer s3cret"})
    relay = SmtpSettings(host="m.example", port=587, sender="a@example.org", username="u", password="s3cret")
    assert "s3cret" not in repr(provider) + repr(relay)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp+starttls://u:p%40ss@mail.example:2525", ("mail.example", 2525, Tls.STARTTLS, "u", "p@ss")),
        ("smtps://mail.example", ("mail.example", 465, Tls.IMPLICIT, None, None)),
        ("smtp+starttls://mail.example/", ("mail.example", 587, Tls.STARTTLS, None, None)),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, Tls.NONE, None, None)),
    ],
)
def test_a_relay_is_read_from_its_address(url, expected):
    relay = SmtpSettings.from_url(url, sender="a@example.org")
    assert (relay.host, relay.port, relay.tls, relay.username, relay.password) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example:25",
        "smtp://mail.example:port",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example",
        "smtps://u@mail.example",
        "smtps://m/x",
        "smtp://u:p@catcher:1025",
    ],
)
def test_an_unsafe_or_unreadable_relay_is_refused(url):
    with pytest.raises(ValueError, match="mail"):
        SmtpSettings.from_url(url, sender="a@example.org")


def test_a_plain_relay_on_a_private_network_needs_an_explicit_wish_and_never_gets_a_password():
    assert SmtpSettings.from_url("smtp://catcher:1025", sender="a@example.org", insecure_relay=True).tls is Tls.NONE
    with pytest.raises(ValueError, match="password"):
        SmtpSettings.from_url("smtp://u:p@catcher:1025", sender="a@example.org", insecure_relay=True)


def test_other_limits_are_positive_too():
    with pytest.raises(ValueError, match="failures"):
        BreakerSettings(failures=0)
    with pytest.raises(ValueError, match="deadline_s"):
        WebhookSettings(deadline_s=0)


def test_only_spellings_of_this_machine_are_loopback():
    assert all(is_loopback(host) for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1"))
    assert not any(is_loopback(host) for host in ("sandbox", "10.0.0.1", "localhost.example", ""))
