"""The event loop's clock, which a test may put forward.

So a deadline comes when the test says so, after what has to happen before it; and everywhere else
deadlines are so long (`LONG_S`) that no machine is too slow for them.
"""

import asyncio

LONG_S = 600.0  # what no machine takes for what a test does


def put_forward(seconds: float) -> None:
    """What the running loop was to do within these seconds is due at once.

    For the rest of the test: each test has a loop of its own. Also the test's own timers come
    sooner, so leave the patience to pytest's timeout.
    """
    loop = asyncio.get_running_loop()
    until_now = loop.time
    loop.time = lambda: until_now() + seconds  # type: ignore[method-assign]


async def turns(count: int = 10) -> None:
    """Let everything that can go on go on; no time passes for it."""
    for _ in range(count):
        await asyncio.sleep(0)
