"""The directory that backups are kept in: each is one entry of it, and the rest is not touched.

An entry grows under a name that is no backup's, and gets its own when it is whole: verified, on
disk, with its note written last. What a killed backup left is known by a lock that nobody holds.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from gateway.backup.rules import NAME, Kind, Note, name_of
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import RefusedError

# Beside the log that the backup brings: PostgreSQL's own tools do not mind what they do not know
# there, so an entry stays a plain cluster that they verify and start.
NOTE_FILE: Final = "quangate-backup.json"
NOTES: Final = {Kind.BASE: Path("pg_wal", NOTE_FILE), Kind.LOGICAL: Path(NOTE_FILE)}
UNFINISHED: Final = ".unfinished-"
GOING: Final = ".removing-"
WAL: Final = "wal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where backups are kept."""

    path: Path

    @property
    def wal(self) -> Path:
        """Where a follower keeps the log."""
        return self.path / WAL

    def backups(self) -> dict[str, Note]:
        """What calls itself a whole backup, by name."""
        try:
            names = sorted(entry.name for entry in os.scandir(self.path))
        except OSError as error:
            raise _unusable(self.path, error) from None
        found = {name: read_note(self.path / name) for name in names if NAME.fullmatch(name)}
        return {name: note for name, note in found.items() if note is not None}

    @contextmanager
    def growing(self) -> Iterator[Path]:
        """An empty directory for a new entry; what is left of it at the end goes."""
        self._tidy()
        number = 0
        while True:
            path = self.path / f"{UNFINISHED}{os.getpid()}-{number}"
            try:
                path.mkdir(mode=0o700)
                break
            except FileExistsError:
                number += 1
            except OSError as error:
                raise _unusable(self.path, error) from None
        held = _hold(path)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
            os.close(held)

    def finish(self, growing: Path, note: Note) -> Path:
        """Make it a backup, which it is from here on, power cut or not."""
        _close_to_others(growing)
        _write(growing / NOTES[note.kind], msgspec.json.encode(note))
        _sync(growing)
        path = self.path / name_of(note)
        os.rename(growing, path)
        _sync(self.path)
        return path

    def remove(self, name: str) -> None:
        """Remove a backup; from the first moment on it is none."""
        going = self.path / f"{GOING}{name}"
        os.rename(self.path / name, going)
        _sync(self.path)
        shutil.rmtree(going)

    def _tidy(self) -> None:
        """Remove what backups left that were killed while they grew or went."""
        for entry in os.scandir(self.path):
            if not entry.name.startswith((UNFINISHED, GOING)) or not entry.is_dir():
                continue
            try:
                held = _hold(Path(entry.path))
            except OSError:
                continue  # it grows, or is not ours to remove
            shutil.rmtree(entry.path, ignore_errors=True)
            os.close(held)


def open_place(text: str, data: Path) -> Place:
    """The directory, made unless it is there. Raises RefusedError."""
    path = Path(text)
    try:
        whole, shop = path.resolve(), data.resolve()
        if whole == shop or shop in whole.parents:
            raise refused("inside-data", "backups-inside-data", path=path, data=data)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(whole, os.R_OK | os.W_OK | os.X_OK):
            raise refused("unusable-place", "unusable-place", path=path, detail="no rights there")
    except OSError as error:
        raise _unusable(path, error) from None
    return Place(path=whole)


def read_note(entry: Path) -> Note | None:
    """What a backup says of itself; None: it is none, or not whole."""
    for name in NOTES.values():
        try:
            return msgspec.json.decode((entry / name).read_bytes(), type=Note)
        except (OSError, msgspec.MsgspecError):
            continue
    return None


def size_of(path: Path) -> int:
    """Bytes in all files below."""
    return sum(
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, files in os.walk(path)
        for name in files
    )


def _hold(path: Path) -> int:
    """The directory, open and locked as long as that is. Raises BlockingIOError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _close_to_others(path: Path) -> None:
    for folder, _, files in os.walk(path):
        os.chmod(folder, 0o700)
        for name in files:
            os.chmod(os.path.join(folder, name), 0o600)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> RefusedError:
    return refused("unusable-place", "unusable-place", path=path, detail=error.strerror)
