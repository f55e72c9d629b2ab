"""Addresses that operators give: one reader for all of them. Pure.

Whether an address may be called, and where it leads, is for who calls it.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

LENGTH_MAX: Final = 2048
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+").fullmatch


def check_web_address(text: str, *, with_query: bool = False) -> str:
    """An http or https address, without a slash at its end unless it may have a query.

    Raises ValueError with what it has to be; the address is not repeated, for it may hold a
    password.
    """
    if len(text) > LENGTH_MAX or not text.isascii() or not text.isprintable() or "\\" in text:
        raise ValueError(f"must be an address of at most {LENGTH_MAX} printable ASCII characters")
    if " " in text:
        raise ValueError("must be an address without blanks, also around it")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not an address: {error}") from None
    if parts.scheme not in {"http", "https"}:
        raise ValueError("must begin with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError("must be without credentials")
    if not _is_host(parts.hostname or "", bracketed="[" in parts.netloc) or port == 0:
        raise ValueError("must name a host, and a port only from 1 to 65535: https://HOST:PORT")
    if "#" in text or ("?" in text and not with_query):
        raise ValueError(f"must be without {'a' if with_query else 'a query and a'} fragment")
    return text if with_query else text.rstrip("/")


def _is_host(host: str, *, bracketed: bool) -> bool:
    if not bracketed:
        return _NAME(host) is not None
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False


def hides_content(url: str) -> bool:
    """Whether nobody on the way reads what is sent there: TLS, or it stays on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
