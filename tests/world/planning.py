"""How a worker's own connections plan, for a connection that a test has."""

from typing import Any

from gateway.ground.sql.connecting import BY_LOOK_UP


async def plan_as_workers(connection: Any) -> None:
    """From now on by look-up and once, as on the connections for control and background."""
    for setting, value in BY_LOOK_UP.items():
        await connection.execute(f"SET {setting} = {value}")
