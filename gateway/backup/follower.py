"""Who keeps the log in a place: its slot at the server, and what is written of it there."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import msgspec

from gateway.backup.place import Place
from gateway.backup.recover import Followed
from gateway.ground.desk.refusal import refused

FOLLOWER: Final = "follower.json"
Warn: TypeAlias = Callable[[str], None]


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


class Follower(msgspec.Struct, frozen=True, kw_only=True):
    """Who keeps the log here: its slot, the cluster's identifier, and from where on."""

    slot: str
    system: str
    since: str


@contextmanager
def held(wal: Path) -> Iterator[None]:
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


async def known_or_new(server: Server, place: Place, warn: Warn) -> Follower:
    """Who follows: as before, or anew. Raises RefusedError for the log of another server."""
    path = place.wal / FOLLOWER
    system, _ = await server.cluster()
    known = _read(path)
    if known is not None and known.system != system:
        raise refused("another-server", "log-of-another-server", wal=path.parent)
    if known is not None:
        slot = await server.slot(known.slot)
        if slot is not None and not slot.is_lost:
            return known
        if slot is not None:
            await server.drop_slot(known.slot)
        set_aside(place, warn)
    name = known.slot if known is not None else f"quangate_{secrets.token_hex(6)}"
    since = await server.make_slot(name)
    follower = Follower(slot=name, system=system, since=since)
    write(path, follower)
    return follower


def set_aside(place: Place, warn: Warn) -> None:
    """What was received before goes on nowhere: the server kept nothing for it since."""
    wal = place.wal
    number = 1
    while (aside := wal.with_name(f"{wal.name}-before-{number}")).exists():
        number += 1
    aside.mkdir(mode=0o700)
    for path in wal.iterdir():
        path.rename(aside / path.name)
    warn(
        f"the server kept no log for this follower since it ended: what it received is in {aside},"
        " and a new backup is taken"
    )


def _read(path: Path) -> Follower | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Follower)
    except (OSError, msgspec.MsgspecError):
        return None


def write(path: Path, content: Follower | Followed) -> None:
    staged = path.with_name(f".{path.name}.new")
    staged.write_bytes(msgspec.json.encode(content))
    staged.chmod(0o600)
    staged.replace(path)
