"""Orders of a platform's that wait for a person: pushed or fetched ones."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.channels.administration import SQL
from gateway.channels.desk import CHANNEL, OneChannel
from gateway.ground.desk.action import Action, Change, Trace
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Page, View

TRACE: Final = Trace(
    name="channel_task",
    table="channel_task",
    statement=SQL.trace_task,
    key=lambda given, _: (given.channel, given.number),
    left_out=("partner_id", "told", "wish", "next_attempt_at"),
)


class HeldOrder(OneChannel, frozen=True, kw_only=True):
    """An order of the platform's that waits for a person."""

    number: Annotated[
        str,
        Meta(
            description="The platform's number of the order.",
            extra={"argument": True, "metavar": "NUMBER"},
        ),
    ]


async def _retry(at: At, given: HeldOrder, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.retry_order(at.db, given.channel, number=given.number)


async def _drop(at: At, given: HeldOrder, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.drop_order(at.db, given.channel, number=given.number)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=CHANNEL,
        verb="retry",
        doc="Look again at a platform's order that waits for a person, from where it stands.",
        given=HeldOrder,
        example="quangate channel retry jd 2067719225654838",
        permission="channels:retry",
        run=_retry,
        undo="Not at all: what was done meanwhile is done.",
        subject=lambda given, _: given.channel,
        traces=(TRACE,),
    ),
    Action(
        noun=CHANNEL,
        verb="drop",
        doc="Leave a platform's order alone that waits for a person: it was seen to by hand.",
        given=HeldOrder,
        example="quangate channel drop jd 2067719225654838",
        permission="channels:drop",
        run=_drop,
        undo="Not at all: the platform's own pages are where it is seen to.",
        subject=lambda given, _: given.channel,
        traces=(TRACE,),
    ),
)
