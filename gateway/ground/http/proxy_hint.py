"""A proxy that nobody trusts: said once in the log, and left where the doctor finds it."""

import contextlib
from pathlib import Path
from typing import Final

import structlog

from gateway.ground.http.address import Address, read_address

log = structlog.get_logger()

FILE: Final = "untrusted-proxy"  # below DIR/run


def tell(data: Path, peer: Address, why: str) -> None:
    """A private address brings everybody's requests, or names clients that are not believed."""
    log.warning(
        "proxy.not_trusted",
        peer=str(peer),
        why=why,
        effect="address lists of keys and limits see the proxy, not the clients",
        fix=f"if it is your proxy: --trusted-proxy {peer}",
    )
    with contextlib.suppress(OSError):  # a hint, no more
        path = data / "run" / FILE
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(str(peer), encoding="ascii")


def told(data: Path) -> Address | None:
    """Whom the last gateway of this directory found, if anybody."""
    try:
        return read_address((data / "run" / FILE).read_text("ascii").strip())
    except (OSError, UnicodeDecodeError):
        return None


def forget(data: Path) -> None:
    """A gateway that starts looks anew."""
    with contextlib.suppress(OSError):
        (data / "run" / FILE).unlink(missing_ok=True)
