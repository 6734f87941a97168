from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.addresses import AddressRefusedError, permitted, system_resolver, vetted

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = ["10.0.0.1", "172.16.5.4", "192.168.1.1", "127.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1", "100.64.0.1"]
NEVER = [
    "169.254.169.254",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "fec0::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_dialled(text):
    assert permitted(ipaddress.ip_address(text), allow_private=False)


@pytest.mark.parametrize("text", [*PRIVATE, "64:ff9b::a00:1", "2002:a00:1::1", *NEVER])
def test_a_private_or_special_address_may_not(text):
    assert not permitted(ipaddress.ip_address(text), allow_private=False)


@pytest.mark.parametrize("text", PRIVATE)
def test_a_private_address_may_be_dialled_where_that_is_allowed(text):
    assert permitted(ipaddress.ip_address(text), allow_private=True)


@pytest.mark.parametrize("text", NEVER)
def test_link_local_and_special_addresses_are_never_dialled(text):
    assert not permitted(ipaddress.ip_address(text), allow_private=True)


@given(st.ip_addresses())
def test_allowing_private_networks_never_forbids_what_was_allowed(address):
    assert permitted(address, allow_private=True) or not permitted(address, allow_private=False)


@given(st.ip_addresses(v=4))
def test_no_ipv6_wrapping_makes_a_forbidden_ipv4_address_reachable(address):
    wrapped = [
        ipaddress.IPv6Address(f"::ffff:{address}"),
        ipaddress.IPv6Address(f"64:ff9b::{address}"),
        ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80) | 1),
    ]
    if not permitted(address, allow_private=False):
        assert not any(permitted(each, allow_private=False) for each in wrapped)


def test_one_forbidden_address_refuses_the_whole_host():
    with pytest.raises(AddressRefusedError) as error:
        vetted("mixed.example", 443, allow_private=False, resolve=lambda _h, _p: ["8.8.8.8", "10.0.0.1"])
    assert "mixed.example" not in str(error.value)


def test_the_vetted_addresses_are_the_ones_to_dial():
    addresses = ["8.8.8.8", "2606:4700::1111"]
    assert vetted("good.example", 443, allow_private=False, resolve=lambda _h, _p: addresses) == tuple(addresses)


def test_a_host_without_or_with_absurdly_many_addresses_is_refused():
    with pytest.raises(OSError, match="no address"):
        vetted("none.example", 443, allow_private=False, resolve=lambda _h, _p: [])
    with pytest.raises(AddressRefusedError):
        vetted("many.example", 443, allow_private=False, resolve=lambda _h, _p: ["8.8.8.8"] * 17)


@pytest.mark.parametrize("spelling", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001"])
def test_no_spelling_of_loopback_passes(spelling):
    with pytest.raises((AddressRefusedError, OSError)):
        vetted(spelling, 80, allow_private=False, resolve=system_resolver)
