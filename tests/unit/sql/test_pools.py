"""How many connections a gateway may have at once."""

import pytest

from gateway.ground.config import Config
from gateway.ground.sql.pools import (
    FOR_AN_AUDIT,
    FOR_COMMANDS,
    OF_ITS_OWN,
    connections_needed,
    pool_sizes,
)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_a_restart_is_counted(workers: int) -> None:
    """All workers, one that follows another, their supervisor, two commands, an audit by API.

    Seen red with the workers alone.
    """
    config = Config(workers=workers)
    one = sum(pool_sizes(config)) + OF_ITS_OWN
    assert connections_needed(config) >= (workers + 1) * one + 1 + FOR_COMMANDS + FOR_AN_AUDIT
