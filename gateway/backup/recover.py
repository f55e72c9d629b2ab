"""Laying a base backup out as a cluster, and having PostgreSQL recover it to a moment."""

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from gateway.backup.choose import Chosen
from gateway.backup.place import NOTES
from gateway.backup.rules import Kind, as_recovery_target, log_file
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.moment import rfc3339
from gateway.ground.sql.embedded import EmbeddedServer, adopt, programs

FOLLOWED: Final = "followed.json"
SETTINGS: Final = "postgresql.auto.conf"
# Of the server it was: who had to have its log, and what is for the one recovery alone.
NOT_KEPT: Final = re.compile(r"\s*(synchronous_standby_names|primary_|recovery_|restore_|archive_)")
RECOVERING: Final = """\
restore_command = 'false'
recovery_target_action = 'promote'
hot_standby = off
"""


class Followed(msgspec.Struct, frozen=True):
    """Until when the log beside it is known to be whole: nothing was committed there later."""

    at: datetime


def lay_out(chosen: Chosen, cluster: Path, done: Callable[[int], None]) -> None:
    """Copy the backup, and the log beside it, into a cluster that can recover. `done` is told how
    many bytes are. Raises RefusedError."""
    try:
        copied = 0
        for size in _copied(chosen.path, cluster):
            copied += size
            done(copied)
        (cluster / NOTES[Kind.BASE]).unlink()
        if chosen.wal is not None:
            _bring_log(chosen.wal, cluster / "pg_wal")
    except OSError as error:
        raise refused(
            "unusable-place", "unusable-place", path=cluster, detail=error.strerror
        ) from None
    if not chosen.note.embedded:
        (cluster / SETTINGS).write_text("")
        adopt(cluster)
    (cluster / "recovery.signal").touch(mode=0o600)
    for folder, _, files in os.walk(cluster):
        for path in (folder, *(os.path.join(folder, name) for name in files)):
            programs.hand_over(Path(path))


def _copied(source: Path, target: Path) -> Iterator[int]:
    """Copy file by file, and say how large each is."""
    for folder, _, files in os.walk(source):
        here = target / os.path.relpath(folder, source)
        here.mkdir(mode=0o700)
        for name in files:
            shutil.copyfile(os.path.join(folder, name), here / name)
            (here / name).chmod(0o600)
            yield (here / name).stat().st_size


def _bring_log(received: Path, log: Path) -> None:
    """Put what a follower received where recovery looks; the last piece is not whole yet."""
    own = {path.name for path in log.iterdir()}
    first = min((name for name in own if log_file(name)), default="")
    for path in sorted(received.iterdir()):
        name = log_file(path.name)
        if name is None or (len(name) == len(first) and name[8:] < first[8:]):
            continue
        if name in own and path.suffix == ".partial":
            continue  # the backup has the whole of it
        shutil.copyfile(path, log / name)
        (log / name).chmod(0o600)


async def recover(
    server: EmbeddedServer, cluster: Path, chosen: Chosen, to: datetime | None
) -> None:
    """Start it, and wait until it has recovered to `to`, or to the end. Raises RefusedError.

    Of a moment after the last commit PostgreSQL cannot tell whether the log reaches it: where a
    follower says so, all there is is what there was.
    """
    kept = _kept_settings(cluster)
    while True:
        target = "" if to is None else f"recovery_target_time = '{as_recovery_target(to)}'\n"
        _set(cluster, kept + RECOVERING + target)
        adopting = not chosen.note.embedded
        try:
            await asyncio.to_thread(server.start, may_make=False, adopting=adopting)
            break
        except StoreUnavailableError as error:
            if to is None or "before configured recovery target" not in str(error):
                raise
            if not _reaches(chosen.wal, to):
                raise refused("out-of-reach", "log-ends-before", moment=rfc3339(to)) from None
            to = None
    _set(cluster, kept)


def _reaches(wal: Path | None, to: datetime) -> bool:
    try:
        assert wal is not None
        followed = msgspec.json.decode((wal / FOLLOWED).read_bytes(), type=Followed)
    except (AssertionError, OSError, msgspec.MsgspecError):
        return False
    return to <= followed.at.astimezone(UTC)


def _kept_settings(cluster: Path) -> str:
    lines = (cluster / SETTINGS).read_text(encoding="utf-8").splitlines()
    return "".join(f"{line}\n" for line in lines if not NOT_KEPT.match(line))


def _set(cluster: Path, text: str) -> None:
    path = cluster / SETTINGS
    path.write_text(text, encoding="utf-8")
    programs.hand_over(path)
