"""Pages that are made by hand: the first one, and one's own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.console.inbox import NEXT, inbox
from gateway.console.overview import overview
from gateway.console.stock import stock
from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller


async def _me(_at: At, _asked: Mapping[str, str], caller: Caller) -> Mapping[str, Any]:
    return {
        "operator": caller.name,
        "person": caller.person,
        "roles": list(caller.roles),
        "permissions": sorted(caller.permissions),
        "frozen": caller.is_frozen,
        "session": caller.credential,
        "ends_at": caller.details["ends_at"],
    }


PAGES: Final[Sequence[OwnPage]] = (
    OwnPage(
        path="", zh="总览", en="Overview", template="console/templates/overview.html", read=overview
    ),
    OwnPage(
        path="inbox",
        zh="待办",
        en="Inbox",
        template="console/templates/inbox.html",
        read=inbox,
        forms=(NEXT,),
    ),
    OwnPage(
        path="stock",
        zh="库存总览",
        en="Stock levels",
        template="console/templates/stock.html",
        read=stock,
        permission="pools:read",
    ),
    OwnPage(path="me", zh="我", en="Me", template="console/templates/me.html", read=_me),
)
