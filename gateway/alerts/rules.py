"""What is an alert, and of which level. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["info", "ticket", "page"]

OF_A_KIND_MAX: Final = 100  # rows; what would be more is one fault with many names
SUBJECT_MAX: Final = 200
DETAIL_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`setting` is the threshold that its look is asked with; `about` the noun of its subjects."""

    level: Level
    doc: str
    setting: str | None = None
    about: str | None = None


# Found by one worker of all, by a statement of conditions.sql with the kind's name.
LOOKED_FOR: Final[Mapping[str, Kind]] = {
    "parked": Kind(level="ticket", doc="orders wait for a person", setting="alerts.parked_s"),
    "uncertain": Kind(
        level="ticket",
        doc="an upstream says nothing certain of top-ups for too long",
        setting="alerts.uncertain_s",
        about="upstream",
    ),
    "stock-low": Kind(
        level="ticket", doc="a SKU on sale has fewer codes than its low-stock mark", about="sku"
    ),
    "cover-low": Kind(
        level="ticket",
        doc="what is left of a pool lasts for few days, as fast as it sold lately",
        setting="alerts.cover_days",
        about="pool",
    ),
    "codes-expiring": Kind(
        level="ticket",
        doc="unsold codes of a pool expire soon",
        setting="alerts.expiring_days",
        about="pool",
    ),
    "cases-waiting": Kind(
        level="ticket",
        doc="after-sales cases wait too long for a person, or for a platform",
        setting="alerts.cases_s",
    ),
    "webhooks-dead": Kind(
        level="ticket",
        doc="messages to a partner could not be delivered",
        setting="alerts.dead_webhooks",
        about="partner",
    ),
    "channel-unmapped": Kind(
        level="ticket",
        doc="a platform's orders are left alone: their product is not mapped",
        about="channel",
    ),
    "channel-held": Kind(
        level="ticket", doc="a platform's orders wait for a person", about="channel"
    ),
    "endpoint-disabled": Kind(
        level="ticket", doc="a partner's endpoint gets no messages any more", about="partner"
    ),
    "audit-broken": Kind(level="page", doc="the last audit found what must not be"),
    "backup-age": Kind(
        level="ticket", doc="the last good backup is too old", setting="alerts.backup_s"
    ),
    "replication": Kind(level="page", doc="orders wait for a follower that is not there"),
    "old-snapshot": Kind(
        level="ticket",
        doc="somebody's transaction keeps rows from being cleared away, and each order costs more",
        setting="alerts.snapshot_transactions",
    ),
    "sales-closed": Kind(level="page", doc="the shop was restored, and sells nothing yet"),
    "reveal-freeze": Kind(
        level="page", doc="an operator who saw too many codes may see no more", about="operator"
    ),
    "alone": Kind(
        level="info", doc="what wants a second person was done without one", about="change"
    ),
}
# Seen by workers, each for itself, as long as it lasts.
SEEN: Final[Mapping[str, Kind]] = {
    "upstream-down": Kind(
        level="ticket", doc="a product's breaker holds calls back", about="upstream"
    ),
    "balance-low": Kind(
        level="ticket",
        doc="little is left at an upstream",
        setting="alerts.balance_minor",
        about="upstream",
    ),
    "redis-lost": Kind(level="ticket", doc="Redis does not answer; orders go on without it"),
    "disk": Kind(level="page", doc="a disk is nearly full", setting="alerts.disk_mib"),
    "campaign": Kind(
        level="ticket", doc="a campaign is open and has nothing left to sell", about="campaign"
    ),
}
KINDS: Final[Mapping[str, Kind]] = {**LOOKED_FOR, **SEEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What somebody saw. One subject of a kind is one alert, however many see it."""

    kind: str
    subject: str
    detail: str


def as_rows(findings: Iterable[Finding]) -> list[Finding]:
    """At most so many of a kind, each subject once, and no text too long to be kept."""
    kept: dict[tuple[str, str], Finding] = {}
    of_kind: dict[str, int] = {}
    for one in findings:
        key = (one.kind, one.subject[:SUBJECT_MAX])
        if key in kept or of_kind.get(one.kind, 0) >= OF_A_KIND_MAX:
            continue
        of_kind[one.kind] = of_kind.get(one.kind, 0) + 1
        kept[key] = Finding(kind=one.kind, subject=key[1], detail=one.detail[:DETAIL_MAX])
    return list(kept.values())


def about(alert: Mapping[str, object]) -> tuple[str, str] | None:
    """What its subject is the name of, noun and name; None: it is no one thing."""
    kind = KINDS.get(str(alert.get("kind")))
    if kind is None or kind.about is None:
        return None
    subject = str(alert.get("subject"))
    # Of an upstream and its product the upstream.
    return kind.about, subject.partition("/")[0] if kind.about == "upstream" else subject
