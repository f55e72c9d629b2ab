"""What is counted of the whole database: people's work, stock, webhooks; and connections."""

from collections.abc import Callable, Iterator

from gateway.ground.metric_family import Family, one
from gateway.ground.shares import Shares
from gateway.ground.sql.pools import Pools
from gateway.health.worklist import BACKLOG_MAX, Worklist


def beside(worklist: Worklist, pools: Pools) -> Iterator[Family]:
    """All of them."""
    yield from _worklist(worklist)
    yield from audited(worklist)
    yield from stock(worklist)
    yield from cover(worklist)
    yield from _webhooks(worklist)
    yield from _pools(pools)


def _worklist(worklist: Worklist) -> Iterator[Family]:
    yield one(
        "gauge",
        "quangate_parked_orders",
        "Orders that wait for a person: `quangate order list --parked`. Every worker counts all.",
        worklist.parked_orders,
    )
    yield one(
        "gauge",
        "quangate_uncertain_attempts",
        "Attempts of which nobody knows yet what became of them. Every worker counts all.",
        worklist.uncertain_attempts,
    )
    yield one(
        "gauge",
        "quangate_uncertain_oldest_seconds",
        "The age of the oldest of them.",
        worklist.oldest_uncertain_s,
    )
    yield one(
        "gauge",
        "quangate_operators_frozen",
        "Operators who saw too many codes within an hour. Every worker counts all.",
        worklist.operators_frozen,
    )


def audited(worklist: Worklist) -> Iterator[Family]:
    """Of the last audit, whoever ran it; before the first, only since when there is none."""
    if worklist.unaudited_since is not None:
        yield one(
            "gauge",
            "quangate_unaudited_since_timestamp_seconds",
            "When the last audit ended, or before the first when the database was set up, in Unix"
            " seconds.",
            worklist.unaudited_since,
        )
    if worklist.audit_ok is None:
        return
    yield one(
        "gauge",
        "quangate_audit_ok",
        "1 if the last `quangate audit` found nothing, 0 if the books did not add up.",
        float(worklist.audit_ok),
    )
    yield one(
        "gauge",
        "quangate_audit_last_run_timestamp_seconds",
        "When it ended, in Unix seconds; absent until somebody audits.",
        worklist.audited_at,
    )


def stock(worklist: Worklist) -> Iterator[Family]:
    """Of SKUs on sale. Every worker counts all."""
    levels = sorted(worklist.stock.items())
    yield Family(
        "gauge",
        "quangate_sku_codes_for_sale",
        "Codes left of a SKU on sale: exact below its low-stock mark, at least so many above.",
        ["sku"],
        [([sku], left) for sku, (left, _) in levels],
    )
    yield Family(
        "gauge",
        "quangate_sku_low_stock_codes",
        "Below so many codes a SKU is low.",
        ["sku"],
        [([sku], low) for sku, (_, low) in levels],
    )


def cover(worklist: Worklist) -> Iterator[Family]:
    """Of pools that sold lately. Every worker counts all."""
    yield Family(
        "gauge",
        "quangate_pool_days_of_cover",
        "For how many days a pool's codes last, as fast as the last seven days sold.",
        ["pool"],
        [([pool], days) for pool, days in sorted(worklist.cover.items())],
    )


def _webhooks(worklist: Worklist) -> Iterator[Family]:
    yield one(
        "gauge",
        "quangate_webhook_endpoints_disabled",
        "Partners whose endpoint is disabled. Every worker counts all.",
        len(worklist.disabled_endpoints or ()),
    )
    backlog = worklist.backlog
    yield Family(
        "gauge",
        "quangate_webhook_backlog",
        "Webhook messages in the database: due now, due later (claimed or tried again) and dead."
        f" Counting stops at {BACKLOG_MAX:,}. Every worker counts all.",
        ["state"],
        [
            ([state], getattr(backlog, state))
            for state in ("due", "later", "dead")
            if backlog is not None
        ],
    )
    yield Family(
        "gauge",
        "quangate_webhook_oldest_due_seconds",
        "For how long the oldest message that is due has been so; 0 when none is.",
        [],
        [([], backlog.oldest_due_s)] if backlog is not None else [],
    )


def _pools(pools: Pools) -> Iterator[Family]:
    """Connections to the database; those that commit and the one that listens are not in a pool."""
    by_name = [([name], pool.shares) for name, pool in pools.by_name().items()]

    def per_pool(kind: str, name: str, help_: str, value: Callable[[Shares], float]) -> Family:
        samples = [(labels, value(shares)) for labels, shares in by_name]
        return Family(kind, f"quangate_database_pool_{name}", help_, ["pool"], samples)

    yield per_pool("gauge", "size", "Connections of a pool at most.", lambda pool: pool.total)
    yield per_pool("gauge", "in_use", "Of these in use.", lambda pool: pool.in_use)
    yield per_pool("gauge", "waiting", "Who waits for one.", lambda pool: pool.waiting)
    yield per_pool(
        "counter",
        "deadline_misses",
        "Who waited too long for one, and was told so.",
        lambda pool: pool.late,
    )
    yield per_pool(
        "counter",
        "turned_away",
        "Who found too many waiting, and was told so.",
        lambda pool: pool.turned_away,
    )
