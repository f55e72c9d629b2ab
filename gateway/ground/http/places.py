"""How many connections there may be, in all and from one address, and who our proxies are.

Descriptors are shared with what we need ourselves: the database, upstreams, webhooks. So a
part of them is never given to clients, and one address never gets more than half of the rest.
"""

import resource
from collections import Counter
from collections.abc import Callable, Container
from typing import Final

import structlog

from gateway.ground.http.address import Address, Network, is_nearby, is_within, place_of

log = structlog.get_logger()

RESERVE_SHARE: Final = 8  # one in so many descriptors is ours …
RESERVE_MIN: Final = 128  # … and at least so many
ALONE_AFTER: Final = 200  # connections, all from one private address


class Places:
    """One worker's connections. `told` hears of a proxy that nobody trusts, once."""

    def __init__(
        self,
        *,
        trusted: tuple[Network, ...] = (),
        in_all: int = 65_536,
        told: Callable[[Address, str], None] | None = None,
    ) -> None:
        self.trusted = trusted
        self._in_all = in_all
        self._by_one = max(1, in_all // 2)
        self._taken = 0
        self._by_place: Counter[Address | None] = Counter()
        self._told = told
        self._only: Address | None = None  # who came so far, while it is one
        self._came = 0
        self._refused = 0
        self._refused_seen = 0
        self._is_refusing = False

    def is_trusted(self, peer: Address | None) -> bool:
        """Whether it is a proxy of ours."""
        return peer is not None and bool(self.trusted) and is_within(peer, self.trusted)

    @property
    def free(self) -> int:
        """How many connections may still be taken."""
        return self._in_all - self._taken

    @property
    def taken(self) -> int:
        """How many there are."""
        return self._taken

    def take(self, peer: Address | None) -> bool:
        """Take a place for a connection of this address; False: there is none.

        Proxies of ours bring the connections of many.
        """
        place = None if peer is None else place_of(peer)
        limited = place is not None and not self.is_trusted(peer)
        if self.free <= 0 or (limited and self._by_place[place] >= self._by_one):
            self.refuse()
            return False
        self._taken += 1
        self._by_place[place] += 1
        return True

    def leave(self, peer: Address | None) -> None:
        """Give a taken place back."""
        place = None if peer is None else place_of(peer)
        self._taken -= 1
        self._by_place[place] -= 1
        if not self._by_place[place]:
            del self._by_place[place]

    def refuse(self) -> None:
        """Count a connection that was not taken."""
        self._refused += 1

    def report(self) -> None:
        """Log when connections begin to be refused, and when that has ended."""
        refused = self._refused - self._refused_seen
        if refused and not self._is_refusing:
            log.warning("connections.refused", open=self._taken, at_most=self._in_all,
                        by_one_address=self._by_one)  # fmt: skip
        elif self._is_refusing and not refused:
            log.info("connections.taken_again", refused_in_all=self._refused)
        self._is_refusing = bool(refused)
        self._refused_seen = self._refused

    def watches(self, peer: Address | None) -> bool:
        """Take note of a connection; whether its requests are to be looked at (`look`).

        A private address that nobody named may be a proxy. It is one when all come from it.
        """
        if self._told is None or peer is None or not is_nearby(peer) or self.is_trusted(peer):
            self._only, self._came = None, 0
            return False
        self._came = self._came + 1 if peer == self._only else 1
        self._only = peer
        if self._came >= ALONE_AFTER and not peer.is_loopback:
            self._tell(peer, "all requests come from it")
        return True

    def look(self, peer: Address | None, headers: Container[str]) -> None:
        """Look at a request of such a peer: a proxy names clients."""
        # Asked of every request: a generator over two names costs as much as ten look-ups.
        if peer is not None and ("X-Forwarded-For" in headers or "Forwarded" in headers):
            self._tell(peer, "it names clients in a header")

    def _tell(self, peer: Address, why: str) -> None:
        if self._told is not None:
            self._told(peer, why)
            self._told = None


def places_by_descriptors() -> int:
    """How many connections clients may have at most, by the limit of open files of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        soft = 1 << 20
    return max(16, soft - max(RESERVE_MIN, soft // RESERVE_SHARE))
