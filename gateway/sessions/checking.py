"""Passwords are checked one after the other, in a thread: each takes 64 MiB and some 0.1 s.

What strangers can make us compute is bounded: so many wait, and few of one address.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from gateway.ground.errors import OverloadedError

WAITING_MAX: Final = 8
OF_ONE_ADDRESS_MAX: Final = 2
# Of no password: what a name that nobody has is checked against, with the same cost.
NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$QY9htLFNGc61iypcQQIbYQ"  # a password that was thrown away
    "$edbhhZZVAgcKZJyBwlh50c11WUwzUBYySfX7CUvPd68"
)


class PasswordChecks:
    """Those of one worker."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._waiting: Counter[str] = Counter()

    async def holds(self, kept: str | None, password: str, address: str) -> bool:
        """Whether it is the password of what is kept; None: of nobody, and as long a look.

        Raises OverloadedError where too many wait.
        """
        if self._waiting.total() >= WAITING_MAX or self._waiting[address] >= OF_ONE_ADDRESS_MAX:
            raise OverloadedError("too many passwords are being checked")
        self._waiting[address] += 1
        asked = self._thread.submit(_holds, kept or NOBODY, password)
        # Counted until it is over, whether somebody still waits for it or not.
        loop = asyncio.get_running_loop()
        asked.add_done_callback(lambda _: _tell(loop, self._done, address))
        return await asyncio.wrap_future(asked) and kept is not None

    def _done(self, address: str) -> None:
        self._waiting[address] -= 1
        self._waiting += Counter()  # without those at zero

    def close(self) -> None:
        """No more are taken."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _tell(loop: asyncio.AbstractEventLoop, done: Callable[[str], None], address: str) -> None:
    with contextlib.suppress(RuntimeError):  # the worker is gone
        loop.call_soon_threadsafe(done, address)


def _holds(kept: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return PasswordHasher().verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False
