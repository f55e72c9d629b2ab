"""The backup's part in a worker: it tells how old the last one is."""

import time
from functools import partial
from typing import Final

from gateway.backup.age import BackupAge
from gateway.backup.awaited import AwaitedFollower
from gateway.backup.lost_store import closing_sales
from gateway.backup.metrics import families
from gateway.backup.store import BackupStore
from gateway.ground.wiring import Built, Kit, Wiring


def build(kit: Kit) -> Built:
    """Looking, and telling; and closing sales where the database lost orders."""
    books = BackupStore(kit.on.pools.background)
    age = BackupAge(books, time.monotonic)
    told = (AwaitedFollower(books).watch,) if kit.on.place == 0 else ()
    return Built(
        keeping=(age.watch, *told),
        subscriptions=(closing_sales(kit.on),),
        metrics=(partial(families, age),),
    )


WIRING: Final = Wiring(build=build)
