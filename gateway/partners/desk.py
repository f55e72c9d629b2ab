"""Partners: who orders."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName, PartnerName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.partners import administer as partners
from gateway.partners.administration import SQL

PARTNER: Final = Noun(name="partner", plural="partners", zh="合作方", en="Partner")
TRACE: Final = Trace(
    name="partner",
    table="partner",
    statement=SQL.trace_partner,
    key=lambda given, _: (given.partner,),
    left_out=("webhook_secret", "webhook_secret_old"),
)
ZONE_TRACE: Final = Trace(
    name="zone",
    table="partner_zone",
    statement=SQL.trace_zone,
    key=lambda given, _: (given.partner,),
)
ZONE_HELP: Final = "Whose days and hours quotas of its buyers and of itself count by"


class NewPartner(Given, frozen=True, kw_only=True):
    """A partner that is to be."""

    partner: NewName
    zone: Annotated[
        str | None, Meta(description=f"{ZONE_HELP}. [UTC]", extra={"metavar": "AREA/CITY"})
    ] = None


class OnePartner(Given, frozen=True, kw_only=True):
    """A partner there is."""

    partner: PartnerName


class ChangedPartner(Given, frozen=True, kw_only=True):
    """A partner, and what is to be otherwise."""

    partner: PartnerName
    zone: Annotated[
        str, Meta(description=f"{ZONE_HELP}, from now on.", extra={"metavar": "AREA/CITY"})
    ]


async def _create(at: At, given: NewPartner, _: Change) -> Mapping[str, Any]:
    return await partners.create_partner(at.db, at.secrecy, given.partner, zone=given.zone)


async def _change(at: At, given: ChangedPartner, _: Change) -> Mapping[str, Any]:
    return await partners.change_partner(at.db, given.partner, zone=given.zone)


async def _show(at: At, given: OnePartner) -> Mapping[str, Any]:
    return await partners.show_partner(at.db, given.partner)


def _next(given: NewPartner, _: Mapping[str, Any]) -> str:
    name = given.partner
    return (
        f"Next: quangate account deposit {name} 100000 --reference first, "
        f"and quangate key create {name}"
    )


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=PARTNER,
        verb="create",
        doc="Make a partner with an empty account.",
        given=NewPartner,
        example="quangate partner create acme",
        permission="partners:create",
        run=_create,
        undo="Not at all: a partner stays; without a live key it orders nothing (key revoke).",
        subject=lambda given, _: given.partner,
        traces=(TRACE, ZONE_TRACE),
        opens_vault=True,
        note=_next,
    ),
    Action(
        noun=PARTNER,
        verb="change",
        doc="Give a partner another time zone.\n\nA day or an hour that is under way ends with it:"
        " counts by buyer and partner begin anew where the new zone's day or hour began at another"
        " moment.",
        given=ChangedPartner,
        example="quangate partner change acme --zone Asia/Shanghai",
        permission="partners:change",
        run=_change,
        undo="quangate partner change PARTNER --zone OLD; what was counted meanwhile stays.",
        subject=lambda given, _: given.partner,
        traces=(ZONE_TRACE,),
    ),
    View(
        noun=PARTNER,
        verb="list",
        doc="All partners with their money.",
        given=Given,
        example="quangate partner list",
        permission="partners:read",
        columns=(
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="balance", kind="money", zh="余额", en="Balance"),
            Column(name="credit_limit", kind="money", zh="信用额度", en="Credit limit"),
            Column(name="currency", kind="text", zh="币种", en="Currency"),
            Column(name="zone", kind="text", zh="时区", en="Zone"),
            Column(name="live_keys", kind="number", zh="有效密钥", en="Live keys", unit="keys"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("name",), index="partner_name_key"),),
        statement=SQL.list_partners,
        rows_as="partners",
    ),
    Page(
        noun=PARTNER,
        verb="show",
        doc="One partner: money, keys and webhook endpoint.",
        given=OnePartner,
        example="quangate partner show acme",
        permission="partners:read",
        read=_show,
    ),
)
