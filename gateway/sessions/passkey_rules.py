"""Where passkeys work, and what they are challenged with. Pure."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

TERM_S: Final = 300.0  # of a challenge
NONCE_BYTES: Final = 16
LOCAL: Final = "localhost"
PURPOSE: Final = "challenges for passkeys"  # what they are sealed for


class Reason(StrEnum):
    """What a challenge is for; one for another thing is none."""

    SIGN_IN = "sign-in"
    STEP_UP = "step-up"
    REGISTER = "register"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the console is served: the name authenticators go by, and what browsers call it."""

    name: str
    origin: str


class Challenge(msgspec.Struct, frozen=True):
    """What is in one, sealed: so it is ours, whoever made it, and nothing is kept of it.

    `whose` is a session, or the hash of what the browser shows that has none yet.
    """

    at_s: float
    reason: Reason
    whose: str
    site: str
    nonce: bytes


def site_of(host: str, *, https: bool) -> Site | None:
    """None: browsers know no passkeys there. By HTTPS and name, or on the machine itself."""
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return None
    if not name or "@" in host or parts.netloc != host or _is_address(name):
        return None
    if not https and name != LOCAL and not name.endswith(f".{LOCAL}"):
        return None
    return Site(name=name, origin=f"{'https' if https else 'http'}://{host.lower()}")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def new_challenge(now_s: float, reason: Reason, whose: str, site: Site) -> Challenge:
    """One that nobody has seen."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return Challenge(at_s=now_s, reason=reason, whose=whose, site=site.name, nonce=nonce)


def is_good(challenge: Challenge, now_s: float, reason: Reason, whose: str, site: Site) -> bool:
    """Whether it is for this, of him, made here, and not over."""
    return (
        challenge.reason is reason
        and challenge.whose == whose
        and challenge.site == site.name
        and 0 <= now_s - challenge.at_s < TERM_S
    )
