"""Time in tests: no machine is too slow for them.

A wait ends by an event; how long it lasts at most (`PATIENCE_S`) only ends what hangs. A deadline
of the product is set so long that it cannot come by chance (`LONG_S`), and comes when the test
puts the event loop's clock forward, after what has to happen before it.
"""

import asyncio
from weakref import WeakKeyDictionary

PATIENCE_S = 300.0
LONG_S = 600.0

_ahead: WeakKeyDictionary[asyncio.AbstractEventLoop, float] = WeakKeyDictionary()


def put_forward(seconds: float) -> None:
    """What the running loop was to do within these seconds is due at once.

    For the rest of the test: each test has a loop of its own. Also the test's own timers come
    sooner, so leave the patience to pytest's timeout.
    """
    loop = asyncio.get_running_loop()
    if loop not in _ahead:
        really = loop.time
        loop.time = lambda: really() + _ahead[loop]  # type: ignore[method-assign]
    _ahead[loop] = _ahead.get(loop, 0.0) + seconds


async def turns(count: int = 10) -> None:
    """Let everything that can go on go on; no time passes for it."""
    for _ in range(count):
        await asyncio.sleep(0)


async def pass_time(seconds: float) -> None:
    """The same while time passes, in ten steps."""
    for _ in range(10):
        await turns()
        put_forward(seconds / 10)
    await turns()
