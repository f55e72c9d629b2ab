"""How long a session lasts, when an account is locked, and from where a form may come. Pure."""

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

LIFETIME_S: Final = 12 * 3600.0
IDLE_S: Final = 1800.0
STEP_UP_S: Final = 300.0
SEEN_EVERY_S: Final = 60.0  # a session that is in use is written so often, not at every page

FAILURES_FROM_ONE: Final = 5
FAILURES_FROM_ALL: Final = 50
WITHIN: Final = timedelta(seconds=300)
LOCKED_FOR: Final = timedelta(seconds=900)
REMEMBERED: Final = WITHIN + LOCKED_FOR  # no failure before says anything

SECURE_COOKIE: Final = "__Host-quangate"
PLAIN_COOKIE: Final = "quangate"
IPV6_BITS: Final = 64  # what one household has is one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A try to sign in that failed."""

    address: str
    at: datetime


def is_locked(failures: Sequence[Failure], address: str, now: datetime) -> bool:
    """Whether somebody at an address is kept out; `failures` are in the order of their times.

    What is tried while it is locked is no failure more, so a lock ends.
    """
    own = [each.at for each in failures if each.address == address]
    everybody = [each.at for each in failures]
    return _locks(own, FAILURES_FROM_ONE, now) or _locks(everybody, FAILURES_FROM_ALL, now)


def _locks(at: Sequence[datetime], most: int, now: datetime) -> bool:
    return any(
        last - first <= WITHIN and now - last < LOCKED_FOR
        for first, last in zip(at, at[most - 1 :], strict=False)
    )


def counted_address(address: str | None) -> str:
    """The address as failures are counted by it."""
    if address is None:
        return "unknown"
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found), IPV6_BITS), strict=False).network_address)
    return str(found)


def form_token(shown: str) -> str:
    """What every form of a session carries: made from what only its browser has."""
    return hmac.new(shown.encode(), b"form", hashlib.sha256).hexdigest()


def is_own_origin(origin: str | None, fetch_site: str | None, host: str, *, https: bool) -> bool:
    """Whether a form was sent by a page of ours. Browsers say `Origin` with each; what says
    neither is no browser, and has nobody's cookies. `null` is nobody's.
    """
    if fetch_site is not None and fetch_site not in {"same-origin", "none"}:
        return False
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    known = {"https"} if https else {"http", "https"}  # a proxy that we do not know ends TLS
    return parts.scheme in known and parts.netloc.lower() == host.lower() != ""


def is_own_machine(host: str) -> bool:
    """Whether a browser that asks this host asks its own machine: then plain HTTP will do."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def own_path(text: str | None, root: str = "/console") -> str:
    """Where somebody wanted to go, if that is a page of the console; else its first page."""
    inside = text is not None and (text == root or text.startswith((f"{root}/", f"{root}?")))
    if text is None or not inside or "\\" in text or not text.isprintable() or not text.isascii():
        return root
    return text
