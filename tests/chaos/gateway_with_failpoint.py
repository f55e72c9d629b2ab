"""The real gateway, with one seam patched so that the process kills itself there.

`CHAOS_FAILPOINT=name:n python -m tests.chaos.gateway_with_failpoint serve …` dies by SIGKILL
the n-th time it passes the failpoint of that name. Production code knows nothing of this.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from functools import wraps
from itertools import count
from typing import Any

from connectors.upstream import Upstream
from gateway.__main__ import main
from gateway.codes.lease_store import LeaseStore
from gateway.codes.stock import Stock
from gateway.dispatch.awaited import Awaited
from gateway.dispatch.purchase_store import PurchaseStore
from gateway.dispatch.store import AttemptStore
from gateway.ground.http.protocol import DeadlineRequestHandler
from gateway.holds.store import HoldStore
from gateway.orders.commit_store import DatabaseCommitter
from gateway.orders.committed import Committed
from gateway.orders.finding import OrderDesk
from gateway.orders.sealing import Sealing
from gateway.orders.store import OrderStore

Wrap = Callable[[Callable[..., Any], Callable[[], None]], Callable[..., Any]]


def die() -> None:
    """The end, without any clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(method: Callable[..., Any], passed: Callable[[], None]) -> Callable[..., Any]:
    """Passed when the method is called."""

    @wraps(method)
    def patched(*arguments: Any, **settings: Any) -> Any:
        passed()
        return method(*arguments, **settings)

    return patched


def after(method: Callable[..., Any], passed: Callable[[], None]) -> Callable[..., Any]:
    """Passed when the method has returned, before its caller knows."""
    if asyncio.iscoroutinefunction(method):

        @wraps(method)
        async def patched_async(*arguments: Any, **settings: Any) -> Any:
            answer = await method(*arguments, **settings)
            passed()
            return answer

        return patched_async

    @wraps(method)
    def patched(*arguments: Any, **settings: Any) -> Any:
        answer = method(*arguments, **settings)
        passed()
        return answer

    return patched


def midway(method: Callable[..., Any], passed: Callable[[], None]) -> Callable[..., Any]:
    """Passed when the method has sent its statement and has not read the answer."""

    @wraps(method)
    async def patched(*arguments: Any, **settings: Any) -> Any:
        running = asyncio.ensure_future(method(*arguments, **settings))
        await asyncio.sleep(0)  # asyncpg writes at once; the kernel has the bytes
        await asyncio.sleep(0)
        if not running.done():
            passed()
        return await running

    return patched


# name → (class, method, when)
FAILPOINTS: dict[str, tuple[type, str, Wrap]] = {
    "claimed, commit not sent": (DatabaseCommitter, "commit", before),  # faults 1
    "commit sent, answer not read": (DatabaseCommitter, "commit", midway),  # faults 2
    "committed, nobody told": (DatabaseCommitter, "commit", after),  # faults 2
    "outcomes known, codes not sealed": (Committed, "distribute", before),
    "codes sealed, answer not written": (Committed, "distribute", after),  # faults 3
    "answer about to be written": (DeadlineRequestHandler, "answer", before),
    "answer written": (DeadlineRequestHandler, "answer", after),
    "lease granted, not published": (LeaseStore, "refill", after),
    "codes read, slab not published": (LeaseStore, "read_range", after),
    "codes returned to the slab": (Stock, "unused", after),
    "view recorded, codes not shown": (OrderStore, "record_views", after),
    "view wanted, not recorded": (OrderDesk, "_reveal", before),
    "drained, leases not given back": (Stock, "close", before),
    "leases given back, still registered": (Stock, "close", after),
    "hold wanted, not sent": (HoldStore, "make", before),
    "hold sent, answer not read": (HoldStore, "make", midway),
    "held, nobody told": (HoldStore, "make", after),
    "held codes about to be sealed": (Sealing, "_seal_held", before),
}

# The same for top-ups; tests/chaos/test_topups_failpoints.py goes through them.
TOP_UP_FAILPOINTS: dict[str, tuple[type, str, Wrap]] = {
    "committed, not marked as sent": (AttemptStore, "mark_sent", before),  # faults 3
    "marked as sent, not sent": (AttemptStore, "mark_sent", after),
    "sent, answer not settled": (Upstream, "submit", after),  # faults 4
    "accepted, the end awaited": (Awaited, "put_off", after),  # faults 4: the row says "sent"
    "acceptance due, not written": (Awaited, "_write_one", before),
    "settlement sent, verdict not read": (AttemptStore, "settle", midway),
    "settled, nobody told": (AttemptStore, "settle", after),
    "callback kept, not applied": (AttemptStore, "keep_callbacks", after),
}

# Between the platform's codes and our commit of them; tests/chaos/test_purchases_failpoints.py.
PURCHASE_FAILPOINTS: dict[str, tuple[type, str, Wrap]] = {
    "codes here, nothing stored": (PurchaseStore, "settle", before),  # faults 4
    "codes numbered, not sealed": (PurchaseStore, "_store", after),
    "codes stored, order not settled": (PurchaseStore, "_keep", after),
    "order settled, not committed": (PurchaseStore, "_close", after),
    "codes committed, nobody told": (PurchaseStore, "settle", after),
}


def arm(name: str, times: int) -> None:
    """Patch the failpoint's seam."""
    owner, method, wrap = {**FAILPOINTS, **TOP_UP_FAILPOINTS, **PURCHASE_FAILPOINTS}[name]
    passes = count(1)

    def passed() -> None:
        if next(passes) >= times:
            die()

    setattr(owner, method, wrap(getattr(owner, method), passed))


if __name__ == "__main__":
    failpoint, _, nth = os.environ["CHAOS_FAILPOINT"].rpartition(":")
    arm(failpoint, int(nth))
    main()
