"""What tests share: one real PostgreSQL for the run, one fresh database for each test module.

`config` points at the module's database; `database` is it, open; `cli(…)` runs the real
command in a process of its own, `command(…)` in this one. Nothing here is faked.
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from hypothesis import HealthCheck, settings

from gateway import command_line as root
from gateway.ground.config import Config
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.database import Database, open_database
from gateway.ground.sql.embedded import DATABASE_USER, EmbeddedServer
from gateway.ground.sql.preparing import GATEWAY_ROLE, prepare_embedded
from tests.clock import PATIENCE_S
from tests.order_of_files import in_order
from tests.told_at_once import tell_at_once

TEMPLATE = "migrated"
# What is compiled is kept, whatever the machine is told, also for the processes that tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# The same examples on every machine, fast or slow; `--hypothesis-profile=explore` tries others.
_patient = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
)
settings.register_profile("patient", _patient)
settings.register_profile("explore", _patient, derandomize=False, max_examples=1000)
settings.load_profile("patient")
_numbers = count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Failures are named as they happen."""
    tell_at_once(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take long are not left for the end."""
    items[:] = in_order(items)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: nobody has to look through it for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The JSON object on the last line of stdout."""
        return json.loads(self.stdout.splitlines()[-1])


Cli = Callable[..., Finished]


@pytest.fixture(autouse=True)
def _logs_as_new() -> None:
    """No test inherits the level that a command run in this process has set."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    """The embedded server of this run, with a migrated template database.

    Not under pytest's own directory: that is closed to others whenever another run starts,
    and PostgreSQL runs as another user when we are root.
    """
    with tempfile.TemporaryDirectory(prefix="quangate-test-") as directory:
        server = EmbeddedServer(Path(directory))
        server.start()
        try:
            in_own_loop(_make_template(server.dsn))
            yield server
        finally:
            server.release()


@pytest.fixture(scope="module")
def database_url(postgres: EmbeddedServer) -> str:
    """The connection string of a fresh, migrated database for this module."""
    name = f"module_{next(_numbers)}"
    in_own_loop(_execute(postgres.dsn, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    return in_database(postgres.dsn_of(GATEWAY_ROLE), name)


@pytest.fixture(scope="module")
def owner_url(database_url: str) -> str:
    """The same database as its owner: what only an owner, or a thief of his rights, can do."""
    return as_owner(database_url)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory for this module: the key file lives there."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def config(database_url: str, data_dir: Path) -> Config:
    """Settings that point at this module's database and data directory.

    The product works under the gateway's role here as everywhere; tests look and break things
    as the owner.
    """
    return Config(data=data_dir, database_url=database_url, log_level="warning")


@pytest.fixture
async def database(config: Config) -> AsyncIterator[Database]:
    """This module's database, open."""
    opened = await open_database(config, connections=4, migrate=False)
    yield opened
    await opened.close()


@pytest.fixture
async def connection(config: Config) -> AsyncIterator[Any]:
    """One connection to this module's database, as its owner."""
    opened = await asyncpg.connect(
        as_owner(str(config.database_url)), server_settings=session_settings()
    )
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def cli(config: Config) -> Cli:
    """Runs `python -m gateway …` on this module's database; `environment` adds variables."""

    def run(*arguments: str, environment: dict[str, str] | None = None) -> Finished:
        return run_cli(*arguments, environment={**_settings(config), **(environment or {})})

    return run


@pytest.fixture(scope="module")
def command(config: Config) -> Cli:
    """The same command line inside this process: ten times as fast, for long tables."""

    def run(*arguments: str) -> Finished:
        # In a thread of its own: a command starts an event loop, and a test may have one.
        with ThreadPoolExecutor(1) as thread, pytest.MonkeyPatch.context() as patch:
            for name, value in _settings(config).items():
                patch.setenv(name, value)
            with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as errors:
                returncode = thread.submit(root.run, arguments).result()
        return Finished(returncode=returncode, stdout=out.getvalue(), stderr=errors.getvalue())

    return run


def _settings(config: Config) -> dict[str, str]:
    return {
        "QUANGATE_DATA": str(config.data),
        "QUANGATE_DATABASE_URL": str(config.database_url),
    }


def run_cli(*arguments: str, environment: dict[str, str]) -> Finished:
    """Run `python -m gateway` with these QUANGATE_ variables and no others."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("QUANGATE_")}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE_S,
        env={**inherited, **environment},
        cwd=Path(__file__).parent.parent,
    )
    return Finished(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)


def in_database(dsn: str, name: str) -> str:
    """The connection string of another database of the same server."""
    head, query = dsn.split("?", 1)
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"


@asynccontextmanager
async def unguarded(connection: Any) -> AsyncIterator[None]:
    """The owner's connection without triggers: to arrange what nobody else could have made."""
    await connection.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        await connection.execute("SET session_replication_role = origin")


def as_owner(dsn: str) -> str:
    """The connection string of the owner instead of the gateway's role."""
    return dsn.replace(f"//{GATEWAY_ROLE}@", f"//{DATABASE_USER}@")


async def _make_template(dsn: str) -> None:
    await _execute(dsn, f"CREATE DATABASE {TEMPLATE}")
    connection = await asyncpg.connect(in_database(dsn, TEMPLATE))
    try:
        await prepare_embedded(connection, _sound)
    finally:
        await connection.close()


async def _sound(_connection: Any) -> None:
    """The embedded server is."""


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def in_own_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine where no loop of a test can see it."""
    # In a thread of its own: pytest-asyncio's loops must not be touched.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
