"""What runs beside the order path in every worker: dispatch to upstreams, webhooks to partners.

The worker starts them before it listens and stops them after it has drained. A service that
cannot start stops the start; a service that fails later logs and goes on (its work is rows).
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.config import Config
from gateway.domain.catalog import Catalog
from gateway.flows.line import Line
from gateway.native import KeyRing, OrderIds, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a worker lends its services. `catalog` gives the current snapshot."""

    config: Config
    dsn: str
    pool: Any  # connections for what runs behind the scenes; see store.pools
    vault: Vault
    keyring: KeyRing
    order_ids: OrderIds
    catalog: Callable[[], Catalog]
    worker_id: uuid.UUID
    slot: int
    purchase_chain: int  # the chain of the log of views that bought codes are recorded in


class Service(Protocol):
    """One thing that runs beside the order path."""

    async def start(self) -> None:
        """Begin; returns once it works."""

    async def stop(self) -> None:
        """Finish what is in flight and end."""

    def created(self, lines: Sequence[Line]) -> None:
        """These orders were just committed by this worker; must not block."""

    async def prepare(self) -> None:
        """A new catalog was read and is about to be used: what it may name must work by then."""

    async def catalog_changed(self) -> None:
        """An administrator changed something; `Parts.catalog` gives the new snapshot."""
