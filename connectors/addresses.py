"""Which network addresses a tenant's webhook may reach: the guard against server-side request forgery.

It resolves a host once and hands back the very addresses to dial, so that a name cannot point somewhere else between
the check and the connection. A host with any forbidden address is refused whole. Link-local (cloud metadata),
multicast, unspecified and reserved addresses are refused always; loopback and private ones unless `allow_private`. An
IPv6 address that wraps an IPv4 address is judged by what it wraps; tunnels are refused.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Tunnels that lead to an IPv4 address in ways the prefix alone does not tell, and the abandoned site-local range:
# local-use NAT64, 6to4, Teredo, site-local.
_FORBIDDEN_V6 = tuple(map(ipaddress.IPv6Network, ("64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")))
_MAX_ADDRESSES = 16


class AddressRefusedError(Exception):
    """The host may not be dialled. The text says why and never repeats the host."""


def system_resolver(host: str, port: int) -> list[str]:
    """Every address of `host`, in the system's order of preference. OSError when it has none.

    The wait is bounded by the system resolver's own time-outs, not by ours.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def permitted(address: IpAddress, *, allow_private: bool) -> bool:
    """Whether one address may be dialled."""
    address = _unwrapped(address)
    if address.is_loopback:  # ::1 also counts as reserved, so it is judged first
        return allow_private
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _FORBIDDEN_V6):
        return False
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    return address.is_global or allow_private


def vetted(host: str, port: int, *, allow_private: bool, resolve: Resolver = system_resolver) -> tuple[str, ...]:
    """The addresses to dial for `host`, all of them permitted.

    Raises AddressRefusedError when any is forbidden or there are absurdly many, OSError when the name does not resolve.
    """
    found = resolve(host, port)
    if not found:
        raise OSError("the name has no address")
    if len(found) > _MAX_ADDRESSES:
        raise AddressRefusedError(f"the host has more than {_MAX_ADDRESSES} addresses")
    for text in found:
        if not permitted(ipaddress.ip_address(text), allow_private=allow_private):
            raise AddressRefusedError("the host is, or resolves to, an address that webhooks may not reach")
    return tuple(found)


def _unwrapped(address: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv4-mapped or NAT64 address (RFC 6052) leads to; any other address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
