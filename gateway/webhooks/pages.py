"""What never reached partners, and whom it is hard to reach: replay one, or all since a time."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.port import At, by_index
from gateway.ground.desk.rest.caller import Caller
from gateway.webhooks.administer import list_webhooks
from gateway.webhooks.administration import SQL, EndpointHealth

SHOWN: Final = 50
COUNTED_MAX: Final = 1000
SAID_DISABLED: Final = "Disabled"
SAID_FAILING: Final = "Failing"
SAID_REACHED: Final = "Reached"


def standing(row: EndpointHealth) -> tuple[str, str]:
    """How it goes with a partner's endpoint, and its tone."""
    if row["disabled_at"] is not None:
        return SAID_DISABLED, "bad"
    return (SAID_REACHED, "good") if row["failing_since"] is None else (SAID_FAILING, "note")


def counted(count: int) -> str:
    """A count that stopped says so."""
    return f"{count:,}" if count <= COUNTED_MAX else "1,000+"


async def _dead(at: At, _asked: Mapping[str, str], caller: Caller) -> Mapping[str, Any]:
    await by_index(at.db)
    endpoints = await SQL.endpoints.all(at.db)
    dead = await list_webhooks(at.db, partner=None, state="dead", cursor=None, limit=SHOWN)
    return {
        "endpoints": [
            {**row, "standing": standing(row), "waiting": counted(row["pending"]),
             "lost": counted(row["dead"]), "key": secrets.token_urlsafe(24)}
            for row in endpoints
        ],
        "dead": [{**row, "key": secrets.token_urlsafe(24)} for row in dead],
        "may_one": "webhooks:replay" in caller.permissions,
        "may_all": "webhooks:replay-dead" in caller.permissions,
    }  # fmt: skip


PAGES: Final[Sequence[OwnPage]] = (
    OwnPage(
        path="dead-letters",
        zh="死信",
        en="Dead letters",
        template="webhooks/templates/dead_letters.html",
        read=_dead,
        permission="webhooks:read",
    ),
)
