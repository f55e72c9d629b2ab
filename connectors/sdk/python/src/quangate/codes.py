"""Codes as they are delivered, sealed to a key, and opened only when they are asked for."""

from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quangate.problem import QuangateError
from quangate.signing import unbase64url

NONCE_BYTES, TAG_BYTES, KEY_BYTES = 12, 16, 32


class InvalidCodeError(QuangateError):
    """A code that does not open: of another key, or changed on its way. Others are not affected."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid-code", detail)


class Opened:
    """A code in the clear. Its repr shows nothing; it cannot be pickled."""

    __slots__ = ("code", "expires_at", "pin", "url")

    def __init__(
        self, code: str | None, pin: str | None, url: str | None, expires_at: str | None
    ) -> None:
        self.code = code
        self.pin = pin
        self.url = url
        self.expires_at = expires_at  # RFC 3339

    def __repr__(self) -> str:
        return "Opened(…)"

    def __reduce__(self) -> str:
        raise TypeError("an opened code is not written anywhere")


class KeyRing:
    """Delivery keys (`qd_…`) by key id, several during a rotation. Raises ValueError."""

    __slots__ = ("_ciphers",)

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._ciphers: dict[str, AESGCM] = {}
        for kid, text in keys.items():
            if not text.startswith("qd_"):
                raise ValueError("a delivery key begins with qd_")
            key = unbase64url(text.removeprefix("qd_"))
            if len(key) != KEY_BYTES:
                raise ValueError(f"a delivery key has {KEY_BYTES} bytes")
            self._ciphers[kid] = AESGCM(key)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._ciphers)})"

    def __reduce__(self) -> str:
        raise TypeError("delivery keys are not written anywhere")

    def open(self, jwe: str) -> Opened:
        """Open a JWE compact: `dir`, A256GCM, a key id of ours. Raises InvalidCodeError."""
        parts = jwe.split(".")
        if len(parts) != 5 or parts[1]:
            raise InvalidCodeError("it is no JWE compact of a direct key")
        try:
            header: Any = msgspec.json.decode(unbase64url(parts[0]))
            nonce, sealed, tag = (unbase64url(each) for each in parts[2:])
        except (ValueError, msgspec.DecodeError):
            raise InvalidCodeError("it is no JWE compact") from None
        cipher = self._cipher(header)
        if len(nonce) != NONCE_BYTES or len(tag) != TAG_BYTES:
            raise InvalidCodeError("its nonce or tag has another length")
        try:
            plain = cipher.decrypt(nonce, sealed + tag, parts[0].encode())
        except InvalidTag:
            raise InvalidCodeError("it was changed, or sealed with another key") from None
        return _read(plain)

    def _cipher(self, header: Any) -> AESGCM:
        if not isinstance(header, dict) or header.keys() & {"crit", "zip"}:
            raise InvalidCodeError("its header asks for what is not done here")
        if header.get("alg") != "dir" or header.get("enc") != "A256GCM":
            raise InvalidCodeError("it is sealed in another way than dir, A256GCM")
        cipher = self._ciphers.get(str(header.get("kid")))
        if cipher is None:
            raise InvalidCodeError("no delivery key is known for its key id")
        return cipher


def _read(plain: bytes) -> Opened:
    try:
        said: Any = msgspec.json.decode(plain)
        members = [said.get(name) for name in ("code", "pin", "url", "expires_at")]
    except (msgspec.DecodeError, AttributeError):
        raise InvalidCodeError("what is in it is no code") from None
    if any(not isinstance(each, str) for each in members if each is not None):
        raise InvalidCodeError("what is in it is no code")
    if members[0] is None and members[2] is None:
        raise InvalidCodeError("what is in it is no code")
    return Opened(*members)


class Code:
    """A sealed code of an order. `open()` gives it in the clear."""

    __slots__ = ("_keys", "jwe")

    def __init__(self, jwe: str, keys: KeyRing) -> None:
        self.jwe = jwe
        self._keys = keys

    def __repr__(self) -> str:
        return "Code(…)"

    def open(self) -> Opened:
        """The code in the clear. Raises InvalidCodeError; needs the key's delivery key."""
        return self._keys.open(self.jwe)


def as_code(keys: KeyRing, said: object) -> Code:
    """A member of `codes`. Raises ValueError, as a decoder wants it."""
    if not isinstance(said, dict) or not isinstance(said.get("jwe"), str):
        raise ValueError("that is no sealed code")  # noqa: TRY004
    return Code(said["jwe"], keys)
