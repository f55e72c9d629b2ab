"""Operators are told by e-mail: a real mail server in a process of its own, over TLS."""

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.notifiers.email import Email
from connectors.notifiers.notice import Notice
from connectors.notifiers.places import Message
from connectors.settings import load_settings
from gateway.alerts.mail import Mailer
from tests.clock import PATIENCE_S
from tests.conftest import Cli
from tests.world.mail_server import PASSWORD, REFUSED

LOOPBACK = [IPv4Network("127.0.0.0/8")]
BASE = {"host": "127.0.0.1", "sender": "shop@example.com", "to": "duty@example.com, b@example.com"}
SIGNED_IN = {"user": "robot", "password": PASSWORD}


def a_message() -> Message:
    """Two alerts at once."""
    kinds = (("parked", "ticket", "3 orders wait"), ("disk", "page", "略 7 MiB are free"))
    notices = [
        Notice(
            event="opened", alert="7", kind=kind, subject="here", level=level, detail=detail,
            since=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for kind, level, detail in kinds
    ]  # fmt: skip
    return Message(id="al_1_2", notices=notices, now_s=1_767_225_600.0)


def _certificate(directory: Path) -> None:
    """For 127.0.0.1, by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (directory / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


class Box:
    """A server that runs, and what it took."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.port = directory, port

    def taken(self) -> list[dict[str, Any]]:
        """All of it."""
        file = self.directory / "taken"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def context(self) -> ssl.SSLContext:
        """Who trusts it."""
        return ssl.create_default_context(cafile=str(self.directory / "cert.pem"))

    def place(self, tls: str, **more: str) -> Email:
        """Where it is."""
        said = {**BASE, "port": str(self.port), "tls": tls, **more}
        made: Email = load_settings(Email, said)
        return made


@asynccontextmanager
async def serving(directory: Path, tls: str) -> AsyncIterator[Box]:
    """A mail server on loopback."""
    _certificate(directory)
    server = subprocess.Popen(  # noqa: ASYNC220  ours
        [sys.executable, "-m", "tests.world.mail_server", str(directory), tls]
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (directory / "ready").exists():  # noqa: ASYNC110  of another process
                await asyncio.sleep(0.05)
        yield Box(directory, int((directory / "ready").read_text()))
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_message_is_taken_over_tls(tmp_path: Path, tls: str) -> None:
    """Signed in, to everybody named, as one digest whose id is the same when it is repeated; a
    certificate that nobody vouches for, a wrong password, an address that is refused: not taken,
    with why, and no secret in it.

    Seen red without the certificate's check, and with tls "none" let through.
    """
    async with serving(tmp_path, tls) as box:
        trusting = Mailer(LOOPBACK, tls=box.context())
        for _ in range(2):
            done = await trusting.send(box.place(tls, **SIGNED_IN), a_message())
            assert done.why is None, done
        first, again = box.taken()
        assert first == again
        assert first["to"] == ["duty@example.com", "b@example.com"]
        assert "Message-ID: <al_1_2@example.com>" in first["text"]
        assert "Subject: Quangate: 2 alerts" in first["text"]
        stranger = await Mailer(LOOPBACK).send(box.place(tls, **SIGNED_IN), a_message())
        assert stranger.why == "the certificate was refused"
        wrong = box.place(tls, user="robot", password="wrong-password")
        refused = await trusting.send(wrong, a_message())
        assert refused.why is not None
        assert "535" in refused.why
        assert "wrong-password" not in refused.why
        nobody = await trusting.send(box.place(tls, **{**SIGNED_IN, "to": REFUSED}), a_message())
        assert "550" in str(nobody.why)
        inner = await Mailer([], tls=box.context()).send(box.place(tls, **SIGNED_IN), a_message())
        assert inner.why == "address not allowed"
        assert len(box.taken()) == 2


async def test_nobody_listens(tmp_path: Path) -> None:
    """It is said; nothing is raised."""
    async with serving(tmp_path, "none") as box:
        place = box.place("none")
    done = await Mailer(LOOPBACK).send(place, a_message())
    assert done.why is not None


async def test_it_is_added_and_tried_out(
    command: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command line, like any other place."""
    monkeypatch.setenv("QUANGATE_WEBHOOK_ALLOW", "127.0.0.0/8")
    async with serving(tmp_path, "none") as box:
        words = [f"--set={k}={v}" for k, v in {**BASE, "port": box.port, "tls": "none"}.items()]
        added = command("notify", "add", "post", "--kind", "email", *words, "--json")
        assert added.json == {"notifier": "post", "kind": "email"}, added.stderr
        tried = command("notify", "test", "post", "--json")
        assert tried.json == {"notifier": "post", "told": True}, tried.stderr
        (taken,) = box.taken()
        assert "test: [info] test post" in taken["text"].replace("\r\n", " ")
    assert command("notify", "remove", "post").returncode == 0


@pytest.mark.parametrize(
    ("more", "setting"),
    [
        ({"tls": "maybe"}, "tls"), ({"tls": "none", **SIGNED_IN}, "tls"),
        ({"user": "robot"}, "password"), ({"to": ""}, "to"), ({"to": "no address"}, "to"),
        ({"to": "a@b.example, c"}, "to"), ({"sender": "x\r\nBcc: y@z.example"}, "sender"),
        ({"port": "0"}, "port"), ({"port": "many"}, "port"), ({"host": "smtp://x"}, "host"),
        ({"colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_what_is_no_mail_server_is_refused(more: dict[str, str], setting: str) -> None:
    """With which setting it is, and no password."""
    from connectors.settings import SettingsError

    with pytest.raises(SettingsError) as caught:
        load_settings(Email, {**BASE, **more})
    assert caught.value.setting == setting
    assert PASSWORD not in str(caught.value)
