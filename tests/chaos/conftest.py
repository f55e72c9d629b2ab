"""What chaos tests share: a fresh database for each test, and a place for logs."""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from gateway.ground.config import Config
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.embedded import EmbeddedServer
from gateway.ground.sql.preparing import GATEWAY_ROLE
from tests.conftest import TEMPLATE, in_database, in_own_loop

_numbers = count(1)


@pytest.fixture
def fresh(postgres: EmbeddedServer, tmp_path: Path) -> Iterator[Config]:
    """Settings for a database and a data directory of this test alone."""
    name = f"chaos_{next(_numbers)}"
    in_own_loop(_execute(postgres.dsn, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield Config(
        data=tmp_path / "data", database_url=in_database(postgres.dsn_of(GATEWAY_ROLE), name)
    )
    in_own_loop(_execute(postgres.dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def own_server() -> Iterator[Config]:
    """Settings for a data directory with an embedded server of this test alone.

    Not under pytest's directory: that is closed to others whenever another run starts.
    """
    with tempfile.TemporaryDirectory(prefix="quangate-chaos-") as directory:
        yield Config(data=Path(directory) / "data")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a gateway of this test writes its log."""
    return tmp_path / "gateway.log"


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn, server_settings=session_settings())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
