"""Starts the worker processes of a gateway, and migrates for them.

What it starts is the release that is installed by then: a restart after an upgrade goes on with the
new one, whose migrations run first, in a process of its own. Workers never hold the owner's URL.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.ground.config import Config, as_environment, unknown_variables
from gateway.ground.errors import RefusedError
from gateway.ground.sql.database import Database, open_database
from gateway.ground.vault import open_vault

TIE_VARIABLE: Final = "QUANGATE_WORKER_TIE_FD"  # set by the supervisor for its workers only
PLACE_VARIABLE: Final = "QUANGATE_WORKER_PLACE"  # likewise: from 0; the next one's when it ends
SOCKETS_VARIABLE: Final = "QUANGATE_WORKER_SOCKETS"  # likewise: what all of them listen on
# No module is ever taken from the current directory or PYTHONPATH into a process that holds the
# keys (-P, -E); the user's own site-packages stay (so not -I): Quangate may be installed there.
PYTHON: Final = (sys.executable, "-E", "-P")


class Spawner:
    """Holds the database for its workers: an embedded one lives as long as this does."""

    def __init__(self, config: Config, sockets: Sequence[socket.socket]) -> None:
        self._config = config
        self._sockets = sockets
        self._database: Database | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Reach the database, migrate it, look at the keys. Once; raises what those raise."""
        if self._database is None:
            database = await open_database(self._config, connections=1)
            try:
                await open_vault(self._config.data, database.pool, self._config.kek)
            except BaseException:
                await database.close()
                raise
            self._database = database
            self._keeping = asyncio.create_task(database.keep_alive())

    async def spawn(self, place: int, theirs: socket.socket) -> asyncio.subprocess.Process:
        """A worker for a place; `theirs` is its end of the tie. The database is open."""
        assert self._database is not None
        # Settings go by the environment, never as arguments: arguments are public.
        descriptors = [each.fileno() for each in self._sockets]
        environment = self._environment(
            replace(self._config, database_url=self._database.dsn, owner_url=None)
        )
        environment |= {
            TIE_VARIABLE: str(theirs.fileno()),
            PLACE_VARIABLE: str(place),
            SOCKETS_VARIABLE: ",".join(map(str, descriptors)),
        }
        embedded = self._database.embedded
        reached_by = embedded.descriptors if embedded is not None else ()
        return await asyncio.create_subprocess_exec(
            *PYTHON, "-m", "gateway", "serve",
            pass_fds=[theirs.fileno(), *descriptors, *reached_by],
            env=environment, start_new_session=True,
        )  # fmt: skip

    async def migrate(self) -> None:
        """Have the release that is installed now apply its migrations. Raises RefusedError."""
        process = await asyncio.create_subprocess_exec(
            *PYTHON, "-m", "gateway", "migrate", "--json",
            env=self._environment(self._config), stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode != 0:
            why = _refusal_in(said) or "the gateway's log says why"
            raise RefusedError("restart-failed", f"nothing was replaced: {why}")

    async def close(self, *, hurried: bool) -> None:
        """Let go of the database; as its last user stop the embedded one. `hurried`: something was
        cut short already, and nobody waits for that."""
        if self._keeping is not None:
            self._keeping.cancel()
        if self._database is not None and hurried:
            self._database.hurry()
        elif self._database is not None:
            await self._database.close()

    def _environment(self, config: Config) -> dict[str, str]:
        ignored = unknown_variables(os.environ)  # named once, at our own start
        kept = {name: text for name, text in os.environ.items() if name not in ignored}
        return {**kept, **as_environment(config)}


def _refusal_in(said: bytes) -> str | None:
    """What a command with --json said on its last line of why it did nothing."""
    try:
        answer: Mapping[str, Mapping[str, str]] = json.loads(said.splitlines()[-1])
        return answer["error"]["detail"]
    except (ValueError, IndexError, KeyError, TypeError):
        return None
