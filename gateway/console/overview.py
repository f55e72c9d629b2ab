"""How the shop stands at a glance: what each number says, and the rows it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from gateway.console.administration import SQL, PoolLevel, UpstreamHealth
from gateway.ground.desk.port import At, by_index
from gateway.ground.desk.rest.caller import Caller

COUNTED_MAX: Final = 10_000
SAID_DELIVERING: Final = "Being delivered"
SAID_UNKNOWN: Final = "Outcome not known"
SAID_PARKED: Final = "Wait for a person"
SAID_PENDING: Final = "Messages on their way"
SAID_DEAD: Final = "Messages undelivered"
SAID_PAUSED: Final = "Paused"
SAID_HELD: Final = "Held back"
Tone = Literal["plain", "good", "note", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number and the list it counts; `label` is a message."""

    label: str
    text: str
    href: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A share of something, 0 to 1, as a bar beside its words."""

    name: str
    href: str
    share: float
    text: str
    tone: Tone
    note: str | None = None
    days: float | None = None  # for how many it lasts

    @property
    def width(self) -> str:
        """Of 100."""
        return f"{100 * min(1.0, max(0.0, self.share)):.1f}"


def counted(count: int) -> str:
    """A count that stopped says so."""
    return f"{count:,}" if count <= COUNTED_MAX else "10k+"


def orders(by_state: Mapping[str, int]) -> Sequence[Number]:
    """Orders whose end is not known."""
    return (
        Number(
            label=SAID_DELIVERING,
            text=counted(by_state.get("processing", 0)),
            href="/console/orders?state=processing",
        ),
        Number(
            label=SAID_UNKNOWN,
            text=counted(by_state.get("uncertain", 0)),
            href="/console/orders?state=uncertain",
            tone="note" if by_state.get("uncertain") else "plain",
        ),
        Number(
            label=SAID_PARKED,
            text=counted(by_state.get("parked", 0)),
            href="/console/orders?parked=true",
            tone="bad" if by_state.get("parked") else "good",
        ),
    )


def messages(by_state: Mapping[str, int]) -> Sequence[Number]:
    """Webhooks on their way, and those that never arrived."""
    return (
        Number(
            label=SAID_PENDING,
            text=counted(by_state.get("pending", 0)),
            href="/console/webhooks?state=pending",
        ),
        Number(
            label=SAID_DEAD,
            text=counted(by_state.get("dead", 0)),
            href="/console/webhooks?state=dead",
            tone="bad" if by_state.get("dead") else "good",
        ),
    )


def level(pool: PoolLevel) -> Bar:
    """What is left of a pool."""
    left, mark = pool["for_sale"], pool["mark"]
    tone: Tone = "bad" if left == 0 else "note" if left < mark else "good"
    return Bar(
        name=pool["pool"],
        href=f"/console/pools/{pool['pool']}",
        share=left / pool["imported"] if pool["imported"] else 0.0,
        text=f"{left:,} / {pool['imported']:,}",
        tone=tone,
        days=pool["days_of_cover"],
    )


def health(upstream: UpstreamHealth) -> Bar:
    """How an upstream answers; one that nobody called lately has no share."""
    rate = upstream["success_rate"]
    held = upstream["held_back"] > 0
    tone: Tone = (
        "note" if upstream["paused"] else "bad" if held else "plain" if rate is None
        else "good" if rate >= GOOD_RATE else "note"
    )  # fmt: skip
    return Bar(
        name=upstream["upstream"],
        href=f"/console/upstreams/{upstream['upstream']}",
        share=rate or 0.0,
        text="" if rate is None else f"{100 * rate:.0f} %",
        tone=tone,
        note=SAID_PAUSED if upstream["paused"] else SAID_HELD if held else None,
    )


GOOD_RATE: Final = 0.95  # below it somebody should look
# What each part of the page shows, and the permission it takes.
NEEDS: Final[Mapping[str, str]] = {
    "orders": "orders:read",
    "newest": "orders:read",
    "money": "accounts:read",
    "stock": "pools:read",
    "upstreams": "upstreams:read",
    "alerts": "alerts:read",
    "messages": "webhooks:read",
    "audit": "audit:read",
}


async def overview(at: At, _asked: Mapping[str, str], caller: Caller) -> Mapping[str, Any]:
    """What whoever looks may see; a part that he may not is not there."""
    await by_index(at.db)
    may = {part for part, permission in NEEDS.items() if permission in caller.permissions}
    found: dict[str, Any] = {}
    if "orders" in may:
        states = {row["state"]: row["orders"] for row in await SQL.open_orders.all(at.db)}
        found["orders"] = orders(states)
        found["newest"] = await SQL.newest_orders.all(at.db)
    if "messages" in may:
        sent = {row["state"]: row["messages"] for row in await SQL.messages.all(at.db)}
        found["messages"] = messages(sent)
    if "money" in may:
        found["money"] = await SQL.accounts.all(at.db)
    if "stock" in may:
        found["stock"] = [level(pool) for pool in await SQL.stock.all(at.db)]
    if "upstreams" in may:
        found["upstreams"] = [health(one) for one in await SQL.upstreams.all(at.db)]
    if "alerts" in may:
        found["alerts"] = await SQL.alerts.all(at.db)
    if "audit" in may:
        found["audit"] = await SQL.last_audit.one(at.db)
    return {"may": may, **found}
