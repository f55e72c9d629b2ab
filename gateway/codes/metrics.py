"""What one worker counts about codes: what it can sell, and the leases it sells from."""

from collections.abc import Iterator

from gateway.codes.lease_losses import LeaseLosses
from gateway.codes.stock import Stock
from gateway.ground.metric_family import Family


def families(stock: Stock, losses: LeaseLosses) -> Iterator[Family]:
    """All of this worker's, now."""
    holdings = sorted(stock.holdings().items())
    yield Family(
        "gauge",
        "quangate_pool_claimable_codes",
        "Leased codes this worker can sell without asking the database.",
        ["pool_id"],
        [([str(pool_id)], claimable) for pool_id, (claimable, _) in holdings],
    )
    yield Family(
        "gauge",
        "quangate_pool_in_flight_codes",
        "Codes claimed for orders whose commit is not decided.",
        ["pool_id"],
        [([str(pool_id)], in_flight) for pool_id, (_, in_flight) in holdings],
    )
    yield Family(
        "gauge",
        "quangate_pool_expiring_codes",
        "Unsold codes that expire within seven days, in all: the same from every worker.",
        ["pool"],
        [([soon.pool], soon.codes) for soon in stock.expiring],
    )
    yield Family(
        "gauge",
        "quangate_leases_differ",
        "Leases at the last renewal: in this worker's name without its knowledge, for a second"
        " time, or held by it and closed by others.",
        ["only"],
        [
            (["database"], stock.unknown_leases),
            (["worker"], stock.lost_leases),
        ],
    )
    yield Family(
        "counter",
        "quangate_leases_lost",
        "Leases of this worker that others closed: codes-expired, codes-sooner (others expire"
        " before them), codes-moved (to another shelf), codes-voided or taken-back.",
        ["pool", "why"],
        [([pool, why], count) for (pool, why), count in sorted(losses.lost.items())],
    )
    yield Family(
        "counter",
        "quangate_leases_taken_back",
        "Leases that this worker took from others: dead, not-renewed in time, or codes-expired.",
        ["pool", "why"],
        [([pool, why], count) for (pool, why), count in sorted(losses.taken_back.items())],
    )
