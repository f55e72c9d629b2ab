"""TLS of both clients: who cannot show what is asked for never sees a request."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.exchange import FailureKind, TransportFailure
from connectors.transport import HttpTransport, MakeClient, lean_client
from tests.clock import LONG_S, put_forward
from tests.contract.connectors.test_connector_transport import (
    PATIENT,
    failure_of,
    hang_up_unread,
    httpx_client,
    purchase,
)
from tests.world.raw_server import Peer, RawServer, Script, raw_server


@pytest.fixture(params=[lean_client, httpx_client])
def client(request: pytest.FixtureRequest) -> MakeClient:
    """Both clients keep the same promises."""
    made: MakeClient = request.param
    return made


async def take_any_byte(_state: RawServer, peer: Peer) -> None:
    """Take what comes, whatever it is, and say nothing until the deadline."""
    await peer.reader.read(1)
    put_forward(LONG_S + 1)
    await asyncio.Event().wait()


async def answer_any_byte(_state: RawServer, peer: Peer) -> None:
    """Take what comes for a request."""
    await peer.reader.read(1)
    await peer.answer(b"{}")
    await asyncio.Event().wait()


@pytest.mark.parametrize("script", [take_any_byte, answer_any_byte, hang_up_unread])
async def test_failed_tls_is_not_sent(script: Script, client: MakeClient) -> None:
    """A peer that speaks no TLS never sees the request, whatever it does instead."""
    async with raw_server(script) as server:
        failure = await failure_of(purchase(server.url.replace("http:", "https:")), client)
        assert failure.kind is FailureKind.NOT_SENT
        assert server.requests == []


def certificate(host: str, *, days_left: int, directory: Path) -> tuple[ssl.SSLContext, Path]:
    """A self-signed certificate for `host`: the server's context, and the file that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    end = datetime.now(UTC) + timedelta(days=days_left)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=30))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    trust, private = directory / "cert.pem", directory / "key.pem"
    trust.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(trust, private)
    return server, trust


async def answer_once(state: RawServer, peer: Peer) -> None:
    """Read one request and answer it."""
    state.requests.append(await peer.read_request())
    await peer.answer(b"{}")


@pytest.mark.parametrize(
    ("host", "days_left", "trusted"),
    [
        ("localhost", 10, False),  # nobody vouches for it
        ("localhost", -1, True),  # expired yesterday
        ("other.test", 10, True),  # another host's
    ],
)
async def test_a_certificate_that_does_not_hold_is_not_sent(
    tmp_path: Path, host: str, days_left: int, *, trusted: bool, client: MakeClient
) -> None:
    """Untrusted, expired or another host's: refused before a byte of the request leaves."""
    tls, trust = certificate(host, days_left=days_left, directory=tmp_path)
    verify = ssl.create_default_context(cafile=str(trust) if trusted else None)
    async with raw_server(answer_once, tls) as server:
        async with HttpTransport(PATIENT, verify=verify, client=client) as transport:
            with pytest.raises(TransportFailure) as caught:
                await transport.exchange(purchase(f"https://localhost:{server.port}/x"))
        assert caught.value.kind is FailureKind.NOT_SENT
        assert server.requests == []


async def test_a_certificate_that_holds_is_talked_to(tmp_path: Path, client: MakeClient) -> None:
    """The same, trusted and valid: answered. So the three above fail for their own reasons."""
    tls, trust = certificate("localhost", days_left=10, directory=tmp_path)
    verify = ssl.create_default_context(cafile=str(trust))
    async with (
        raw_server(answer_once, tls) as server,
        HttpTransport(PATIENT, verify=verify, client=client) as transport,
    ):
        answer = await transport.exchange(purchase(f"https://localhost:{server.port}/x"))
        assert answer.status == 200
