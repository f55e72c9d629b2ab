"""`quangate restart`: new workers for a gateway that runs, without a request that fails."""

from collections.abc import Callable
from contextlib import ExitStack

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.command.terminal import Terminal

app = room("Replace the workers of the gateway that runs.")


@command(app, "restart", example="quangate restart --data /var/lib/quangate")
async def restart(call: Call) -> Answer:
    """Replace the workers of the gateway that runs on --data, one by one; returns after the last.

    Each new one takes orders before the one it follows stops to, so that no request fails. They run
    the release that is installed now; its migrations are applied first. When a new one does not
    begin, the others go on as they were. SIGHUP to the gateway does the same.
    """
    from gateway.ground.doorbell import ring

    data = call.quiet_config().data
    with ExitStack() as shown:
        bar: Callable[[int], None] | None = None

        def show(done: int, of: int) -> None:
            nonlocal bar
            bar = bar or shown.enter_context(Terminal().progress("workers", of))
            bar(done)

        workers = await ring(data, show)
    return Answer(data={"workers": workers}, note=f"{workers} replaced; no request was lost.")
