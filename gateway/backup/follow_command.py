"""`quangate backup follow`: until SIGTERM; and leaving the synchronous mode."""

import asyncio
import signal
import sys

from gateway.backup.follow import Following
from gateway.backup.follow import follow as keep_following
from gateway.backup.following_store import FollowingStore
from gateway.backup.opening import Opened, opened_server
from gateway.backup.place import open_place
from gateway.backup.store import BackupStore
from gateway.backup.take import Pace, Taking, check_server, take
from gateway.ground.command.output import Answer
from gateway.ground.command.terminal import Terminal
from gateway.ground.config import Config


async def follow(config: Config, to: str, pace: Pace, *, synchronous: bool) -> None:
    """Follow until SIGTERM or SIGINT; `pace` is that of backups taken to begin with."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with opened_server(config) as opened:
        await check_server(BackupStore(opened.pool))
        alive = asyncio.create_task(opened.keep_alive())
        try:
            following = _following(config, opened, to, pace, synchronous=synchronous)
            await keep_following(following, stopping)
        finally:
            alive.cancel()


def _following(
    config: Config, opened: Opened, to: str, pace: Pace, *, synchronous: bool
) -> Following:
    watcher, books = Terminal(), BackupStore(opened.pool)
    place = open_place(to, config.data)
    taking = Taking(
        books=books,
        source=opened.source,
        embedded=opened.embedded,
        place=place,
        watcher=watcher,
        pace=pace,
    )
    return Following(
        server=FollowingStore(opened.pool),
        clock=books,
        source=opened.source,
        place=place,
        synchronous=synchronous,
        take=lambda: take(taking, None),
        say=_say,
        warn=watcher.warn,
    )


def _say(text: str) -> None:
    """On both, at once: whoever waits for it may read either."""
    for stream in (sys.stdout, sys.stderr):
        stream.write(f"{text}\n")
        stream.flush()


async def leave(config: Config) -> Answer:
    """Have commits wait for no follower, and the log kept for none that does not run."""
    async with opened_server(config) as opened:
        server = FollowingStore(opened.pool)
        await server.wait_for(None)
        idle = await server.idle_slots()
        for name in idle:
            await server.drop_slot(name)
    return Answer(
        data={"synchronous": False, "forgotten": idle},
        note="Orders wait for no follower any more: what is lost with this machine is lost.",
    )
