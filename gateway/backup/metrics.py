"""How old the last good backup is."""

from collections.abc import Iterator

from gateway.backup.age import BackupAge
from gateway.ground.metric_family import Family, one


def families(age: BackupAge) -> Iterator[Family]:
    """One, and none before the first backup. Every worker looks at the whole shop's."""
    seconds = age.now()
    if seconds is None:
        return
    yield one(
        "gauge",
        "quangate_backup_age_seconds",
        "How old the last good backup is; absent before the first. Every worker tells the same.",
        seconds,
    )
