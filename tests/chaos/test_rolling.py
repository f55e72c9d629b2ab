"""Workers and releases are replaced at 70 % load: tests/chaos/rolling.py measures it larger."""

from pathlib import Path

import pytest

from gateway.ground.config import Config
from gateway.ground.sql.embedded import EmbeddedServer
from tests.chaos.older import NoOlderTreeError, older_tree
from tests.chaos.rolling import Size, restarted, upgraded
from tests.chaos.test_two_versions import execute
from tests.conftest import in_own_loop

pytestmark = pytest.mark.chaos

SMALL = Size(peak=600, each=300)


@pytest.fixture
def empty(fresh: Config, postgres: EmbeddedServer) -> Config:
    """A database of this test alone, without tables."""
    name = str(fresh.database_url).split("?", 1)[0].rsplit("/", 1)[-1]
    for statement in (f"DROP DATABASE {name}", f"CREATE DATABASE {name}"):
        in_own_loop(execute(postgres.dsn, statement))
    return fresh


async def test_no_request_fails_while_workers_are_replaced(fresh: Config, tmp_path: Path) -> None:
    """Orders come as they come, whoever answers. Seen red as tests/chaos/test_restarts.py says."""
    found = await restarted(fresh, tmp_path, SMALL)
    assert found["ok"], found
    assert (found["restart"], found["exit"]) == ({"workers": 2}, 0)


async def test_no_request_fails_between_two_releases(empty: Config, tmp_path: Path) -> None:
    """The commit before workers had their supervisor's sockets sells; this one migrates and sells
    beside it; the older one ends. Needs its native module: the same, or built by `make upgrade`.

    Seen red with a column of `worker` renamed by a migration.
    """
    try:
        older_tree(tmp_path / "probe")
    except NoOlderTreeError as why:
        pytest.skip(str(why))
    found = await upgraded(empty, tmp_path, SMALL)
    assert found["ok"], found
    assert found["exit"] == [0, 0]
