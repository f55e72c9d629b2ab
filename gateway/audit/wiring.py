"""The audit's part in a worker: anchors."""

from functools import partial
from typing import Final

from gateway.audit.anchor_store import AnchorWriter, make_writer
from gateway.audit.metrics import families
from gateway.ground.wiring import Built, Kit, Wiring


def anchors(kit: Kit) -> AnchorWriter:
    """Writes down outside the database what cannot be taken back."""
    on = kit.on
    return make_writer(on.pools.background, on.config, on.vault)


def build(kit: Kit) -> Built:
    """A line now and then; the last one by the worker, when all is over."""
    writer = kit[AnchorWriter]
    return Built(keeping=(writer.keep,), metrics=(partial(families, writer),))


WIRING: Final = Wiring(makes=(anchors,), build=build)
