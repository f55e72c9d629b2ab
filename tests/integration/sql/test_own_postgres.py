"""Somebody else's PostgreSQL: what is missing or in between is a sentence, never `internal`."""

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from gateway.ground.config import Config
from gateway.ground.errors import ConfigError, StoreUnavailableError
from gateway.ground.sql.connecting import connect
from gateway.ground.sql.database import open_database
from tests.conftest import _execute, in_database, in_own_loop, run_cli

_numbers = count(1)
AUTHENTICATION_OK = b"R\0\0\0\x08\0\0\0\0"


def as_role(dsn: str, role: str) -> str:
    """The same URL for another role."""
    return dsn.replace(f"://{urlsplit(dsn).username}@", f"://{role}@", 1)


@pytest.fixture
def stranger(postgres: Any) -> Iterator[tuple[str, str]]:
    """An empty database and the URL of a role that may do nothing in it but connect."""
    name, role = f"own_{next(_numbers)}", f"stranger_{os.getpid()}_{next(_numbers)}"
    in_own_loop(_execute(postgres.dsn, f"CREATE DATABASE {name}"))
    in_own_loop(_execute(postgres.dsn, f"CREATE ROLE {role} LOGIN"))
    owner = in_database(postgres.dsn, name)
    yield owner, as_role(owner, role)
    in_own_loop(_execute(postgres.dsn, f"DROP DATABASE {name} WITH (FORCE)"))
    in_own_loop(_execute(postgres.dsn, f"DROP ROLE {role}"))


async def refused(url: str, tmp_path: Path) -> str:
    """Why a start with this URL is refused."""
    with pytest.raises((ConfigError, StoreUnavailableError)) as error:
        await open_database(Config(data=tmp_path, database_url=url), connections=1)
    return str(error.value)


async def test_missing_rights_are_named_with_the_grant(
    stranger: tuple[str, str], tmp_path: Path
) -> None:
    """PostgreSQL 15's `public`: nobody may create there; after the GRANTs it says, it works.

    Seen red ("unexpected InsufficientPrivilegeError") without `_what_is_missing`.
    """
    owner, url = stranger
    said = await refused(url, tmp_path)
    grants = [part for part in said.split("  ") if part.startswith("GRANT")]
    assert "GRANT USAGE, CREATE ON SCHEMA public" in said
    assert "GRANT CREATE ON DATABASE" in said
    await _run(owner, grants[0])
    database = await open_database(Config(data=tmp_path, database_url=url), connections=1)
    await database.close()


async def test_no_usage_of_public(stranger: tuple[str, str], tmp_path: Path) -> None:
    """A schema that may not be used is as if it were not there: named all the same."""
    owner, url = stranger
    await _run(owner, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    assert "GRANT USAGE, CREATE ON SCHEMA public" in await refused(url, tmp_path)


@pytest.mark.parametrize(
    "lacking",
    [
        "GRANT SELECT ON migration TO PUBLIC",  # tables that are to be changed
        "GRANT USAGE ON SCHEMA public TO PUBLIC",  # all rights
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    ],
)
async def test_tables_that_are_there_need_no_right_to_make_them(
    stranger: tuple[str, str], tmp_path: Path, lacking: str
) -> None:
    """A role without rights on a migrated database is sent to `migrate`, which gives it its own."""
    owner, url = stranger
    await (await open_database(Config(data=tmp_path, database_url=owner), connections=1)).close()
    await _run(owner, f"{lacking}; DELETE FROM migration WHERE name LIKE '0170%'")
    said = await refused(url, tmp_path)
    assert "quangate migrate --owner-url" in said
    assert "quangate doctor" in said
    assert "GRANT" not in said.replace("QUANGATE", "")


async def _run(dsn: str, statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


def test_a_command_says_it_too(stranger: tuple[str, str], tmp_path: Path) -> None:
    """Exit 1, `invalid-configuration`, not `internal`."""
    _, url = stranger
    done = run_cli(
        "partner", "create", "x", "--json", "--database-url", url, "--data", str(tmp_path),
        environment={},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.json["error"]["code"] == "invalid-configuration", done.stdout
    assert "GRANT" in done.json["error"]["detail"]


def test_pg_variables_have_no_influence(config: Config, tmp_path: Path) -> None:
    """A host, an SSL mode, a service of libpq's: nothing of it reaches our connections.

    Seen red ("could not find service") without `forget_environment`.
    """
    done = run_cli(
        "partner", "list", "--json", environment={
            "QUANGATE_DATA": str(tmp_path), "QUANGATE_DATABASE_URL": str(config.database_url),
            "PGSERVICE": "nowhere", "PGHOST": "192.0.2.1", "PGPORT": "1", "PGUSER": "nobody",
            "PGSSLMODE": "verify-full", "PGTARGETSESSIONATTRS": "standby", "PGDATABASE": "x",
            "PGOPTIONS": "-c search_path=x",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@asynccontextmanager
async def pooler(dsn: str, *, answer: bytes | None = None) -> AsyncIterator[str]:
    """Stands between like PgBouncer: the key it gives out is its own, not the server's.

    `answer`: instead of the server's first words. The URL through it.
    """
    query = parse_qs(urlsplit(dsn).query)
    path = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_unix_connection(path)
        back = asyncio.create_task(_change_the_key(there, writer, answer))
        try:
            while part := await reader.read(65_536):
                here.write(part)
        except ConnectionError:
            pass
        finally:
            here.close()
            back.cancel()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    parts = urlsplit(dsn)
    try:
        yield f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}?sslmode=disable"
    finally:
        server.close()


async def _change_the_key(
    there: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes | None
) -> None:
    if answer is not None:
        writer.write(answer)
        return
    while head := await there.readexactly(5):
        kind, length = head[:1], struct.unpack("!I", head[1:])[0]
        body = await there.readexactly(length - 4)
        if kind == b"K":
            body = struct.pack("!I", 4_000_000) + body[4:]
        writer.write(head + body)


async def test_a_pooler_is_recognised(config: Config) -> None:
    """It hands out a key of its own: the backend that answers is not the one that was promised."""
    async with pooler(str(config.database_url)) as through:
        with pytest.raises(ConfigError, match="pooler"):
            await connect(through, config)


async def test_a_pooler_that_refuses_our_settings(config: Config) -> None:
    """PgBouncer's own words for what it does not let through."""
    fields = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: search_path\0\0"
    error = b"E" + struct.pack("!I", len(fields) + 4) + fields
    async with pooler(str(config.database_url), answer=error) as through:
        with pytest.raises(ConfigError, match="pooler"):
            await connect(through, config)
