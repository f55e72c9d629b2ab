"""What is shown once, and what of it is kept: passwords, one-time codes, recovery codes, tokens."""

import base64
import hashlib
import secrets
from typing import Final

ISSUER: Final = "Quangate"
RECOVERY_CODES: Final = 10
TOKEN_PREFIX: Final = "qat_"  # noqa: S105  what tokens begin with
_PASSWORD_BYTES: Final = 15  # 120 bits
_RECOVERY_BYTES: Final = 10  # 80 bits: nobody tries them out, so a plain hash will do


def new_password() -> str:
    """One that nobody guesses; 24 letters and digits."""
    return base64.b32encode(secrets.token_bytes(_PASSWORD_BYTES)).decode().lower()


def new_totp_secret() -> str:
    """Base32, as authenticator apps take it."""
    import pyotp

    return pyotp.random_base32()


def totp_uri(secret: str, name: str) -> str:
    """What an authenticator app reads from a QR code."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def new_recovery_codes() -> list[str]:
    """Each good for one sign-in without the authenticator: `xxxx-xxxx-xxxx-xxxx`."""
    codes = []
    for _ in range(RECOVERY_CODES):
        text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
        codes.append("-".join(text[at : at + 4] for at in range(0, len(text), 4)))
    return codes


def new_token() -> tuple[str, str]:
    """Its id, which is no secret, and the token itself: 256 random bits."""
    return f"tok_{secrets.token_hex(8)}", f"{TOKEN_PREFIX}{secrets.token_urlsafe(32)}"


def digest(text: str) -> bytes:
    """What is kept of a text of many random bits."""
    return hashlib.sha256(text.encode()).digest()


async def hash_password(password: str) -> str:
    """Argon2id by RFC 9106's second profile (t=3, 64 MiB, p=4), in a thread of its own."""
    import asyncio  # late: help has no use for it

    from argon2 import PasswordHasher

    return await asyncio.to_thread(PasswordHasher().hash, password)
