"""PROXY protocol v2: vectors from the specification, and any bytes at all in any pieces."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ground.http.proxy_header import NotAProxyHeader, ProxyHeader, read_proxy_header

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")
V4 = ipaddress.ip_address("203.0.113.9").packed + ipaddress.ip_address("10.0.0.1").packed
V6 = ipaddress.ip_address("2001:db8::9").packed + ipaddress.ip_address("fd00::1").packed
PORTS = struct.pack("!HH", 4711, 8080)
TLV = b"\x04\x00\x03abc"


def header(command: int, family: int, block: bytes) -> bytes:
    """A header as a balancer writes it."""
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(block)) + block


VALID: dict[str, tuple[bytes, bool, str | None]] = {
    "IPv4": (header(0x21, 0x11, V4 + PORTS), False, "203.0.113.9"),
    "IPv4 with more": (header(0x21, 0x11, V4 + PORTS + TLV), False, "203.0.113.9"),
    "IPv6": (header(0x21, 0x21, V6 + PORTS), False, "2001:db8::9"),
    "IPv4 in the clothes of IPv6": (
        header(0x21, 0x21, ipaddress.ip_address("::ffff:203.0.113.9").packed * 2 + PORTS),
        False,
        "203.0.113.9",
    ),
    "a socket of its own": (header(0x21, 0x31, b"/" + bytes(215)), False, None),
    "LOCAL": (header(0x20, 0x00, b""), True, None),
    "LOCAL with an address": (header(0x20, 0x11, V4 + PORTS), True, None),
    "UNSPEC": (header(0x21, 0x00, b""), True, None),
    "UNSPEC with more": (header(0x21, 0x00, TLV), True, None),
    "the longest": (header(0x21, 0x11, (V4 + PORTS).ljust(65_535, b"\0")), False, "203.0.113.9"),
}
INVALID: dict[str, bytes] = {
    "version 1": b"PROXY TCP4 203.0.113.9 10.0.0.1 4711 8080\r\n",
    "a request": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "another version": header(0x11, 0x11, V4 + PORTS),
    "no such command": header(0x22, 0x11, V4 + PORTS),
    "no such family": header(0x21, 0x41, V4 + PORTS),
    "no such transport": header(0x21, 0x13, V4 + PORTS),
    "addresses cut short": header(0x21, 0x11, V4),
    "IPv6 in an IPv4's place": header(0x21, 0x21, V4 + PORTS),
    "one bit of the signature": b"\x0c" + header(0x21, 0x11, V4 + PORTS)[1:],
}


@pytest.mark.parametrize(("sent", "is_peer", "client"), VALID.values(), ids=VALID.keys())
def test_a_header_is_read(sent: bytes, is_peer: bool, client: str | None) -> None:
    """Whole, it names its client and where the client's own bytes begin; cut, it waits."""
    wanted = None if client is None else ipaddress.ip_address(client)
    assert read_proxy_header(sent + b"GET /") == ProxyHeader(len(sent), is_peer, wanted)
    for length in (0, 1, 11, 12, 15, len(sent) - 1):
        assert read_proxy_header(sent[:length]) is None


@pytest.mark.parametrize("sent", INVALID.values(), ids=INVALID.keys())
def test_anything_else_is_refused(sent: bytes) -> None:
    """No header, no client."""
    with pytest.raises(NotAProxyHeader):
        read_proxy_header(sent)


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes(data: bytes, signed: bool) -> None:
    """Any bytes are a header, more to come, or none; what is said once is not taken back."""
    sent = SIGNATURE + data if signed else data
    try:
        found = read_proxy_header(sent)
    except NotAProxyHeader:
        return
    assert found is None or 16 <= found.bytes_read <= len(sent)
    if found is not None:
        assert read_proxy_header(sent + b"more") == found
        assert read_proxy_header(sent[: found.bytes_read - 1]) is None
