"""Joins the dispatcher and the connectors: the service that buys top-ups and codes."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

import structlog

from connectors import registry
from connectors.contract import (
    Ack,
    CallbackRefused,
    CallbackRequest,
    QueryRequest,
    SubmitRequest,
)
from connectors.egress import open_account
from connectors.transport import HttpTransport
from connectors.upstream import Upstream
from gateway.catalog.rules import CurrentCatalog, Route, Sku
from gateway.dispatch.balances import Balances
from gateway.dispatch.callbacks import Callbacks
from gateway.dispatch.dispatcher import Dispatcher
from gateway.dispatch.job import Job, Purchases, TopUpAttempts, UpstreamSettings
from gateway.dispatch.lane import Lane
from gateway.dispatch.probes import Probes
from gateway.dispatch.received import Received
from gateway.ground.config import Config
from gateway.ground.http.front import PUBLIC_URL_FIX, callback_complaint
from gateway.ground.http.public_url import public_url_of
from gateway.ground.native import Vault
from gateway.orders.events import OrdersCreated
from gateway.orders.line import PlannedAttempt
from gateway.orders.refusal import Refusal

log = structlog.get_logger()

CLOSE_GRACE_S = 120.0  # a replaced upstream's connections stay for calls under way
CURRENCY = "CNY"


class TopUps:
    """A service of the worker (see ground.wiring.Service)."""

    def __init__(
        self,
        *,
        config: Config,
        attempts: TopUpAttempts,
        purchases: Purchases,
        vault: Vault,
        catalog: CurrentCatalog,
        next_id: Callable[[], int],
        told: Callable[[int], None],
        opened: Callable[[Lane], None],
    ) -> None:
        """`next_id` makes ids of attempts and webhooks; `told` takes those of webhooks whose rows
        were made, `opened` lanes whose breaker began to hold calls back."""
        self._config = config
        self._vault = vault
        self._next_id = next_id
        self._told = told
        self._store = attempts
        self._settings: dict[int, UpstreamSettings] = {}
        self._ids: dict[str, int] = {}  # by name
        self._notify_urls: dict[int, str | None] = {}
        self._platforms: dict[int, Upstream] = {}
        self._transports: dict[int, HttpTransport] = {}
        self._warned: set[int] = set()  # upstreams whose callbacks were looked at
        self._closing: set[asyncio.Task[None]] = set()
        self._balances = Balances(currency=CURRENCY)
        self.dispatcher = Dispatcher(
            attempts=self._store,
            purchases=purchases,
            requests=self,
            catalog=lambda: catalog.now,
            next_id=next_id,
            sells_at_once=self._sells_at_once,
            told=told,
            covers=lambda route: self._balances.cover(route.upstream_id, route.cost_minor or 0),
            share=1 / config.workers,
        )
        self._probes = Probes(
            lanes=lambda: self.dispatcher.lanes,
            platforms=self._platforms,
            name_of=lambda id_: self._settings[id_].name if id_ in self._settings else str(id_),
            opened=opened,
        )
        self._callbacks = Callbacks(
            attempts=self._store, dispatcher=self.dispatcher, share=1 / config.workers
        )

    # ------------------------------------------------------------ the service

    async def start(self) -> None:
        """Open the upstreams and begin to look for what is due."""
        await self.prepare()
        self.catalog_changed()
        self.dispatcher.start()
        self._probes.start()

    async def stop(self) -> None:
        """Finish the calls under way."""
        self._balances.stop()
        self._probes.stop()
        await self.dispatcher.stop()
        for task in self._closing:
            task.cancel()
        for transport in self._transports.values():
            await transport.close()

    def doubt(self, upstream_id: int, product_id: str, reason: str) -> None:
        """Another worker holds calls of a lane back: ours goes on with a few, which decide."""
        for lane in self.dispatcher.lanes:
            if (lane.upstream_id, lane.product_id) == (upstream_id, product_id):
                lane.breaker.doubt(reason)

    def created(self, event: OrdersCreated) -> None:
        """Send what was just committed."""
        self.dispatcher.created(event.lines)

    async def prepare(self) -> None:
        """Open new upstreams and those whose settings changed."""
        current = {settings.id: settings for settings in await self._store.upstreams()}
        for upstream_id, settings in current.items():
            known = self._settings.get(upstream_id)
            if known is None or (known.settings, known.base_url) != (
                settings.settings,
                settings.base_url,
            ):
                self._open(settings)
        self._settings = current
        self._ids = {settings.name: settings.id for settings in current.values()}
        self._notify_urls = {
            id_: self._notify_url(id_) for id_ in self._platforms if id_ in current
        }
        self._warn_of_callbacks()

    def _warn_of_callbacks(self) -> None:
        """Say, once for each, whose callbacks cannot come."""
        config = self._config
        waiting = [
            self._settings[id_].name
            for id_ in self._notify_urls.keys() - self._warned
            if self._platforms[id_].capabilities.callbacks
        ]
        self._warned |= self._notify_urls.keys()
        why = callback_complaint(config.public_url, config.host, config.port, waiting)
        if why is not None:
            log.warning("topups.no_callbacks", why=why, fix=PUBLIC_URL_FIX)

    def catalog_changed(self) -> None:
        """Let the lanes know which upstreams there are, and which of them are paused."""
        self.dispatcher.set_platforms(self._platforms)
        self._balances.set_platforms(self._platforms)

    def _open(self, settings: UpstreamSettings) -> None:
        try:
            values = json.loads(self._vault.open_secret("upstream", settings.settings))
            connector, transport = open_account(settings.connector, settings.base_url, values)
        except Exception:
            # One upstream that cannot be used must not stop the others.
            log.exception("topups.upstream_unusable", upstream=settings.name)
            return
        replaced = self._transports.pop(settings.id, None)
        if replaced is not None:
            task = asyncio.create_task(_close_later(replaced))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._transports[settings.id] = transport
        self._platforms[settings.id] = Upstream(connector=connector, transport=transport)

    @property
    def balances_minor(self) -> Mapping[int, int]:
        """What is left at upstreams that told it, by id."""
        return self._balances.left_minor

    # ------------------------------------------------------------ for the order path

    def plan(self, sku: Sku, quantity: int, amount_minor: int) -> PlannedAttempt | Refusal:
        """Where an order that costs so much would go."""
        return self.dispatcher.plan(sku, quantity, amount_minor)

    def quantity_max(self, sku: Sku) -> int | None:
        """How many of a SKU one order may have; None: as many as any order."""
        return self.dispatcher.quantity_max(sku)

    def _sells_at_once(self, route: Route) -> int | None:
        settings = self._settings.get(route.upstream_id)
        if settings is None:
            return None
        return registry.product_capabilities(settings.connector, route.product_id).quantity_max

    async def cancel(self, partner_id: int, order_id: int) -> bool:
        """Cancel and refund an order of which nothing was sent; False: too late."""
        webhook_id = self._next_id()
        cancelled = await self._store.cancel_order(partner_id, order_id, webhook_id)
        if cancelled:
            self._told(webhook_id)
        return cancelled

    # ------------------------------------------------------------ the connectors' requests

    def submit(self, job: Job) -> SubmitRequest:
        """A job as the connectors take it."""
        return SubmitRequest(
            attempt_no=str(job.attempt_id),
            product_id=job.product_id,
            account=job.account or None,  # none: it buys codes
            quantity=job.quantity,
            face_minor=job.face_minor,
            max_cost_minor=job.cost_max_minor,
            currency=CURRENCY,
            notify_url=self._attempts_url(job),
        )

    def query(self, job: Job) -> QueryRequest:
        """A question about a job."""
        return QueryRequest(
            attempt_no=str(job.attempt_id),
            upstream_no=job.upstream_no,
            product_id=job.product_id,
            account=job.account or None,  # none: it buys codes
            quantity=job.quantity,
            face_minor=job.face_minor,
            max_cost_minor=job.cost_max_minor,
            currency=CURRENCY,
            agreed_minor=job.cost_minor,
            succeeded_before=job.succeeded_before,
        )

    def _notify_url(self, upstream_id: int) -> str | None:
        config = self._config
        settings = self._settings[upstream_id]
        base = public_url_of(config)
        if base is None:
            return None
        return f"{base}/callbacks/{settings.name}"

    def _attempts_url(self, job: Job) -> str | None:
        """Where the platform tells of this attempt.

        Where nothing in a callback proves who sent it, the address does: it holds what only we
        can make of the attempt's number, and says nothing about any other attempt.
        """
        url = self._notify_urls[job.upstream_id]
        if url is None or self._platforms[job.upstream_id].capabilities.callbacks_trusted:
            return url
        secret = self._settings[job.upstream_id].callback_token
        return f"{url}/{attempt_token(secret, str(job.attempt_id))}"

    # ------------------------------------------------------------ callbacks

    def knows(self, name: str) -> bool:
        """Whether there is an upstream of this name, whose callbacks are read."""
        return self._ids.get(name, 0) in self._platforms

    async def callback(
        self,
        name: str,
        *,
        token: str | None,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Ack | None:
        """Take one callback; None: there is no such upstream. Raises StoreUnavailableError.

        Whoever names a token must name the right one. Without one, a callback that nothing
        proves is a hint like any other, but only so many of them are looked into.
        """
        upstream_id = self._ids.get(name, 0)
        platform = self._platforms.get(upstream_id)
        if platform is None:
            return None
        settings = self._settings[upstream_id]
        call = CallbackRequest(method=method, path=path, headers=headers, query=query, body=body)
        try:
            event = platform.parse_callback(call)
        except CallbackRefused as refused:
            log.warning("topups.callback_refused", upstream=name, reason=refused.reason)
            return refused.ack
        if token is not None and not _is_right(token, settings.callback_token, event.attempt_no):
            log.warning("topups.callback_refused", upstream=name, reason="wrong token")
            return CallbackRefused("wrong token").ack
        if event.attempt_no is not None:
            await self._callbacks.take(
                Received(upstream_id=upstream_id, event=event, body=body, named=token is not None)
            )
        return event.ack


def attempt_token(secret: str, attempt_no: str) -> str:
    """The secret part of the address that a platform is given for one attempt."""
    return hmac.new(secret.encode(), attempt_no.encode(), hashlib.sha256).hexdigest()


def _is_right(token: str, secret: str, attempt_no: str | None) -> bool:
    """The attempt's own token; or the upstream's, which attempts of older releases were given,
    and which stands in addresses that are set by hand at a platform.
    """
    own = attempt_token(secret, attempt_no or "")
    return any(hmac.compare_digest(token.encode(), right.encode()) for right in (own, secret))


async def _close_later(transport: HttpTransport) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(CLOSE_GRACE_S)
    await transport.close()
