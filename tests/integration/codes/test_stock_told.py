"""What is left of each SKU, and whose endpoint is disabled, as metrics and as lines of the log."""

from typing import Any

from structlog.testing import capture_logs

from gateway.ground.sql.database import Database
from gateway.health.metrics_beside import stock
from gateway.health.worklist import StockOfSku, Worklist
from tests.integration.audit.test_audit_told import counted


def samples(worklist: Worklist) -> dict[str, list[Any]]:
    """The metrics of this file's stock by name."""
    return {
        family.name: [sample for sample in family.samples if sample[0][0].startswith("told-")]
        for family in stock(worklist)
    }


async def test_the_stock_of_each_sku_is_told(database: Database, connection: Any) -> None:
    """What is free and what workers hold and have not sold; nothing of what is off sale."""
    await connection.execute(
        "INSERT INTO pool (name, size, next_seq)"
        " VALUES ('told-full', 500, 0), ('told-few', 10, 7), ('told-off', 5, 0)"
    )
    await connection.execute(
        "INSERT INTO sku (sku, name, kind, pool_id, price, low_stock, on_sale)"
        " SELECT name, name, 'code', id, 1, 100, name <> 'told-off'"
        " FROM pool WHERE name LIKE 'told-%'"
    )
    told = samples(await counted(database))
    assert told == {
        "quangate_sku_codes_for_sale": [(["told-few"], 3), (["told-full"], 500)],
        "quangate_sku_low_stock_codes": [(["told-few"], 100), (["told-full"], 100)],
    }


async def test_a_disabled_endpoint_is_counted(database: Database, connection: Any) -> None:
    """By the partner's name, with the reason; not one that works."""
    await connection.execute(
        "INSERT INTO partner (name, webhook_secret) VALUES ('told-well', 'x'), ('told-gone', 'x')"
    )
    await connection.execute(
        "INSERT INTO webhook_endpoint (partner_id, url, disabled_at, disabled_why)"
        " SELECT id, 'https://x.test/', CASE name WHEN 'told-gone' THEN now() END,"
        " CASE name WHEN 'told-gone' THEN 'it answered 410 Gone' END"
        " FROM partner WHERE name LIKE 'told-%'"
    )
    disabled = (await counted(database)).disabled_endpoints or {}
    assert disabled["told-gone"] == "it answered 410 Gone"
    assert "told-well" not in disabled


def test_a_change_of_stock_is_one_line() -> None:
    """By the SKU's name; nothing at the start, nothing while it stays as it is."""
    worklist = Worklist(pool=None)

    def look(**left: int) -> None:
        rows = [StockOfSku(sku=sku, for_sale=n, low_stock=10) for sku, n in left.items()]
        worklist.counted(rows)

    with capture_logs() as said:
        look(a=5, b=0)
        look(a=0, b=0)
        look(a=0, b=0)
        look(a=0, b=7)
        look(a=0)  # b was taken off sale
    assert [(line["event"], line["sku"]) for line in said] == [
        ("sku.sold_out", "a"),
        ("sku.available_again", "b"),
    ]


def test_of_a_nodes_workers_one_speaks() -> None:
    """The others count the same and are silent."""
    worklist = Worklist(pool=None, speaks=False)
    with capture_logs() as said:
        for left in (5, 0, 5):
            worklist.counted([StockOfSku(sku="a", for_sale=left, low_stock=10)])
        for why in ({}, {"p": "failed"}, {}):
            worklist.found_disabled(why)
    assert said == []
    assert worklist.stock == {"a": (5, 10)}


def test_a_disabled_endpoint_is_one_line() -> None:
    """When it happens, and when it is over."""
    worklist = Worklist(pool=None)
    with capture_logs() as said:
        for why in ({"old": "410"}, {"old": "410", "p": "failed"}, {"p": "failed"}, {"p": "x"}):
            worklist.found_disabled(why)
    assert [(line["event"], line["partner"]) for line in said] == [
        ("endpoint.disabled", "p"),
        ("endpoint.enabled", "old"),
    ]
