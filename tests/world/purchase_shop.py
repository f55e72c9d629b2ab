"""What the tests of codes bought on demand share: platforms that sell codes, buyers, the books."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.simulation.behaviour import Script, read_script
from connectors.simulation.ledger import Order, OrderState
from connectors.simulation.market import Market
from gateway.audit.run import audit
from gateway.audit.store import audit_snapshot
from gateway.codes import administration as codes
from gateway.ground.config import Config
from gateway.ground.desk.transaction import administration
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.partner import Partner
from tests.world.shop import unique
from tests.world.topup_shop import TopUpShop

# A product of kind code at each platform, and how many of it the tests order at once.
CODES: Mapping[str, tuple[str, int]] = {
    "fulu": ("910010", 3),
    "kasushou": ("910010", 3),
    "dtone": ("910010", 1),
    "reloadly": ("giftcard-910010", 3),
    "dingconnect": ("910010", 1),
    "dujiao": ("910010", 3),
    "kakayun": ("910010", 3),
    "xingquanyi": ("910010", 3),
    "generic": ("910010", 3),
}


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that says all it can, and may tell receivers on loopback; it has to end well."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    settings = {"QUANGATE_LOG_LEVEL": "debug", "QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}
    with running_gateway(config, log, settings) as gateway:
        yield gateway


async def buy(partner: Partner, sku: str, quantity: int = 1, **members: Any) -> dict[str, Any]:
    """An accepted order for codes: paid, and nothing delivered yet."""
    reply = await partner.order(out_order_no=unique("C"), sku=sku, quantity=quantity, **members)
    assert reply.status == 201, reply
    assert (reply.json["state"], reply.json["codes"]) == ("processing", [])
    return dict(reply.json)


def script(behaviour: str) -> Script:
    """A script that does the same to everybody."""
    return read_script({"rules": [{"account": "", "do": behaviour}]})


def sells(market: Market, *codes: Sequence[tuple[str, str]]) -> None:
    """Have the platform sell these (number, password) pairs by order, then the last again."""
    left = list(codes)

    def settled(order: Order) -> None:
        if order.state is OrderState.SUCCESS:
            order.codes = tuple(left.pop(0) if len(left) > 1 else left[0])

    market.platform.settled = settled  # type: ignore[method-assign]


async def complaints(topups: TopUpShop) -> list[str]:
    """What the audit finds wrong with this module's database."""
    async with topups.shop.database() as database, audit_snapshot(database) as snapshot:
        return [finding.detail for finding in await audit(snapshot) if not finding.ok]


async def stock(topups: TopUpShop, pool: str) -> dict[str, int]:
    """What became of the codes of a pool."""
    async with topups.shop.database() as database, administration(database, read_only=True) as db:
        counts = await codes.SQL.code_stats.one(db, pool)
    return {name: count for name, count in (counts or {}).items() if count}
