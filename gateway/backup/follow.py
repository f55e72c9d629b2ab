"""Following: the log is received all the time, and synchronously commits wait until it is.

pg_receivewal does the work, with a slot: the server keeps what was not received. This starts it,
starts it again, takes the first backup, and says when all is well.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

import structlog

from gateway.backup.client_programs import ProgramFailedError, Source, running
from gateway.backup.follower import (
    FOLLOWER,
    Follower,
    Server,
    held,
    known_or_new,
    set_aside,
    write,
)
from gateway.backup.place import Place
from gateway.backup.recover import FOLLOWED, Followed
from gateway.backup.rules import Kind, Note, as_lsn
from gateway.backup.take import MomentFacts
from gateway.ground.errors import StoreUnavailableError

log = structlog.get_logger()

LOOK_S: Final = 0.5
BEGIN_S: Final = 60.0  # how long a follower may take until the server sends to it, or waits for it
SEGMENT_BYTES: Final = 1 << 24
PAGE_BYTES: Final = 1 << 13  # of the log
# What a promoted server says of a log that it does not have, or that never was its own.
NOWHERE: Final = ("has already been removed", "is not in this server's history")
# A commit's time is taken a moment before it is in the log.
DOUBT: Final = timedelta(seconds=1)


class Clock(Protocol):
    """See store.BackupStore."""

    async def moment(self) -> MomentFacts: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """A follower, and what it works with. `take` makes the first backup; `say` tells people."""

    server: Server
    clock: Clock
    source: Source
    place: Place
    synchronous: bool
    take: Callable[[], Awaitable[object]]
    say: Callable[[str], None]
    warn: Callable[[str], None]


@dataclass(slots=True)
class _Course:
    """`is_promoted`: another server is the primary by now, and no backup of it is there yet."""

    is_promoted: bool = False


async def follow(following: Following, stopping: asyncio.Event) -> None:
    """Follow until `stopping` is set. Raises RefusedError, ConfigError, before anything follows."""
    wal = following.place.wal
    await following.server.check_sight()
    with held(wal):
        follower = await known_or_new(following.server, following.place, following.warn)
        course = _Course()
        receiving = asyncio.create_task(_receive(following, follower, course, stopping))
        try:
            await _first(receiving, _become_whole(following, follower))
            await _first(receiving, _keep_looking(following, follower, course), stopping)
        finally:
            stopping.set()
            await receiving


async def _first(
    receiving: "asyncio.Task[None]", work: Awaitable[None], stopping: asyncio.Event | None = None
) -> None:
    """Until the work is done, or nobody receives any more, or it is to end."""
    doing = asyncio.ensure_future(work)
    waits = [doing, receiving]
    if stopping is not None:
        waits.append(asyncio.ensure_future(stopping.wait()))  # type: ignore[arg-type]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            await doing
    finally:
        for one in waits:
            if one is not receiving:
                one.cancel()


async def _become_whole(following: Following, follower: Follower) -> None:
    """A backup to begin with, and commits that wait; then it is said."""
    _, timeline = await following.server.cluster()
    await _until_streaming(following, follower, waited_for=False)
    if not _has_base(following.place, follower, timeline):
        await following.take()
    if following.synchronous:
        await following.server.wait_for(follower.slot)
        await _until_streaming(following, follower, waited_for=True)
    following.say(f"following: the log is kept in {following.place.wal}")


async def _until_streaming(following: Following, follower: Follower, *, waited_for: bool) -> None:
    try:
        async with asyncio.timeout(BEGIN_S):
            await _streams(following, follower, waited_for=waited_for)
    except TimeoutError:
        what = "commits do not wait for this follower" if waited_for else "no log is received"
        raise StoreUnavailableError(
            f"{what}, {BEGIN_S:.0f} s after it was asked for: the lines above say what"
            " pg_receivewal says, pg_stat_replication on the server what that does (its name is"
            f" {follower.slot}). Look at max_wal_senders and pg_hba.conf there, and start this"
            " again: it goes on where it was"
        ) from None


async def _streams(following: Following, follower: Follower, *, waited_for: bool) -> None:
    while True:
        progress = await following.server.progress(follower.slot)
        if (
            progress is not None
            and progress.is_streaming
            and progress.lsn is not None
            and (progress.is_waited_for or not waited_for)
        ):
            return
        await asyncio.sleep(LOOK_S)


async def _keep_looking(following: Following, follower: Follower, course: _Course) -> None:
    """Write down again and again until when the log is whole; begin again at a new primary."""
    path = following.place.wal / FOLLOWED
    while True:
        try:
            moment = await following.clock.moment()
            progress = await following.server.progress(follower.slot)
            if progress is None:
                await _be_known(following, follower, course)
            elif course.is_promoted:
                await _become_whole(following, follower)
                course.is_promoted = False
        except StoreUnavailableError:
            progress = None
        has = None if progress is None or course.is_promoted else progress.lsn
        if has and as_lsn(has) >= as_lsn(moment.lsn):
            write(path, Followed(at=moment.at - DOUBT))
        await asyncio.sleep(LOOK_S)


async def _be_known(following: Following, follower: Follower, course: _Course) -> None:
    """A standby that is promoted has no slots: have it keep its log for us, too."""
    if await following.server.slot(follower.slot) is not None:
        return
    await following.server.make_slot(follower.slot)
    course.is_promoted = True
    following.warn(
        "another server is the primary now: its log is received from here on, and a backup of it is"
        " taken"
    )


def _has_base(place: Place, follower: Follower, timeline: int) -> bool:
    """Whether there is a backup that the log received here goes on from."""
    begins = as_lsn(follower.since) // SEGMENT_BYTES * SEGMENT_BYTES

    def goes_on(note: Note) -> bool:
        ours = note.kind is Kind.BASE and note.system == follower.system
        return ours and note.timeline == timeline and as_lsn(note.lsn) >= begins

    return any(goes_on(note) for note in place.backups().values())


async def _receive(
    following: Following, follower: Follower, course: _Course, stopping: asyncio.Event
) -> None:
    """Have the log received, again after whatever ends that; one line for each change."""
    source = following.source
    named = Source(
        arguments=source.arguments,
        environment={**source.environment, "PGAPPNAME": follower.slot},
        descriptors=source.descriptors,
    )
    complaint = ""
    while not stopping.is_set():
        _drop_unbegun(following.place.wal)
        try:
            async with running(
                "pg_receivewal", f"--directory={following.place.wal}", f"--slot={follower.slot}",
                "--no-loop", "--no-password", "--status-interval=1",
                *(["--synchronous"] if following.synchronous else []),
                source=named,
            ) as receiver:  # fmt: skip
                ended = asyncio.create_task(receiver.ended())
                stop = asyncio.create_task(stopping.wait())
                await asyncio.wait([ended, stop], return_when=asyncio.FIRST_COMPLETED)
                stop.cancel()
                receiver.interrupt()
                await ended
        except ProgramFailedError as error:
            if not stopping.is_set() and error.said != complaint:
                following.warn(f"the log is not received just now: {error.said[-300:]}")
                complaint = error.said
            if course.is_promoted and any(said in error.said for said in NOWHERE):
                set_aside(following.place, following.warn)
                write(following.place.wal / FOLLOWER, follower)
        if not stopping.is_set():
            await asyncio.sleep(LOOK_S)


def _drop_unbegun(wal: Path) -> None:
    """Remove what a receiver was killed at before it had written anything of the log.

    It fills a new file with zeros first, and refuses one that is too short ever after. What was
    received begins with a page that is not empty (its magic number).
    """
    for partial in wal.glob("*.partial"):
        with partial.open("rb") as file:
            begun = any(file.read(PAGE_BYTES))
        if not begun:
            partial.unlink()
