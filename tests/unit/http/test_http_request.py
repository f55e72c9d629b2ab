"""What a request looks like on the wire, and what is never put there."""

from collections.abc import Mapping

import pytest

from connectors.http1.request import UnsendableError, request_bytes, split_url

USUAL = b"User-Agent: quangate/1\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"


def written(
    url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """The bytes of a request."""
    origin, target = split_url(url)
    return request_bytes(method, origin, target, headers or {}, body)


@pytest.mark.parametrize(
    ("url", "line_and_host"),
    [
        ("http://h/a", b"GET /a HTTP/1.1\r\nHost: h\r\n"),
        ("http://h", b"GET / HTTP/1.1\r\nHost: h\r\n"),  # an empty path
        ("http://h?a=1", b"GET /?a=1 HTTP/1.1\r\nHost: h\r\n"),  # nothing but a query
        ("http://h:80/", b"GET / HTTP/1.1\r\nHost: h\r\n"),  # the usual port goes unsaid
        ("https://h:443/", b"GET / HTTP/1.1\r\nHost: h\r\n"),
        ("http://h:443/", b"GET / HTTP/1.1\r\nHost: h:443\r\n"),
        ("http://[::1]:8080/", b"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n"),
        # To the byte, however odd: it may have been signed.
        ("http://h/a//b/../%7e?x=%2F+&&y", b"GET /a//b/../%7e?x=%2F+&&y HTTP/1.1\r\nHost: h\r\n"),
    ],
)
def test_the_target_is_sent_as_it_stands(url: str, line_and_host: bytes) -> None:
    """Nothing is normalised behind the host."""
    assert written(url) == line_and_host + USUAL + b"\r\n"


def test_fields_keep_their_spelling_and_order() -> None:
    """What the request says replaces what is usually said, whatever its case."""
    headers = {"X-Sign": "aB==", "user-agent": "other", "ACCEPT": "application/json"}
    assert written("http://h/", method="POST", headers=headers, body=b"{}") == (
        b"POST / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: identity\r\n"
        b"X-Sign: aB==\r\nuser-agent: other\r\nACCEPT: application/json\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )


def test_a_post_without_a_body_says_so() -> None:
    """Servers wait for a length (RFC 9110 §8.6); a GET has none."""
    assert b"Content-Length: 0\r\n" in written("http://h/", method="POST")
    assert b"Content-Length" not in written("http://h/")


@pytest.mark.parametrize(
    "headers",
    [
        {"x": "1\r\nHost: other"},
        {"x": "1\n"},
        {"x": "1\rx"},
        {"x\r\ny": "1"},
        {"x": "\0"},
        {"x": "卡"},  # not what a field can carry
        {"Host": "other"},  # whom we talk to is the URL's
        {"content-length": "5"},  # and the framing is the client's
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_no_field_changes_the_framing(headers: Mapping[str, str]) -> None:
    """Line ends and fields of the client's own are refused, not repaired."""
    with pytest.raises(UnsendableError):
        written("http://h/", headers=headers)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/", "h/", "//h/", "http://", "http:///a", "http://h/a b", "http://h/\r\nX: y",
        "http://h/#part", "http://h/ü", "http://user:pw@h/", "http://user@h/", "http://h:99999/",
        "http://h:x/", "",
    ],
)  # fmt: skip
def test_what_is_no_url_is_refused(url: str) -> None:
    """Connectors give URLs that are written out; a guess would change what was signed."""
    with pytest.raises(UnsendableError):
        split_url(url)


@pytest.mark.parametrize("method", ["HEAD", "CONNECT", "get", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"])
def test_methods_that_are_not_spoken(method: str) -> None:
    """Their answers end in ways this client does not know."""
    with pytest.raises(UnsendableError, match="method"):
        written("http://h/", method=method)
