"""Where we are reached: one rule for callbacks, statements and what is printed."""

import pytest

from gateway.ground.http.public_url import authority, is_wildcard, public_url


@pytest.mark.parametrize(
    ("given", "host", "url"),
    [
        (None, "127.0.0.1", "http://127.0.0.1:8080"),
        (None, "gateway.example", "http://gateway.example:8080"),
        (None, "::1", "http://[::1]:8080"),
        (None, "2001:db8::1", "http://[2001:db8::1]:8080"),
        (None, "0.0.0.0", None),
        (None, "::", None),
        (None, "0:0:0:0:0:0:0:0", None),
        (None, "::0", None),
        (None, "", None),
        ("https://buy.example/q/", "0.0.0.0", "https://buy.example/q"),
        ("https://buy.example", "::1", "https://buy.example"),
    ],
)
def test_the_url(given: str | None, host: str, url: str | None) -> None:
    """IPv6 stands in brackets; an address that is every address is none to be reached at."""
    assert public_url(given, host, 8080) == url
    assert is_wildcard(host) == (url is None or host == "0.0.0.0")


def test_what_is_printed_has_brackets_too() -> None:
    """The line that scripts read, and the doctor's."""
    assert authority("::", 1) == "[::]:1"
    assert authority("0.0.0.0", 1) == "0.0.0.0:1"
