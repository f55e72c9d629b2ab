"""How many nodes live: each worker says its own, and all of them hear of it."""

import asyncio
import shutil
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.codes.lease_losses import LeaseLosses
from gateway.codes.lease_store import read_living, register_worker
from gateway.control import Control
from gateway.ground.config import Config
from gateway.ground.nodes import Nodes, node_of
from gateway.ground.sql.clock import DatabaseClock
from gateway.ground.sql.connecting import connect
from tests.world.partner import eventually

HERE, THERE = uuid.UUID(int=1), uuid.UUID(int=2)


class Deaf:
    """Hears announcements and does nothing."""

    async def news(self, _payload: str) -> None:
        """One of them."""

    async def missed(self) -> None:
        """Some may have been missed."""


def control_of(config: Config, nodes: Nodes) -> Control:
    """A worker's control connection, and nothing else of it."""
    return Control(
        dsn=str(config.database_url), config=config, worker_id=uuid.uuid4(),
        clock=DatabaseClock(), losses=LeaseLosses(), nodes=nodes,
    )  # fmt: skip


@pytest.fixture
async def ours(config: Config, connection: Any) -> Any:
    """A connection that holds what it takes."""
    held = await connect(str(config.database_url), config)
    yield held
    await held.close()
    await connection.execute("DELETE FROM worker")


async def test_nodes_are_what_workers_say(ours: Any) -> None:
    """Two workers of one node are one. Seen red with workers counted."""
    for node in (HERE, HERE, THERE):
        await register_worker(ours, uuid.uuid4(), 60.0, node)
    alive = await read_living(ours)
    assert (alive.nodes, alive.workers) == (2, 3)


async def test_an_older_releases_worker_counts_by_its_host(ours: Any, connection: Any) -> None:
    """It took over a slot in which another node still stands. Seen red without `node_of`."""
    slot = await register_worker(ours, uuid.uuid4(), 60.0, HERE)
    await register_worker(ours, uuid.uuid4(), 60.0, HERE)
    older = uuid.uuid4()  # as the release before says who it is: nothing of a node
    await connection.execute(
        "UPDATE worker SET worker_id = $1, host = 'elsewhere' WHERE slot = $2", older, slot
    )
    assert (await read_living(ours)).nodes == 2


async def test_a_node_that_comes_is_heard_of_and_one_that_goes(
    config: Config, tmp_path: Path, ours: Any
) -> None:
    """Whoever shares something by the number of nodes has the right one on both.

    Seen red with the count taken at the start alone.
    """
    first, second = Nodes(), Nodes()
    one = control_of(replace(config, data=tmp_path / "one"), first)
    other = control_of(replace(config, data=tmp_path / "other"), second)
    await one.start()
    listening = asyncio.create_task(one.run(Deaf()))
    try:
        assert first == Nodes(1, 1)
        await other.start()
        assert second == Nodes(2, 2)

        async def both() -> bool:
            return first == Nodes(2, 2)

        await eventually(both)
        await other.close()

        async def alone() -> bool:
            return first == Nodes(1, 1)

        await eventually(alone)
    finally:
        listening.cancel()
        await one.close()


def test_a_node_is_a_directory_on_a_running_machine(tmp_path: Path) -> None:
    """The same for every process of it; a copy of the directory is another node.

    Seen red with a name that lies in the directory.
    """
    data = tmp_path / "data"
    node = node_of(data)
    assert node_of(data) == node
    shutil.copytree(data, tmp_path / "copy")
    assert node_of(tmp_path / "copy") != node


def test_where_nothing_can_be_shared_each_process_is_a_node(tmp_path: Path) -> None:
    """A data directory that cannot be written to: nobody else is counted with it."""
    (tmp_path / "data").write_text("a file")
    assert node_of(tmp_path / "data") != node_of(tmp_path / "data")
