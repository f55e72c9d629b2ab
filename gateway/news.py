"""What a worker does when the database announces something: a new catalog, codes, money."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gateway.catalog.account_rule import RuleWatch
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.store import CatalogRead, read_catalog
from gateway.codes.stock import Stock
from gateway.ground.native import KeyRing, Vault
from gateway.ground.telemetry import name_things
from gateway.orders.intake import Intake

KEY_GRACE_S = 60.0  # a revoked key's secrets stay for orders that are still being sealed


class HeldKeys:
    """The secrets of every working key, in the native core."""

    def __init__(self, keyring: KeyRing, vault: Vault) -> None:
        self._keyring = keyring
        self._vault = vault
        self._held: set[str] = set()

    def take(self, read: CatalogRead) -> None:
        """Know the secrets of every working key; forget those of others after a while."""
        for key_id, secrets in read.secrets.items():
            if key_id not in self._held:
                self._keyring.put(key_id, secrets.signing_key, secrets.delivery_key, self._vault)
                self._held.add(key_id)
        for key_id in self._held - read.secrets.keys():
            self._held.discard(key_id)
            # Orders under way are still sealed to it; that it may not ask is in the catalog.
            asyncio.get_running_loop().call_later(KEY_GRACE_S, self._keyring.remove, key_id)


class News:
    """Hears announcements (see control.Told) and tells those whom they concern.

    `prepare` is asked before a new catalog is used: what it may name must work by then; `changed`
    is told when it is.
    """

    def __init__(
        self,
        *,
        worker_id: uuid.UUID,
        pool: Any,
        catalog: CurrentCatalog,
        keys: HeldKeys,
        intake: Intake,
        stock: Stock,
        prepare: Sequence[Callable[[], Awaitable[None]]],
        changed: Sequence[Callable[[], Awaitable[None]]],
    ) -> None:
        self._worker_id = worker_id
        self._pool = pool
        self._catalog = catalog
        self._keys = keys
        self._intake = intake
        self._stock = stock
        self._prepare = prepare
        self._changed = changed
        self._rules = RuleWatch()
        self._refreshing = asyncio.Lock()

    def begin(self, read: CatalogRead) -> None:
        """Take over from the first catalog, which is in force already."""
        self._take(read)

    def _take(self, read: CatalogRead) -> None:
        self._keys.take(read)
        self._rules.look_at(read.catalog)
        name_things(read.names)

    async def news(self, payload: str) -> None:
        """One announcement of the database."""
        kind, _, rest = payload.partition(":")
        if kind == "catalog":
            await self._refresh_catalog()
        elif kind == "money":
            self._intake.money_came(int(rest))
        elif kind == "pool":
            self._stock.announce(int(rest))
        elif kind == "recall":
            pool_id, _, asking = rest.partition(":")
            if asking != str(self._worker_id):
                await self._stock.give_back(int(pool_id))

    async def missed(self) -> None:
        """Announcements may have been missed."""
        self._stock.announce_all()
        await self._refresh_catalog()

    async def _refresh_catalog(self) -> None:
        async with self._refreshing:  # one after the other: the newest read is the last one set
            await self._read_anew()

    async def _read_anew(self) -> None:
        read = await read_catalog(self._pool)
        for prepare in self._prepare:
            await prepare()
        self._catalog.now = read.catalog
        self._take(read)
        for changed in self._changed:
            await changed()
