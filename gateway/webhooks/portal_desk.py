"""Messages, for their partner's own people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit, Number
from gateway.ground.desk.permission import MANAGE
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.webhooks import portal_webhooks as own
from gateway.webhooks.desk import COLUMNS, WEBHOOK, OneWebhook
from gateway.webhooks.portal_administration import SQL


class OwnWebhooks(Given, frozen=True, kw_only=True):
    """Which messages."""

    state: Annotated[str | None, Meta(description="pending, delivered or dead (dead letters).")] = (
        None
    )
    order_no: Annotated[Number | None, Meta(description="Only about this order.")] = None
    cursor: Cursor = None
    limit: Limit = 50


class OwnDeadLetters(Given, frozen=True, kw_only=True):
    """Which dead letters."""

    since: Annotated[datetime | None, Meta(description="Only those made since then.")] = None
    limit: Limit = 1000


class OwnEndpoint(Given, frozen=True, kw_only=True):
    """Where messages go."""

    url: Annotated[str, Meta(description="Where you are told.")]


class OwnSecret(Given, frozen=True, kw_only=True):
    """The secret, or a new one."""

    rotate: Annotated[bool, Meta(description="Make a new one; for a day both sign.")] = False


async def _list(at: At, given: OwnWebhooks) -> Sequence[Mapping[str, Any]]:
    return await own.list_own(
        at, state=given.state, order_no=given.order_no, cursor=given.cursor, limit=given.limit
    )


async def _show(at: At, given: OneWebhook) -> Mapping[str, Any]:
    return await own.show_own(at, given.id)


async def _replay(at: At, given: OneWebhook, _: Change) -> Mapping[str, Any]:
    return await own.replay_own(at, given.id)


async def _replay_dead(at: At, given: OwnDeadLetters, _: Change) -> Mapping[str, Any]:
    return await own.replay_own_dead(at, since=given.since, limit=given.limit)


async def _set(at: At, given: OwnEndpoint, _: Change) -> Mapping[str, Any]:
    return await own.set_own_endpoint(at, given.url)


async def _secret(at: At, given: OwnSecret, _: Change) -> Mapping[str, Any]:
    return await own.show_own_secret(at, rotate=given.rotate)


async def _test(at: At, _given: Given, _: Change) -> Mapping[str, Any]:
    return await own.test_own(at)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=WEBHOOK,
        verb="list",
        doc="Messages to you and what became of them.",
        given=OwnWebhooks,
        example="GET /portal/webhooks?state=dead",
        permission="orders:read",
        columns=(
            *(column for column in COLUMNS if column.name not in {"partner", "created_at"}),
            Column(name="sandbox", kind="flag", zh="沙箱", en="Sandbox"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("partner_id", "id"), index="webhook_partner", descending=True),),
        statement=SQL.portal_webhooks,
        rows_as="webhooks",
        rows=_list,
        cursor="id",
        at_shell=False,
    ),
    Page(
        noun=WEBHOOK,
        verb="show",
        doc="One message, and what was sent.",
        given=OneWebhook,
        example="GET /portal/webhooks/48123456789",
        permission="orders:read",
        read=_show,
        at_shell=False,
    ),
    Action(
        noun=WEBHOOK,
        verb="replay",
        doc="Send a message again under its old id.",
        given=OneWebhook,
        example="POST /portal/webhooks/48123456789/replay",
        permission="orders:write",
        run=_replay,
        undo="Not at all: what was received twice has one webhook-id.",
        subject=lambda _, answer: answer["id"],
        kept=("state",),
        at_shell=False,
    ),
    Action(
        noun=WEBHOOK,
        verb="replay-dead",
        doc="Send again what nobody took, the oldest first.",
        given=OwnDeadLetters,
        example="POST /portal/webhooks/replay-dead",
        permission="orders:write",
        run=_replay_dead,
        undo="Not at all: what was received twice has one webhook-id.",
        subject=lambda *_: "dead",
        kept=("replayed",),
        at_shell=False,
    ),
    Action(
        noun=WEBHOOK,
        verb="test",
        doc="Send your endpoint a message of type `test`.",
        given=Given,
        example="POST /portal/webhooks/test",
        permission="orders:write",
        run=_test,
        undo="Not at all: receivers ignore messages of this type.",
        subject=lambda _, answer: answer["id"],
        kept=("id", "webhook_id", "state"),
        at_shell=False,
    ),
    Action(
        noun=WEBHOOK,
        verb="set",
        doc="Say where you are told, and see the secret to check our signature with.",
        given=OwnEndpoint,
        example="POST /portal/webhooks/set",
        permission=MANAGE,
        run=_set,
        undo="The same with the address before it.",
        subject=lambda _, answer: answer["partner"],
        kept=("url",),
        shows=("secret",),
        opens_vault=True,
        step_up=True,
        at_shell=False,
    ),
    Action(
        noun=WEBHOOK,
        verb="secret",
        doc="See the secret to check our signature with, or make a new one.",
        given=OwnSecret,
        example="POST /portal/webhooks/secret",
        permission=MANAGE,
        run=_secret,
        undo="Not at all: a secret that was seen is known; another one can be made.",
        subject=lambda _, answer: answer["partner"],
        kept=("old_signs_until",),
        shows=("secret",),
        opens_vault=True,
        step_up=True,
        at_shell=False,
    ),
)
