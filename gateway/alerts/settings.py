"""From when on something is an alert."""

from collections.abc import Mapping
from typing import Final

from gateway.ground.feature import Setting

SETTINGS: Final[Mapping[str, Setting]] = {
    "alerts.parked_s": Setting(
        default=600, least=0, most=604_800, unit="s",
        doc="An order that waits for a person is an alert once it has done so for this long.",
    ),
    "alerts.uncertain_s": Setting(
        default=3_600, least=60, most=604_800, unit="s",
        doc="A top-up of which the upstream says nothing certain is an alert after this long.",
    ),
    "alerts.cases_s": Setting(
        default=86_400, least=60, most=31_536_000, unit="s",
        doc="A case that nobody has decided is an alert after this long.",
    ),
    "alerts.cover_days": Setting(
        default=2, least=1, most=365, unit="days", optional=True,
        doc="A pool whose codes last for less, as fast as the last seven days sold, is an alert.",
    ),
    "alerts.expiring_days": Setting(
        default=7, least=1, most=365, unit="days",
        doc="Unsold codes are an alert this long before they expire.",
    ),
    "alerts.backup_s": Setting(
        default=93_600, least=3_600, most=31_536_000, unit="s",
        doc="A last good backup that is older is an alert, where there ever was one.",
    ),
    "alerts.snapshot_transactions": Setting(
        default=100_000, least=1_000, most=1_000_000_000, unit="transactions",
        doc="Whoever has kept the old rows of so many transactions is an alert.",
    ),
    "alerts.dead_webhooks": Setting(
        default=1, least=1, most=10_000, unit="messages",
        doc="So many messages of a partner that could not be delivered are an alert.",
    ),
    "alerts.balance_minor": Setting(
        default=None, least=0, most=10**15, unit="minor units",
        doc="Less than this left at an upstream that tells is an alert.",
    ),
    "alerts.disk_mib": Setting(
        default=1_024, least=1, most=1_000_000_000, unit="MiB",
        doc="Less free space on the disk of a data directory is an alert.",
    ),
}  # fmt: skip
