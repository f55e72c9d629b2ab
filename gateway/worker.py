"""One worker process: opens everything, wires the flows to the store, serves, closes in order."""

import asyncio
import contextlib
import ctypes
import gc
import os
import resource
import socket
import time
import uuid
from collections.abc import Awaitable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from gateway import proxy_hint
from gateway.api.body import BATCH_BODY_BYTES_MAX
from gateway.api.context import Context
from gateway.api.listener import Listener
from gateway.api.meters import Meters
from gateway.api.metrics import share_metrics
from gateway.api.places import Places, places_by_descriptors
from gateway.api.refusals import share_refusals
from gateway.api.request import UNPROVED_BYTES_MAX, BodyBudget
from gateway.api.router import make_handler
from gateway.api.routes import ROUTES
from gateway.api.server import DeadlineServer
from gateway.channels import Channels
from gateway.config import Config
from gateway.domain.catalog import CurrentCatalog
from gateway.domain.lease import PackedRange
from gateway.flows.account_rule import RuleWatch
from gateway.flows.intake import Intake
from gateway.flows.known_numbers import KnownNumbers
from gateway.flows.lease_keeping import LeaseKeeping
from gateway.flows.line import Line
from gateway.flows.order_desk import OrderDesk, Shown, View
from gateway.flows.statements import Statements
from gateway.flows.stock import Stock
from gateway.flows.stock_levels import StockLevels
from gateway.native import Allocator, KeyRing, OrderIds, RateLimiter, Vault, seal_claimed
from gateway.notifications import Notifications
from gateway.orders.place import Placement
from gateway.services import Parts, Service
from gateway.store.account import AccountStore
from gateway.store.catalog import CatalogRead, read_catalog
from gateway.store.clock import DatabaseClock
from gateway.store.commit import CommitLane
from gateway.store.control import Control
from gateway.store.database import Database
from gateway.store.leases import LeaseStore
from gateway.store.orders import OrderStore
from gateway.store.pools import open_pools
from gateway.store.readiness import Readiness
from gateway.store.retention import keep_forgetting
from gateway.store.stock_levels import StockLevelStore
from gateway.store.webhook_reads import UsedNonces
from gateway.store.worklist import Worklist
from gateway.topups import TopUps

log = structlog.get_logger()

LANES = 2  # commits in flight (design D5)
CHAINS_PER_WORKER = LANES + 2  # reveal chains: one per lane, one for reads, one for purchases
LIMITER_SLOTS = 65_536
KEY_GRACE_S = 60.0  # a revoked key's secrets stay for orders that are still being sealed
# Containers made and not freed before the collector looks for cycles among them. Orders under way
# keep thousands: with Python's 700 it looked 40 times a second, for 7 % of the processor time.
YOUNG_OBJECTS_MAX = 10_000
STOP_S = 4.0  # from the end of the drain time to that of the process, which has some left
GIVE_BACK_S = 1.5  # of these, kept for giving the leases back


class Worker:
    """The composition of one worker; `place` is its number among those of this node, from 0."""

    def __init__(self, config: Config, database: Database, vault: Vault, place: int) -> None:
        self._config, self._place = config, place
        self._database = database
        self._vault = vault
        self._id = uuid.uuid4()
        self._keyring = KeyRing()
        self._held_keys: set[str] = set()
        self._rules = RuleWatch()
        self._allocator = Allocator()
        self._clock = DatabaseClock()
        self._meters = Meters()
        self._refreshing = asyncio.Lock()
        self._tasks: list[asyncio.Task[Any]] = []
        self._services: list[Service] = []

    async def start(self, listening: socket.socket) -> None:
        """Register, wire, read the catalog and begin to serve on `listening`."""
        config = self._config
        self._pools = await open_pools(self._database, config)
        self._control = Control(
            dsn=self._database.dsn,
            config=config,
            worker_id=self._id,
            on_news=self._on_news,
            on_reconnect=self._on_reconnect,
            clock=self._clock,
            losses=self._meters.lease_losses,
        )
        slot = await self._control.start()
        self._open_order_path(slot)
        read = await read_catalog(self._pools.control)
        self._current = CurrentCatalog(read.catalog)
        notifications = Notifications(self._parts(slot))
        topups = TopUps(self._parts(slot), told=notifications.notifier.made)
        channels = Channels(self._parts(slot), show=self._show_order)
        self._context = self._make_context(
            slot,
            topups=topups,
            channels=channels,
            notifications=notifications,
        )
        self._take_keys(read)
        self._rules.look_at(read.catalog)
        self._services = [topups, notifications, channels]
        for service in self._services:
            await service.start()
        self._intake.start()
        places = Places(
            trusted=config.trusted_proxies,
            in_all=places_by_descriptors(),
            told=partial(proxy_hint.tell, config.data),
        )
        self._server = DeadlineServer(
            make_handler(self._context, ROUTES),
            places=places,
            proxy_protocol=config.proxy_protocol,
            budget=BodyBudget(max(BATCH_BODY_BYTES_MAX, UNPROVED_BYTES_MAX // config.workers)),
        )
        self._listener = Listener(listening, self._server, places)
        self._listener.start()
        keeping = LeaseKeeping(leases=self._leases, stock=self._stock, ttl_s=config.lease_ttl_s)
        self._tasks = [
            asyncio.create_task(self._server.sweep()),
            asyncio.create_task(self._control.run()),
            asyncio.create_task(keeping.run()),
            asyncio.create_task(keep_forgetting(self._database.pool, config)),
            asyncio.create_task(self._context.meters.watch_loop()),
            asyncio.create_task(self._context.worklist.watch()),
            asyncio.create_task(share_refusals(self._context.refusals, config.data, slot)),
        ]
        if config.workers > 1:
            self._tasks.append(asyncio.create_task(share_metrics(self._context)))
        # What is there by now stays: collections need not look at it each time. And what comes
        # goes by its reference counts, so that they need not look often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS_MAX, *gc.get_threshold()[1:])

    # ------------------------------------------------------------ parts of the order path

    def _open_order_path(self, slot: int) -> None:
        """Wire what an order passes through between its handler and the database."""
        config, pool = self._config, self._pools.control
        orders = OrderStore(pool)
        self._order_ids = OrderIds(slot)
        losses = self._meters.lease_losses
        self._leases = leases = LeaseStore(
            pool, worker_id=self._id, slot=slot, ttl_s=config.lease_ttl_s, losses=losses
        )
        self._stock = Stock(
            allocator=self._allocator, leases=leases, find_corrupt=self._find_corrupt
        )
        # All numbers there are, read piece by piece: that must not hold up a lease.
        self._known = KnownNumbers(orders=OrderStore(self._pools.background))
        lane = partial(
            CommitLane, dsn=self._database.dsn, config=config, times=self._meters.commit_times
        )
        first = slot * CHAINS_PER_WORKER
        self._intake = Intake(
            lanes=[lane(chain=first + n, worker_id=self._id) for n in range(LANES)],
            stock=self._stock,
            seal=self._seal,
            by_numbers=orders.confirmed_by_numbers,
            by_ids=orders.by_ids,
            certainly_new=self._known.certainly_new,
            next_ids=lambda n: self._order_ids.next_many(time.time_ns() // 1_000_000, n),
            created=self._created,
            batch_max=config.commit_lines_max,
            waiting_max=config.queue_lines_max,
        )

    def _make_context(
        self,
        slot: int,
        *,
        topups: TopUps,
        channels: Channels,
        notifications: Notifications,
    ) -> Context:
        """What the handlers share."""
        pools, vault = self._pools, self._vault
        return Context(
            config=self._config,
            current=self._current,
            keyring=self._keyring,
            limiter=self._limiter(),
            intake=self._intake,
            placement=Placement(
                catalog=self._current,
                now=self._clock.now,
                lines=self._intake,
                buying=topups,
                count=self._meters.verdicts,
            ),
            meters=self._meters,
            stock=self._stock,
            desk=OrderDesk(
                orders=OrderStore(pools.reads),
                lists=OrderStore(pools.lists),
                vault=vault,
                keyring=self._keyring,
                chain=slot * CHAINS_PER_WORKER + LANES,
            ),
            order_ids=self._order_ids,
            topups=topups,
            channels=channels,
            notifier=notifications.notifier,
            stock_levels=StockLevels(StockLevelStore(pools.reads)),
            statements=Statements(
                ledger=AccountStore(pools.lists), seal=vault.wrap_secret, unseal=vault.open_secret
            ),
            nonces=UsedNonces(pools.reads),
            readiness=Readiness(pools.control),
            worklist=Worklist(pools.background),
            clock=self._clock,
            worker_place=self._place,
            pools=pools,
        )

    def _seal(self, lines: Sequence[Line]) -> list[bytes | None]:
        """The codes of created lines, sealed for their keys; None where a key may not see them."""
        requests = [
            (line.key_id, line.sku.pool_id or 0, line.runs)
            if line.reads_codes and line.runs is not None
            else None
            for line in lines
        ]
        try:
            return seal_claimed(self._vault, self._keyring, self._allocator, requests)
        except Exception:
            # The orders are durable: whatever cannot be sealed now is read back by a retry.
            log.exception("worker.seal_failed", lines=len(lines))
            return [None] * len(lines)

    def _find_corrupt(self, pool_id: int, lo: int, records: PackedRange) -> list[int]:
        """Positions of a range whose records do not open; runs in a thread."""
        for batch_id, wrapped in records.data_keys:
            if not self._vault.has_dek(batch_id):
                self._vault.load_dek(batch_id, wrapped)
        return [lo + index for index in self._vault.check_packed(pool_id, lo, records.packed)]

    async def _show_order(self, view: View) -> Shown | None:
        return await self._context.desk.show(view)

    def _created(self, lines: Sequence[Line]) -> None:
        self._known.created(lines)
        for service in self._services:
            service.created(lines)

    def _parts(self, slot: int) -> Parts:
        return Parts(
            config=self._config,
            dsn=self._database.dsn,
            pool=self._pools.background,
            vault=self._vault,
            keyring=self._keyring,
            order_ids=self._order_ids,
            catalog=lambda: self._current.now,
            worker_id=self._id,
            slot=slot,
            purchase_chain=slot * CHAINS_PER_WORKER + LANES + 1,
        )

    def _limiter(self) -> RateLimiter:
        run = Path(self._config.data) / "run"
        try:
            run.mkdir(parents=True, exist_ok=True, mode=0o700)
            return RateLimiter.shared(str(run / "rate-limits"), LIMITER_SLOTS)
        except OSError as error:
            log.warning("worker.limits_not_shared", error=str(error))
            return RateLimiter.local(LIMITER_SLOTS)

    # ------------------------------------------------------------ news

    async def _on_news(self, payload: str) -> None:
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
            if asking != str(self._id):
                await self._stock.give_back(int(pool_id))

    async def _on_reconnect(self) -> None:
        """Announcements may have been missed."""
        self._stock.announce_all()
        await self._refresh_catalog()

    async def _refresh_catalog(self) -> None:
        async with self._refreshing:  # one after the other: the newest read is the last one set
            await self._read_anew()

    async def _read_anew(self) -> None:
        read = await read_catalog(self._pools.control)
        for service in self._services:
            await service.prepare()
        self._current.now = read.catalog
        self._take_keys(read)
        self._rules.look_at(read.catalog)
        for service in self._services:
            await service.catalog_changed()

    def _take_keys(self, read: CatalogRead) -> None:
        """Know the secrets of every working key; forget those of others after a while."""
        for key_id, secrets in read.secrets.items():
            if key_id not in self._held_keys:
                self._keyring.put(key_id, secrets.signing_key, secrets.delivery_key, self._vault)
                self._held_keys.add(key_id)
        for key_id in self._held_keys - read.secrets.keys():
            self._held_keys.discard(key_id)
            # Orders under way are still sealed to it; that it may not ask is in the catalog.
            asyncio.get_running_loop().call_later(KEY_GRACE_S, self._keyring.remove, key_id)

    # ------------------------------------------------------------ the end

    async def stop(self) -> bool:
        """Drain: take nothing in, finish what is in flight, give the leases back.

        All of it within the drain time and `STOP_S`, whatever clients, upstreams or the database
        do; False when something was cut short. Nothing is lost by that: what it was is decided
        by the next start, and leases end by themselves.
        """
        ends_at = asyncio.get_running_loop().time() + self._config.drain_s + STOP_S
        self._context.draining = True
        self._listener.close()
        cut_off = await self._server.drain(self._config.drain_s)
        if cut_off:
            log.warning("serve.cut_off", connections=cut_off)
        settled = await _by(ends_at - GIVE_BACK_S, "orders under way", self._intake.close())
        stops = [_by(ends_at - GIVE_BACK_S, "services", each.stop()) for each in self._services]
        whole = settled and all(await asyncio.gather(*stops))
        for task in self._tasks:
            task.cancel()
        await _by(ends_at, "tasks", asyncio.gather(*self._tasks, return_exceptions=True))
        # Codes of a commit that is not decided may be sold: their leases are not given back.
        whole = settled and await _by(ends_at, "leases", self._stock.close()) and whole
        whole = await _by(ends_at, "control", self._control.close()) and whole
        return await _by(ends_at, "database", self._pools.close()) and whole


async def _by(ends_at: float, what: str, step: Awaitable[object]) -> bool:
    """Whether a step of the end was done by a moment (loop time); it is cancelled if not."""
    try:
        async with asyncio.timeout_at(ends_at):
            await step
    except TimeoutError:
        log.error("serve.cut_short", what=what)  # noqa: TRY400  that it took too long is all
        return False
    return True


def bind(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    """A bound, not yet listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse_port:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((host, port))
    bound.setblocking(False)
    return bound


def harden_process() -> None:
    """No core dumps and no reading of our memory by others: it holds keys and codes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (min(hard, 65_536) if hard > 0 else 65_536, hard)
        )
    pr_set_dumpable = 4
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)
    os.umask(0o077)
