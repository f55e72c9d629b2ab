"""Operators in a worker: the admin API."""

import asyncio
from typing import Final

from gateway.catalog.rules import CurrentCatalog
from gateway.ground.desk.administration import SQL
from gateway.ground.desk.all_declared import all_declared
from gateway.ground.desk.rest import api
from gateway.ground.desk.rest.acting import Acting
from gateway.ground.desk.rest.place import Place
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.sql.database import Database
from gateway.ground.sql.replica import LaggingReads
from gateway.ground.wiring import Built, Kit, Wiring
from gateway.operators.tokens_known import TokensKnown

FORGET_EVERY_S: Final = 3600.0


def place(kit: Kit) -> Place:
    """Where operators work: with connections of their own, which are few."""
    on = kit.on
    database = Database(dsn=on.dsn, pool=on.pools.desk, embedded=None)
    lagging = LaggingReads(
        on.pools.replica,
        on.pools.desk,
        now=on.clock.now,
        behind_s_max=on.config.replica_lag_s,
    )
    return Place(config=on.config, database=database, vault=on.vault, lagging=lagging)


def admin_api(kit: Kit) -> api.AdminApi:
    """Everything below `/admin`."""
    where = kit[Place]
    doorkeeper = TokensKnown(kit[CurrentCatalog], kit.on.clock)
    return api.AdminApi(where, doorkeeper, all_declared(), Acting(where))


def build(kit: Kit) -> Built:
    """Keys of requests that are a day old are forgotten."""
    where = kit[Place]

    async def forget() -> None:
        while True:
            await asyncio.sleep(FORGET_EVERY_S)
            try:
                async with where.statements() as db:
                    await SQL.forget_old_requests.run(db)
            except StoreUnavailableError:
                continue  # the next turn is soon enough

    return Built(keeping=(forget,))


WIRING: Final = Wiring(makes=(place,), faces=((admin_api, api.ROUTES),), build=build)
