"""Which network addresses a partner may make us connect to (faults 80). Pure.

Judged is the address a connection is made to, after resolution: spellings, names and
redirections cannot get around it.
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The IANA special-purpose registry (RFC 6890 and successors), and what is not the Internet's.
_REFUSED_V4: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; a metadata server of one cloud is in it
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services at a public-looking address
        "169.254.0.0/16",  # link-local: metadata servers
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Everything outside global unicast is refused: loopback, ULA, link-local, multicast,
# IPv4-mapped and -compatible, and both NAT64 prefixes.
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6: Final = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them (embeds IPv4)
        "2001:db8::/32",
        "2002::/16",  # 6to4 (embeds IPv4)
        "3fff::/20",
    )
)
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})  # interface ids that embed IPv4 (RFC 5214)


def may_connect(address: str, allow: Sequence[Network]) -> bool:
    """Whether a connection to this address is allowed; `allow` overrules what is refused.

    `address` is what the resolver gave, numbers only; anything else is refused.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(ip in network for network in allow if network.version == ip.version):
        return True
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _REFUSED_V4)
    return (
        ip in _GLOBAL_V6
        and not any(ip in network for network in _REFUSED_V6)
        and (int(ip) >> 32) & 0xFFFF_FFFF not in _ISATAP
    )
