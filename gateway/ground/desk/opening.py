"""What a command opens: the database, one transaction, the vault."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from gateway.ground.command.command import Call
from gateway.ground.command.terminal import Terminal
from gateway.ground.config import Config
from gateway.ground.http.public_url import public_url_of

if TYPE_CHECKING:
    from gateway.ground.desk.administration import Transaction
    from gateway.ground.desk.job import Asker, MakeSite
    from gateway.ground.desk.port import At, Secrecy
    from gateway.ground.native import Vault
    from gateway.ground.sql.database import Database

# What may begin a shop where there is none, beside `serve`. Everything else, whether it looks or
# changes what is there, refuses: a mistyped directory would be an empty shop in which all is well.
FOUNDERS: Final = frozenset(
    {"partner create", "pool create", "upstream add", "keys create", "operator create"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An open database, for one command."""

    config: Config
    database: "Database"

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> "AsyncIterator[Transaction]":
        """One administrative change: all of it, or nothing."""
        from gateway.ground.desk.transaction import administration

        async with administration(self.database, read_only=read_only) as db:
            yield db


@asynccontextmanager
async def open_desk(call: Call, config: Config | None = None) -> AsyncIterator[Desk]:
    """The database of this call, migrated; closed at the end. `config` if it was read already.

    Raises RefusedError where there is no shop and the command is none of the FOUNDERS.
    """
    from gateway.ground.sql.database import opened
    from gateway.ground.vault import check_key_file

    config = config or call.quiet_config()
    founds = call.name in FOUNDERS
    if founds:
        check_key_file(config.data, config.kek)
    async with opened(config, may_make=founds) as database:
        yield Desk(config=config, database=database)


async def open_vault(config: Config, db: "Transaction") -> "Vault":
    """The vault of the data directory. Raises KeyMissing rather than make a key too many."""
    from gateway.ground import vault

    return await vault.open_vault(config.data, db, config.kek)


async def open_secrecy(config: Config, db: "Transaction") -> "Secrecy":
    """The vault as administration uses it."""
    from gateway.ground import native
    from gateway.ground.desk.port import Secrecy

    vault = await open_vault(config, db)
    return Secrecy(
        keys=vault,
        wrap=vault.wrap_secret,
        open=vault.open_secret,
        new_partner_secrets=partial(native.new_partner_secrets, vault),
        new_webhook_secret=native.new_webhook_secret,
    )


@asynccontextmanager
async def open_at(
    call: Call, *, read_only: bool = False, opens_vault: bool = False
) -> "AsyncIterator[At]":
    """The one transaction that a declared action, view or page works in."""
    from gateway.ground.desk.port import At

    async with open_desk(call) as desk, desk.transaction(read_only=read_only) as db:
        yield At(
            db=db,
            vault=await open_secrecy(desk.config, db) if opens_vault else None,
            make_site=make_site(call, desk.config, Terminal()),
            public_url=public_url_of(desk.config),
        )


def make_site(call: Call, config: Config, asker: "Asker") -> "MakeSite":
    """Where a job of this call works."""
    from gateway.ground.desk.job import Site

    return lambda note: Site(
        config=config, asker=asker, open=lambda: open_desk(call, config), note=note
    )
