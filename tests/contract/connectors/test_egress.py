"""Upstreams behind a proxy, over HTTP/2, with a client certificate, by a private CA."""

import ssl
from pathlib import Path

import pytest

from connectors.egress import DIRECT, Egress, read_egress
from connectors.exchange import FailureKind, TransportFailure
from connectors.secret import Secret
from connectors.settings import SettingsError
from tests.contract.connectors.test_connector_tls import answer_once, certificate
from tests.contract.connectors.test_connector_transport import (
    hang_up_after_request,
    let_expire,
    purchase,
)
from tests.world.egress_peers import proxying, speaking_http2
from tests.world.raw_server import Peer, RawServer, raw_server


def behind(url: str, ca: Path | None = None) -> Egress:
    """Through this proxy."""
    return Egress(proxy=Secret(url), ca=ca.read_text() if ca else None)


async def failed(egress: Egress, url: str) -> FailureKind:
    """How a purchase by this way fails."""
    async with egress.transport() as transport:
        with pytest.raises(TransportFailure) as caught:
            await transport.exchange(purchase(url))
    assert "p@ss" not in str(caught.value)
    return caught.value.kind


# --- through a proxy ------------------------------------------------------------------------------


async def test_a_plain_request_goes_through_the_proxy_to_the_byte() -> None:
    """The proxy gets the whole URL and its password; the platform the signed bytes, no password."""
    async with raw_server(answer_once) as server, proxying() as proxy:
        async with behind(proxy.url).transport() as transport:
            url = f"{server.url}?sign=A%2fb&x=%E4%B8%AD"
            assert (await transport.exchange(purchase(url))).status == 200
        assert proxy.heads[0].startswith(f"POST {url} HTTP/1.1\r\n".encode())
        target = url.removeprefix(f"http://127.0.0.1:{server.port}")
        assert server.requests[0].startswith(f"POST {target} HTTP/1.1\r\n".encode())


async def test_a_target_that_httpx_would_write_otherwise_is_not_sent() -> None:
    """Signed is what was built: rather nothing than other bytes."""
    async with raw_server(answer_once) as server, proxying() as proxy:
        kind = await failed(behind(proxy.url), server.url + '?a="b"')
        assert (kind, server.requests) == (FailureKind.NOT_SENT, [])


async def test_tls_goes_through_a_tunnel_and_is_verified_at_its_end(tmp_path: Path) -> None:
    """The proxy sees a name and a port; the private CA vouches for the platform."""
    tls, trust = certificate("localhost", days_left=10, directory=tmp_path)
    async with raw_server(answer_once, tls) as server, proxying() as proxy:
        url = f"https://localhost:{server.port}/x"
        async with behind(proxy.url, trust).transport() as transport:
            assert (await transport.exchange(purchase(url))).status == 200
        assert proxy.heads[0].startswith(b"CONNECT localhost:")
        assert await failed(behind(proxy.url), url) is FailureKind.NOT_SENT  # nobody vouches
    assert len(server.requests) == 1


async def test_what_a_proxy_refuses_was_not_sent(tmp_path: Path) -> None:
    """A wrong password, a tunnel that never comes to be, nobody there: nothing was executed."""
    tls, trust = certificate("localhost", days_left=10, directory=tmp_path)
    async with raw_server(answer_once, tls) as server, proxying() as proxy:
        url = f"https://localhost:{server.port}/x"
        stranger = behind(f"http://127.0.0.1:{proxy.port}", trust)
        assert await failed(stranger, url) is FailureKind.NOT_SENT
        proxy.refuses = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
        assert await failed(behind(proxy.url, trust), url) is FailureKind.NOT_SENT
        gone = behind(proxy.url, trust)
    assert await failed(gone, url) is FailureKind.NOT_SENT
    assert server.requests == []


async def test_a_silent_proxy_is_not_sent(tmp_path: Path) -> None:
    """It takes the connection and says nothing until the deadline: no tunnel, no request."""
    _, trust = certificate("localhost", days_left=10, directory=tmp_path)
    async with raw_server(let_expire) as silent:
        egress = behind(f"http://127.0.0.1:{silent.port}", trust)
        kind = await failed(egress, "https://localhost:1/x")
        assert silent.requests[0].startswith(b"CONNECT localhost:1 ")
    assert kind is FailureKind.NOT_SENT


async def test_a_proxy_that_breaks_while_it_opens_a_tunnel_proves_nothing(tmp_path: Path) -> None:
    """httpx does not call that a refusal: LOST, though dear, is the safe side."""
    _, trust = certificate("localhost", days_left=10, directory=tmp_path)
    async with proxying() as proxy:
        proxy.breaks = True
        assert await failed(behind(proxy.url, trust), "https://localhost:1/x") is FailureKind.LOST


async def test_a_platform_that_breaks_behind_the_proxy_is_lost() -> None:
    """The request was read: it is never sent again."""
    async with raw_server(hang_up_after_request) as server, proxying() as proxy:
        assert await failed(behind(proxy.url), server.url) is FailureKind.LOST
        assert len(server.requests) == 1


async def test_the_environment_chooses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """`HTTP_PROXY` and its kin have no influence on where money goes."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with raw_server(answer_once) as server:
        other_way = Egress(ca=None, http2=True)
        async with other_way.transport() as transport:
            assert (await transport.exchange(purchase(server.url))).status == 200


async def test_cookies_are_not_kept() -> None:
    """What a platform sets is not sent back: each signed request stands for itself."""

    async def set_cookie(state: RawServer, peer: Peer) -> None:
        for _ in range(2):
            state.requests.append(await peer.read_request())
            await peer.answer(b"{}", headers="Set-Cookie: a=b\r\n")

    async with raw_server(set_cookie) as server, proxying() as proxy:
        async with behind(proxy.url).transport() as transport:
            for _ in range(2):
                await transport.exchange(purchase(server.url))
        assert b"ookie" not in b"".join(server.requests)


# --- HTTP/2 ---------------------------------------------------------------------------------------


async def test_http2_is_spoken_where_it_is_agreed_on(tmp_path: Path) -> None:
    """Exchanges share one connection; method, path and fields arrive as they were written."""
    tls, trust = certificate("localhost", days_left=10, directory=tmp_path)
    egress = Egress(http2=True, ca=trust.read_text())
    async with speaking_http2(tls) as server, egress.transport() as transport:
        for _ in range(3):
            url = f"https://localhost:{server.port}/x?a=%2f"
            answer = await transport.exchange(purchase(url))
            assert (answer.status, answer.body) == (200, b"two")
        assert server.connections == 1
        assert {fields[":path"] for fields in server.requests} == {"/x?a=%2f"}
        assert {fields["content-type"] for fields in server.requests} == {"application/json"}


async def test_a_stream_that_breaks_is_lost_and_sent_once(tmp_path: Path) -> None:
    """The request was read, the connection ended."""
    tls, trust = certificate("localhost", days_left=10, directory=tmp_path)
    egress = Egress(http2=True, ca=trust.read_text())
    async with speaking_http2(tls) as server:
        server.breaks = True
        url = f"https://localhost:{server.port}/x"
        assert await failed(egress, url) is FailureKind.LOST
        assert len(server.requests) == 1


# --- client certificates --------------------------------------------------------------------------


async def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    """With it the platform answers; without it the same platform refuses."""
    tls, trust = certificate("localhost", days_left=10, directory=tmp_path)
    (tmp_path / "us").mkdir()
    _, ours = certificate("us", days_left=10, directory=tmp_path / "us")
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(ours)
    egress = Egress(
        ca=trust.read_text(),
        client_cert=ours.read_text(),
        client_key=Secret((tmp_path / "us" / "key.pem").read_text()),
    )
    async with raw_server(answer_once, tls) as server:
        url = f"https://localhost:{server.port}/x"
        async with egress.transport() as transport:
            assert (await transport.exchange(purchase(url))).status == 200
        await failed(Egress(ca=trust.read_text()), url)
        assert len(server.requests) == 1


# --- what is refused when it is set up ------------------------------------------------------------

HTTPS = "https://platform.test"


@pytest.mark.parametrize(
    ("egress", "base_url", "says"),
    [
        (Egress(proxy=Secret("socks5://h:1")), HTTPS, "--proxy must be http"),
        (Egress(proxy=Secret("http://h")), HTTPS, "--proxy must be http"),
        (Egress(proxy=Secret("http://h:99999")), HTTPS, "--proxy is not a URL"),
        (Egress(proxy=Secret("http://u:s3cret@h:1/path")), HTTPS, "without path"),
        (Egress(http2=True), "http://platform.test", "--http2"),
        (Egress(ca="x"), "http://platform.test", "--ca"),
        (Egress(ca="x"), HTTPS, "--ca has no certificates"),
        (Egress(client_cert="x"), HTTPS, "come together"),
        (Egress(client_cert="x", client_key=Secret("s3cret")), HTTPS, "not a certificate"),
    ],
)
def test_a_way_that_cannot_work_is_refused(egress: Egress, base_url: str, says: str) -> None:
    """With a sentence that names the option and repeats no secret."""
    with pytest.raises(SettingsError, match=says) as caught:
        egress.check(base_url)
    assert "s3cret" not in str(caught.value)


def test_it_is_stored_and_read_again() -> None:
    """What was set and nothing else; a stranger sees neither password nor key."""
    egress = Egress(proxy=Secret("http://u:s3cret@h:1"), http2=True)
    assert read_egress(egress.stored()) == egress
    assert read_egress(DIRECT.stored()).is_direct
    assert egress.shown() == {
        "proxy": "http://h:1", "client_cert": None, "ca": None, "http2": True,
    }  # fmt: skip
    assert "s3cret" not in repr(egress)
