"""The portal's pages that are made by hand: the first one, and usage."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller
from gateway.portal.seen import SQL

LOOKED_AT: Final = 10_000  # orders; queries.sql says it, too


async def _overview(at: At, _asked: Mapping[str, str], caller: Caller) -> Mapping[str, Any]:
    """What whoever looks may see of it."""
    may = caller.permissions
    money = await SQL.partner_money.only(at.db, at.own)
    data: dict[str, Any] = {"partner": money["partner"], "may": may, "signed_in": caller.name}
    if "account:read" in may:
        data["money"] = money
    if "orders:read" in may:
        data["open"] = await SQL.open_orders.all(at.db, at.own)
        data["newest"] = await SQL.newest_orders.all(at.db, at.own)
        data["endpoint"] = await SQL.endpoint.one(at.db, at.own)
    return data


async def _usage(at: At, _asked: Mapping[str, str], _caller: Caller) -> Mapping[str, Any]:
    return {
        "reach": await SQL.usage_reach.only(at.db, at.own),
        "most": LOOKED_AT,
        "days": await SQL.usage_by_day.all(at.db, at.own),
        "skus": await SQL.usage_by_sku.all(at.db, at.own),
    }


PAGES: Final[Sequence[OwnPage]] = (
    OwnPage(
        path="",
        zh="总览",
        en="Overview",
        template="portal/templates/overview.html",
        read=_overview,
    ),
    OwnPage(
        path="usage",
        zh="用量",
        en="Usage",
        template="portal/templates/usage.html",
        read=_usage,
        permission="orders:read",
    ),
)
