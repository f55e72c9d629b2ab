"""The log of changes: who did what, when, why and from where."""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from gateway.audit.administration import SQL
from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit
from gateway.ground.desk.view import Column, Page, SortKey, View

CHANGE: Final = Noun(name="change", plural="changes", zh="操作记录", en="Change", key="id")


class Changes(Given, frozen=True, kw_only=True):
    """Which changes."""

    subject: Annotated[
        str | None, Meta(description="Only about this: a name, a key id, an order number.")
    ] = None
    action: Annotated[
        str | None, Meta(description="Only this one, as noun.verb.", extra={"metavar": "ACTION"})
    ] = None
    actor: Annotated[
        str | None, Meta(description="Only by this one.", extra={"metavar": "ACTOR"})
    ] = None
    cursor: Cursor = None
    limit: Limit = 50


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=CHANGE,
        verb="list",
        doc="What operators did: before, after, why and from where; the newest first.",
        given=Changes,
        example="quangate change list --subject acme",
        permission="changes:read",
        columns=(
            Column(name="id", kind="id", zh="编号", en="No."),
            Column(name="at", kind="time", zh="时间", en="At"),
            Column(name="actor", kind="text", zh="操作人", en="Actor"),
            Column(name="action", kind="text", zh="操作", en="Action"),
            Column(name="subject", kind="id", zh="对象", en="Subject"),
            Column(name="reason", kind="text", zh="原因", en="Reason"),
            Column(name="given", kind="json", zh="参数", en="Given"),
            Column(name="before", kind="json", zh="之前", en="Before"),
            Column(name="after", kind="json", zh="之后", en="After"),
            Column(name="whence", kind="text", zh="来源", en="From"),
            Column(name="via", kind="text", zh="途径", en="Via"),
            Column(name="token", kind="id", zh="令牌", en="Token"),
            Column(name="session", kind="id", zh="会话", en="Session"),
            Column(name="request_id", kind="id", zh="请求编号", en="Request"),
            Column(name="approval", kind="id", zh="审批", en="Approval"),
            Column(name="approved_by", kind="text", zh="审批人", en="Approved by"),
            Column(name="alone", kind="flag", zh="无人复核", en="Alone"),
        ),
        sort=(
            SortKey(columns=("id",), index="change_pkey", descending=True),
            SortKey(columns=("subject", "id"), index="change_by_subject", descending=True),
        ),
        statement=SQL.list_changes,
        rows_as="changes",
        cursor="id",
        names_end=True,
    ),
)
