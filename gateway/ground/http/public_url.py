"""Where we are reached from outside: put together here and nowhere else."""

import ipaddress
from typing import Final

from gateway.ground.config import Config

WILDCARDS: Final = frozenset({"", "*"})


def is_wildcard(host: str) -> bool:
    """Whether a host to listen on is every address of the machine, and so none to be reached at."""
    if host in WILDCARDS:
        return True
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def authority(host: str, port: int) -> str:
    """`HOST:PORT`, with IPv6 in brackets (RFC 3986 §3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def public_url(given: str | None, host: str, port: int, *, scheme: str = "http") -> str | None:
    """Without a slash at the end; `given` is what the operator said (`--public-url`).

    None: we listen on every address and nobody said under which one we are reached.
    """
    if given:
        return given.rstrip("/")
    return None if is_wildcard(host) else f"{scheme}://{authority(host, port)}"


def public_url_of(config: Config) -> str | None:
    """As these settings say, without a look at any request."""
    return public_url(config.public_url, config.host, config.port)
