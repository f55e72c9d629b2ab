"""`quangate demo --console`: the shop serves until whoever started it has seen enough."""

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from gateway.demo.screen import Screen
from gateway.demo.week.plan import FULL, SMALL
from gateway.demo.week.shop import OpenShop, open_shop
from gateway.ground.command.output import Answer, Output

ENDING = (signal.SIGINT, signal.SIGTERM)


async def leave_open(data: Path, output: Output, screen: Screen, *, small: bool) -> None:
    """Make it, say where it is, wait for a signal, and end what was started; ended early, too."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in ENDING:
        loop.add_signal_handler(number, ended.set)
    serving = asyncio.create_task(_serve(data, output, screen, small=small))
    enough = asyncio.create_task(ended.wait())
    try:
        await asyncio.wait({serving, enough}, return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
        serving.cancel()
        await asyncio.wait({serving})
        if not serving.cancelled() and (error := serving.exception()) and not ended.is_set():
            raise error
    finally:
        for number in ENDING:
            loop.remove_signal_handler(number)


async def _serve(data: Path, output: Output, screen: Screen, *, small: bool) -> None:
    async with AsyncExitStack() as stack:
        async with screen.shown():
            size = SMALL if small else FULL
            shop = await stack.enter_async_context(open_shop(data, size, screen))
        output.answer(Answer(data=shop.document(), view=in_words(shop)))
        await asyncio.Event().wait()


def in_words(shop: OpenShop) -> str:
    """Where the console is, and how each of the three signs in."""
    lines = [f"The console of a shop with a week behind it: {shop.console}", ""]
    for one in shop.people:
        lines += [
            f"{one.operator} ({one.role})",
            f"  password        {one.password}",
            f"  TOTP secret     {one.totp_secret}",
            f"  TOTP URI        {one.totp_uri}",
            f"  recovery codes  {' '.join(one.recovery_codes)}",
            "",
        ]
    lines.append(
        f"{shop.orders:,} orders, {shop.cases} cases, {shop.messages:,} webhooks; the audit is"
        " content. A recovery code does for the one-time code. Ctrl-C ends all of it."
    )
    return "\n".join(lines)
