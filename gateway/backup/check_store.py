"""What a check after a restore does, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOfCodes:
    """A pool that codes are sold from."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedHolds:
    """Holds, by their partners and their own ids."""

    partners: Sequence[int]
    holds: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """From which number on codes of a pool are kept off sale, and how many."""

    from_seq: int
    codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """The same, with the pool's name."""

    pool: str
    from_seq: int
    codes: int


class SQL(Statements, file="backup/checking"):
    """The check."""

    lock_restorations: Statement[[], int]
    pools: Statement[[], PoolOfCodes]
    end_holds: Statement[[int | None], EndedHolds]
    withhold: Statement[[int], Aside]
    give_back_units: Statement[[Sequence[int], Sequence[int]], None]
    withheld: Statement[[], Withheld]
    under_way: Statement[[], int]
    open_sales: Statement[[], None]


class CheckStore:
    """Over one connection."""

    def __init__(self, connection: Any) -> None:
        self._on = connection

    async def raise_epochs(self) -> int | None:
        """Take back what was leased or held, and lay aside what is free, pool by pool; of how many
        pools. None: the shop was not restored, or is checked; then nothing is done."""
        if not await SQL.lock_restorations.all(self._on):
            return None
        pools = await SQL.pools.all(self._on)
        partners: list[int] = []
        holds: list[int] = []
        for pool in [None, *pools]:
            ended = await SQL.end_holds.only(self._on, None if pool is None else pool.id)
            partners += ended.partners
            holds += ended.holds
            if pool is not None:
                await SQL.withhold.all(self._on, pool.id)
        await SQL.give_back_units.run(self._on, partners, holds)
        return len(pools)

    async def withheld(self) -> Sequence[Withheld]:
        """What is kept off sale."""
        return await SQL.withheld.all(self._on)

    async def under_way(self) -> int:
        """How many attempts upstream are not ended."""
        return await SQL.under_way.only(self._on)

    async def open_sales(self) -> None:
        """Sell again."""
        await SQL.open_sales.run(self._on)
