"""What is counted beside the order path: upstreams, webhooks, connections, people's work."""

from collections.abc import Callable, Iterator

from gateway.ground.metric_family import Family, durations, one
from gateway.ground.shares import Shares
from gateway.health.watched import Watched
from gateway.health.worklist import BACKLOG_MAX


def beside(context: Watched) -> Iterator[Family]:
    """All of them."""
    yield from _worklist(context)
    yield from audited(context)
    yield from stock(context)
    yield from _webhooks(context)
    yield from _pools(context)


def _worklist(context: Watched) -> Iterator[Family]:
    worklist = context.worklist
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


def audited(context: Watched) -> Iterator[Family]:
    """Of the last audit, whoever ran it; before the first, only since when there is none."""
    worklist = context.worklist
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


def stock(context: Watched) -> Iterator[Family]:
    """Of SKUs on sale. Every worker counts all."""
    levels = sorted(context.worklist.stock.items())
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


def _webhooks(context: Watched) -> Iterator[Family]:
    notifier = context.notifier
    yield Family(
        "counter",
        "quangate_webhook_attempts",
        "Webhook messages sent to partners, by what came of it.",
        ["outcome"],
        [(["delivered"], notifier.attempts.delivered), (["failed"], notifier.attempts.failed)],
    )
    yield durations(
        "quangate_webhook_attempt_duration_seconds",
        "Time from sending a webhook message to the receiver's answer, or to giving it up.",
        ["outcome"],
        notifier.attempts.times,
    )
    yield one(
        "counter",
        "quangate_webhook_dead_letters",
        "Webhook messages given up; `quangate webhook list --state dead` shows them.",
        notifier.attempts.dead,
    )
    yield one(
        "gauge",
        "quangate_webhook_endpoints_disabled",
        "Partners whose endpoint is disabled. Every worker counts all.",
        len(context.worklist.disabled_endpoints or ()),
    )
    yield one(
        "gauge",
        "quangate_webhooks_in_memory",
        "Webhook messages waiting or under way in this worker; more may wait in the database.",
        notifier.in_memory,
    )
    backlog = context.worklist.backlog
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


def _pools(context: Watched) -> Iterator[Family]:
    """Connections to the database; those that commit and the one that listens are not in a pool."""
    pools = [([name], pool.shares) for name, pool in context.pools.by_name().items()]

    def per_pool(kind: str, name: str, help_: str, value: Callable[[Shares], float]) -> Family:
        samples = [(labels, value(shares)) for labels, shares in pools]
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
