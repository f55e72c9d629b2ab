"""Where the admin API works: a worker's small share of connections, its vault, its settings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gateway.ground import native
from gateway.ground.config import Config
from gateway.ground.desk.administration import Transaction
from gateway.ground.desk.job import Site
from gateway.ground.desk.opening import Desk
from gateway.ground.desk.port import At, Secrecy
from gateway.ground.desk.rest.quiet_asker import QuietAsker
from gateway.ground.desk.transaction import administration
from gateway.ground.errors import RolledBackError
from gateway.ground.http.public_url import public_url_of
from gateway.ground.native import Vault
from gateway.ground.sql.database import Database
from gateway.ground.sql.replica import LaggingReads

if TYPE_CHECKING:
    from gateway.ground.desk.transaction import Note

T = TypeVar("T")
DEADLINE_MS: Final = 10_000  # of one statement of an operator's
TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`database` has the pool of the desk alone; `lagging` is for lists. `partner`: whose people
    work here; None: the shop's.
    """

    config: Config
    database: Database
    vault: Vault
    lagging: LaggingReads
    partner: int | None = None

    def of(self, partner: int | None) -> "Place":
        """The same for a partner's people."""
        return self if partner == self.partner else replace(self, partner=partner)

    async def look(self, person: str, work: Callable[[At], Awaitable[T]]) -> T:
        """What `work` finds for a person, reading only; it may be a moment behind."""

        async def look(pool: Any) -> T:
            database = replace(self.database, pool=pool)
            async with administration(database, read_only=True, deadline_ms=DEADLINE_MS) as db:
                return await work(
                    At(db=db, vault=self._secrecy(), person=person, partner=self.partner)
                )

        return await self.lagging.read(look)

    @asynccontextmanager
    async def at(self, person: str, *, read_only: bool = False) -> AsyncIterator[At]:
        """One transaction of the desk, of this person."""
        async with self.statements(read_only=read_only) as db:
            yield At(
                db=db, vault=self._secrecy(), person=person, make_site=self.site,
                public_url=public_url_of(self.config), partner=self.partner,
            )  # fmt: skip

    @asynccontextmanager
    async def statements(self, *, read_only: bool = False) -> AsyncIterator[Transaction]:
        """The same without the vault."""
        async with administration(
            self.database, read_only=read_only, deadline_ms=DEADLINE_MS
        ) as db:
            yield db

    def site(self, note: "Note") -> Site:
        """Where a job works; it opens its transactions itself."""
        return Site(config=self.config, asker=QuietAsker(), open=self._desk, note=note)

    @asynccontextmanager
    async def _desk(self) -> AsyncIterator[Desk]:
        yield Desk(config=self.config, database=self.database)

    def _secrecy(self) -> Secrecy:
        vault = self.vault
        return Secrecy(
            keys=vault,
            wrap=vault.wrap_secret,
            open=vault.open_secret,
            new_partner_secrets=partial(native.new_partner_secrets, vault),
            new_webhook_secret=native.new_webhook_secret,
        )


async def in_turn(work: Callable[[], Awaitable[T]]) -> T:
    """A whole transaction, again while it has to make way for others'."""
    for _ in range(TRIES):
        try:
            return await work()
        except RolledBackError:
            continue
    return await work()
