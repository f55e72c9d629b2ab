"""What the settings tell of proxies before us, and of the address callbacks come to."""

import ipaddress

import pytest

from gateway.ground.http.front import callback_complaint, proxy_complaint

TEN = (ipaddress.ip_network("10.0.0.0/8"),)
PROXY, OTHER = ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("192.168.0.1")


@pytest.mark.parametrize(
    ("url", "trusted", "proxy_protocol", "seen", "words"),
    [
        (None, (), False, None, None),
        ("http://buy.example", (), False, None, None),
        ("https://buy.example", TEN, True, PROXY, None),
        ("https://buy.example", (), False, None, "none is trusted"),
        ("HTTPS://buy.example", (), False, None, "none is trusted"),
        (None, (), True, None, "--proxy-protocol"),
        (None, (), False, PROXY, "10.0.0.1"),
        (None, TEN, False, OTHER, "192.168.0.1"),  # another one than was named
    ],
)
def test_a_proxy_that_nobody_named(
    url: str | None,
    trusted: tuple[ipaddress.IPv4Network, ...],
    proxy_protocol: bool,
    seen: ipaddress.IPv4Address | None,
    words: str | None,
) -> None:
    """An https URL ends somewhere; what was seen counts until it is trusted."""
    found = proxy_complaint(url, trusted, proxy_protocol=proxy_protocol, seen=seen)
    assert (found is None) if words is None else (found is not None and words in found)


def test_callbacks_need_an_address() -> None:
    """A host that is every address cannot be called, unless the operator says where we are."""
    assert callback_complaint(None, "127.0.0.1", 80, ["fulu"]) is None
    assert callback_complaint("https://buy.example", "0.0.0.0", 80, ["fulu"]) is None
    assert callback_complaint(None, "::", 80, []) is None
    found = callback_complaint(None, "0.0.0.0", 80, ["fulu", "dtone"])
    assert found is not None
    assert "dtone, fulu" in found
