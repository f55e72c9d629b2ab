"""What `quangate audit` does with anchors: reads a directory of them, adds a line at its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.ground.command.command import ALONE
from gateway.ground.command.output import warn
from gateway.ground.desk.opening import Desk
from gateway.ground.errors import QuangateError, RefusedError

if TYPE_CHECKING:
    from gateway.audit.anchor import Reading
    from gateway.audit.rules import Finding
    from gateway.ground.native import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a directory of anchors says."""

    directory: Path
    reading: "Reading"
    strangers: Sequence[str]  # names of what lies there and is no file of anchors

    def finding(self, against: Sequence[str]) -> "Finding":
        """With the sentences on where the database is `against` it."""
        from gateway.audit.anchor import finding

        remarks = "".join(
            f"; {lines} lines are of another database ({whose}) and were not compared"
            for whose, lines in self.reading.others.items()
        )
        if self.strangers:
            remarks += f"; not ours and passed over: {', '.join(self.strangers)}"
        return finding(self.reading, str(self.directory), against, remarks)


async def read_anchors(desk: Desk, named: str) -> Written:
    """All lines of a directory (ALONE: the gateway's), authenticated.

    Raises RefusedError when there is nothing that could be compared, VaultError without the key.
    """
    import asyncio  # late: help has no use for it

    from gateway.audit.anchor import Reading
    from gateway.audit.anchor_files import read_lines
    from gateway.audit.anchor_store import anchor_directory, key_of, whose

    if not named:
        raise RefusedError("invalid-argument", "--anchors is empty: leave the value out")
    directory = anchor_directory(desk.config) if named == ALONE else Path(named)
    if directory is None:
        raise RefusedError("no-anchors", "anchors are off: name a directory of them")
    if not directory.is_dir():
        raise RefusedError("no-anchors", f"{directory} is no directory: there are no anchors")
    vault = _vault(desk)
    database = await whose(desk.database.pool)
    reading = Reading(key=key_of(vault), mac=vault.anchor_mac, database=database)
    try:
        strangers = await asyncio.to_thread(read_lines, directory, reading)
    except OSError as error:
        raise RefusedError("no-anchors", f"{directory}: {error.strerror}") from None
    if not reading.lines and not reading.problems:
        raise RefusedError("no-anchors", f"{directory} holds no anchors: nothing was compared")
    if not reading.problems and sum(reading.others.values()) == reading.lines:
        raise RefusedError(
            "other-anchors",
            f"all lines of {directory} are of another database ({', '.join(reading.others)};"
            f" this one is {database}): nothing was compared",
        )
    return Written(directory=directory, reading=reading, strangers=strangers)


async def write_anchor(desk: Desk) -> None:
    """Write down what was just found sound, where the key file is; a warning if that fails."""
    from gateway.audit.anchor_store import make_writer

    if not _key_file(desk).exists():
        return  # not the gateway's machine
    try:
        await make_writer(desk.database.pool, desk.config, _vault(desk)).write()
    except (OSError, QuangateError) as error:
        warn(f"no anchor was written: {getattr(error, 'strerror', None) or error}")


def _vault(desk: Desk) -> "Vault":
    from gateway.ground.native import Vault

    return Vault.open(str(_key_file(desk)), create=False)


def _key_file(desk: Desk) -> Path:
    return desk.config.key_file
