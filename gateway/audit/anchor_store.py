"""Anchors in the making and in the comparing: between the database and the files.

The gateway writes a line about every ten minutes when something changed, and at its orderly end;
so does an audit that found nothing wrong. Nothing waits for it: what cannot be written (a full
disk) is a line in the log and a metric, and is tried again.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from gateway.audit.anchor import Account, Head, Mac, Moment, Reading, changes, to_digest
from gateway.audit.anchor_files import AnchorFiles
from gateway.ground.config import Config
from gateway.ground.sql.declared import Statement, Statements

if TYPE_CHECKING:
    from gateway.ground.native import Vault

log = structlog.get_logger()

EVERY_S: Final = 600.0
LOOK_S: Final = 60.0  # how often a worker looks whether that time is over
LAST_S: Final = 5.0
ROWS_AT_ONCE: Final = 1_000
DIGEST_DEADLINE_S: Final = 300.0
OFF: Final = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """The database, and its time."""

    at: datetime
    database: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account's last entry, and its balance in minor units."""

    partner_id: int
    last_entry: int
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Of the entries of an account after `since` up to the last one."""

    partner_id: int
    since: int
    last_entry: int
    digest: str


class SQL(Statements, file="audit/anchors"):
    """What is written down, and whether it still is so."""

    whose: Statement[[], Whose]
    heads: Statement[[], Head]
    balances: Statement[[], Balance]
    digests: Statement[[Sequence[int], Sequence[int], Sequence[int]], Digest]
    heads_differ: Statement[[Sequence[str], Sequence[int], Sequence[int], Sequence[str]], str]
    balances_differ: Statement[[Sequence[str], Sequence[int], Sequence[int], Sequence[int]], str]


def anchor_directory(config: Config) -> Path | None:
    """Where anchors are written; None: nowhere, by the operator's word."""
    if config.anchors == OFF:
        return None
    return Path(config.anchors) if config.anchors else config.data / "anchors"


def key_of(vault: "Vault") -> str:
    """What tells the keys of lines apart; not secret, and the same after every rotation."""
    return vault.index_check().hex()


class AnchorWriter:
    """Writes what changed since the last line, whoever wrote that one; nothing when `off`."""

    def __init__(self, pool: Any, directory: Path | None, *, key: str, mac: Mac) -> None:
        self._pool = pool
        self.off = directory is None
        self._files = AnchorFiles(directory or Path(), key=key, mac=mac)
        self._turn = asyncio.Lock()
        self.failing = False
        self.last_at = 0.0  # Unix seconds, of the newest line known, by the database's clock

    async def keep(self) -> None:
        """Write now and then, until cancelled."""
        while not self.off:
            await self.try_to_write(due_only=True)
            await asyncio.sleep(LOOK_S)

    async def try_to_write(self, *, due_only: bool = False) -> None:
        """`write`, whatever goes wrong: once said, and once more when it is over."""
        try:
            await self.write(due_only=due_only)
        except Exception as error:  # noqa: BLE001  the next turn tries again
            if not self.failing:
                log.warning(
                    "anchors.not_written",
                    directory=str(self._files.directory),
                    error=getattr(error, "strerror", None) or type(error).__name__,
                )
            self.failing = True
        else:
            if self.failing:
                log.info("anchors.written_again")
            self.failing = False

    async def write(self, *, due_only: bool = False) -> bool:
        """Add a line if something changed; False: nothing did, or another process is writing.

        `due_only`: not before `EVERY_S` after the last one. Raises OSError and what the
        database raises.
        """
        if self.off:
            return False
        # To its end even if nobody waits any more: the lock outlives the thread that writes.
        return await asyncio.shield(self._take_turn(due_only=due_only))

    async def write_last(self, ends_at: float) -> None:
        """At an orderly end (loop time): what changed, if that takes next to no time."""
        left_s = ends_at - asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(LAST_S, left_s / 2)):
                await self.try_to_write()

    async def _take_turn(self, *, due_only: bool) -> bool:
        async with self._turn:
            with contextlib.ExitStack() as stack:
                alone = await asyncio.to_thread(stack.enter_context, self._files.alone())
                return alone and await self._write(due_only=due_only)

    async def _write(self, *, due_only: bool) -> bool:
        files = self._files
        await asyncio.to_thread(files.catch_up)
        self._tell()
        if due_only and files.last_at is not None:
            age = (datetime.now(UTC) - files.last_at).total_seconds()
            if 0 <= age < EVERY_S:
                return False
        moment = await self._read()
        news = changes(files.known, moment, whole=files.is_month_new(moment.at))
        if news is None:
            return False
        for what in news.gone_back:
            log.error("anchors.history_changed", what=what, see="quangate audit --anchors")
        digested = await self._digested(news.accounts)
        await asyncio.to_thread(files.append, moment, news._replace(accounts=digested))
        self._tell()
        return True

    def _tell(self) -> None:
        if self._files.last_at is not None:
            self.last_at = self._files.last_at.timestamp()

    async def _read(self) -> Moment:
        """One moment of the database, in pieces that hold nobody up."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            whose = await SQL.whose.only(connection)
            heads = await SQL.heads.all(connection)
            accounts = [
                Account(row.partner_id, row.last_entry, row.balance, since=0, digest="")
                async for row in SQL.balances.each(connection, ROWS_AT_ONCE)
            ]
        return Moment(whose.at, whose.database, heads, accounts)

    async def _digested(self, accounts: Sequence[Account]) -> list[Account]:
        """The accounts with the digests of their new entries."""
        wanted = list(to_digest(accounts))
        if not wanted:
            return list(accounts)
        async with self._pool.acquire() as connection:
            digests = await _digests(connection, wanted)
        return [account._replace(digest=digests.get(_run(account), "")) for account in accounts]


def make_writer(pool: Any, config: Config, vault: "Vault") -> AnchorWriter:
    """The writer of this data directory."""
    directory = anchor_directory(config)
    return AnchorWriter(pool, directory, key=key_of(vault), mac=vault.anchor_mac)


def _run(account: Account) -> tuple[int, int, int]:
    return account.partner_id, account.since, account.last_entry


async def _digests(
    connection: Any, accounts: Sequence[Account]
) -> Mapping[tuple[int, int, int], str]:
    runs = [_run(account) for account in accounts]
    columns = [list(column) for column in zip(*runs, strict=True)] or [[], [], []]
    rows = await SQL.digests.within(DIGEST_DEADLINE_S).all(connection, *columns)
    return {(row.partner_id, row.since, row.last_entry): row.digest for row in rows}


async def whose(connection: Any) -> str:
    """The database's identity, as lines name it."""
    return (await SQL.whose.only(connection)).database


async def differences(connection: Any, reading: Reading) -> list[str]:
    """Where the database is not what was written down, a sentence each."""
    found: list[str] = []
    for some in _pieces(list(reading.heads.items())):
        found += await SQL.heads_differ.all(connection, *_columns(some))
    for some in _pieces(list(reading.accounts.items())):
        found += await SQL.balances_differ.all(connection, *_columns(some))
        vouched = [account for account, _ in some if account.digest]
        digests = await _digests(connection, vouched)
        found += [
            f"partner {account.partner_id}: entries {account.since + 1} to {account.last_entry}"
            f" are not the ones that were written down ({reading.accounts[account]})"
            for account in vouched
            if digests[_run(account)] != account.digest
        ]
    return found


def _columns(rows: list[tuple[Head | Account, str]]) -> list[list[Any]]:
    """Where each was written down, and its first three members."""
    return [[place for _, place in rows], *([what[n] for what, _ in rows] for n in range(3))]


def _pieces(rows: list[Any]) -> list[list[Any]]:
    return [rows[at : at + ROWS_AT_ONCE] for at in range(0, len(rows), ROWS_AT_ONCE)]
