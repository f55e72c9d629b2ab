"""A small shop on a database: one partner with money, one key, pools of codes and SKUs on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg

from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.codes.generate import GenerationJob, generate_codes
from gateway.codes.import_store import staging
from gateway.codes.staging import Target
from gateway.ground import native
from gateway.ground.config import Config
from gateway.ground.desk.port import Secrecy
from gateway.ground.desk.transaction import administration
from gateway.ground.outside.client import Credentials
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.database import Database, open_database
from gateway.ground.vault import open_vault
from gateway.partners import administer as partners
from gateway.partners import keys
from tests.conftest import as_owner

PRICE_MINOR = 7
FUNDS_MINOR = 10**9
PARTNER = "chaos"
SKU = "THING"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What was set up. `codes` are in the pool that SKU sells from."""

    config: Config
    credentials: Credentials
    codes: int
    funds_minor: int = FUNDS_MINOR
    price_minor: int = PRICE_MINOR
    partner: str = PARTNER
    sku: str = SKU


async def build_world(
    config: Config,
    *,
    codes: int,
    funds_minor: int = FUNDS_MINOR,
    partner: str = PARTNER,
    sku: str = SKU,
    per_buyer: int | None = None,
) -> World:
    """Set the shop up with the operator's own flows; names that are there already are kept."""
    async with opened(config) as database:
        async with administration(database) as db:
            vault = await open_vault(config.data, db)
            secrecy = Secrecy(
                wrap=vault.wrap_secret,
                open=vault.open_secret,
                new_partner_secrets=partial(native.new_partner_secrets, vault),
                new_webhook_secret=native.new_webhook_secret,
            )
            await partners.create_partner(db, secrecy, partner)
            await partners.deposit(db, partner, funds_minor, "start")
            issued = await keys.create_key(
                db, secrecy, partner=partner, scopes=[], allow_ips=[], rate_per_s=None
            )
            if codes:
                await catalog.create_pool(db, sku, case_insensitive=False, ignore_spaces=False)
                new = catalog.NewSku(
                    sku=sku, name=sku, kind=SkuKind.CODE, price_minor=PRICE_MINOR, pool=sku,
                    per_buyer=per_buyer,
                )  # fmt: skip
                await catalog.create_sku(db, new)
        if codes:
            await stock_up(config, database, sku, codes)
    return World(
        config=config,
        credentials=Credentials(
            key_id=issued["key_id"],
            secret=issued["secret"],
            delivery_key=issued["delivery_key"],
        ),
        codes=codes,
        funds_minor=funds_minor,
        partner=partner,
        sku=sku,
    )


async def stock_up(config: Config, database: Database, pool: str, codes: int) -> None:
    """Put codes on sale."""
    async with administration(database) as db:
        vault = await open_vault(config.data, db)
    async with staging(database) as rows:
        target = Target(store=rows, vault=vault, pool=await rows.pool(pool))
        await generate_codes(target, GenerationJob(pattern="A" * 14, count=codes))


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Database]:
    """The world's database, migrated."""
    database = await open_database(config, connections=2)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def connected(config: Config) -> AsyncIterator[Any]:
    """One connection straight to the world's database."""
    connection = await asyncpg.connect(
        as_owner(str(config.database_url)), server_settings=session_settings()
    )
    try:
        yield connection
    finally:
        await connection.close()
