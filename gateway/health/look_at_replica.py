"""How far behind the replica is that reads may go to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.ground.config import Config
from gateway.ground.errors import ConfigError, StoreUnavailableError
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.connecting import create_pool
from gateway.ground.sql.declared import Statement, Statements

BY_BYTES: Final = "has all there is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """What a replica has: the log until `lsn`, and when its last transaction was committed."""

    is_standby: bool
    lsn: str | None
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far behind that is: not at all, or so long."""

    has_all: bool
    behind_s: float | None


class SQL(Statements, file="health/replica"):
    """Asked at the replica, and then at the primary."""

    replayed: Statement[[], Standby]
    lag: Statement[[str | None, datetime | None], Lag]


async def look_at_replica(config: Config, primary: Any) -> tuple[bool, str] | None:
    """Whether reads go there, and what is there or wrong; None: none is configured.

    A shop that nobody serves is still: then what it has is compared, not when it was committed.
    """
    if config.replica_url is None:
        return None
    try:
        pool = await create_pool(config.replica_url, config, 1, lagging=True)
        try:
            with unreachable_is_unavailable():
                found = await SQL.replayed.only(pool)
        finally:
            await pool.close()
    except (StoreUnavailableError, ConfigError) as error:
        return False, f"it cannot be asked: {error}"
    if not found.is_standby:
        return True, "it is no standby, but a primary"
    lag = await SQL.lag.only(primary, found.lsn, found.replayed_at)
    if lag.has_all:
        return True, BY_BYTES
    if lag.behind_s is None:
        return False, "it has nothing yet"
    return lag.behind_s <= config.replica_lag_s, f"{lag.behind_s:.0f} s behind"
