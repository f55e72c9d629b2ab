"""Sets a shop up through the operator's own flows, in this process, on the module's database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import aiohttp

from gateway.campaigns.administer import NewCampaign, create_campaign
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.codes.generate import GenerationJob, generate_codes
from gateway.codes.import_store import staging
from gateway.codes.staging import Target
from gateway.dispatch import administer as upstreams
from gateway.ground import native
from gateway.ground.config import Config
from gateway.ground.desk.port import Secrecy, Transaction
from gateway.ground.desk.transaction import administration
from gateway.ground.sql.database import Database, open_database
from gateway.ground.vault import open_vault
from gateway.partners import administer as partners
from gateway.partners import keys
from gateway.prices import administer as prices
from gateway.settings import administer as settings
from gateway.webhooks import administer as webhooks
from tests.world.partner import IssuedKey, Partner, eventually

ALL_SCOPES = ("orders:write", "orders:read", "codes:read", "account:read")
RICH = 10**12  # minor units
_numbers = count(1)


def unique(prefix: str) -> str:
    """A name nobody else has."""
    return f"{prefix}-{next(_numbers)}"


@dataclass(slots=True, kw_only=True)
class Shop:
    """What an operator does, while the gateway runs."""

    config: Config
    url: str
    session: aiohttp.ClientSession
    _prober: Partner | None = None

    async def partner(self, *, balance: int = RICH, **key: Any) -> Partner:
        """A new partner with money and a key that the gateway knows."""
        name = unique("partner")
        async with self.desk() as (db, secrecy):
            await partners.create_partner(db, secrecy, name)
            if balance:
                await partners.deposit(db, name, balance, "start")
        return await self.another_key(name, **key)

    async def another_key(
        self,
        partner: str,
        *,
        scopes: Sequence[str] = ALL_SCOPES,
        allow_ips: Sequence[str] = (),
        rate_per_s: int | None = None,
        sandbox: bool = False,
    ) -> Partner:
        """One more key of a partner."""
        async with self.desk() as (db, secrecy):
            made = await keys.create_key(
                db,
                secrecy,
                partner=partner,
                scopes=scopes,
                allow_ips=allow_ips,
                rate_per_s=rate_per_s,
                sandbox=sandbox,
            )
        return await self.client(made).until_known()

    def client(self, issued: dict[str, Any]) -> Partner:
        """A client for a key just shown."""
        names = ("key_id", "secret", "delivery_key")
        return Partner(self.url, self.session, IssuedKey(**{name: issued[name] for name in names}))

    async def name_of(self, partner: Partner) -> str:
        """The partner's name."""
        async with self.desk() as (db, _):
            rows = await keys.list_keys(db, None)
        (name,) = [row["partner"] for row in rows if row["key_id"] == partner.key.key_id]
        return str(name)

    async def sku(self, *, codes: int = 0, price: int = 100, **more: Any) -> str:
        """A code SKU with a pool of its own that holds `codes` codes; its name."""
        name = unique("SKU")
        async with self.desk() as (db, _):
            await catalog.create_pool(db, name, case_insensitive=False, ignore_spaces=False)
            await catalog.create_sku(
                db,
                catalog.NewSku(
                    sku=name, name=name, kind=SkuKind.CODE, price_minor=price, pool=name, **more
                ),
            )
        if codes:
            await self.stock_up(name, codes)
        await self.announced(name)
        return name

    async def top_up_sku(self, *, account_rule: str = "cn-mobile") -> str:
        """A top-up SKU whose upstream is not there."""
        name = unique("TOPUP")
        async with self.desk() as (db, secrecy):
            upstream = unique("upstream")
            await upstreams.add_upstream(
                db,
                secrecy,
                upstream,
                connector="kasushou",
                base_url="http://127.0.0.1:9",
                settings={"userid": "u", "apikey": "k"},
            )
            route = catalog.NewRoute(upstream=upstream, product_id="1", priority=0, cost_minor=None)
            new = catalog.NewSku(
                sku=name, name=name, kind=SkuKind.TOPUP, price_minor=4990,
                account_rule=account_rule, routes=[route],
            )  # fmt: skip
            await catalog.create_sku(db, new)
        await self.announced(name)
        return name

    async def stock_up(self, pool: str, codes: int) -> None:
        """Put codes on sale."""
        async with self.database() as database:
            async with administration(database) as db:
                vault = await open_vault(self.config.data, db)
            async with staging(database) as rows:
                target = Target(store=rows, vault=vault, pool=await rows.pool(pool))
                await generate_codes(target, GenerationJob(pattern="A" * 12, count=codes))

    async def price(self, sku: str, price: int) -> None:
        """Another list price, and wait until the gateway goes by it."""
        async with self.desk() as (db, _):
            await prices.set_list_price(db, sku, price, allow_zero=False)
        await self.partner(balance=0)  # a key that is known: so is what was set before

    async def setting(self, name: str, value: int) -> None:
        """Set one, and wait until the gateway goes by it."""
        async with self.desk() as (db, _):
            await settings.set_setting(db, name, str(value))
        await self.partner(balance=0)  # a key that is known: so is what was set before

    async def campaign(
        self, sku: str, *, opens_in: timedelta, lasts: timedelta, **more: Any
    ) -> str:
        """A campaign of a SKU; its name."""
        name = unique("campaign")
        starts_at = datetime.now(UTC) + opens_in
        async with self.desk() as (db, _):
            new = NewCampaign(
                name=name, sku=sku, starts_at=starts_at, ends_at=starts_at + lasts, **more
            )
            await create_campaign(db, new)
        return name

    async def announced(self, sku: str) -> None:
        """Wait until the running gateway sells a SKU: partners it is not offered to get 403."""
        if self._prober is None:
            self._prober = await self.partner(balance=0, scopes=["orders:write"])
        probe = self._prober

        async def sold() -> bool:
            reply = await probe.order(out_order_no=unique("probe"), sku=sku, max_amount=0)
            return bool(reply.json["code"] != "unknown-sku")

        await eventually(sold)

    async def set_endpoint(self, partner: str, url: str) -> str:
        """Where a partner is told; its secret."""
        async with self.desk() as (db, secrecy):
            return str((await webhooks.set_endpoint(db, secrecy, partner, url))["secret"])

    async def rotate_webhook_secret(self, partner: str) -> str:
        """The partner's new secret."""
        async with self.desk() as (db, secrecy):
            return str((await webhooks.show_secret(db, secrecy, partner, rotate=True))["secret"])

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[tuple[Transaction, Secrecy]]:
        """One administrative transaction."""
        async with self.database() as database, administration(database) as db:
            vault = await open_vault(self.config.data, db)
            secrecy = Secrecy(
                wrap=vault.wrap_secret,
                open=vault.open_secret,
                new_partner_secrets=partial(native.new_partner_secrets, vault),
                new_webhook_secret=native.new_webhook_secret,
            )
            yield db, secrecy

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The module's database."""
        opened = await open_database(self.config, connections=2, migrate=False)
        try:
            yield opened
        finally:
            await opened.close()
