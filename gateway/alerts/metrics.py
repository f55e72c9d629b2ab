"""How many alerts last."""

from collections.abc import Iterator

from gateway.alerts.watch import Watch
from gateway.ground.metric_family import Family


def families(watch: Watch) -> Iterator[Family]:
    """As every worker last read it."""
    yield Family(
        "gauge",
        "quangate_alerts",
        "Alerts that last, acknowledged or not, by level; the same at every worker.",
        ["level"],
        [([level], watch.lasting.get(level, 0)) for level in ("info", "ticket", "page")],
    )
