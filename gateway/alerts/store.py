"""Alerts in the database, and what it knows that is one."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.alerts.conditions import LOOKS
from gateway.alerts.rules import KINDS, LOOKED_FOR, SEEN, Finding
from gateway.ground.sql.declared import Statement, Statements

LOOK_DEADLINE_S: Final = 5.0
KEPT_DAYS: Final = 90  # after the end of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An alert that was seen, or is over."""

    id: int
    kind: str
    subject: str
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How many of a level last."""

    level: str
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Up to when sales are counted."""

    till: datetime
    noted: bool


class SQL(Statements, file="alerts/queries"):
    """Seeing, and forgetting."""

    take_turn: Statement[[float], datetime]
    see: Statement[[Sequence[str], Sequence[str], Sequence[str], Sequence[str]], Noted]
    resolve: Statement[[Sequence[str], datetime, Sequence[str], float], Noted]
    count_sales: Statement[[float], Counted]
    lasting: Statement[[], Lasting]
    forget: Statement[[int], None]


class AlertStore:
    """Over a pool; nothing here lasts longer than its deadline."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def take_turn(self, every_s: float) -> datetime | None:
        """When this look began; None: somebody else looked less than so long ago."""
        return await SQL.take_turn.one(self._pool, every_s)

    async def look(self, kind: str, threshold: int | None) -> Sequence[Finding]:
        """All there is of a kind that is looked for. Raises what the database does."""
        statement = LOOKS[kind]
        given = () if LOOKED_FOR[kind].setting is None else (threshold,)
        async with asyncio.timeout(LOOK_DEADLINE_S):
            rows = await statement.all(self._pool, *given)
        return [Finding(kind=kind, subject=row.subject, detail=row.detail) for row in rows]

    async def see(self, findings: Sequence[Finding]) -> Sequence[Noted]:
        """Note that these last; those that were not there are there now. Again changes nothing."""
        return await SQL.see.all(
            self._pool,
            [one.kind for one in findings],
            [one.subject for one in findings],
            [KINDS[one.kind].level for one in findings],
            [one.detail for one in findings],
        )

    async def resolve(
        self, looked: Sequence[str], since: datetime, unseen_s: float
    ) -> Sequence[Noted]:
        """End what the look for these kinds did not find, and what no worker sees any more."""
        return await SQL.resolve.all(self._pool, list(looked), since, list(SEEN), unseen_s)

    async def count_sales(self, seconds: float) -> bool:
        """Count the codes that were sold in the next so many seconds; whether there may be more."""
        async with asyncio.timeout(LOOK_DEADLINE_S):
            return await SQL.count_sales.one(self._pool, seconds) is not None

    async def lasting(self) -> Mapping[str, int]:
        """How many there are now, by level."""
        return {row.level: row.alerts for row in await SQL.lasting.all(self._pool)}

    async def forget(self) -> None:
        """A step of deleting what has been over for long."""
        await SQL.forget.run(self._pool, KEPT_DAYS)
