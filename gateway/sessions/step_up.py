"""What is shown once more in a session: it goes on under another cookie for it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from gateway.ground.desk.port import At, Transaction
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.place import Place, in_turn
from gateway.ground.http.request import Asked
from gateway.operators import credentials
from gateway.sessions.administration import SQL
from gateway.sessions.rules import REMEMBERED, is_locked, is_own_origin
from gateway.sessions.sign_in import address_of, hash_of, new_shown

Holds = Callable[[At, credentials.Kept], Awaitable[bool]]  # whether it is his; spent by asking
# Gives a session another hash of what its browser shows, and writes down that it stepped up.
Renew = Callable[[Transaction, str, bytes], Awaitable[None]]


def by_code(name: str, code: str) -> Holds:
    """Whether a one-time code is somebody's."""

    async def holds(at: At, kept: credentials.Kept) -> bool:
        found = await credentials.spend_code(at.db, at.secrecy, name, kept, code, recovery=False)
        return found.is_good

    return holds


async def step_up(
    place: Place, caller: Caller, request: Asked, holds: Holds, renew: Renew
) -> str | None:
    """What the browser shows from now on; None: it is not his, or he is locked out."""
    shown = new_shown()
    address = address_of(request)

    async def decide() -> bool:
        async with place.at(caller.person) as at:
            who = hash_of(caller.name)
            kept = await credentials.hold(at.db, caller.name)
            if kept is None:
                return False
            failures = await SQL.failures.all(at.db, who, REMEMBERED.total_seconds())
            locked = is_locked(failures, address, datetime.fromtimestamp(kept["now_s"], UTC))
            good = await holds(at, kept)
            if locked or not good:
                if not locked:
                    await SQL.insert_failure.run(at.db, who, address)
                return False
            await SQL.clear_failures.run(at.db, who)
            await renew(at.db, caller.credential, hash_of(shown))
            return True

    return shown if await in_turn(decide) else None


def is_of_ours(request: Asked) -> bool:
    """Whether a page of ours sent a form, by `Origin` and `Sec-Fetch-Site`."""
    headers = request.headers
    return is_own_origin(
        headers.get("Origin"),
        headers.get("Sec-Fetch-Site"),
        headers.get("Host", ""),
        https=request.is_https,
    )
