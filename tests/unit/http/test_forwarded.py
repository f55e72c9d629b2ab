"""Who the client is behind proxies: read from the right, past our own, and never from a stranger.

The vectors are written from api.md (`serve --trusted-proxy`), the properties from what an
attacker can do: put anything at the left, or send headers without a proxy.
"""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.ground.http.address import is_within, read_address
from gateway.ground.http.forwarded import client_of, says_https

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
PROXY = ipaddress.ip_address("10.0.0.1")
STRANGER = ipaddress.ip_address("198.51.100.66")
CLIENT = "203.0.113.9"

VECTORS: dict[str, tuple[list[str], list[str], str | None]] = {
    "none: it is the client": ([], [], "10.0.0.1"),
    "one entry": ([CLIENT], [], CLIENT),
    "past a second proxy": ([f"{CLIENT}, 10.9.9.9"], [], CLIENT),
    "past proxies of both families": ([f"{CLIENT},fd00::1 ,\t10.9.9.9"], [], CLIENT),
    "what stands left of it is its own word": ([f"1.1.1.1, {CLIENT}, 10.9.9.9"], [], CLIENT),
    "nonsense left of it, too": ([f"lies, {CLIENT}"], [], CLIENT),
    "several lines are one list": ([f"1.1.1.1, {CLIENT}", "10.9.9.9"], [], CLIENT),
    "ours alone": (["10.1.1.1, 10.2.2.2"], [], "10.1.1.1"),
    "IPv6": (["2001:db8::7"], [], "2001:db8::7"),
    "IPv4 in the clothes of IPv6": ([f"::ffff:{CLIENT}"], [], CLIENT),
    "with a port": ([f"{CLIENT}:4711"], [], CLIENT),
    "IPv6 in brackets": (["[2001:db8::7]:4711"], [], "2001:db8::7"),
    "no address": (["unknown"], [], None),
    "no address at the right": ([f"{CLIENT}, unknown"], [], None),
    "no address behind ours": (["unknown, 10.9.9.9"], [], None),
    "empty": ([""], [], None),
    "an empty entry": ([f"{CLIENT}, "], [], None),
    "a name": (["client.example"], [], None),
    "too many digits": (["203.0.113.0009"], [], None),
    "a zone": (["fe80::1%eth0"], [], None),
    "a network": (["203.0.113.0/24"], [], None),
    "two ports": ([f"{CLIENT}:1:2"], [], None),
    "Forwarded alone": ([], [f"for={CLIENT}"], CLIENT),
    "Forwarded with more": ([], [f'proto=https;For="{CLIENT}:80";by=10.0.0.1'], CLIENT),
    "Forwarded, IPv6": ([], ['for="[2001:db8::7]:4711"'], "2001:db8::7"),
    "Forwarded, past ours": ([], [f"for=1.1.1.1, for={CLIENT}, for=10.9.9.9"], CLIENT),
    "Forwarded, a quoted comma": ([], [f'for={CLIENT};x="a, for=1.1.1.1"'], CLIENT),
    "Forwarded hides it": ([], ["for=_hidden"], None),
    "Forwarded without for": ([], ["proto=https"], None),
    "Forwarded with two": ([], [f"for=1.1.1.1;for={CLIENT}"], None),
    "Forwarded, an open quote": ([], [f'for={CLIENT};x="a'], None),
    "Forwarded is nonsense": ([], ["lies"], None),
    "both agree": ([CLIENT], [f"for={CLIENT}"], CLIENT),
    "both agree about IPv6": (["2001:DB8::7"], ['for="[2001:db8:0::7]"'], "2001:db8::7"),
    "they differ": ([CLIENT], ["for=1.1.1.1"], None),
    "one of them is nonsense": ([CLIENT], ["for=unknown"], None),
    "the other is nonsense": (["unknown"], [f"for={CLIENT}"], None),
}


@pytest.mark.parametrize(("for_", "forwarded", "client"), VECTORS.values(), ids=VECTORS.keys())
def test_a_trusted_peer_names_the_client(
    for_: list[str], forwarded: list[str], client: str | None
) -> None:
    """From a proxy of ours; None: unknown, which no list lets in."""
    wanted = None if client is None else ipaddress.ip_address(client)
    assert client_of(PROXY, TRUSTED, for_, forwarded) == wanted


@pytest.mark.parametrize(("for_", "forwarded", "client"), VECTORS.values(), ids=VECTORS.keys())
def test_anybody_else_is_the_client(
    for_: list[str], forwarded: list[str], client: str | None
) -> None:
    """What a stranger sends does not count, whatever it is."""
    assert client is None or client
    assert client_of(STRANGER, TRUSTED, for_, forwarded) == STRANGER
    assert client_of(PROXY, (), for_, forwarded) == PROXY


@pytest.mark.parametrize(
    ("lines", "https"),
    [
        ([], False), (["http"], False), (["https"], True), (["HTTPS"], True), (["httpss"], False),
        (["https, http"], False), (["http,https "], True), (["http", "https"], True), ([""], False),
    ],
)  # fmt: skip
def test_https_is_said_by_a_trusted_peer(lines: list[str], https: bool) -> None:
    """The last word is that of the proxy next to us; a stranger's is none."""
    assert says_https(PROXY, TRUSTED, lines) is https
    assert not says_https(STRANGER, TRUSTED, lines)
    assert not says_https(None, TRUSTED, lines)


HEADER = st.text(alphabet=st.characters(min_codepoint=9, max_codepoint=255), max_size=60) | (
    st.lists(st.sampled_from(["for=", "1.1.1.1", '"', ",", ";", " ", "\\", "=", "[", "]:80", "by"]))
    .map("".join)
)  # fmt: skip
ADDRESS = st.ip_addresses().filter(
    lambda address: (
        (read := read_address(str(address))) is not None and not is_within(read, TRUSTED)
    )
)


@given(HEADER, ADDRESS)
@example('for=9.9.9.9;x="', STRANGER)
def test_nobody_chooses_who_they_are(lies: str, real: ipaddress.IPv4Address) -> None:
    """Whatever a client sends first, the proxy's own entry decides."""
    wanted = read_address(str(real))
    assert client_of(PROXY, TRUSTED, [f"{lies}, {real}"], []) == wanted
    assert client_of(PROXY, TRUSTED, [lies, str(real)], []) == wanted
    quoted = f'for="[{real}]"' if real.version == 6 else f"for={real}"
    # Forwarded has a grammar: lies may spoil it, and then nobody is known. Never somebody else.
    for lines in ([f"{lies}, {quoted}"], [lies, quoted], [f'{lies},{quoted};by="10.0.0.1:80"']):
        assert client_of(PROXY, TRUSTED, [], lines) in {wanted, None}
    assert client_of(PROXY, TRUSTED, [str(real)], [lies]) in {wanted, None}


@given(st.lists(HEADER, max_size=3), st.lists(HEADER, max_size=3))
def test_any_header_has_a_meaning(for_: list[str], forwarded: list[str]) -> None:
    """Nothing that can be sent raises; of a stranger nothing counts."""
    client_of(PROXY, TRUSTED, for_, forwarded)
    says_https(PROXY, TRUSTED, for_)
    assert client_of(STRANGER, TRUSTED, for_, forwarded) == STRANGER
