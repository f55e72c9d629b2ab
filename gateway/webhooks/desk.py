"""Webhooks: our messages to partners."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit, Number, OnlyPartner, PartnerName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.partners.desk import TRACE as PARTNER_TRACE
from gateway.webhooks import administer as webhooks
from gateway.webhooks.administration import SQL
from gateway.webhooks.rules import WebhookState

WEBHOOK: Final = Noun(name="webhook", plural="webhooks", zh="通知", en="Webhook", key="id")
ENDPOINT: Final = Trace(
    name="endpoint",
    table="webhook_endpoint",
    statement=SQL.trace_endpoint,
    key=lambda given, _: (given.partner,),
)


def _id(given: Any, _: Any) -> tuple[int] | None:
    number = webhooks.read_webhook_id(given.id)
    return None if number is None else (number,)


MESSAGE: Final = Trace(
    name="webhook",
    table="webhook",
    statement=SQL.trace_webhook,
    key=_id,
    left_out=("body", "owner"),
)


class Endpoint(Given, frozen=True, kw_only=True):
    """Where a partner is told."""

    partner: PartnerName
    url: Annotated[str, Meta(description="Where the partner is told.", extra={"argument": True})]


class Secret(Given, frozen=True, kw_only=True):
    """The secret of a partner, or a new one."""

    partner: PartnerName
    rotate: Annotated[bool, Meta(description="Make a new one; for a day both sign.")] = False


class Webhooks(Given, frozen=True, kw_only=True):
    """Which messages."""

    partner: OnlyPartner = None
    state: Annotated[str | None, Meta(description="pending, delivered or dead (dead letters).")] = (
        None
    )
    order_no: Annotated[Number | None, Meta(description="Only about this order.")] = None
    cursor: Cursor = None
    limit: Limit = 50


class OneWebhook(Given, frozen=True, kw_only=True):
    """A message there is."""

    id: Annotated[str, Meta(description="As `webhook list` shows it.", extra={"argument": True})]


class DeadLetters(Given, frozen=True, kw_only=True):
    """The dead letters of a partner."""

    partner: PartnerName
    since: Annotated[
        datetime | None,
        Meta(description="Only those made since then; RFC 3339.", extra={"metavar": "TIME"}),
    ] = None
    limit: Limit = 1000


class OnePartner(Given, frozen=True, kw_only=True):
    """A partner there is."""

    partner: PartnerName


async def _set(at: At, given: Endpoint, _: Change) -> Mapping[str, Any]:
    return await webhooks.set_endpoint(at.db, at.secrecy, given.partner, given.url)


async def _secret(at: At, given: Secret, _: Change) -> Mapping[str, Any]:
    return await webhooks.show_secret(at.db, at.secrecy, given.partner, rotate=given.rotate)


async def _list(at: At, given: Webhooks) -> Sequence[Mapping[str, Any]]:
    return await webhooks.list_webhooks(
        at.db,
        partner=given.partner,
        state=given.state,
        cursor=given.cursor,
        limit=given.limit,
        order_no=given.order_no,
    )


async def _replay(at: At, given: OneWebhook, _: Change) -> Mapping[str, Any]:
    return await webhooks.replay_webhook(at.db, given.id)


async def _replay_dead(at: At, given: DeadLetters, _: Change) -> Mapping[str, Any]:
    return await webhooks.replay_dead_letters(at.db, given.partner, given.limit, given.since)


async def _test(at: At, given: OnePartner, _: Change) -> Mapping[str, Any]:
    return await webhooks.send_test(at.db, given.partner, datetime.now(UTC))


COLUMNS: Final = (
    Column(name="id", kind="id", zh="编号", en="No."),
    Column(name="webhook_id", kind="id", zh="消息编号", en="Webhook id"),
    Column(name="partner", kind="id", zh="合作方", en="Partner"),
    Column(name="type", kind="text", zh="类型", en="Type"),
    Column(name="order_no", kind="id", zh="订单号", en="Order no."),
    Column(name="url", kind="text", zh="地址", en="URL"),
    Column(name="state", kind="text", zh="状态", en="State", values=tuple(WebhookState)),
    Column(name="attempts", kind="number", zh="次数", en="Attempts", unit="attempts"),
    Column(name="last_status", kind="number", zh="最近状态码", en="Last status"),
    Column(name="last_error", kind="text", zh="最近错误", en="Last error"),
    Column(name="next_attempt_at", kind="time", zh="下次发送", en="Next attempt"),
    Column(name="created_at", kind="time", zh="创建时间", en="Created"),
)
DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=WEBHOOK,
        verb="set",
        doc="Set where a partner is told, and show the secret it checks our signature with.",
        given=Endpoint,
        example="quangate webhook set acme https://acme.example/quangate",
        permission="webhooks:set",
        route="partners/{partner}/webhook/set",
        run=_set,
        undo="`quangate webhook set PARTNER URL` with the one before it.",
        subject=lambda given, _: given.partner,
        traces=(ENDPOINT,),
        shows=("secret",),
        opens_vault=True,
    ),
    Action(
        noun=WEBHOOK,
        verb="secret",
        doc="Show the secret a partner checks our signature with.",
        given=Secret,
        example="quangate webhook secret acme --rotate",
        permission="webhooks:secret",
        route="partners/{partner}/webhook/secret",
        run=_secret,
        undo="Not at all: a secret that was seen is known; --rotate makes another one.",
        subject=lambda given, _: given.partner,
        traces=(PARTNER_TRACE,),
        step_up=True,
        shows=("secret",),
        opens_vault=True,
    ),
    View(
        noun=WEBHOOK,
        verb="list",
        doc="Messages and what became of them.",
        given=Webhooks,
        example="quangate webhook list --state dead",
        permission="webhooks:read",
        columns=COLUMNS,
        sort=(SortKey(columns=("partner_id", "id"), index="webhook_partner", descending=True),),
        statement=SQL.list_webhooks,
        rows_as="webhooks",
        rows=_list,
        cursor="id",
    ),
    Action(
        noun=WEBHOOK,
        verb="replay",
        doc="Send a message again under its old id.",
        given=OneWebhook,
        example="quangate webhook replay 48123456789",
        permission="webhooks:replay",
        run=_replay,
        undo="Not at all: what was received twice has one webhook-id.",
        subject=lambda _, answer: answer["id"],
        traces=(MESSAGE,),
    ),
    Action(
        noun=WEBHOOK,
        verb="replay-dead",
        doc="Send a partner's dead letters again, the oldest first.",
        given=DeadLetters,
        example="quangate webhook replay-dead acme --limit 1000",
        permission="webhooks:replay-dead",
        route="partners/{partner}/webhook/replay-dead",
        run=_replay_dead,
        undo="Not at all: what was received twice has one webhook-id.",
        subject=lambda given, _: given.partner,
        kept=("replayed",),
    ),
    Action(
        noun=WEBHOOK,
        verb="test",
        doc="Send a partner's endpoint a message of type `test`.",
        given=OnePartner,
        example="quangate webhook test acme",
        permission="webhooks:test",
        route="partners/{partner}/webhook/test",
        run=_test,
        undo="Not at all: receivers ignore messages of this type.",
        subject=lambda given, _: given.partner,
        kept=("id", "webhook_id", "state"),
    ),
)
