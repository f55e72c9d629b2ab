"""Attempts to have orders fulfilled upstream, and what platforms told us of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta, structs

from gateway.dispatch.attempt import AttemptState
from gateway.dispatch.attempt_administration import SQL
from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit, Number
from gateway.ground.desk.port import At, by_index
from gateway.ground.desk.view import Column, Page, SortKey, View

ATTEMPT: Final = Noun(
    name="attempt", plural="attempts", zh="上游请求", en="Attempt", key="attempt_no"
)
CALLBACK: Final = Noun(name="callback", plural="callbacks", zh="上游回调", en="Callback", key="id")


class Attempts(Given, frozen=True, kw_only=True):
    """Which attempts."""

    order_no: Annotated[Number | None, Meta(description="Only of this order.")] = None
    upstream: Annotated[str | None, Meta(description="Only at this upstream.")] = None
    state: Annotated[AttemptState | None, Meta(description="Only in this state.")] = None
    cursor: Cursor = None
    limit: Limit = 50


class Callbacks(Given, frozen=True, kw_only=True):
    """Which callbacks."""

    order_no: Annotated[Number | None, Meta(description="Only about this order.")] = None
    attempt_no: Annotated[Number | None, Meta(description="Only about this attempt.")] = None
    upstream: Annotated[str | None, Meta(description="Only from this upstream.")] = None
    cursor: Cursor = None
    limit: Limit = 50


async def _attempts(at: At, given: Attempts) -> Sequence[Mapping[str, Any]]:
    await by_index(at.db)
    return await SQL.list_attempts.all(at.db, *structs.astuple(given))


async def _callbacks(at: At, given: Callbacks) -> Sequence[Mapping[str, Any]]:
    await by_index(at.db)
    return await SQL.list_callbacks.all(at.db, *structs.astuple(given))


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=ATTEMPT,
        verb="list",
        doc="The newest attempts that match; by upstream or state among the next 10,000.",
        given=Attempts,
        example="GET /admin/v1/attempts?order_no=248123456789012345",
        permission="attempts:read",
        columns=(
            Column(name="attempt_no", kind="id", zh="请求编号", en="Attempt no."),
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="upstream", kind="id", zh="上游", en="Upstream"),
            Column(name="product_id", kind="id", zh="上游商品", en="Product"),
            Column(name="state", kind="text", zh="状态", en="State", values=tuple(AttemptState)),
            Column(name="upstream_no", kind="id", zh="上游单号", en="Upstream's number"),
            Column(name="quantity", kind="number", zh="数量", en="Quantity", unit="pieces"),
            Column(
                name="delivered_quantity", kind="number", zh="已交付", en="Delivered", unit="pieces"
            ),
            Column(name="cost", kind="money", zh="成本", en="Cost"),
            Column(name="code", kind="text", zh="上游代码", en="Their code"),
            Column(name="message", kind="text", zh="上游信息", en="Their message"),
            Column(name="sends", kind="number", zh="发送次数", en="Sent", unit="times"),
            Column(name="queries", kind="number", zh="查询次数", en="Asked after", unit="times"),
            Column(name="next_check_at", kind="time", zh="下次查询", en="Next look"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="sent_at", kind="time", zh="发送时间", en="Sent at"),
            Column(name="updated_at", kind="time", zh="更新时间", en="Updated"),
        ),
        sort=(SortKey(columns=("id",), index="attempt_pkey", descending=True),),
        statement=SQL.list_attempts,
        rows_as="attempts",
        rows=_attempts,
        cursor="attempt_no",
        at_shell=False,
    ),
    View(
        noun=CALLBACK,
        verb="list",
        doc="What platforms told us, the newest first; by upstream among the next 10,000.",
        given=Callbacks,
        example="GET /admin/v1/callbacks?attempt_no=248123456789012346",
        permission="callbacks:read",
        columns=(
            Column(name="id", kind="id", zh="编号", en="No."),
            Column(name="upstream", kind="id", zh="上游", en="Upstream"),
            Column(name="attempt_no", kind="id", zh="请求编号", en="Attempt no."),
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="verdict", kind="text", zh="可信度", en="Verdict"),
            Column(name="hint", kind="text", zh="内容", en="What it says"),
            Column(name="digest", kind="id", zh="摘要", en="Digest"),
            Column(name="size", kind="number", zh="大小", en="Size", unit="bytes"),
            Column(name="times", kind="number", zh="次数", en="Received", unit="times"),
            Column(name="received_at", kind="time", zh="收到时间", en="Received at"),
            Column(name="last_at", kind="time", zh="最近收到", en="Last received"),
        ),
        sort=(SortKey(columns=("id",), index="callback_pkey", descending=True),),
        statement=SQL.list_callbacks,
        rows_as="callbacks",
        rows=_callbacks,
        cursor="id",
        at_shell=False,
    ),
)
