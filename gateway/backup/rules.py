"""What a backup says of itself, which ones are kept, and which one reaches a moment. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

NAME: Final = re.compile(r"quangate-\d{8}T\d{12}Z(-logical)?")


class Kind(StrEnum):
    """How it was taken."""

    BASE = "base"  # PostgreSQL's files, for the same major version
    LOGICAL = "logical"  # what is in them, for any


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in a backup beside the data, written last: without it there is no backup.

    `lsn`: where its own log ends, `start_lsn` where that begins. `superuser` and `database` are
    those of the server it was taken from. `digest` is of a dump, in SHA-256.
    """

    kind: Kind
    ended_at: datetime  # by the database's clock
    bytes: int
    lsn: str
    start_lsn: str = ""
    timeline: int = 0
    system: str = ""  # PostgreSQL's identifier of the cluster
    major: int
    embedded: bool  # it is a server of ours
    superuser: str
    database: str
    digest: str = ""


def name_of(note: Note) -> str:
    """The name of its entry: later ones sort later."""
    stamp = note.ended_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
    return f"quangate-{stamp}Z" + ("-logical" if note.kind is Kind.LOGICAL else "")


def too_many(ages: Sequence[tuple[str, datetime]], keep: int) -> list[str]:
    """Of backups by name and end, those beyond the `keep` newest; the oldest first."""
    newest_first = sorted(ages, key=lambda one: one[1], reverse=True)
    return [name for name, _ in reversed(newest_first[keep:])]


def newest_first(notes: Iterable[tuple[str, Note]], to: datetime | None) -> list[tuple[str, Note]]:
    """Backups by name from which a moment can be reached, the newest first; None: all."""
    fit = [
        (name, note)
        for name, note in notes
        if to is None or (note.kind is Kind.BASE and note.ended_at <= to)
    ]
    return sorted(fit, key=lambda one: one[1].ended_at, reverse=True)


def as_lsn(text: str) -> int:
    """A place in the log as a number: `1/A0` is 2³² + 160."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def as_recovery_target(moment: datetime) -> str:
    """A moment as PostgreSQL's settings take it, which know no `T` and no `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")


_SEGMENT: Final = re.compile(r"([0-9A-F]{24})(\.partial)?|([0-9A-F]{8}\.history)")


def log_file(name: str) -> str | None:
    """What a file that a follower received is called in PostgreSQL's own log directory; None: it
    is no part of the log."""
    found = _SEGMENT.fullmatch(name)
    return None if found is None else found[1] or found[3]
