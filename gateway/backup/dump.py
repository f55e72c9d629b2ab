"""A logical backup: what is in the database, for another major version of PostgreSQL.

One file as pg_dump writes it, with its digest in the note. It holds the shop's own schemas, no
roles and no rights: these are made where it is restored.
"""

import asyncio

from gateway.backup.client_programs import ProgramFailedError, run
from gateway.backup.place import size_of
from gateway.backup.rules import Kind, Note
from gateway.backup.take import Taken, Taking, finished, remember, understood
from gateway.backup.verify import DUMP, digest_of, verify
from gateway.ground.errors import ConfigError
from gateway.ground.sql.embedded import programs


async def take_dump(taking: Taking, keep: int | None) -> Taken:
    """Dump the shop while orders flow, as of one moment, and read the dump once whole.

    Killed at any time it leaves nothing that could be taken for a backup. Raises as `take`.
    """
    server = await taking.books.server()
    if server.major > programs.major_version():
        raise ConfigError(
            f"this server is PostgreSQL {server.major}, newer than the programs that come with"
            f" this release ({programs.major_version()}): upgrade quangate"
        )
    with taking.place.growing() as growing:
        before = await taking.books.moment()
        with taking.watcher.progress("dumping", None):
            try:
                await run(
                    "pg_dump", "--format=custom", f"--file={growing / DUMP}", "--no-owner",
                    "--no-privileges", "--schema=public", "--schema=routines_*", "--no-password",
                    source=taking.source,
                )  # fmt: skip
            except ProgramFailedError as error:
                raise understood(error, server.role) from None
            note = Note(
                kind=Kind.LOGICAL,
                ended_at=before.at,  # what was committed later is not in it
                bytes=size_of(growing),
                lsn=before.lsn,
                major=server.major,
                embedded=taking.embedded,
                superuser=server.superuser,
                database=server.database,
                digest=await asyncio.to_thread(digest_of, growing / DUMP),
            )
            await verify(growing, note)
        path = await finished(taking.place, growing, note)
    await remember(taking, note, path, keep)
    return Taken(path=path, note=note)
