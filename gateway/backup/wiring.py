"""The backup's part in a worker: it tells how old the last one is."""

import time
from functools import partial
from typing import Final

from gateway.backup.age import BackupAge
from gateway.backup.metrics import families
from gateway.backup.store import BackupStore
from gateway.ground.wiring import Built, Kit, Wiring


def build(kit: Kit) -> Built:
    """Looking, and telling."""
    age = BackupAge(BackupStore(kit.on.pools.background), time.monotonic)
    return Built(keeping=(age.watch,), metrics=(partial(families, age),))


WIRING: Final = Wiring(build=build)
