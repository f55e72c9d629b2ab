"""What stands before us, judged from the settings: proxies, and the address callbacks come to."""

from collections.abc import Sequence

from gateway.ground.http.address import Address, Network, is_within
from gateway.ground.http.public_url import public_url

TRUST_FIX = "name the proxy: --trusted-proxy CIDR (QUANGATE_TRUSTED_PROXIES)"
PUBLIC_URL_FIX = "say where upstreams reach us: --public-url URL (QUANGATE_PUBLIC_URL)"


def proxy_complaint(
    url: str | None, trusted: Sequence[Network], *, proxy_protocol: bool, seen: Address | None
) -> str | None:
    """Why a trusted proxy seems to be missing; None: all is well.

    `seen` is a private address that brought everybody's requests, or named clients.
    """
    if seen is not None and not is_within(seen, trusted):
        return f"requests come through {seen}, which is not trusted: it is taken for the client"
    if trusted:
        return None
    if proxy_protocol:
        return "--proxy-protocol is for trusted proxies, and there are none"
    if url is not None and url.lower().startswith("https://"):
        return "the public URL is https, which ends at a proxy, and none is trusted"
    return None


def callback_complaint(
    url: str | None, host: str, port: int, upstreams: Sequence[str]
) -> str | None:
    """Why the callbacks of these upstreams cannot come; None: they can."""
    if not upstreams or public_url(url, host, port) is not None:
        return None
    return f"{host} is every address and none to be reached at: no callback of " + ", ".join(
        sorted(upstreams)
    )
