"""`quangate doctor`: is this machine fit, and if not, what to do."""

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer

app = room("Check this machine and its settings.")


@command(app, "doctor", example="quangate doctor")
async def doctor(call: Call) -> Answer:
    """Check Python, files, limits, port, database, durability, clocks and keys.

    Exits 1 when something is not well, and says what to do about it.
    Changes nothing, apart from starting the embedded database for the look.
    """
    from gateway.health.look_command import look_at_all

    data = await look_at_all(call.quiet_config())
    return Answer(data=data, exit_code=0 if data["ok"] else 1)
