"""An upstream's health on one page: what succeeds, how long it takes, what is held back and why."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.dispatch.administer import show_upstream
from gateway.dispatch.administration import SQL
from gateway.dispatch.chart import chart
from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller

KNOWN: Final = (
    "connector", "base_url", "calls_per_s", "routes", "open_attempts", "settings", "egress",
    "callback_path", "created_at",
)  # fmt: skip
PAUSE: Final = "upstreams/{upstream}/pause"
RESUME: Final = "upstreams/{upstream}/resume"


async def _health(at: At, asked: Mapping[str, str], _: Caller) -> Mapping[str, Any]:
    name = asked["upstream"]
    row = await show_upstream(at.db, at.secrecy, name)
    hours = await SQL.attempts_by_hour.all(at.db, name)
    return {
        "row": row,
        "thing": row,
        "known": {member: row[member] for member in KNOWN if row[member] is not None},
        "held": [lane for lane in row["lanes"] if lane["breaker"] != "closed"],
        "chart": chart(hours, await SQL.this_hour.only(at.db)),
    }


PAGES: Final[Sequence[OwnPage]] = (
    OwnPage(
        path="upstreams/{upstream}",
        zh="上游",
        en="Upstream",
        template="dispatch/templates/upstream.html",
        read=_health,
        permission="upstreams:read",
        forms=(PAUSE, RESUME),
    ),
)
