"""Order channels in a worker: who they are, and telling them how their orders ended.

A result is pushed until the channel takes it (api.md's webhook schedule) or is given up and
shown as dead; the channel asks for the detail anyway before it believes it.
"""

import asyncio
import json
import random
import time
from dataclasses import replace
from typing import Final, Protocol

import structlog

from connectors.settings import load_settings
from connectors.web_address import hides_content
from gateway.channels.adapters import ADAPTERS
from gateway.channels.administer import DELIVERY_KEY, PURPOSE
from gateway.channels.reading_orders import ChannelOrders
from gateway.channels.rules import (
    ENDED,
    ChannelAccount,
    ChannelNotice,
    ChannelProduct,
    ChannelRow,
)
from gateway.channels.telling import TELLERS
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.native import Vault
from gateway.webhooks.guarded_client import GuardedClient
from gateway.webhooks.rules import decide

log = structlog.get_logger()

POLL_S: Final = 0.5
DUE_MAX: Final = 64  # looked at, and told, at once
HOLD_S: Final = 60.0  # nobody else looks at a taken notice for this long
ABSENT_S: Final = 5.0  # an order whose commit is under way
REFUSED_AFTER_S: Final = 3600.0  # an order that is not there by then was refused


class Notices(Protocol):
    """Channels, and the results they wait for; see store.ChannelStore."""

    async def accounts(self) -> list[ChannelRow]: ...
    async def products(self) -> list[ChannelProduct]: ...
    async def expect_order(
        self, partner_id: int, out_order_no: str, channel_id: int, notify_url: str
    ) -> None: ...
    async def take_due(self, limit: int, hold_s: float) -> list[ChannelNotice]: ...
    async def record(
        self, notice: ChannelNotice, *, state: str, next_in_s: float | None, attempts: int = 0,
        error: str | None = None,
    ) -> None: ...  # fmt: skip
    async def forget(self, notice: ChannelNotice) -> None: ...


class Channels:
    """A service of the worker (see ground.wiring.Service)."""

    def __init__(
        self,
        *,
        channels: Notices,
        client: GuardedClient,
        vault: Vault,
        orders: ChannelOrders,
        public_url: str | None,
    ) -> None:
        """`public_url`: where houses reach us; codes leave in the clear only where nobody on the
        way reads them."""
        self._orders = orders
        self._store = channels
        self._client = client
        self._vault = vault
        self._hides = public_url is not None and hides_content(public_url)
        self._accounts: dict[str, ChannelAccount] = {}
        self._read: dict[int, tuple[ChannelRow, ChannelAccount]] = {}
        self._telling: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ the service

    async def start(self) -> None:
        """Read the channels and begin to tell."""
        await self.catalog_changed()
        self._telling = asyncio.create_task(self._tell_forever())

    async def stop(self) -> None:
        """What was not told is due again by itself."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
        await self._client.close()

    async def catalog_changed(self) -> None:
        """Read channels that are new or changed."""
        rows = await self._store.accounts()
        products: dict[int, dict[str, int]] = {}
        for each in await self._store.products():
            products.setdefault(each.channel_id, {})[each.external_product] = each.sku_id
        read: dict[int, tuple[ChannelRow, ChannelAccount]] = {}
        for row in rows:
            known = self._read.get(row.id)
            account = known[1] if known is not None and known[0] == row else self._open(row)
            if account is not None:
                read[row.id] = (row, replace(account, products=products.get(row.id, {})))
        self._read = read
        self._accounts = {account.name: account for _, account in read.values()}

    def _open(self, row: ChannelRow) -> ChannelAccount | None:
        try:
            values = json.loads(self._vault.open_secret(PURPOSE, row.settings))
            delivery_key = values.pop(DELIVERY_KEY)
            adapter = ADAPTERS[row.adapter]
            settings = load_settings(adapter.settings, values)
        except Exception:
            # One channel that cannot be used must not close the others.
            log.exception("channels.unusable", channel=row.name)
            return None
        plaintext = adapter.hands_out_codes(settings)
        if plaintext and adapter.asks_consent and not self._hides:
            log.error("channels.codes_kept_back", channel=row.name, reason="public URL not https")
            plaintext = False
        return ChannelAccount(
            id=row.id,
            name=row.name,
            adapter=row.adapter,
            partner_id=row.partner_id,
            key_id=row.key_id,
            delivery_key=delivery_key,
            settings=settings,
            base_url=row.base_url,
            paused=row.paused,
            plaintext=plaintext,
        )

    # ------------------------------------------------------------ for the handlers

    def find(self, name: str) -> ChannelAccount | None:
        """The channel of that name."""
        return self._accounts.get(name)

    def all(self) -> list[ChannelAccount]:
        """Every channel that can be used."""
        return list(self._accounts.values())

    async def expect_order(
        self, account: ChannelAccount, out_order_no: str, notify_url: str
    ) -> None:
        """Commit where the result of an order goes, before the order is placed."""
        await self._store.expect_order(account.partner_id, out_order_no, account.id, notify_url)

    # ------------------------------------------------------------ telling

    async def _tell_forever(self) -> None:
        while True:
            try:
                due = await self._store.take_due(DUE_MAX, HOLD_S) if self._accounts else []
                await asyncio.gather(*map(self._look_safely, due))
            except StoreUnavailableError as error:
                due = []
                log.warning("channels.poll_failed", error=str(error))
            if len(due) < DUE_MAX:
                await asyncio.sleep(POLL_S)

    async def _look_safely(self, notice: ChannelNotice) -> None:
        try:
            await self._look(notice)
        except StoreUnavailableError:
            pass  # due again by itself
        except Exception:
            log.exception("channels.notice_failed", order_id=notice.order_id)

    async def _look(self, notice: ChannelNotice) -> None:
        """Tell the channel, if the order has ended."""
        if notice.order_id is None and notice.age_s > REFUSED_AFTER_S:
            await self._store.forget(notice)
        elif notice.order_id is None:
            await self._store.record(notice, state="pending", next_in_s=ABSENT_S)
        elif notice.order_state not in ENDED:
            await self._store.record(notice, state="pending", next_in_s=None)
        else:
            await self._tell(notice, notice.order_id)

    async def _tell(self, notice: ChannelNotice, order_id: int) -> None:
        account = next(
            (one for one in self._accounts.values() if one.id == notice.channel_id), None
        )
        if account is None:
            return  # a channel that cannot be used now: due again when the hold is over
        order = await self._orders.by_id(account, order_id)
        teller = TELLERS.get(account.adapter)
        if order is None or teller is None:
            return
        push = teller.push(account, order, notice.notify_url, time.time())
        answer = await self._client.send(notice.partner_id, push.url, push.headers, push.body)
        error = answer.error
        if error is None and not teller.is_taken(answer.status or 0, answer.body):
            answer, error = type(answer)(error="not taken"), "answered, but did not take it"
        decision = decide(
            answer,
            attempts_before=notice.attempts,
            chance=random.random() if teller.spreads else 0,  # noqa: S311 - spreads retries
            delays_s=teller.delays_s,
        )
        if error is not None:
            log.warning("channels.not_told", channel=account.name, order_id=order_id, error=error)
        await self._store.record(
            notice, state=decision.state.value, next_in_s=decision.delay_s, attempts=1, error=error
        )
