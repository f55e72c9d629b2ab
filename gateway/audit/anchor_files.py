"""The files of anchors: a directory of JSON lines, a file a day, that only ever grows.

All of this is blocking; callers use a thread. Whoever writes holds a lock on the directory, so
of all processes one writes at a time. A line is one write, on disk before it counts; what a power
cut left of one is no line and is cut off. Whatever else lies there is left alone.
"""

import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from gateway.audit.anchor import (
    NONE_BEFORE,
    Anchor,
    BadLineError,
    Changes,
    Known,
    Mac,
    Moment,
    Reading,
    decode,
    digest_of,
    encode,
)

NAME: Final = re.compile(r"\d{4}-\d\d-\d\d\.jsonl")
LINE_BYTES_MAX: Final = 1 << 26  # of a million accounts; anything longer is not ours
_BEGINNING: Final = b'{"v":1,'
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class AnchorFiles:
    """The directory as a writer sees it: what was written last, by whichever process."""

    def __init__(self, directory: Path, *, key: str, mac: Mac) -> None:
        self.directory = directory
        self._key, self._mac = key, mac
        self._forget()

    def _forget(self) -> None:
        self.known = Known()
        self.last_at: datetime | None = None
        self._no = 0
        self._before = NONE_BEFORE
        self._name = ""  # the newest file, and how much of it is known
        self._offset = 0

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the directory, made if need be; False: another process does. Raises OSError."""
        _make_directory(self.directory)
        held = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(held)

    def catch_up(self) -> None:
        """Learn what others wrote, and cut a torn line off. Only while `alone`."""
        names = day_files(self.directory)
        known = self._name in names
        if not known or (self.directory / self._name).stat().st_size < self._offset:
            self._forget()
            self._name = self._newest_whole(names)
        for name in names:
            if name < self._name:
                continue
            if name > self._name:
                self._name, self._offset = name, 0
            self._read_on(newest=name == names[-1])

    def _newest_whole(self, names: list[str]) -> str:
        """The newest file whose first line says everything: older ones need not be read."""
        for name in reversed(names):
            try:
                with _open(self.directory / name) as file:
                    anchor = decode(
                        file.readline(LINE_BYTES_MAX).rstrip(b"\n"), self._key, self._mac
                    )
            except (BadLineError, OSError):
                continue
            if anchor.whole:
                self._no, self._before = anchor.no - 1, anchor.before
                return name
        return names[0] if names else ""

    def _read_on(self, *, newest: bool) -> None:
        path = self.directory / self._name
        with _open(path) as file:
            file.seek(self._offset)
            while (line := file.readline(LINE_BYTES_MAX)).endswith(b"\n"):
                self._offset += len(line)
                self._learn(line[:-1])
        if newest and line and _is_torn(line):
            os.truncate(path, self._offset)

    def _learn(self, line: bytes) -> None:
        """A line that is not authentic is passed over: the audit names it."""
        self._no += 1
        self._before = digest_of(line)
        try:
            anchor = decode(line, self._key, self._mac)
        except BadLineError:
            return
        self._no = anchor.no
        self.last_at = anchor.at
        self.known.take(anchor)

    def is_month_new(self, at: datetime) -> bool:
        """Whether nothing was written this month yet (UTC): then a line says everything."""
        return self.last_at is None or f"{at:%Y-%m}" > self._name[:7]

    def append(self, moment: Moment, news: Changes) -> None:
        """Write what is new as a line and wait for the disk. Only while `alone`, caught up.

        Raises OSError; then nothing was written.
        """
        anchor = Anchor(
            v=1,
            no=self._no + 1,
            before=self._before,
            at=moment.at,
            database=moment.database,
            key=self._key,
            whole=news.whole,
            heads=news.heads,
            accounts=news.accounts,
        )
        # A clock that was set back never makes a file before the newest one.
        name = max(f"{moment.at:%Y-%m-%d}.jsonl", self._name)
        _append(self.directory / name, encode(anchor, self._mac))
        if name != self._name:
            self._name, self._offset = name, 0
        self._read_on(newest=True)


def day_files(directory: Path) -> list[str]:
    """The names of the files, oldest first. Raises OSError."""
    return sorted(name for name in os.listdir(directory) if NAME.fullmatch(name))


def read_lines(directory: Path, reading: Reading) -> list[str]:
    """Show every line to `reading`; the names of what lies there and is none of ours.

    Raises OSError when the directory itself cannot be read.
    """
    names = day_files(directory)
    for name in names:
        try:
            with _open(directory / name) as file:
                _read_file(name, file, reading, newest=name == names[-1])
        except OSError as error:
            reading.cut(name, f"cannot be read: {error.strerror}")
    return sorted(name for name in os.listdir(directory) if name not in names)


def _read_file(name: str, file: BinaryIO, reading: Reading, *, newest: bool) -> None:
    number = 0
    while line := file.readline(LINE_BYTES_MAX):
        number += 1
        place = f"{name} line {number}"
        if line.endswith(b"\n"):
            reading.take(place, line[:-1])
        elif not newest or not _is_torn(line):
            reading.cut(place, "is no line of ours, or was cut off")
            return


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    """A file to read. Raises OSError, also for a link, a pipe or a directory of that name."""
    opened = os.open(path, _READ)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
        yield file


def _is_torn(line: bytes) -> bool:
    """Whether this, without an end, may be what a power cut left of a line of ours."""
    written = line.rstrip(b"\0")
    return written.startswith(_BEGINNING) or _BEGINNING.startswith(written)


def _append(path: Path, line: bytes) -> None:
    """Add a line as a whole, or leave the file as it was. Raises OSError."""
    is_new = not path.exists()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    opened = os.open(path, flags, 0o600)
    try:
        if is_new:
            _give_to_owner_of(path.parent, path)
        size = os.fstat(opened).st_size
        # Somebody's bytes without an end stay a line of their own.
        gap = b"\n" if size > 0 and os.pread(opened, 1, size - 1) != b"\n" else b""
        try:
            left = memoryview(gap + line + b"\n")
            while left:
                left = left[os.write(opened, left) :]
            os.fsync(opened)
        except OSError:
            os.ftruncate(opened, size)
            raise
    finally:
        os.close(opened)
    if is_new:
        _sync(path.parent)


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _give_to_owner_of(directory.parent, directory)
    _sync(directory.parent)


def _give_to_owner_of(model: Path, path: Path) -> None:
    """As root (an audit, say): what we make is to be written on by the gateway's user."""
    if os.geteuid() == 0:
        owner = model.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
