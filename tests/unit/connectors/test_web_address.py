"""Addresses that operators give are read by one function, whatever they are for."""

import pytest

from connectors.web_address import check_web_address
from gateway.dispatch.administer import check_base_url
from gateway.ground.errors import RefusedError
from gateway.partners.signed_client import check_gateway
from gateway.webhooks.administer import check_url

WRONG = [
    "ftp://h.example", "h.example", "//h.example", "https:///x", "https://:1", "", " ",
    "https://u:secret@h.example", "https://@h.example", "https://h.example/#secret",
    "https://h.example#", "https://h.example ", " https://h.example", "https://h.ex ample",
    "https://h.example\t", "https://h.example/\x00", "https://h.example:0", "https://h:99999",
    "https://h:x", "https://[::1", "https://[fe80::1%25eth0]", "https://h%2e", "https://h\\x",
    "https://é.example", "https://h.example/" + "x" * 2048,
]  # fmt: skip
READERS = [check_base_url, check_url, check_gateway]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("url", WRONG)
def test_wrong_addresses(read: object, url: str) -> None:
    """Refused as wrong usage, in a sentence that repeats nothing."""
    assert callable(read)
    with pytest.raises(RefusedError, match=r"must|is not an address") as caught:
        read(url)
    assert caught.value.code == "invalid-argument"
    assert "secret" not in str(caught.value)


def test_right_addresses() -> None:
    """A query is for where messages go, a path for all but a gateway."""
    for url in ("https://h.example", "http://127.0.0.1:8080", "http://[::1]:1"):
        assert [read(url) for read in READERS] == [url] * 3
    assert check_url("https://h.example/hook/?a=b") == "https://h.example/hook/?a=b"
    assert check_base_url("https://h.example/v1/") == "https://h.example/v1"
    for url in ("https://h.example/?a=b", "https://h.example?"):
        with pytest.raises(ValueError, match="query"):
            check_web_address(url)
    with pytest.raises(RefusedError, match="path"):
        check_gateway("https://h.example/v1")
