"""An authenticator in software: makes passkeys and answers with them, as devices do (WebAuthn)."""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def text_of(raw: bytes) -> str:
    """As JSON has bytes."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(kw_only=True)
class Authenticator:
    """One passkey, at one origin. `verifies`: it asks its owner for a PIN."""

    origin: str
    verifies: bool = True
    count: int = 0
    user: str = ""
    site: str = ""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    name: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def make(self, asked: dict[str, Any], **said: Any) -> str:
        """What `navigator.credentials.create` answers; `said` goes into what the browser says."""
        self.user, self.site = asked["user"]["id"], asked["rp"]["id"]
        public = self.key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        )
        held = bytes(16) + struct.pack(">H", len(self.name)) + self.name + cose
        data = self._data(WITH_KEY) + held
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], said)
        return self._told({"clientDataJSON": client, "attestationObject": attested})

    def answer(self, asked: dict[str, Any], **said: Any) -> str:
        """What `navigator.credentials.get` answers."""
        self.count += 1
        data = self._data(0)
        client = self._client("webauthn.get", asked["challenge"], said)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._told(
            {"clientDataJSON": client, "authenticatorData": data, "signature": signature},
            userHandle=self.user,
        )

    def _data(self, more: int) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(self.site.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, challenge: str, said: dict[str, Any]) -> bytes:
        client = {"type": kind, "challenge": challenge, "origin": self.origin, **said}
        return json.dumps({"crossOrigin": False, **client}).encode()

    def _told(self, response: dict[str, bytes], **more: str) -> str:
        return json.dumps(
            {
                "id": text_of(self.name), "rawId": text_of(self.name), "type": "public-key",
                "response": {**{k: text_of(v) for k, v in response.items()}, **more},
            }
        )  # fmt: skip
