"""A burst of callbacks for top-ups under way: how long the slowest acknowledgement takes.

The top-ups are written by SQL, consistent with their money, as if they had been accepted
upstream a moment ago. The callbacks are those of the simulated platform, signed before the
clock starts. A thousand connections each wait for an acknowledgement before they send again.
"""

from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.servers import ServerError
from bench.spread import spread
from bench.topup_house import CONFIGURED, CONNECTOR, PRICE_MINOR, SKU, UPSTREAM, TopUpHouse
from connectors.simulation.behaviour import SUCCESS
from connectors.simulation.ledger import Order, OrderState
from connectors.simulation.server import build
from gateway.orders.rules import OrderContent

CONNECTIONS = 1_000
BURST_S_MAX = 240.0

# Ids as the gateway makes them: milliseconds since 2025 in the upper bits; one a millisecond, an
# hour ago.
ORDERS = """
INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state,
                    account, details, created_at, updated_at)
SELECT p.id, (extract(epoch FROM t.at - timestamptz '2025-01-01Z') * 1000)::bigint << 22,
       'CB' || n, $5, s.id, 1, $4, 'processing',
       '13900000000', '{}', t.at, t.at
FROM partner p, sku s, generate_series(1, $1::bigint) n,
     LATERAL (SELECT date_trunc('hour', now()) - interval '1 hour'
                     - ($1 - n) * interval '1 millisecond' AS at) AS t
WHERE p.name = $2 AND s.sku = $3
"""
# Nobody asks after them while the burst lasts: what is measured is the callbacks.
ATTEMPTS = """
INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, cost_max,
                     state, upstream_no, cost, next_check_at, sent_at, sends)
SELECT o.id + 1, o.partner_id, o.id, u.id, '1', o.account, 1, o.amount, 'accepted',
       'U' || o.out_order_no, o.amount, now() + interval '1 hour', now(), 1
FROM orders o, upstream u WHERE o.out_order_no LIKE 'CB%' AND u.name = $1
RETURNING id
"""
ENTRIES = """
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, created_at)
SELECT a.partner_id, a.last_entry + o.n, 'charge', -o.amount, a.balance - o.n * o.amount, o.id,
       o.created_at
FROM account a, LATERAL (SELECT *, row_number() OVER (ORDER BY id) AS n FROM orders
                         WHERE partner_id = a.partner_id AND out_order_no LIKE 'CB%') AS o
"""
ACCOUNT = """
UPDATE account a SET balance = balance - $2::bigint * $3::bigint, last_entry = last_entry + $2
FROM partner p WHERE p.id = a.partner_id AND p.name = $1
"""
UNDELIVERED = "SELECT count(*) FROM orders WHERE out_order_no LIKE 'CB%' AND state <> 'delivered'"


async def callbacks_burst(house: TopUpHouse) -> list[Figure]:
    """All callbacks must be acknowledged, and all their orders be delivered by then."""
    count = house.plan.burst_callbacks
    house.teller.say(f"{count:,} callbacks …")
    connection = house.shop.ledger.connection
    attempt_ids = await write_topups_under_way(connection, count)
    path = house.plan.requests / "callbacks.0"
    write_callbacks(path, attempt_ids)
    before = house.cpu_s()
    report = await house.partner.ask(
        BURST_S_MAX + 60, requests=str(path), connections=CONNECTIONS, seconds=BURST_S_MAX
    )
    used = {name: seconds - before[name] for name, seconds in house.cpu_s().items()}
    undelivered = await connection.fetchval(UNDELIVERED)
    if report["broken"] or report["answers"] != {"200": count} or undelivered:
        raise ServerError(f"{undelivered} orders were left, the burst was answered {report}")
    detail = {
        "callbacks": count,
        "connections": CONNECTIONS,
        "per_s": round(count / report["duration_s"]),
        "acknowledged_ms": report["answer_ms"],
        "cpu_us_per_callback": {k: round(v * 1e6 / count, 1) for k, v in used.items()},
    }
    slowest_s = report["answer_ms"]["max"] / 1000
    return [Figure(key="callbacks_burst_slowest_s", spread=spread([slowest_s]), detail=detail)]


async def write_topups_under_way(connection: Any, count: int) -> list[int]:
    """Paid top-ups that the upstream works on; the numbers of their attempts."""
    digest = OrderContent(out_order_no="CB", sku=SKU, account="13900000000").digest()
    await connection.execute(ORDERS, count, "bench", SKU, PRICE_MINOR, digest, timeout=600)
    rows = await connection.fetch(ATTEMPTS, UPSTREAM, timeout=600)
    await connection.execute(ENTRIES, timeout=600)
    await connection.execute(ACCOUNT, "bench", count, PRICE_MINOR)
    await connection.execute("CHECKPOINT", timeout=120)
    return [row["id"] for row in rows]


def write_callbacks(path: Path, attempt_ids: list[int]) -> None:
    """Whole requests, as the simulated platform would send them."""
    market = build(CONNECTOR, settings=CONFIGURED)
    with path.open("wb", buffering=1 << 20) as out:
        for number, attempt_id in enumerate(attempt_ids, 1):
            order = Order(
                number=number, our_no=str(attempt_id), upstream_no=f"UCB{number}", product="1",
                account="13900000000", quantity=1, price_minor=PRICE_MINOR,
                face_minor=PRICE_MINOR, created_at=0.0, visible_at=0.0,
                notify_url="http://127.0.0.1/", behaviour=SUCCESS,
            )  # fmt: skip
            message = market.platform.callback(order, OrderState.SUCCESS, forged=False)
            assert message is not None
            request = (
                f"POST /callbacks/{UPSTREAM} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Content-Type: {message.content_type}\r\n"
                f"Content-Length: {len(message.body)}\r\n\r\n"
            ).encode() + message.body
            out.write(b"%08d" % len(request))
            out.write(request)
