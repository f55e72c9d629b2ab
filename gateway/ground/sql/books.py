"""What every statement is spoken through: retried where that is safe, and never half-believed.

A statement that the database rolled back for the sake of another (a deadlock, a serialization
failure) is said again; a commit that came back with a warning is not believed. Both are decided
here, in the connection, so that no caller can forget them.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from gateway.ground.errors import CommitInDoubtError, ConfigError, StoreUnavailableError

Result = TypeVar("Result")

ROLLED_BACK = ("40001", "40P01")  # serialization failure, deadlock: nothing of it took place
RETRIES_MAX = 5
RETRY_PAUSE_S = 0.01  # at most, times the tries so far: those who met must not meet again


# Written by a transaction that may have nothing else to write: a commit that wrote waits for the
# standbys that count, and with it for all that was committed before. So once it is confirmed, so
# is what it read. A row that is only seen proves nothing: a standby may not have it.
PROVE = "SELECT pg_logical_emit_message(true, 'quangate', '')"

# The same where there may be nobody to prove it to.
PROVE_TO_STANDBYS = (
    "SELECT pg_logical_emit_message(true, 'quangate', '')"
    " WHERE current_setting('synchronous_standby_names') <> ''"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a server is: of which cluster (PostgreSQL's system identifier), and the timeline that it
    writes; None: it writes none, it is a standby. A promotion begins the next one."""

    system: str
    timeline: int | None


class UnconfirmedCommitError(asyncpg.InterfaceError):  # type: ignore[misc]
    """The server committed, and warned: a standby it waited for may not have it (`HA`)."""


# What asyncpg raises when the server is not there, goes away, or is too busy to talk.
UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # "another operation is in progress": it ended in mid operation
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
)


@contextmanager
def unreachable_is_unavailable() -> Iterator[None]:
    """Translate every way of not reaching the database into StoreUnavailableError."""
    try:
        yield
    except UnconfirmedCommitError as error:
        raise CommitInDoubtError(
            f"the database could not confirm that it is safe ({error}); "
            "whether it counts is not known: ask again"
        ) from error
    except asyncpg.ReadOnlySQLTransactionError as error:
        raise StoreUnavailableError(
            "the database takes no writes: it is a standby, or was made read-only; give the "
            "primary's address, or several with target_session_attrs=read-write"
        ) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise ConfigError(
            f"our role in the database lacks a right ({error}): "
            "`quangate doctor` prints what its owner has to run"
        ) from error
    except UNREACHABLE as error:
        raise StoreUnavailableError(f"the database does not answer: {error}") from error


async def again(work: Callable[[], Awaitable[Result]], *, also: Collection[str] = ()) -> Result:
    """Do `work`, a whole transaction, anew while the database rolls it back for another's sake.

    `also`: further SQLSTATEs after which the same work may end otherwise. The last error is
    raised after RETRIES_MAX tries more.
    """
    for tries in range(RETRIES_MAX):
        try:
            return await work()
        except asyncpg.PostgresError as error:
            if error.sqlstate not in ROLLED_BACK and error.sqlstate not in also:
                raise
        await asyncio.sleep(random.uniform(0, RETRY_PAUSE_S * tries))  # noqa: S311 - no secret
    return await work()


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that says its statements again, and does not believe a commit that warns.

    Outside a transaction a statement is a transaction of its own. One that the database rolled
    back for another's sake is repeated; in a transaction that is the business of who began it.
    A WARNING while a statement runs, COMMIT among them, raises UnconfirmedCommitError: such a
    commit took place on this server, and perhaps nowhere else (`SyncRepWaitForLSN` was cut off).
    Warnings are not told apart by their words, which are translated: ours make none.
    """

    __slots__ = ("_warning", "standing")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._warning: str | None = None
        self.standing: Standing | None = None  # before it is known

    def _process_log_message(self, fields: dict[str, str], last_query: str) -> None:
        # asyncpg tells listeners later, from its loop; whoever waits must know before it goes on.
        if fields.get("V", fields.get("S")) == "WARNING":
            self._warning = fields.get("M", "WARNING")
        super()._process_log_message(fields, last_query)

    async def execute(self, *args: Any, **options: Any) -> str:
        """See asyncpg."""
        return str(await self._say(super().execute, args, options))

    async def executemany(self, *args: Any, **options: Any) -> None:
        """See asyncpg."""
        await self._say(super().executemany, args, options)

    async def fetch(self, *args: Any, **options: Any) -> Any:
        """See asyncpg."""
        return await self._say(super().fetch, args, options)

    async def fetchval(self, *args: Any, **options: Any) -> Any:
        """See asyncpg."""
        return await self._say(super().fetchval, args, options)

    async def fetchrow(self, *args: Any, **options: Any) -> Any:
        """See asyncpg."""
        return await self._say(super().fetchrow, args, options)

    async def _say(
        self, call: Callable[..., Awaitable[Result]], args: Any, options: dict[str, Any]
    ) -> Result:
        self._warning = None  # of an earlier call, or of the connection's start
        alone = not self.is_in_transaction()
        try:
            result = await call(*args, **options)
        except asyncpg.PostgresError as error:
            if not alone or error.sqlstate not in ROLLED_BACK:
                raise
            result = await again(lambda: call(*args, **options))
        if self._warning is not None:
            raise UnconfirmedCommitError(self._warning)
        return result
