"""Addresses of clients and networks, in one spelling each."""

import ipaddress
from collections.abc import Iterable
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_NEARBY: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
        "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip


def read_address(text: str) -> Address | None:
    """An address as text; one of IPv4 in the clothes of IPv6 is that of IPv4. None: no address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether one of the networks has the address."""
    return any(address in network for network in networks)


def is_nearby(address: Address) -> bool:
    """Whether it is of this machine or of a private network: a proxy's, rather than a client's."""
    return is_within(address, _NEARBY)


def place_of(address: Address) -> Address:
    """What counts as one client: an IPv4 address, or the /64 that one client of IPv6 has."""
    if isinstance(address, ipaddress.IPv6Address):
        return ipaddress.IPv6Address(int(address) >> 64 << 64)
    return address
