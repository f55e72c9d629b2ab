"""What one worker counts about partners: permits that all nodes know of."""

from collections.abc import Iterator

from gateway.ground.metric_family import Family, one
from gateway.partners.shared_rates import SharedRates


def families(rates: SharedRates) -> Iterator[Family]:
    """All of this worker's, now; asked for only where there is to be a Redis."""
    yield one(
        "counter",
        "quangate_tokens_leased",
        "Permits of rate-limited keys that were taken here and counted in Redis for all nodes.",
        rates.leased,
    )
