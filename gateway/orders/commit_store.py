"""The commit of order lines: one SQL call per batch, and what to make of its failures (D5, D6)."""

import time
import uuid
from bisect import bisect_left
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

import asyncpg
import structlog

from gateway.ground.config import Config
from gateway.ground.errors import (
    BatchPoisonedError,
    CommitInDoubtError,
    InvariantBrokenError,
    LeaseLostError,
    QuangateError,
    StoreUnavailableError,
)
from gateway.ground.histogram import Times
from gateway.ground.sql.books import ROLLED_BACK, UNREACHABLE
from gateway.ground.sql.connecting import connect
from gateway.orders.commit import (
    ASKED_COLUMNS,
    CLAIMED_COLUMNS,
    LINE_COLUMNS,
    PLAIN_COLUMNS,
    CommitAnswer,
    CommitRequest,
)
from gateway.orders.lost_tail import TailOfLog
from gateway.orders.plain_commits import PlainCommits
from gateway.orders.rules import LineOutcome

log = structlog.get_logger()

# What the caller says of a batch as a whole; the rest comes as array literals, column by column.
_BATCH: Final[Mapping[str, str]] = {
    "p_batch": "uuid", "p_chain": "integer", "p_owner": "uuid", "p_all_new": "boolean",
}  # fmt: skip
PARAMETERS: Final[Mapping[str, str]] = {
    **_BATCH,
    **{column.name: f"text::{column.kind}[]" for column in LINE_COLUMNS},
    **{name: f"text::{kind}[]" for name, kind in ASKED_COLUMNS.items()},
    **{name: f"text::{kind}[]" for name, kind in CLAIMED_COLUMNS.items()},
}
PLAIN_PARAMETERS: Final[Mapping[str, str]] = {
    "p_batch": "uuid", "p_chain": "integer", "p_partner": "bigint",
    **{name: PARAMETERS[name] for name in PLAIN_COLUMNS},
}  # fmt: skip
# Its columns, of all that a request has.
_plain_columns = itemgetter(*([*PARAMETERS].index(name) - len(_BATCH) for name in PLAIN_COLUMNS))


def _call(routine: str, parameters: Mapping[str, str]) -> str:
    """A call that names its arguments: a wrong place would be wrong silently."""
    named = (f"{name} => ${n}::{kind}" for n, (name, kind) in enumerate(parameters.items(), 1))
    return f"SELECT * FROM {routine}({', '.join(named)})"  # noqa: S608 - no input in it


COMMIT = _call("commit_orders", PARAMETERS)
COMMIT_PLAIN = _call("commit_plain", PLAIN_PARAMETERS)

# How the parts of commit_orders are planned: once, and to look rows up, whatever statistics say.
PLANNING: Final[Mapping[str, str]] = {
    "enable_seqscan": "off", "enable_hashjoin": "on", "plan_cache_mode": "force_generic_plan",
}  # fmt: skip
DECIDE = "SELECT decide_commit($1)"
GIVE_BACK_DUE = "SELECT expire_for_units()"
COMMIT_TIMEOUT_S = 10.0

# Classes of commits by their lines: up to so many, and what they are called.
SIZES_MAX: Final = (1, 16, 128)
SIZES: Final = ("1", "2-16", "17-128", "129+")

# SQLSTATE classes after which nothing of the batch was committed, for sure.
# Data exception, integrity violation, access rule, PL/pgSQL's and our own, internal error.
DATA_CLASSES = ("22", "23", "42", "P0", "QG", "XX")
NO_RESOURCES = "53"  # likewise, and of no line: the disk is full, memory or connections are out


class DatabaseCommitter:
    """One connection that commits one batch at a time.

    `times` takes how long each took, by (class of size, committed | refused | in-doubt).
    """

    def __init__(
        self,
        *,
        dsn: str,
        config: Config,
        chain: int,
        worker_id: uuid.UUID,
        times: Times,
        tail: TailOfLog,
    ) -> None:
        self._dsn = dsn
        self._config = config
        self._chain = chain
        self._worker_id = worker_id
        self._times = times
        self._tail = tail
        self._connection: Any = None
        self._all_new = True  # of the last batch no line was known or refused: nor will the next be
        self._plain = PlainCommits()

    async def open(self) -> None:
        """Connect unless connected. Raises StoreUnavailableError."""
        if self._connection is None or self._connection.is_closed():
            connection = await connect(self._dsn, self._config, PLANNING)
            try:
                await self._tail.check(connection)
            except BaseException:
                connection.terminate()
                raise
            self._connection = connection

    async def close(self) -> None:
        """Close the connection; a batch in flight on it is in doubt."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def commit(self, batch_id: uuid.UUID, request: CommitRequest) -> CommitAnswer:
        """Commit the batch; on return it is durable.

        Raises LeaseLostError or BatchPoisonedError or InvariantBrokenError or
        StoreUnavailableError when nothing was committed, CommitInDoubtError when only `decide`
        can tell.
        """
        await self.open()
        began, became = time.monotonic(), "in-doubt"
        try:
            row = await self._connection.fetchrow(
                *self._statement(batch_id, request), timeout=COMMIT_TIMEOUT_S
            )
            became = "committed"
        except asyncpg.PostgresError as error:
            meaning = await self._meaning_of(error)
            if not isinstance(meaning, CommitInDoubtError):
                became = "refused"
            raise meaning from error
        except UNREACHABLE as error:
            await self.close()
            raise CommitInDoubtError(str(error)) from error
        finally:
            size = SIZES[bisect_left(SIZES_MAX, request.size)]
            self._times[size, became].observe(time.monotonic() - began)
        self._tail.acknowledged(batch_id, began)
        outcomes = row["outcome"]
        if outcomes is None:
            self._plain.was_plain()
            outcomes = [1] * request.size
        self._all_new = outcomes.count(LineOutcome.CREATED) == len(outcomes)
        if not self._all_new and LineOutcome.UNITS_DUE in outcomes:
            await self._give_back_due()
        return CommitAnswer(
            committed_at=row["committed_at"],
            outcomes=outcomes,
            existing=row["existing"] or (),
            refused=row["refused"],
        )

    def _statement(self, batch_id: uuid.UUID, request: CommitRequest) -> tuple[Any, ...]:
        """The statement that commits it, and its arguments."""
        columns = (*request.lines, *request.asked, *request.claimed)
        if request.plain_of is not None and self._plain.is_worth_trying():
            return COMMIT_PLAIN, batch_id, self._chain, request.plain_of, *_plain_columns(columns)
        return COMMIT, batch_id, self._chain, self._worker_id, self._all_new, *columns

    async def _give_back_due(self) -> None:
        """Give back what holds have whose time is over, for lines that are tried again. Waits for
        others for a moment only; that it could not be had changes nothing."""
        try:
            await self.open()
            await self._connection.fetchval(GIVE_BACK_DUE, timeout=COMMIT_TIMEOUT_S)
        except asyncpg.PostgresError as error:
            log.info("commit.due_not_given_back", error=type(error).__name__)
        except (*UNREACHABLE, StoreUnavailableError):
            await self.close()

    async def _meaning_of(self, error: asyncpg.PostgresError) -> QuangateError:
        state = error.sqlstate or ""
        if state == "QG001":
            return LeaseLostError([int(id_) for id_ in (error.detail or "").split()])
        if state == "QG007":
            return InvariantBrokenError("I1: a code was about to be sold twice")
        refused = getattr(error, "severity_en", None) in {None, "ERROR"}  # FATAL: who knows
        if refused and (state[:2] in DATA_CLASSES or state in ROLLED_BACK):
            return BatchPoisonedError(f"SQLSTATE {state}")
        if refused and state[:2] == NO_RESOURCES:
            return StoreUnavailableError(f"the database has no room: {error}")
        await self.close()
        return CommitInDoubtError(f"SQLSTATE {state}")

    async def decide(self, batch_id: uuid.UUID) -> bool:
        """Whether a batch in doubt took place; after False it never can. Idempotent.

        Raises StoreUnavailableError while the database cannot be asked.
        """
        await self.open()
        try:
            return bool(await self._connection.fetchval(DECIDE, batch_id))
        except (*UNREACHABLE, asyncpg.PostgresError) as error:
            await self.close()
            raise StoreUnavailableError(str(error)) from error
