"""Orders in a worker: the order path, and its faces."""

from functools import partial
from typing import Final

from gateway.campaigns.count_refusals import CampaignRefusals
from gateway.campaigns.judge_pass import PassJudge
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.levels import StockLevels
from gateway.codes.stock import Stock
from gateway.ground.native import Allocator
from gateway.ground.wiring import Built, Keeper, Kit, Wiring, hears
from gateway.orders import http, http_batch, http_cancel, http_products, http_reads
from gateway.orders.buyers_store import BuyerStore
from gateway.orders.cancel import Cancellation
from gateway.orders.chains import LANES, chain_of_committer, chain_of_reads
from gateway.orders.commit_store import DatabaseCommitter
from gateway.orders.events import OrdersCreated
from gateway.orders.finding import OrderDesk
from gateway.orders.intake import Intake
from gateway.orders.known_numbers import KnownNumbers
from gateway.orders.learn_buyers import keep_learning
from gateway.orders.lost_tail import AcknowledgedLost, TailOfLog
from gateway.orders.metrics import Counted, families
from gateway.orders.place import Placement, outlet_of_line
from gateway.orders.ports import OrdersById, Upstreams
from gateway.orders.pricing import price_again
from gateway.orders.problems import WORDS
from gateway.orders.products import ProductsSeen
from gateway.orders.sealing import Sealing
from gateway.orders.store import OrderStore
from gateway.orders.view import OrderViews
from gateway.partners.authentication import Gate
from gateway.quotas.left import WhatIsLeft


def counted(_kit: Kit) -> Counted:
    """Lines and commits."""
    return Counted()


def desk(kit: Kit) -> OrderDesk:
    """Reads orders back, over connections that nothing else keeps busy."""
    on = kit.on
    return OrderDesk(
        orders=OrderStore(on.pools.reads),
        lists=OrderStore(on.pools.lists),
        vault=on.vault,
        keyring=on.keyring,
        chain=chain_of_reads(on.slot),
    )


def views(kit: Kit) -> OrderViews:
    """Orders as partners see them."""
    return OrderViews(kit[OrderDesk], kit[CurrentCatalog])


def known(kit: Kit) -> KnownNumbers:
    """All numbers there are, read piece by piece: that must not hold up a lease."""
    return KnownNumbers(orders=OrderStore(kit.on.pools.background))


def intake(kit: Kit) -> Intake:
    """The order path."""
    on, config, catalog = kit.on, kit.on.config, kit[CurrentCatalog]
    orders = OrderStore(on.pools.control)
    sealing = Sealing(on.vault, on.keyring, kit[Allocator])
    return Intake(
        committers=[
            DatabaseCommitter(
                dsn=on.dsn,
                config=config,
                chain=chain_of_committer(on.slot, committer),
                worker_id=on.worker_id,
                times=kit[Counted].commit_times,
                tail=TailOfLog(kit.ask(AcknowledgedLost)),
            )
            for committer in range(LANES)
        ],
        stock=kit[Stock],
        seal=sealing.seal,
        answer_plain=sealing.answer,
        by_numbers=orders.confirmed_by_numbers,
        by_ids=orders.by_ids,
        certainly_new=kit[KnownNumbers].certainly_new,
        perhaps_accepted=kit[KnownNumbers].perhaps_accepted,
        was_met=kit[KnownNumbers].was_met,
        next_ids=on.next_ids,
        created=kit.tell(OrdersCreated),
        outlet_now=partial(outlet_of_line, kit[CurrentCatalog]),
        price_again=lambda line, moment: price_again(catalog.now, line, moment),
        batch_max=config.commit_lines_max,
        waiting_max=config.queue_lines_max,
    )


def behind(kit: Kit) -> OrdersById:
    """Orders, read over the connections for what runs behind."""
    return OrderStore(kit.on.pools.background)


def placement(kit: Kit) -> Placement:
    """Placing an order, whoever asks."""
    refusals = kit[CampaignRefusals]
    return Placement(
        catalog=kit[CurrentCatalog],
        now=kit.on.clock.now,
        lines=kit[Intake],
        buying=kit[Upstreams],
        passes=kit[PassJudge],
        count=kit[Counted].outcomes,
        refused=lambda campaign, why: refusals.count(campaign, WORDS[why.reason].code),
    )


def placing(kit: Kit) -> http.OrderPlacing:
    """One order."""
    return http.OrderPlacing(
        kit[Gate], kit[Placement], kit[OrderViews], kit[CurrentCatalog], kit[Intake].entrance
    )


def placing_many(kit: Kit) -> http_batch.BatchPlacing:
    """Many."""
    return http_batch.BatchPlacing(
        kit[Gate],
        kit[Placement],
        kit[OrderViews],
        codes=http_batch.codes_under_way(),
        turns=http_batch.turns(),
    )


def reading(kit: Kit) -> http_reads.OrderReading:
    """Orders that stand."""
    return http_reads.OrderReading(kit[Gate], kit[OrderDesk], kit[OrderViews], kit[CurrentCatalog])


def cancellation(kit: Kit) -> Cancellation:
    """Taking one back, whoever's face asks."""
    return Cancellation(kit[OrderDesk], kit[Upstreams].cancel)


def cancelling(kit: Kit) -> http_cancel.OrderCancelling:
    """What was not sent."""
    return http_cancel.OrderCancelling(kit[Gate], kit[Cancellation], kit[OrderViews])


def products_seen(kit: Kit) -> ProductsSeen:
    """Products as partners see them."""
    return ProductsSeen(
        kit[CurrentCatalog],
        kit[StockLevels],
        upstreams_max=kit[Upstreams].quantity_max,
        now=kit.on.clock.now,
    )


def products(kit: Kit) -> http_products.Products:
    """What may be bought."""
    return http_products.Products(
        kit[Gate],
        kit[CurrentCatalog],
        kit[ProductsSeen],
        left=kit[WhatIsLeft],
        now=kit.on.clock.now,
    )


def build(kit: Kit) -> Built:
    """The intake itself is started and ended by the worker, around all services."""
    path, numbers = kit[Intake], kit[KnownNumbers]

    async def money(partner_id: str) -> None:
        path.money_came(int(partner_id))

    keeping: list[Keeper] = []
    if kit.on.place == 0:  # one of each node
        keeping.append(partial(keep_learning, BuyerStore(kit.on.pools.background).learn))
    return Built(
        keeping=keeping,
        subscriptions=(hears(OrdersCreated, numbers.created),),
        topics={"money": money},
        metrics=(partial(families, path, kit[Counted], kit.on.config.queue_lines_max),),
    )


WIRING: Final = Wiring(
    makes=(counted, desk, views, known, intake, behind, placement, cancellation, products_seen),
    faces=(
        (placing, http.ROUTES),
        (placing_many, http_batch.ROUTES),
        (reading, http_reads.ROUTES),
        (cancelling, http_cancel.ROUTES),
        (products, http_products.ROUTES),
    ),
    build=build,
)
