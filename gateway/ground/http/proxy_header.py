"""The PROXY protocol, version 2 (haproxy.org/download/2.9/doc/proxy-protocol.txt §2.2).

A balancer that passes TCP through says with it who is connected to it, before the first byte
of the client. Pure: bytes in, header out.
"""

import ipaddress
from dataclasses import dataclass
from typing import Final

from gateway.ground.http.address import Address, read_address

SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
FIXED_BYTES: Final = 16  # signature, version and command, family, length
BYTES_MAX: Final = FIXED_BYTES + 65_535

_LOCAL, _PROXY = 0x20, 0x21
_UNSPEC, _UNIX = frozenset({0x00}), frozenset({0x31, 0x32})
_ADDRESSES: Final = {0x11: (4, 12), 0x12: (4, 12), 0x21: (16, 36), 0x22: (16, 36)}


class NotAProxyHeader(ValueError):  # noqa: N818  said of what came, not of us
    """These bytes do not begin a header of version 2."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """What a header says. With `is_peer` the peer speaks for itself, else `client` connected to
    it, None being one without an address."""

    bytes_read: int
    is_peer: bool
    client: Address | None = None


def read_proxy_header(data: bytes) -> ProxyHeader | None:
    """The header at the beginning of `data`; None: there is more to come.

    Raises NotAProxyHeader.
    """
    if not data.startswith(SIGNATURE[: len(data)]):
        raise NotAProxyHeader("no signature")
    if len(data) < FIXED_BYTES:
        return None
    command, family = data[12], data[13]
    if command not in {_LOCAL, _PROXY}:
        raise NotAProxyHeader("another version, or no such command")
    end = FIXED_BYTES + int.from_bytes(data[14:16], "big")
    if len(data) < end:
        return None
    if command == _LOCAL or family in _UNSPEC:
        return ProxyHeader(end, is_peer=True)
    if family in _UNIX:
        return ProxyHeader(end, is_peer=False)
    if family not in _ADDRESSES:
        raise NotAProxyHeader("no such family")
    address_bytes, block_bytes = _ADDRESSES[family]
    if end - FIXED_BYTES < block_bytes:
        raise NotAProxyHeader("the addresses are cut short")
    packed = data[FIXED_BYTES : FIXED_BYTES + address_bytes]
    # By its text, so that IPv4 in the clothes of IPv6 is recognised.
    return ProxyHeader(end, is_peer=False, client=read_address(str(ipaddress.ip_address(packed))))
