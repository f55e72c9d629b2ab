"""Following: the log is received all the time, and synchronously commits wait until it is.

pg_receivewal does the work, with a slot: the server keeps what was not received. This starts it,
starts it again, takes the first backup, and says when all is well.
"""

import asyncio
import fcntl
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog

from gateway.backup.client_programs import ProgramFailedError, Source, running
from gateway.backup.place import Place
from gateway.backup.recover import FOLLOWED, Followed
from gateway.backup.rules import Kind, Note, as_lsn
from gateway.backup.take import MomentFacts
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import StoreUnavailableError

log = structlog.get_logger()

LOOK_S: Final = 0.5
BEGIN_S: Final = 60.0  # how long a follower may take until the server sends to it, or waits for it
SEGMENT_BYTES: Final = 1 << 24
FOLLOWER: Final = "follower.json"
# A commit's time is taken a moment before it is in the log.
DOUBT: Final = timedelta(seconds=1)


class SlotFacts(Protocol):
    """See following_store.Slot."""

    @property
    def is_lost(self) -> bool: ...


class ProgressFacts(Protocol):
    """See following_store.Progress."""

    @property
    def is_streaming(self) -> bool: ...
    @property
    def lsn(self) -> str | None: ...
    @property
    def is_waited_for(self) -> bool: ...


class Server(Protocol):
    """The server that is followed; see following_store.FollowingStore."""

    async def check_sight(self) -> None: ...
    async def slot(self, name: str) -> SlotFacts | None: ...
    async def make_slot(self, name: str) -> str: ...
    async def drop_slot(self, name: str) -> None: ...
    async def cluster(self) -> tuple[str, int]: ...
    async def progress(self, name: str) -> ProgressFacts | None: ...
    async def wait_for(self, name: str | None) -> None: ...


class Clock(Protocol):
    """See store.BackupStore."""

    async def moment(self) -> MomentFacts: ...


class Follower(msgspec.Struct, frozen=True, kw_only=True):
    """Who keeps the log here: its slot, the cluster's identifier, and from where on."""

    slot: str
    system: str
    since: str


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


async def follow(following: Following, stopping: asyncio.Event) -> None:
    """Follow until `stopping` is set. Raises RefusedError, ConfigError, before anything follows."""
    wal = following.place.wal
    await following.server.check_sight()
    with _held(wal):
        follower = await _follower(following)
        receiving = asyncio.create_task(_receive(following, follower, stopping))
        try:
            await _first(receiving, _become_whole(following, follower))
            await _first(receiving, _keep_looking(following, follower), stopping)
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


async def _keep_looking(following: Following, follower: Follower) -> None:
    """Write down again and again until when the log is whole."""
    path = following.place.wal / FOLLOWED
    while True:
        try:
            moment = await following.clock.moment()
            progress = await following.server.progress(follower.slot)
        except StoreUnavailableError:
            progress = None
        if progress is not None and progress.lsn and as_lsn(progress.lsn) >= as_lsn(moment.lsn):
            _write(path, Followed(at=moment.at - DOUBT))
        await asyncio.sleep(LOOK_S)


def _has_base(place: Place, follower: Follower, timeline: int) -> bool:
    """Whether there is a backup that the log received here goes on from."""
    begins = as_lsn(follower.since) // SEGMENT_BYTES * SEGMENT_BYTES

    def goes_on(note: Note) -> bool:
        ours = note.kind is Kind.BASE and note.system == follower.system
        return ours and note.timeline == timeline and as_lsn(note.lsn) >= begins

    return any(goes_on(note) for note in place.backups().values())


async def _receive(following: Following, follower: Follower, stopping: asyncio.Event) -> None:
    """Have the log received, again after whatever ends that; one line for each change."""
    source = following.source
    named = Source(
        arguments=source.arguments,
        environment={**source.environment, "PGAPPNAME": follower.slot},
        descriptors=source.descriptors,
    )
    complaint = ""
    while not stopping.is_set():
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
        if not stopping.is_set():
            await asyncio.sleep(LOOK_S)


@contextmanager
def _held(wal: Path) -> Iterator[None]:
    """The directory of the log, made unless it is there; one follower at a time."""
    wal.mkdir(mode=0o700, exist_ok=True)
    held = os.open(wal, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise refused("busy", "follower-runs", wal=wal) from None
    finally:
        os.close(held)


async def _follower(following: Following) -> Follower:
    """Who follows: as before, or anew. Raises RefusedError for the log of another server."""
    path = following.place.wal / FOLLOWER
    system, _ = await following.server.cluster()
    known = _read(path)
    if known is not None and known.system != system:
        raise refused("another-server", "log-of-another-server", wal=path.parent)
    if known is not None:
        slot = await following.server.slot(known.slot)
        if slot is not None and not slot.is_lost:
            return known
        if slot is not None:
            await following.server.drop_slot(known.slot)
        _set_aside(following)
    name = known.slot if known is not None else f"quangate_{secrets.token_hex(6)}"
    since = await following.server.make_slot(name)
    follower = Follower(slot=name, system=system, since=since)
    _write(path, follower)
    return follower


def _set_aside(following: Following) -> None:
    """What was received before goes on nowhere: the server kept nothing for it since."""
    wal = following.place.wal
    number = 1
    while (aside := wal.with_name(f"{wal.name}-before-{number}")).exists():
        number += 1
    aside.mkdir(mode=0o700)
    for path in wal.iterdir():
        path.rename(aside / path.name)
    following.warn(
        f"the server kept no log for this follower since it ended: what it received is in {aside},"
        " and a new backup is taken"
    )


def _read(path: Path) -> Follower | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Follower)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(path: Path, content: Follower | Followed) -> None:
    staged = path.with_name(f".{path.name}.new")
    staged.write_bytes(msgspec.json.encode(content))
    staged.chmod(0o600)
    staged.replace(path)
