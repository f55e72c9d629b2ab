"""Looking that leaves a trace: what a page shows to somebody, with whatever is written of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.ground.desk.action import Change
from gateway.ground.desk.given import kept
from gateway.ground.desk.perform import write_down
from gateway.ground.desk.port import At
from gateway.ground.desk.refusal import DeskRefusedError, KeptRefusalError
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.place import Place, in_turn


async def see(
    place: Place,
    caller: Caller,
    change: Change,
    look: Callable[[At], Awaitable[Any]],
    *,
    name: str,
    given: Any,
) -> Any:
    """What `look` finds in a transaction that writes. A refusal that stays is written down.

    Raises DeskRefusedError.
    """

    async def once() -> Any:
        async with place.at(caller.person) as at:
            try:
                return await look(at)
            except KeptRefusalError as stays:
                after = {"refused": stays.refusal.code}
                await write_down(at.db, change, name, caller.name, given=kept(given), after=after)
                return stays.refusal

    found = await in_turn(once)
    if isinstance(found, DeskRefusedError):
        raise found
    return found
