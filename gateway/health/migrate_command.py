"""`quangate migrate`: the owner's part of a start, by itself."""

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer

app = room("Prepare a PostgreSQL of your own, as its owner.")


@command(app, "migrate", example="quangate migrate --owner-url postgresql://owner@db/quangate")
async def migrate(call: Call) -> Answer:
    """Apply what is new to the tables and give the gateway's role its rights, table by table.

    Needs both URLs: --database-url is the gateway's, --owner-url the owner's. Afterwards the
    gateway starts with its own alone. Every start does the same when it is given both.
    """
    from gateway.ground.sql.database import opened
    from gateway.ground.sql.rights import differing_rights, powers_of

    async with opened(call.quiet_config(), connections=1) as database:
        role = await database.pool.fetchval("SELECT current_user::text")
        powers = await powers_of(database.pool, role)
        differences = powers or await differing_rights(database.pool, role)
    return Answer(
        data={"role": role, "differences": differences},
        note="The gateway may do what it needs, and no more."
        if not differences
        else "The gateway's role is not as it should be; `quangate doctor` says what to run.",
    )
