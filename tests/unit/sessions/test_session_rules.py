"""When an account is locked, where a form comes from, and where somebody is led."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.operators.one_time_code import STEP_S, normal, step_of
from gateway.sessions.rules import (
    Failure,
    counted_address,
    form_token,
    is_locked,
    is_own_machine,
    is_own_origin,
    own_path,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def failures(*ago_s: float, address: str = "192.0.2.7") -> list[Failure]:
    """So many seconds ago, the oldest first."""
    return [Failure(address=address, at=NOW - timedelta(seconds=ago)) for ago in ago_s]


@pytest.mark.parametrize(
    ("ago_s", "locked"),
    [
        ((4, 3, 2, 1), False),
        ((5, 4, 3, 2, 1), True),
        ((301, 4, 3, 2, 1), True),  # 300 s from the first to the fifth
        ((302, 4, 3, 2, 1), False),
        ((1199, 1000, 950, 901, 899), True),  # the fifth is not 900 s ago
        ((1199, 1000, 950, 901, 900), False),
    ],
    ids=str,
)
def test_five_failures_lock_an_address(ago_s: tuple[float, ...], locked: bool) -> None:
    """5 in 300 s lock for 900 s after the fifth, from that address and from no other.

    Seen red with 6 instead of 5, and with the lock's end at 300 s.
    """
    tried = failures(*ago_s)
    assert is_locked(tried, "192.0.2.7", NOW) is locked
    assert not is_locked(tried, "192.0.2.8", NOW)


def test_fifty_failures_lock_for_everybody() -> None:
    """From wherever they came, four from each."""
    tried = [
        failure for at in range(50) for failure in failures(60 - at, address=f"192.0.2.{at // 4}")
    ]
    assert is_locked(tried, "198.51.100.1", NOW)
    assert not is_locked(tried[1:], "198.51.100.1", NOW)


def test_a_network_of_ipv6_is_one_address() -> None:
    """Who has a /64 has no more tries than who has one address."""
    assert counted_address("2001:db8:1:2:3::4") == counted_address("2001:db8:1:2:ffff::1")
    assert counted_address("2001:db8:1:3::4") != counted_address("2001:db8:1:2::4")
    assert counted_address("192.0.2.1") == "192.0.2.1"
    assert counted_address(None) == "unknown"


@pytest.mark.parametrize(
    ("origin", "site", "https", "ours"),
    [
        ("http://shop.example:8080", "same-origin", False, True),
        ("https://shop.example:8080", None, True, True),
        ("https://shop.example:8080", None, False, True),  # TLS ends at a proxy we do not know
        (None, None, False, True),  # no browser
        (None, "none", False, True),
        ("null", None, False, False),
        ("null", "same-origin", False, False),
        ("http://shop.example:8080", None, True, False),
        ("http://shop.example", None, False, False),
        ("http://evil.example", None, False, False),
        ("http://shop.example:8080.evil.example", None, False, False),
        ("http://shop.example:8080", "cross-site", False, False),
        ("http://shop.example:8080", "same-site", False, False),
        ("ftp://shop.example:8080", None, False, False),
        ("http://[", None, False, False),
        ("", None, False, False),
    ],
    ids=str,
)
def test_forms_come_from_our_own_pages(
    origin: str | None, site: str | None, https: bool, ours: bool
) -> None:
    """`Origin` is our host, and `null` is nobody's. Seen red without the comparison of hosts."""
    assert is_own_origin(origin, site, "shop.example:8080", https=https) is ours


@pytest.mark.parametrize(
    ("said", "leads"),
    [
        (None, "/console"),
        ("/console", "/console"),
        ("/console/orders?state=failed", "/console/orders?state=failed"),
        ("/consolex", "/console"),
        ("//evil.example/console", "/console"),
        ("https://evil.example/console/", "/console"),
        ("/\\evil.example", "/console"),
        ("/console/\\evil", "/console"),
        ("/console/a\r\nSet-Cookie: x=1", "/console"),
        ("/console/码", "/console"),
        ("/docs", "/console"),
    ],
    ids=repr,
)
def test_one_is_led_to_own_pages_alone(said: str | None, leads: str) -> None:
    """No open redirect, and no header forged. Seen red with `startswith('/console')` alone."""
    assert own_path(said) == leads


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost:8080", True),
        ("127.0.0.1", True),
        ("[::1]:80", True),
        ("shop.example", False),
        ("192.0.2.1:8080", False),
        ("localhost.evil.example", False),
        ("[", False),
        ("", False),
    ],
)
def test_plain_http_is_for_the_own_machine(host: str, own: bool) -> None:
    """Elsewhere a password would go over the wire in the open."""
    assert is_own_machine(host) is own


def test_a_form_token_is_of_one_session() -> None:
    """And tells nothing of what the cookie is."""
    assert form_token("a") != form_token("b")
    assert "a" * 8 not in form_token("a" * 8)


def test_a_code_is_of_its_step() -> None:
    """Of now, the step before, the one after; of no other; whatever blanks were typed."""
    import pyotp

    now = 1_800_000_000.0
    step = int(now) // STEP_S
    codes = {drift: pyotp.TOTP(SECRET).at((step + drift) * STEP_S) for drift in range(-2, 3)}
    assert {d: step_of(SECRET, c, now) for d, c in codes.items()} == {
        -2: None, -1: step - 1, 0: step, 1: step + 1, 2: None,
    }  # fmt: skip
    assert step_of(SECRET, normal(f" {codes[0][:3]} {codes[0][3:]} "), now) == step
    assert step_of(SECRET, "１２３４５６", now) is None
    assert step_of(SECRET, "", now) is None
